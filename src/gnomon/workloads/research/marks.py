"""Marks that look alike, by their numbers, so that a reader of the code can tell them apart."""

from typing import Final

APOSTROPHES: Final = "'\u2018\u2019\u201a\u201b\u2032`\u00b4"
QUOTES: Final = '"\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb'
DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
UNSEEN: Final = "\u00ad\u200b\u200c\u200d\ufeff"
"""Soft hyphens and characters without width."""
SPACES: Final = "\u00a0\u2009\u202f"
"""Spaces that break no line."""
