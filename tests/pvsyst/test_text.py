import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import PvsystError, PvsystObject, number, numbers, profile

VARIANT = """\
PVObject_=pvVCalcul
  Version=8.0.1
  Comment=a = b, and c
  PVObject_Orient=pvOrientation
    Field=FixedPlane
  Flags2=$0A
UFactor=20.0
  End of PVObject pvOrientation
  PVObject_Converter=pvX
    Converter=TConverter
      PInEffMax =150000.000
    End of TConverter
  End of PVObject pvX
  SubArrays=Start
    PVObject_=pvSubArray
      NModSerie=25
    End of PVObject pvSubArray
    PVObject_=pvSubArray
      NModSerie=26
    End of PVObject pvSubArray
  EndTags
  PrintSettings=TPrintSettings
    Wide=True
  EndTags
  Points, list of=2 tOperPoint
    Point_1=False,200
    Point_2=False,400
  End of List Points
  Remarks, Count=2
    Str_1=first
    Str_2
  End of Remarks=first
  InverterNode Start;
  Children=Start
    Leaf=1
  Children=End
  InverterNode End;
  Model=TSM-255PD05
  After=Talesun
End of PVObject pvVCalcul
"""


def test_markers_nest_and_indentation_does_not() -> None:
    root = parse(VARIANT.encode())
    orientation = root.find_child("Orient")
    assert orientation is not None
    assert orientation.find_text("UFactor") == "20.0"
    assert orientation.find_text("Flags2") == "$0A"
    assert [child.name for child in root.children] == [
        *("Orient", "Converter", "SubArrays", "PrintSettings", "Points", "Remarks", "InverterNode")
    ]


def test_every_sub_array_is_kept() -> None:
    arrays = parse(VARIANT.encode()).find_child("SubArrays")
    assert arrays is not None
    assert [array.find_number("NModSerie") for array in arrays.children] == [25, 26]


def test_keys_after_a_block_belong_to_its_holder() -> None:
    root = parse(VARIANT.encode())
    assert root.find_text("Model") == "TSM-255PD05"
    assert root.find_text("After") == "Talesun"
    assert root.find_text("Comment") == "a = b, and c"


def test_a_key_may_carry_a_trailing_blank() -> None:
    holder = parse(VARIANT.encode()).find_child("Converter")
    assert holder is not None
    converter = holder.find_child("Converter")
    assert converter is not None
    assert converter.find_number("PInEffMax") == 150000


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings(codec: str, newline: str) -> None:
    text = "PVObject_=pvModule\n  Comment=Zürich, 36.9 °\nEnd of PVObject pvModule\n"
    assert parse(text.replace("\n", newline).encode(codec)).find_text("Comment") == "Zürich, 36.9 °"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a PVsyst file"),
        (b"<html>", "not a PVsyst file"),
        (b"\x07PVModule\x00\x01\x02", "before 6.40"),
        (b"PVObject_=pvModule\n Voc=1\n", "ends before `End of PVObject pvModule`"),
    ],
)
def test_what_is_no_file_says_so(content: bytes, words: str) -> None:
    with pytest.raises(PvsystError, match=words):
        parse(content)


def curve(*lines: str) -> PvsystObject:
    pairs = tuple((key, value) for key, value in (line.split("=") for line in lines))
    return PvsystObject(name="IAMProfile", type="TCubicProfile", entries=pairs)


def test_padding_points_are_dropped() -> None:
    padded = curve("NPtsMax=3", "NPtsEff=2", "Point_1=0,1", "Point_2=90,0", "Point_3=0,0")
    assert profile(padded) == ((0, 1), (90, 0))


@pytest.mark.parametrize("lines", [("NPtsEff=2", "Point_1=0,1"), ("NPtsEff=1", "Point_1=0")])
def test_a_profile_that_lacks_points_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(PvsystError, match="IAMProfile"):
        profile(curve(*lines))


def test_units_and_trailing_commas() -> None:
    assert number("36.9 mΩ", "Resistance") == 36.9
    assert numbers("880.0,1174.0,1300.0,", "VNomEff") == (880, 1174, 1300)


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf", "1,5"])
def test_what_is_no_number_names_its_key(text: str) -> None:
    with pytest.raises(PvsystError, match="RSerie"):
        number(text, "RSerie")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(PvsystError):
        assert parse(b"PVObject_=pvModule\n" + content).type == "pvModule"


@given(st.lists(st.sampled_from(VARIANT.splitlines()), max_size=60))
def test_lines_in_any_order_are_read_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(PvsystError):
        assert parse("\n".join(["PVObject_=pvVCalcul", *lines]).encode()).type == "pvVCalcul"
