from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.pvsyst import ond, pan, write, write_ond, write_pan
from gnomon.pvsyst.component import TEXT_KEYS, Property
from gnomon.pvsyst.encoding import decode
from gnomon.pvsyst.ond import EfficiencyCurve
from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import Form, PvsystError, PvsystObject
from gnomon.pvsyst.writer import write as write_tree

from . import written

KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True).filter(lambda key: "PVObject_" not in key)
TEXTS = st.from_regex(r"[^\s\x00=,\d.+-][^\r\n\x00]{0,20}", fullmatch=True)


def lines(text: str) -> list[str]:
    """Return what the lines say, whatever their blanks and order."""
    found = [line.partition("=") for line in text.splitlines() if line.strip()]
    return sorted(f"{key.strip()}={value.strip()}" for key, _, value in found)


def components(golden: Path, suffix: str) -> list[Path]:
    return [path for path in sorted(golden.rglob("*")) if path.suffix.lower() == suffix]


@pytest.mark.parametrize("text", [written.FULL, written.PROJECT, written.site("")])
def test_a_written_tree_is_the_same_tree_of_the_same_lines(text: str) -> None:
    root = parse(text.encode())
    again = write(root)
    assert parse(again.encode()) == root
    own_ends = [line for line in lines(text) if line == "End of PVObject pvOrient="]
    assert sorted(lines(again) + own_ends) == lines(text)


def test_every_golden_file_is_written_again_line_for_line(golden: Path) -> None:
    files = [*components(golden, ".pan"), *components(golden, ".ond")]
    assert len(files) > 50
    for path in files:
        root = parse(path.read_bytes())
        assert parse(write(root).encode()) == root
        assert lines(write(root)) == lines(decode(path.read_bytes()).lstrip("\ufeff")), path.name


def test_every_golden_module_is_written_with_its_properties_and_curve(golden: Path) -> None:
    for path in components(golden, ".pan"):
        root = parse(path.read_bytes())
        again = parse(write_pan(pan.read_properties(root), pan.read_iam(root)).encode())
        assert pan.read_properties(again) == pan.read_properties(root)
        assert pan.read_module(again) == pan.read_module(root)


def test_every_golden_inverter_is_written_with_its_properties_and_curves(golden: Path) -> None:
    for path in components(golden, ".ond"):
        root = parse(path.read_bytes())
        again = parse(write_ond(ond.read_properties(root), ond.read_curves(root)).encode())
        assert ond.read_properties(again) == ond.read_properties(root)
        assert ond.read_inverter(again) == ond.read_inverter(root)


@pytest.mark.parametrize("part", ["Commercial", "Converter", "IAM"])
def test_keys_are_written_into_the_part_that_pvsyst_writes_them_in(golden: Path, part: str) -> None:
    for path in [*components(golden, ".pan"), *components(golden, ".ond")]:
        root = parse(path.read_bytes())
        theirs = {key for key, value in pairs(root, part) if value} - {"Flags", "Comment"}
        is_module = root.type == "pvModule"
        again = parse(
            (
                write_pan(pan.read_properties(root), pan.read_iam(root))
                if is_module
                else write_ond(ond.read_properties(root), ond.read_curves(root))
            ).encode()
        )
        assert {key for key, _ in pairs(again, part)} == theirs, path.name


def pairs(root: PvsystObject, part: str) -> tuple[tuple[str, str], ...]:
    found = root.find_child(part)
    return found.pairs if found else ()


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False).map(lambda value: value + 0.0)


@st.composite
def properties(draw: st.DrawFn) -> dict[str, Property]:
    """Return properties as a reader gives them: text that looks like a number only where it is text."""
    texts = draw(st.dictionaries(st.sampled_from(sorted(TEXT_KEYS)), TEXTS.map(str.strip).filter(bool)))
    values = st.one_of(
        numbers(-1e6, 1e6),
        st.booleans(),
        st.lists(numbers(-1e6, 1e6), min_size=1, max_size=13).map(tuple),
    )
    keys = KEYS.filter(lambda key: key not in TEXT_KEYS and key not in ("IAMMode", "VNomEff"))
    return {**texts, **draw(st.dictionaries(keys, values, max_size=8))}


def curve(low: float, high: float) -> st.SearchStrategy[tuple[tuple[float, float], ...]]:
    rising = st.lists(numbers(low, high), min_size=2, max_size=9, unique=True).map(sorted)
    return rising.map(lambda xs: tuple((x, 0.9 * x) for x in xs))


@settings(max_examples=25)
@given(properties(), st.none() | curve(0, 90))
def test_any_module_comes_back(given_properties: dict[str, Property], aoi: pan.Curve | None) -> None:
    again = parse(write_pan({**given_properties, "IAMMode": "UserProfile"}, aoi).encode())
    assert pan.read_properties(again) == {**given_properties, "IAMMode": "UserProfile"}
    assert pan.read_iam(again) == aoi


@settings(max_examples=25)
@given(
    properties(),
    st.one_of(
        curve(1, 1e6).map(lambda points: [EfficiencyCurve(v_dc=None, points=points)]),
        st.lists(numbers(1, 2000), min_size=1, max_size=3, unique=True).flatmap(
            lambda voltages: st.tuples(
                *[
                    curve(1, 1e6).map(lambda points, v=v: EfficiencyCurve(v_dc=v, points=points))
                    for v in sorted(voltages)
                ]
            )
        ),
    ),
)
def test_any_inverter_comes_back(
    given_properties: dict[str, Property], curves: list[EfficiencyCurve]
) -> None:
    again = parse(write_ond(given_properties, curves).encode())
    voltages = tuple(found.v_dc for found in curves if found.v_dc is not None)
    assert ond.read_properties(again) == {**given_properties, **({"VNomEff": voltages} if voltages else {})}
    assert ond.read_curves(again) == tuple(curves)


def test_a_curve_without_a_mode_is_the_users() -> None:
    again = parse(write_pan({"PNom": 440}, ((0, 1), (90, 0))).encode())
    assert pan.read_properties(again) == {"PNom": 440, "IAMMode": "UserProfile"}


def test_numbers_are_written_without_exponents() -> None:
    text = write_pan({"muGamma": 1e-7, "RShunt": 3e20, "Whole": 12.0, "Minus": -0.5}, None)
    assert (text.splitlines()[1:5]) == [
        "  muGamma=0.0000001",
        "  RShunt=300000000000000000000",
        "  Whole=12",
        "  Minus=-0.5",
    ]


def test_what_json_leaves_open_is_left_out() -> None:
    assert write_pan({"Voc": None}, None) == "PVObject_=pvModule\nEnd of PVObject pvModule\n"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Comment", "two\nlines"),
        ("Comment", "Start"),
        ("Comment", "End"),
        ("Comment", "TConverter"),
        ("Comment", "a\0b"),
        ("Voc", float("nan")),
        ("Voc", float("inf")),
        ("Voc", {"value": 3}),
        ("Voc", []),
        ("Voc", ["a"]),
        ("Voc", [True]),
        ("PVObject_X", "pvModule"),
        ("a=b", 3),
        ("End of X", 3),
        (" Voc", 3),
        ("Remarks, Count", 3),
    ],
)
def test_what_cannot_be_written_names_its_key(key: str, value: object) -> None:
    with pytest.raises(PvsystError, match=f"^{key}: "):
        write_pan({key: value}, None)


def test_curves_with_and_without_a_voltage_are_refused() -> None:
    points = ((1.0, 0.9), (2.0, 1.9))
    mixed = [EfficiencyCurve(v_dc=None, points=points), EfficiencyCurve(v_dc=600, points=points)]
    with pytest.raises(PvsystError, match="VNomEff: has curves with and without a voltage"):
        write_ond({}, mixed)


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.TEXT])
def test_every_form_comes_back(form: Form) -> None:
    kinds = {
        Form.OBJECT: ("Odd", "pvOdd"),
        Form.GROUP: ("", "pvOrient"),
        Form.TYPED: ("Odd", "TOdd_one"),
        Form.NAMED: ("Odd", "TEven"),
        Form.TAGGED: ("Odd", "Start"),
        Form.LISTED: ("Odds", "1 TOdd"),
        Form.LIST: ("Odds", "1 TOdd"),
        Form.COUNTED: ("Odds", "1"),
        Form.BRACKETED: ("Odd", "Start"),
        Form.NODE: ("OddNode", ""),
    }
    name, kind = kinds[form]
    end = "last" if form in (Form.TYPED, Form.LISTED, Form.COUNTED) else ""
    inner = PvsystObject(name=name, type=kind, form=form, entries=(("A", "1"), ("A", "2")), end_text=end)
    root = PvsystObject(name="", type="pvVCalcul", entries=(("Before", ""), inner, ("After", "x=y")))
    assert parse(write_tree(root).encode()) == root
