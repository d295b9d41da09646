"""Libraries on disk that are closed at the end."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gnomon.library.shelf import Limits

# What several of these tests share stands in a module beside them, and tests are no package.
sys.path.insert(0, str(Path(__file__).parent / "support"))

from shelves import Room


@pytest.fixture
def make_room(tmp_path: Path) -> Iterator[Callable[..., Room]]:
    """Open libraries that are closed at the end."""
    made: list[Room] = []

    def make(limits: Limits | None = None, place: Path = tmp_path) -> Room:
        made.append(Room(place, limits or Limits()))
        return made[-1]

    yield make
    for room in made:
        room.shelf.close()


@pytest.fixture
def room(make_room: Callable[..., Room]) -> Room:
    """One library."""
    return make_room()
