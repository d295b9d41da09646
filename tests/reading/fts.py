"""SQLite's FTS5 as the judge of terms."""

import sqlite3
from collections.abc import Sequence


def terms_of_fts5(texts: Sequence[str]) -> list[list[str]]:
    """Index texts by FTS5, and return the terms of each in their order."""
    connection = sqlite3.connect(":memory:")
    connection.text_factory = lambda octets: octets.decode(errors="replace")
    connection.execute(
        "create virtual table held using fts5(words, tokenize = 'porter unicode61 remove_diacritics 2')"
    )
    connection.execute("create virtual table vocabulary using fts5vocab(held, 'instance')")
    connection.executemany("insert into held (rowid, words) values (?, ?)", enumerate(texts))
    found: list[dict[int, str]] = [{} for _ in texts]
    for term, document, place in connection.execute("select term, doc, offset from vocabulary"):
        found[document][place] = term
    connection.close()
    return [[places[place] for place in sorted(places)] for places in found]
