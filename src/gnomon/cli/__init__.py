"""The door for people: parse, call, print. Imports the house inside functions; a child must not."""
