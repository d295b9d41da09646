"""The Daly door: routes read and answer, wire makes commands of requests, render makes JSON of records."""
