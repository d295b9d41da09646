"""Whatever happens to folders in whatever order, the library says what a dictionary says."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from shelves import Room, write

from gnomon.core.errors import NotFound
from gnomon.library.shelf import Limits

MEMORY = next((folder for folder in ("/dev/shm",) if Path(folder).is_dir()), None)
"""Where stories keep their libraries: they need no disk."""
WORDS = ("amber", "birch", "cedar", "dune", "ember")
REALMS = ("w", "v", None)
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
names = st.sampled_from(["a.txt", "b.md", "deep/c.txt", "deep/er/d.md", "deep.txt"])
folders = st.sampled_from(["one", "two", "three"])
REALM = {"one": "w", "two": "v", "three": None}


@dataclass
class Kept:
    """What is known of a document."""

    id: str
    texts: list[str]


@dataclass
class Model:
    """What the folders hold on disk, and what the library was shown of it."""

    disk: dict[tuple[str, str], str] = field(default_factory=dict)
    shown: dict[tuple[str, str], Kept] = field(default_factory=dict)
    gone: list[Kept] = field(default_factory=list)


class Story(RuleBasedStateMachine):
    """Files come, change, move and go; now and then the library looks."""

    @initialize()
    def begin(self) -> None:
        self.place = Path(tempfile.mkdtemp(dir=MEMORY))
        self.room = Room(self.place, Limits(editions=3))
        self.model = Model()
        self.is_current = True
        for folder, realm in REALM.items():
            self.room.add(realm, folder)

    def teardown(self) -> None:
        if hasattr(self, "room"):
            self.room.shelf.close()
            shutil.rmtree(self.place)

    @rule(folder=folders, name=names, text=texts, back=st.integers(0, 10_000))
    def write(self, folder: str, name: str, text: str, back: int) -> None:
        write(self.place / folder / name, text, back=back)
        self.model.disk[folder, name] = text
        self.is_current = False

    @precondition(lambda self: self.model.disk)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        folder, name = data.draw(st.sampled_from(sorted(self.model.disk)))
        (self.place / folder / name).unlink()
        del self.model.disk[folder, name]
        self.is_current = False

    @precondition(lambda self: self.model.disk)
    @rule(data=st.data(), to=folders, as_name=names)
    def move(self, data: st.DataObject, to: str, as_name: str) -> None:
        folder, name = data.draw(st.sampled_from(sorted(self.model.disk)))
        target = self.place / to / as_name
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.place / folder / name).rename(target)
        self.model.disk[to, as_name] = self.model.disk.pop((folder, name))
        self.is_current = False

    @rule()
    def look(self) -> None:
        self.room.take_in()
        self.is_current = True
        self._learn()

    @rule()
    def reopen(self) -> None:
        self.room.reopen()

    @rule()
    def scan_alone(self) -> None:
        for folder in self.room.shelf.folders():
            self.room.shelf.scan(folder.seq)
        self.is_current = False

    def _learn(self) -> None:
        """Check each document against what it was, and note what it is now."""
        shown: dict[tuple[str, str], Kept] = {}
        before = {kept.id: kept for kept in [*self.model.shown.values(), *self.model.gone]}
        for folder, realm in REALM.items():
            for document in self.room.shelf.list_documents(realm or "nobody", limit=500).records:
                if document.source == folder:
                    text = self.model.disk[folder, document.name]
                    kept = before.pop(document.id, None) or Kept(document.id, [])
                    if not kept.texts or kept.texts[-1] != text:
                        kept.texts.append(text)
                    assert document.edition == len(kept.texts)
                    shown[folder, document.name] = kept
        assert shown.keys() == self.model.disk.keys()
        self._check_ids(shown)
        self.model.shown, self.model.gone = shown, list(before.values())

    def _check_ids(self, shown: dict[tuple[str, str], Kept]) -> None:
        """A file that stayed where it was is the same document, unless it was moved onto by another one."""
        for place, kept in self.model.shown.items():
            if place in shown and shown[place].texts[-1] == kept.texts[-1] and len(kept.texts) == 1:
                texts = [each.texts[-1] for at, each in self.model.shown.items() if at != place]
                if kept.texts[-1] not in texts and not any(
                    kept.texts[-1] in each.texts for each in self.model.gone
                ):
                    assert shown[place].id == kept.id

    @invariant()
    def tells_what_it_was_shown(self) -> None:
        if not hasattr(self, "room") or not self.is_current:
            return
        for workspace in ("w", "v", "nobody"):
            seen = {at: text for at, text in self.model.disk.items() if REALM[at[0]] in (workspace, None)}
            found = self.room.shelf.search(workspace, " ".join(WORDS), 100)
            assert sorted(each.text for each in found.passages) == sorted(seen.values())
            assert found.size == self.room.shelf.holdings(workspace).passages == len(seen)
            assert self.room.shelf.holdings(workspace).documents == len(seen)
            assert found.pending == 0
            for word in WORDS:
                count = sum(word in text.split() for text in seen.values())
                assert self.room.shelf.search(workspace, word).frequencies == {word: count}

    @invariant()
    def keeps_what_was_cited(self) -> None:
        if not hasattr(self, "room"):
            return
        for kept in [*self.model.shown.values(), *self.model.gone]:
            for number, text in enumerate(kept.texts, 1):
                if number > self.room.shelf.read(kept.id).document.edition - 3:
                    assert self.room.shelf.read(kept.id, number).text == text
                else:
                    with pytest.raises(NotFound):
                        self.room.shelf.read(kept.id, number)


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
