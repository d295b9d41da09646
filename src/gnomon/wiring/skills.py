"""The skills of the operator's folders: Markdown files, read anew when they have changed."""

import asyncio
import logging
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gnomon.core.skill import SKILL_NAME, Skill
from gnomon.reading.frontmatter import read_front_matter

log = logging.getLogger(__name__)

LARGEST: Final = 64 * 1024
"""Bytes of a skill's file."""
MOST: Final = 500
"""Entries of a folder that are looked at."""
_FLAGS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}
_ITEM = re.compile(r"[^\s,\[\]\"']+")
_LONGEST_LINE: Final = 1000

_Stamp = tuple[int, int, int]
_NOT_THERE: Final[_Stamp] = (0, 0, 0)
"""Of a file that is gone, or that nobody may look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a file was when it was read; no skill when it is none."""

    stamp: _Stamp
    skill: Skill | None


class _NoSkill(Exception):
    """Why a file is no skill."""


class SkillFolders:
    """The skills of some folders; where two have the same name, that of the first folder counts."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._known: Mapping[Path, _Known] = {}
        self._missing: frozenset[Path] = frozenset()
        self._turn = asyncio.Lock()

    async def list_skills(self) -> Sequence[Skill]:
        """List the skills by name, as their files now say."""
        if not self._folders:
            return ()
        async with self._turn:
            return await asyncio.to_thread(self._look)

    async def find(self, name: str) -> Skill | None:
        """Return the skill of a name; None when there is none."""
        return next((skill for skill in await self.list_skills() if skill.name == name), None)

    def _look(self) -> Sequence[Skill]:
        found = {path: self._read(path, root) for root in self._present() for path in _files(root)}
        self._known = found
        skills: dict[str, Skill] = {}
        for known in found.values():
            if known.skill:
                skills.setdefault(known.skill.name, known.skill)
        return sorted(skills.values(), key=lambda skill: skill.name)

    def _present(self) -> Iterator[Path]:
        missing = frozenset(folder for folder in self._folders if not folder.is_dir())
        for folder in missing - self._missing:
            log.warning("skill.folder_missing", extra={"folder": str(folder)})
        self._missing = missing
        yield from (folder.resolve() for folder in self._folders if folder not in missing)

    def _read(self, path: Path, root: Path) -> _Known:
        """Read a file, or take what is known of it as long as it has not changed."""
        stamp = _stamp(path)
        known = self._known.get(path)
        if known and known.stamp == stamp:
            return known
        try:
            return _Known(stamp=stamp, skill=_read_skill(path, root))
        except (_NoSkill, OSError, RuntimeError) as error:  # the last when a link leads to itself
            log.warning("skill.left_out", extra={"file": str(path), "cause": str(error)})
            return _Known(stamp=stamp, skill=None)


def _files(root: Path) -> Iterator[Path]:
    """Find the files that may be skills: `NAME.md` and `NAME/SKILL.md`, by name."""
    try:
        entries = sorted(root.iterdir())[:MOST]
    except OSError:  # gone, or not to be read, since it was looked at
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".md":
            yield entry
        elif _stamp(inner := entry / "SKILL.md") != _NOT_THERE:
            yield inner


def _stamp(path: Path) -> _Stamp:
    try:
        told = path.stat()
    except OSError:
        return _NOT_THERE
    return (told.st_mtime_ns, told.st_size, told.st_ino)


def _read_skill(path: Path, root: Path) -> Skill:
    if not path.resolve().is_relative_to(root):
        raise _NoSkill("It is a link that leads out of the folder.")
    if not stat.S_ISREG(path.stat().st_mode):
        raise _NoSkill("It is no file.")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _NoSkill(f"It is larger than {LARGEST} bytes.")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _NoSkill(f"It is not UTF-8 (at byte {error.start}).") from error
    return _parse(text, path.parent.name if path.name == "SKILL.md" else path.stem)


def _parse(text: str, file_name: str) -> Skill:
    matter = read_front_matter(text)
    fields = {name: value[:_LONGEST_LINE] for name, value in matter.fields.items()}
    content = text[matter.length :].strip()
    if "description" not in fields:
        raise _NoSkill("It does not begin with lines between '---' that give its 'description'.")
    if not content:
        raise _NoSkill("Nothing stands below the lines that describe it.")
    name = fields.get("name", file_name)
    if not SKILL_NAME.fullmatch(name):
        raise _NoSkill(
            f"Its name must be letters, digits, '.', '_' and '-', 64 at most: {name[:80]!r} is none."
        )
    return Skill(
        name=name,
        description=fields["description"],
        category=fields.get("category", "general"),
        version=fields.get("version", "1"),
        content=content,
        author=fields.get("author"),
        requires_tools=tuple(_ITEM.findall(fields.get("requires_tools", fields.get("requires-tools", "")))),
        is_enabled=_flag(fields, "enabled", default=True),
        is_dangerous=_flag(fields, "dangerous", default=False),
    )


def _flag(fields: Mapping[str, str], name: str, *, default: bool) -> bool:
    word = fields.get(name)
    if word is None:
        return default
    if word.lower() not in _FLAGS:
        raise _NoSkill(f"'{name}' must be true or false: {word[:80]!r} is neither.")
    return _FLAGS[word.lower()]
