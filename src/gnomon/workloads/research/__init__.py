"""Research: a question in, an answer out whose every value rests on words that stand in a source."""
