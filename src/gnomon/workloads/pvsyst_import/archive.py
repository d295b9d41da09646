"""Uploads to named files: archives are opened, in bounds, and what cannot be read is refused by name.

Nothing is written to a disk. A file that is refused leaves the others as they are.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

FileKind = Literal["project", "variant", "module", "inverter", "scene", "horizon", "site", "meteo", "weather"]

_ENDINGS: dict[str, FileKind] = {
    "prj": "project",
    "vx": "variant",
    "pan": "module",
    "ond": "inverter",
    "shd": "scene",
    "hor": "horizon",
    "sit": "site",
    "met": "meteo",
    "csv": "weather",
}
# PVsyst counts variants VC0 to VCZ and goes on with VD0; `.VC` alone is what the contract's page uploads.
_VARIANT = re.compile("v[c-w][0-9a-z]?")
_ARCHIVE = "zip"
_MEGABYTE = 1 << 20
_PIECE = 1 << 16
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED, _UTF8 = 0x1, 0x800
# What the standard library raises for bytes that are no archive, or a damaged one.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError),
    *(RuntimeError, ValueError, IndexError, KeyError, OverflowError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an import may unpack; sizes in bytes."""

    files: int = 2_000
    entries: int = 20_000
    file_size: int = 64 * _MEGABYTE
    total_size: int = 256 * _MEGABYTE
    ratio: int = 200
    """Unpacked over packed size; text of PVsyst packs by a factor of 5 to 30."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file of the import.

    Attributes
    ----------
    path : str
        Its path inside the archive, or the name under which it was uploaded.
    kind : FileKind
        What its ending says it is.
    """

    path: str
    kind: FileKind
    content: bytes

    @property
    def name(self) -> str:
        """Name it without its folders."""
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """Name it without folders and ending."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that is not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What an import has to go on."""

    files: tuple[SourceFile, ...]
    refused: tuple[Refusal, ...]


class _Broken(Exception):
    """Says why an archive, or a file in it, is not read."""


def classify(name: str) -> FileKind | None:
    """Return what a file is by its ending, in any case; None for what is no file of PVsyst."""
    _, dot, ending = name.lower().rpartition(".")
    if not dot:
        return None
    return "variant" if _VARIANT.fullmatch(ending) else _ENDINGS.get(ending)


def unpack(uploads: Sequence[tuple[str, bytes]], limits: Limits = LIMITS) -> Unpacked:
    """Open the archives among uploads (name, bytes) and list all files by kind, each content once."""
    found = _Found(limits)
    for name, content in uploads:
        path = name.replace("\\", "/")
        if path.lower().endswith(f".{_ARCHIVE}"):
            _open_archive(path, content, found)
        else:
            found.take(path, content)
    return Unpacked(files=tuple(found.files.values()), refused=tuple(found.refused))


class _Found:
    """Collects files and refusals, and what is left of the bounds."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.files: dict[tuple[str, FileKind, bytes], SourceFile] = {}
        self.refused: list[Refusal] = []
        self.left = limits.total_size

    def take(self, path: str, content: bytes) -> None:
        """Take a file of a known kind; the same bytes under the same name count once."""
        kind = classify(path)
        if kind is None:
            self.refuse(
                path, "is no file of a PVsyst project (.PRJ .VC* .PAN .OND .SHD .HOR .SIT .MET .CSV .ZIP)"
            )
        elif not content:
            self.refuse(path, "is empty; export it again")
        elif len(self.files) >= self.limits.files:
            self.refuse(path, f"is beyond the {self.limits.files} files of one import; import the rest apart")
        else:
            file = SourceFile(path=path, kind=kind, content=content)
            self.files.setdefault((file.name.lower(), kind, content), file)

    def refuse(self, path: str, reason: str) -> None:
        """Note what is not read."""
        self.refused.append(Refusal(path=path, reason=reason))


def _open_archive(path: str, content: bytes, found: _Found) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in _entries(archive, found.limits):
                _take_entry(archive, entry, path, found)
    except _Broken as broken:
        found.refuse(path, str(broken))
    except _DAMAGE as error:
        found.refuse(path, f"is no readable ZIP archive ({error}); pack it again")


def _entries(archive: zipfile.ZipFile, limits: Limits) -> Iterator[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise _Broken(
            f"holds {len(entries)} entries, more than {limits.entries}; pack the project's files alone"
        )
    return (entry for entry in entries if not entry.filename.endswith(("/", "\\")))


def _take_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, found: _Found) -> None:
    name = _name(entry)
    if _is_litter(name):
        return
    shown = f"{path}: {name}"
    try:
        _refuse_entry(name, entry, found)
        if classify(name) is None:
            found.take(name, b"")
            return
        content = _read(archive, entry, min(found.limits.file_size, found.left))
    except _Broken as broken:
        found.refuse(shown, str(broken))
        return
    found.left -= len(content)
    found.take(name, content)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's path; names that are not marked as UTF-8 often are (macOS), else of the old code page."""
    name = entry.filename
    if not entry.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    return name.replace("\\", "/").removeprefix("./")


def _is_litter(name: str) -> bool:
    """Tell the twins that macOS packs beside every file, and hidden files."""
    parts = name.split("/")
    return (
        "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )


def _refuse_entry(name: str, entry: zipfile.ZipInfo, found: _Found) -> None:
    if name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name):
        raise _Broken("its path leads out of the archive; pack it again with plain paths")
    if name.lower().endswith(f".{_ARCHIVE}"):
        raise _Broken("is an archive in an archive; upload it by itself")
    if entry.flag_bits & _ENCRYPTED:
        raise _Broken("is encrypted; pack it without a password")
    if classify(name) is not None:
        _refuse_size(entry, found)


def _refuse_size(entry: zipfile.ZipInfo, found: _Found) -> None:
    limits, size = found.limits, entry.file_size
    if entry.compress_type not in _PACKED:
        raise _Broken(
            f"is packed by the method {entry.compress_type}; pack it again by Deflate, the usual one"
        )
    if size > limits.file_size:
        raise _Broken(f"has {_megabytes(size)}, more than {_megabytes(limits.file_size)}")
    if size > found.left:
        raise _Broken(
            f"passes {_megabytes(limits.total_size)} that one import may unpack; import the rest apart"
        )
    if size > _MEGABYTE and size > limits.ratio * max(entry.compress_size, 1):
        raise _Broken(f"unpacks to more than {limits.ratio} times its size, as no text of PVsyst does")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Read an entry, never more than the bound, whatever the archive declares."""
    pieces, size = [], 0
    try:
        with archive.open(entry) as opened:
            while piece := opened.read(_PIECE):
                size += len(piece)
                if size > min(most, entry.file_size):
                    raise _Broken(f"holds more than the {_megabytes(entry.file_size)} that it declares")
                pieces.append(piece)
    except _DAMAGE as error:
        raise _Broken(f"cannot be unpacked ({error}); pack it again") from error
    if size != entry.file_size:
        raise _Broken("is cut off; pack it again")
    return b"".join(pieces)


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.1f} MB"
