"""A folder on disk: which of its files are documents, in the order of their names, and how one is opened safely."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Final, NamedTuple

MAX_BYTES: Final = 64 << 20
LEFT_OUT: Final = frozenset(
    {"node_modules", "__pycache__", "__MACOSX", "$RECYCLE.BIN", "System Volume Information"}
)


class Skip(StrEnum):
    """Why something in a folder is no document."""

    HIDDEN = "hidden"
    LEFT_OUT = "left_out"
    """A folder of tools, such as `node_modules`."""
    LINK = "link"
    """A link to what is in the folder anyway, or to nothing."""
    LINK_OUT = "link_out"
    TOO_LARGE = "too_large"
    FORMAT = "format"
    NO_FILE = "no_file"
    NAME = "name"
    """A name that is not valid text."""
    NO_ACCESS = "no_access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is taken for a document."""

    suffixes: frozenset[str]
    max_bytes: int = MAX_BYTES


class Stamps(NamedTuple):
    """What tells that a file has changed, without reading it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    """Few programs set back this one, as some do with the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file that may be a document."""

    name: str
    stamps: Stamps


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is left out, and why; below a folder of `NO_ACCESS`, what was known stays."""

    name: str
    why: Skip


@dataclass(slots=True)
class Walk:
    """One pass through a folder."""

    root: Path
    rules: Rules
    skipped: dict[Skip, int] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    """Folders that could not be listed, each with a `/` at its end."""

    def files(self) -> Iterator[Seen]:
        """Yield what may be documents, ordered by name as SQLite orders text; raises `OSError` of the root."""
        found = self._single() if self.root.is_file() else self._below("", _list(self.root))
        for each in found:
            if isinstance(each, Seen):
                yield each
            else:
                self.skipped[each.why] = self.skipped.get(each.why, 0) + 1

    def _single(self) -> Iterator[Seen | Skipped]:
        yield self._weigh(self.root.name, self.root.name, self.root.stat())

    def _below(self, place: str, entries: list[os.DirEntry[str]]) -> Iterator[Seen | Skipped]:
        for entry in entries:
            name = place + entry.name
            why = self._find_skip(entry)
            if why is not None:
                yield Skipped(name, why)
            elif entry.is_dir(follow_symlinks=False):
                yield from self._descend(name + "/", entry.path)
            else:
                yield self._look(name, entry)

    def _descend(self, place: str, path: str) -> Iterator[Seen | Skipped]:
        try:
            entries = _list(path)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self.closed.append(place)
                yield Skipped(place, Skip.NO_ACCESS)
            return
        yield from self._below(place, entries)

    def _find_skip(self, entry: os.DirEntry[str]) -> Skip | None:
        if not _is_text(entry.name):
            return Skip.NAME
        if entry.name.startswith("."):
            return Skip.HIDDEN
        if entry.is_symlink():
            return self._weigh_link(entry)
        if entry.name in LEFT_OUT and entry.is_dir(follow_symlinks=False):
            return Skip.LEFT_OUT
        return None

    def _weigh_link(self, entry: os.DirEntry[str]) -> Skip:
        """No link is followed: what it leads to is in the folder already, or has no business here."""
        target = os.path.realpath(entry.path)
        is_inside = target == str(self.root) or target.startswith(f"{self.root}/")
        return Skip.LINK if is_inside or not os.path.lexists(target) else Skip.LINK_OUT

    def _look(self, name: str, entry: os.DirEntry[str]) -> Seen | Skipped:
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return Skipped(name, Skip.NO_ACCESS)
        return self._weigh(name, entry.name, found)

    def _weigh(self, name: str, last: str, found: os.stat_result) -> Seen | Skipped:
        if not stat.S_ISREG(found.st_mode):
            return Skipped(name, Skip.NO_FILE)
        if PurePath(last).suffix.lower() not in self.rules.suffixes:
            return Skipped(name, Skip.FORMAT)
        if found.st_size > self.rules.max_bytes:
            return Skipped(name, Skip.TOO_LARGE)
        return Seen(name=name, stamps=_stamps(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file's bytes, and its stamps when they were read."""

    bytes: bytes
    stamps: Stamps


def open_below(root: Path, name: str) -> Content | None:
    """Read a file of the folder without following a link anywhere below its root.

    Return None when it changed while it was read.
    """
    with open(_open(root, name), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "is no file")
        content = file.read(before.st_size + 1)
        after = os.fstat(file.fileno())
    if len(content) != before.st_size or _stamps(after) != _stamps(before):
        return None
    return Content(bytes=content, stamps=_stamps(before))


def _stamps(found: os.stat_result) -> Stamps:
    return Stamps(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def find_stamps(root: Path, name: str) -> Stamps | None:
    """Return a file's stamps without opening it, None when it is not there."""
    try:
        return _stamps((root if root.is_file() else root / name).lstat())
    except OSError:
        return None


def is_there(root: Path, name: str) -> bool:
    """Say whether the folder still has something of that name."""
    return os.path.lexists(root if root.is_file() else root / name)


def _open(root: Path, name: str) -> int:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    *folders, last = name.split("/")
    if not stat.S_ISDIR(root.stat().st_mode):
        return os.open(root, flags)
    place = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for each in folders:
            below = os.open(each, flags | os.O_DIRECTORY, dir_fd=place)
            os.close(place)
            place = below
        return os.open(last, flags, dir_fd=place)
    finally:
        os.close(place)


def _list(path: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        return sorted(entries, key=_place)


def _place(entry: os.DirEntry[str]) -> str:
    """Order a folder by the slash that its files' names have, so that a whole walk is in the order of names."""
    return entry.name + "/" if entry.is_dir(follow_symlinks=False) else entry.name


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
