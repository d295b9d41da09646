"""The door for people: parse, call, print. Imports the house inside functions, so that a child process does not."""
