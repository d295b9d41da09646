import re

import pytest

from gnomon.pvsyst.text import MOST_BYTES, MOST_DEPTH, parse
from gnomon.pvsyst.tree import Form, PvsystError, PvsystObject, number, numbers, profile
from gnomon.pvsyst.writer import write

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
        (b"PVObject_=TConverter\nEnd of PVObject TConverter", "not a PVsyst file"),
        (b"\x07PVModule\x00\x01\x02", "before 6.40; open it in a newer PVsyst, save it"),
        (b"PVObject_=pvModule\n A=\0\nEnd of PVObject pvModule", "binary file"),
        (b"\xef\xbb\xbfPVObject_=pvModule\n A=\xff\n", "marked as UTF-8 and is not, at byte 22"),
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


HEAD, TAIL = "PVObject_=pvVCalcul", "End of PVObject pvVCalcul"


def inside(*lines: str) -> PvsystObject:
    return parse("\n".join([HEAD, *lines, TAIL]).encode())


@pytest.mark.parametrize(
    ("lines", "form", "name", "kind"),
    [
        (["PVObject_X=pvY", "A=1", "End of PVObject pvY"], Form.OBJECT, "X", "pvY"),
        (["PVObject_ =  pvY", "A=1", "End of PVObject pvY"], Form.OBJECT, "", "pvY"),
        (["PVObject_=pvOrient", "A=1", "End of TOrientGroup"], Form.GROUP, "", "pvOrient"),
        (["PVObject_=pvDomeOrient", "A=1", "End of TDomeOrientGroup"], Form.GROUP, "", "pvDomeOrient"),
        (["Converter=TConverter", "A=1", "End of TConverter"], Form.TYPED, "Converter", "TConverter"),
        (["Odd=TIAMTable", "A=1", "End of TIAMTable"], Form.TYPED, "Odd", "TIAMTable"),
        (["X=TY", "A=1", "End of X"], Form.NAMED, "X", "TY"),
        (["X=Start", "A=1", "End of X"], Form.NAMED, "X", "Start"),
        (["X=Start", "A=1", "EndTags"], Form.TAGGED, "X", "Start"),
        (["X=TX", "A=1", "EndTags"], Form.TAGGED, "X", "TX"),
        (["Other=TPrintOut", "A=1", "EndTags"], Form.TAGGED, "Other", "TPrintOut"),
        (["X=Start", "A=1", "X=End"], Form.BRACKETED, "X", "Start"),
        (["Xs, list of=1 TX", "A=1", "End of Xs"], Form.LISTED, "Xs", "1 TX"),
        (["Xs, list of=1 tX", "A=1", "End of List Xs"], Form.LIST, "Xs", "1 tX"),
        (["Xs, Count=1", "A=1", "End of Xs"], Form.COUNTED, "Xs", "1"),
        (["XNode Start;", "A=1", "XNode End;"], Form.NODE, "XNode", ""),
    ],
)
def test_every_block_is_an_object_and_what_follows_is_not_in_it(
    lines: list[str], form: Form, name: str, kind: str
) -> None:
    root = inside("Before=0", *lines, "After=2")
    block = root.children[0]
    assert (block.form, block.name, block.type, block.pairs) == (form, name, kind, (("A", "1"),))
    assert root.entries == (("Before", "0"), block, ("After", "2"))
    assert (root.lines, block.lines) == ((2, 3, 6), (4,))


def test_a_brand_that_looks_like_a_type_opens_nothing() -> None:
    root = inside(
        "Manufacturer=Talesun", "Model=TP660M", "X=Start", "Maker=Talesun", "EndTags", "MonoTri=Tri"
    )
    assert root.find_text("Manufacturer") == "Talesun"
    assert root.find_text("MonoTri") == "Tri"
    assert root.children[0].pairs == (("Maker", "Talesun"),)


def test_print_settings_are_told_from_a_brand_inside_them() -> None:
    root = inside("PrintSettings=TPrintSettings", "ClientDesignation=TotalSun", "PCNDec=1", "EndTags")
    assert root.children[0].pairs == (("ClientDesignation", "TotalSun"), ("PCNDec", "1"))


def test_repeated_keys_and_texts_behind_a_closing_marker_are_kept() -> None:
    root = inside(
        "A=1", "A=2", "A=1", "Remarks, Count=3", "Str_1=x = y", "Str_2", "End of Remarks=last = text"
    )
    assert root.pairs == (("A", "1"), ("A", "2"), ("A", "1"))
    assert root.children[0].pairs == (("Str_1", "x = y"), ("Str_2", ""))
    assert root.children[0].end_text == "last = text"


def test_an_orientation_may_end_before_its_group() -> None:
    groups = ["PVObject_=pvOrient", "A=1", "End of PVObject pvOrient", "B=2", "End of TOrientGroup"]
    root = inside("List, list of=2 TOrientGroup", *groups, *groups, "End of List", "C=3")
    first, second = root.children[0].children
    assert first == second
    assert first.pairs == (("A", "1"), ("B", "2"))
    assert root.pairs == (("C", "3"),)


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (
            ["End of PVObject pvSubArray"],
            2,
            "closes nothing that is open; `PVObject_=pvVCalcul` of line 1 waits",
        ),
        (
            ["PVObject_=pvSubArray", "A=1"],
            4,
            "`PVObject_=pvSubArray` of line 2 waits for `End of PV",
        ),
        (["SubArrays=Start", "A=1"], 4, "`SubArrays=Start` of line 2 waits for `SubArrays=End` or `EndTags`"),
        (["A=1", "EndTags"], 3, "`EndTags` closes nothing"),
        (["X=Start", "Y=End", "EndTags"], 3, "`Y=End` closes nothing"),
        (["XNode Start;", "YNode End;", "XNode End;"], 3, "`XNode Start;` of line 2 waits for `XNode End;`"),
        (
            ["PVObject_=pvOrient", "NoOrient=1"],
            4,
            "waits for `End of PVObject pvOrient` or `End of TOrientGroup`",
        ),
        (["A=1", "End of TOrientGroup"], 3, "closes nothing"),
        (
            ["PVObject_=pvOrient", "A=1", "PVObject_=pvOrient"],
            4,
            "stands inside another; `PVObject_=pvOrient` of line 2",
        ),
        (["O, list of=1 TOrientGroup", "A=1", "End of O"], 3, "`A` stands behind no `End of TOrientGroup`"),
        (
            ["IAMProfile=TCubicProfile", "Point_1=0,1"],
            2,
            "`IAMProfile=TCubicProfile` is never closed by `End of TC",
        ),
        (["Economy=TEconomy", "A=1"], 2, "never closed by `End of TEconomy`"),
        (["Orientations, list of=2 TOrientGroup"], 2, "never closed by `End of Orientations`"),
        (["End of TConverter"], 2, "closes nothing"),
        (["PVObject_A=pvA", "X=TX", "PVObject_B=pvB", "End of TX"], 5, "`PVObject_B=pvB` of line 4 waits"),
    ],
)
def test_a_bad_closing_names_the_line_and_what_to_do(lines: list[str], line: int, words: str) -> None:
    with pytest.raises(PvsystError, match=re.escape(words)) as caught:
        inside(*lines)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")
    assert "export it from PVsyst again and upload it whole" in str(caught.value)


def test_an_empty_list_needs_no_end() -> None:
    assert inside("Remarks, Count=0", "A=1").pairs == (("Remarks, Count", "0"), ("A", "1"))


def test_a_second_object_in_a_file_is_not_lost_in_silence() -> None:
    text = f"{HEAD}\n{TAIL}\n\nPVObject_=pvSubArray\nEnd of PVObject pvSubArray\n"
    with pytest.raises(
        PvsystError, match="line 4: 'PVObject_=pvSubArray' stands after the end of the pvVCalcul"
    ):
        parse(text.encode())


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n\r\n", b"\x1a", b"\n\0\0\0"])
def test_what_ends_a_file_may_be_nothing_visible(tail: bytes) -> None:
    assert parse(f"\n\n{HEAD}\n{TAIL}".encode() + tail).type == "pvVCalcul"


@pytest.mark.parametrize(
    ("codec", "text"), [("utf-16-le", "ü"), ("utf-16-be", "ü"), ("utf-8", "未"), ("cp1252", "€ü")]
)
def test_encodings_without_a_mark(codec: str, text: str) -> None:
    assert parse(f"{HEAD}\nComment={text}\n{TAIL}".encode(codec)).find_text("Comment") == text


def test_bytes_that_no_code_page_has_are_kept() -> None:
    content = HEAD.encode() + b"\nComment=a\x81\x8d\xfcb\n" + TAIL.encode()
    assert parse(content).find_text("Comment") == "a\x81\x8d\xfcb"


@pytest.mark.parametrize("opening", ["PVObject_X=pvX", "X=Start", "XNode Start;"])
@pytest.mark.parametrize("depth", [MOST_DEPTH, 100_000])
def test_depth_is_bounded(opening: str, depth: int) -> None:
    with pytest.raises(PvsystError, match="more than 64 deep"):
        inside(*[opening] * depth)


def test_depth_is_bounded_for_objects_told_by_their_end() -> None:
    deep = MOST_DEPTH - 1
    assert inside(*["X=TX"] * deep, *["End of TX"] * deep).children
    with pytest.raises(PvsystError, match="more than 64 deep"):
        inside(*["X=TX"] * (deep + 1), *["End of TX"] * (deep + 1))


def test_size_is_bounded() -> None:
    with pytest.raises(PvsystError, match="larger than 32 MB"):
        parse(b" " * (MOST_BYTES + 1))
    with pytest.raises(PvsystError, match="more than 1500000 lines"):
        parse(HEAD.encode() + b"\n" * 1_500_001)


ENDLESS = {
    "blanks": [
        "PVObject_" + " " * 1_000_000,
        "A" + " " * 1_000_000 + "B",
        "End of X" + " " * 1_000_000 + "x",
    ],
    "brands": ["A=Talesun"] * 60_000,
    "tags": [*["A=TaB"] * 30_000, *["X=Start", "A=TaB", "EndTags"] * 10_000],
    "lists": ["Xs, list of=1 TX", "A=1", "End of Xs"] * 20_000,
    "groups": ["PVObject_=pvOrient", "End of PVObject pvOrient", "A=1", "End of TOrientGroup"] * 15_000,
    "typed": ["B=TConverter", "A=1", "End of TConverter"] * 20_000,
}


@pytest.mark.parametrize("lines", ENDLESS.values(), ids=ENDLESS)
def test_time_is_linear_in_lines(lines: list[str]) -> None:
    """A quadratic reader would sit here for minutes."""
    assert inside(*lines).entries


SCENE = """PVObject_=pvVCalcul
  Comment=A
  PVObject_Ombrage=pvShading
    Flags=$01
    FracOmbreMod=1.0
{scene}
  End of PVObject pvShading
  PVObject_PVMainArray=pvMainArray
    SubArrays=Start
      PVObject_=pvSubArray
        SubArrayId=1
      End of PVObject pvSubArray
    EndTags
  End of PVObject pvMainArray
End of PVObject pvVCalcul
"""


@pytest.mark.parametrize(
    "scene",
    [
        "ListeObjets, list of=2 TOmbObjet\nX=1\nEnd of Something",
        "PVObject_=pvThing\nX=1",
        "Mesh Start;\nMesh=End",
        "Profile=TCubicProfile\nPoint_1=0,0",
        "EndTags",
        "A Start;\n" * 100,
        "Binary, Count=3\n\\x01\nEnd of PVObject pvUnknown\nFlags=$02",
    ],
)
def test_a_strange_scene_is_kept_as_text_and_the_rest_is_read(scene: str) -> None:
    root = parse(SCENE.format(scene=scene).encode())
    shading = root.find_child("Ombrage")
    assert shading is not None
    assert shading.pairs[:2] == (("Flags", "$01"), ("FracOmbreMod", "1.0"))
    (text,) = shading.children
    assert text.form is Form.TEXT
    written = [line.strip() for line in write(shading).splitlines()]
    assert written[3:-1] == [line for line in scene.splitlines() if line]
    array = root.find_child("PVMainArray")
    assert array is not None
    assert array.children[0].children[0].find_text("SubArrayId") == "1"
    assert parse(write(root).encode()) == root


@pytest.mark.parametrize(
    "scene",
    [
        "EndTags\nPVObject_=pvSubArray\nEnd of PVObject pvSubArray",
        "EndTags\nEnd of PVObject pvShading\nEnd of Nothing",
    ],
)
def test_a_scene_never_hides_another_part_and_damage_outside_is_refused(scene: str) -> None:
    with pytest.raises(PvsystError, match="closes nothing"):
        parse(SCENE.format(scene=scene).encode())
