"""The Daly door: routes read and answer, wire turns requests into commands, render turns records into JSON."""
