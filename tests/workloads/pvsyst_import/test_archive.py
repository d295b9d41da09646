"""What comes out of uploads: named files, and refusals that leave the others as they are."""

import io
import re
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.pvsyst_import.archive import Limits, Unpacked, classify, unpack

TEXT = b"PVObject_=pvProject\r\nEnd of PVObject pvProject\r\n"


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return held.getvalue()


def names(found: Unpacked) -> list[str]:
    return [file.path for file in found.files]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("A.PRJ", "project"),
        ("a.prj", "project"),
        *((f"A.{ending}", "variant") for ending in ("VC", "VC0", "vca", "VCZ", "VD0", "VX", "vx")),
        ("m.Pan", "module"),
        ("i.oND", "inverter"),
        ("s.SHD", "scene"),
        ("h.hor", "horizon"),
        ("s.SIT", "site"),
        ("w.MET", "meteo"),
        ("w.csv", "weather"),
        ("readme.txt", None),
        ("VC0", None),
        ("x.vcxproj", None),
        ("no ending", None),
    ],
)
def test_a_file_is_what_its_ending_says(name: str, kind: str | None) -> None:
    assert classify(name) == kind


def test_a_project_folder_packed_on_a_mac_is_its_files_alone() -> None:
    content = packed(
        ("Project/", b""),
        ("Project/MyProject.PRJ", TEXT),
        ("__MACOSX/Project/._MyProject.PRJ", b"\0\5\26\7"),
        ("Project/._MyProject.VC0", b"\0\5\26\7"),
        ("Project/.DS_Store", b"\0"),
        ("Project/Deep/er/Mod.PAN", TEXT),
    )
    found = unpack([("all.zip", content)])
    assert names(found) == ["Project/MyProject.PRJ", "Project/Deep/er/Mod.PAN"]
    assert [file.name for file in found.files] == ["MyProject.PRJ", "Mod.PAN"]
    assert found.refused == ()


def test_paths_of_windows_are_folders() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo("x")
        entry.filename = "Projects\\My.PRJ"
        archive.writestr(entry, TEXT)
    found = unpack([("a.ZIP", held.getvalue()), ("C:\\temp\\b.vc0", TEXT)])
    assert [file.name for file in found.files] == ["My.PRJ", "b.vc0"]
    assert found.files[0].stem == "My"


@pytest.mark.parametrize("codec", ["utf-8", "cp437"])
def test_names_that_are_not_marked_as_utf8_are_read(codec: str) -> None:
    """An archive is made whose entry has raw bytes for its name, and no mark."""
    raw = "Zürich.PRJ".encode(codec)
    blank = "#" * len(raw) + ""
    content = packed((blank, TEXT), method=zipfile.ZIP_STORED).replace(blank.encode(), raw)
    assert names(unpack([("a.zip", content)])) == ["Zürich.PRJ"]


def test_the_same_file_twice_is_one_and_another_of_its_name_is_kept() -> None:
    found = unpack([("a.PRJ", TEXT), ("z.zip", packed(("x/A.prj", TEXT), ("y/A.prj", TEXT + b" ")))])
    assert names(found) == ["a.PRJ", "y/A.prj"]


def encrypted(content: bytes) -> bytes:
    """Set the mark of encryption in both headers of every entry."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = changed.find(mark)
        changed[at + offset] |= 1
    return bytes(changed)


def understated(content: bytes) -> bytes:
    """Declare a tenth of the size that an entry unpacks to."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = changed.find(mark) + offset
        (size,) = struct.unpack_from("<I", changed, at)
        struct.pack_into("<I", changed, at, size // 10)
    return bytes(changed)


def damaged(content: bytes) -> bytes:
    at = content.find(b"PK\1\2") - 8
    return content[:at] + b"\xff\xff\xff" + content[at + 3 :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed(("../../etc/x.PRJ", TEXT)), "leads out of the archive"),
        (packed(("a/../../x.PRJ", TEXT)), "leads out of the archive"),
        (packed(("/etc/x.PRJ", TEXT)), "leads out of the archive"),
        (packed(("C:/x.PRJ", TEXT)), "leads out of the archive"),
        (packed(("inner.zip", packed(("x.PRJ", TEXT)))), "an archive in an archive"),
        (encrypted(packed(("x.PRJ", TEXT))), "is encrypted"),
        (understated(packed(("x.PRJ", bytes(range(256)) * 40))), "unpack|declares|cut off"),
        (damaged(packed(("x.PRJ", bytes(range(256)) * 40))), "cannot be unpacked"),
        (packed(("x.PRJ", b"0" * (4 << 20))), "times its size"),
        (packed(("x.PRJ", TEXT), method=zipfile.ZIP_LZMA), "pack it again by Deflate"),
        (packed(("x.PRJ", b"")), "is empty"),
        (packed(("x.exe", TEXT)), "no file of a PVsyst project"),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_rest_is_read(content: bytes, words: str) -> None:
    found = unpack([("bad.zip", content), ("good.PRJ", TEXT)])
    assert names(found) == ["good.PRJ"]
    (refusal,) = found.refused
    assert re.search(words, refusal.reason), refusal
    assert "x." in refusal.path or "inner.zip" in refusal.path


@pytest.mark.parametrize("change", [lambda c: c[: len(c) // 2], lambda c: b"not a zip at all", lambda c: b""])
def test_a_broken_archive_is_refused_whole(change: Callable[[bytes], bytes]) -> None:
    found = unpack([("bad.zip", change(packed(("x.PRJ", TEXT * 50)))), ("good.PRJ", TEXT)])
    assert names(found) == ["good.PRJ"]
    assert [each.path for each in found.refused] == ["bad.zip"]
    assert "ZIP" in found.refused[0].reason


def test_the_bounds_hold_over_all_archives_together() -> None:
    small = Limits(files=3, entries=5, file_size=1000, total_size=1500)
    noise = bytes(range(200)) * 4
    one = packed(("a.PAN", noise))
    two = packed(("b.PAN", noise), ("c.PAN", noise * 2))
    found = unpack([("1.zip", one), ("2.zip", two)], small)
    assert names(found) == ["a.PAN"]
    assert [each.reason.split(",")[0] for each in found.refused] == [
        "passes 0.0 MB that one import may unpack; import the rest apart",
        "has 0.0 MB",
    ]
    many = packed(*((f"{i}.PAN", TEXT) for i in range(6)))
    assert "more than 5" in unpack([("many.zip", many)], small).refused[0].reason
    several = [(f"{i}.PAN", TEXT) for i in range(5)]
    assert len(unpack(several, small).files) == 3


@given(st.binary(max_size=400))
def test_no_bytes_crash_it(content: bytes) -> None:
    found = unpack([("x.zip", b"PK\3\4" + content), ("y.zip", content)])
    assert found.files == ()
    assert len(found.refused) == 2


@given(st.data())
def test_no_changed_byte_of_an_archive_crashes_it(data: st.DataObject) -> None:
    content = bytearray(packed(("a/x.PRJ", TEXT), ("y.PAN", TEXT * 9)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = unpack([("x.zip", bytes(content))])
    for file in found.files:
        assert ".." not in file.path.split("/")
