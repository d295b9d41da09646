"""A library of a folder of texts, for tests: the real shelf, searched in this process."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gnomon.core.library import Found
from gnomon.library.shelf import Shelf

BASE = "http://127.0.0.1:8080"
Search = Callable[[str, int], Found]


class Today:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


@contextmanager
def library_of(folder: Path, texts: Mapping[str, str]) -> Iterator[Search]:
    """Write texts into a folder by their names, read them in, and give what searches them."""
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (documents / name).write_text(text)
    shelf = Shelf.open(folder / "library.sqlite", Today(), base_url=BASE)
    try:
        shelf.scan(shelf.add_folder(None, documents).seq)
        shelf.read_in()
        yield lambda query, limit: shelf.search("main", query, limit)
    finally:
        shelf.close()
