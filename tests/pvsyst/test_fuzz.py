"""Damaged files: each is read whole or refused; none crashes, hangs, or loses a sub-array or a line."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.pvsyst.encoding import decode
from gnomon.pvsyst.ledger import places
from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import PvsystError, PvsystObject
from gnomon.pvsyst.variant import read_variant
from gnomon.pvsyst.writer import write

from . import written

SMALL = written.variant(
    written.orientations(written.orientation(1), written.orientation(2, own_end=True)),
    written.main_array(
        written.circuit(written.inverter(2, 1, written.strings(6, 1))),
        written.sub_arrays(written.sub_array(1, written.IAM), written.sub_array(2)),
        "Remarks, Count=2\nStr_1=a\nStr_2\nEnd of Remarks=b\n",
        "PrintSettings=TPrintSettings\nA=1\nEndTags\n",
        "OperPoints, list of=1 tOperPoint\nPoint_1=False,200\nEnd of List OperPoints\n",
    ),
    written.SHADING,
    written.horizon((0, 1), (90, 2)),
)
BLANKS = " \t"
LINES = SMALL.splitlines()
MARKERS = sorted(
    {
        line.strip()
        for line in LINES
        if line.strip().startswith(("PVObject_", "End"))
        or line.endswith(("=Start", "=End", ";", "=TCubicProfile"))
    }
)
WORDS = st.sampled_from(
    [
        *("PVObject_=pvSubArray", "PVObject_", "End of ", "EndTags", "=", "Start", "X=TX"),
        *(", list of=1 T", "\t", "\r", "\x85"),
    ]
)


def lines_of(text: str) -> list[str]:
    """Return what the lines say; an orientation's own end is no more than a place inside its group."""
    found = [line.partition("=") for line in text.replace("\r", "\n").split("\n") if line.strip(BLANKS)]
    told = ["=".join((key.strip(BLANKS), value.strip(BLANKS))) for key, _, value in found]
    return sorted(line for line in told if line not in ("End of PVObject pvOrient=", "End of TOrientGroup="))


def check(content: bytes) -> PvsystObject | None:
    """Read a file, and hold it against its lines; None when it is refused."""
    try:
        root = parse(content)
    except PvsystError:
        return None
    text = decode(content).lstrip("\ufeff")
    assert lines_of(write(root)) == lines_of(text)
    if root.type == "pvVCalcul":
        check_variant(root, text)
    return root


def check_variant(root: PvsystObject, text: str) -> None:
    variant = read_variant(root)
    opened = [line for line in lines_of(text) if line == "PVObject_=pvSubArray"]
    assert len(variant.sub_arrays) == len(opened)
    unread = {(key.path, key.key, key.value, key.line) for key in variant.unread}
    assert len(unread) <= len(list(places(root)))


Damage = Callable[[list[str]], list[str]]


@st.composite
def damage(draw: st.DrawFn) -> Damage:
    """Return one way in which a file gets damaged."""
    size = len(LINES)
    at, other = draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))
    low, high = min(at, other), max(at, other)
    odd = draw(st.one_of(st.sampled_from(MARKERS), WORDS, st.text(max_size=20)))
    cut = draw(st.integers(0, 30))
    return draw(
        st.sampled_from(
            [
                lambda lines: lines[:low],
                lambda lines: lines[:low] + lines[low + 1 :],
                lambda lines: lines[:low] + lines[high:],
                lambda lines: lines[:high] + lines[low:],
                lambda lines: [*lines[:low], odd, *lines[low:]],
                lambda lines: [*lines[:low], odd, *lines[low + 1 :]],
                lambda lines: [
                    *lines[:low],
                    *(line[:cut] for line in lines[low : low + 1]),
                    *lines[low + 1 :],
                ],
                lambda lines: [*lines[:low], *lines[low + 1 : high], *lines[low : low + 1], *lines[high:]],
                lambda lines: [*lines[:low], *reversed(lines[low:high]), *lines[high:]],
            ]
        )
    )


def damaged(ways: list[Damage]) -> bytes:
    lines = LINES
    for way in ways:
        lines = way(lines)
    return "\n".join(lines).encode()


def test_an_undamaged_file_is_read() -> None:
    root = check(SMALL.encode())
    assert root is not None
    assert len(read_variant(root).sub_arrays) == 2


@settings(max_examples=100)
@given(st.lists(damage(), min_size=1, max_size=3))
def test_a_damaged_file_is_read_whole_or_refused(ways: list[Damage]) -> None:
    check(damaged(ways))


# A scene that breaks the rules is kept as text.
_STRIPPED = [line.strip() for line in LINES]
INSIDE_SCENE = range(
    _STRIPPED.index("PVObject_Ombrage=pvShading") + 1, _STRIPPED.index("End of PVObject pvShading")
)


@pytest.mark.parametrize("without", range(len(LINES)))
def test_a_line_that_is_missing_loses_no_more_than_itself(without: int) -> None:
    root = check("\n".join(LINES[:without] + LINES[without + 1 :]).encode())
    is_marker = LINES[without].strip() in MARKERS
    is_kept = LINES[without].strip() == "End of PVObject pvOrient" or without in INSIDE_SCENE
    assert root is None or not is_marker or is_kept


@pytest.mark.parametrize("until", range(len(LINES)))
def test_a_file_cut_short_is_always_refused(until: int) -> None:
    assert check("\n".join(LINES[:until]).encode()) is None


@settings(max_examples=60)
@given(st.lists(st.sampled_from(LINES), max_size=60))
def test_lines_in_any_order_are_read_or_refused(lines: list[str]) -> None:
    check("\n".join([LINES[0], *lines, LINES[-1]]).encode())


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    check(content)
    check(b"PVObject_=pvVCalcul\n" + content)
    check(b"PVObject_=pvVCalcul\n" + content + b"\nEnd of PVObject pvVCalcul\n")


@settings(max_examples=60)
@given(st.integers(0, len(SMALL) - 1), st.binary(max_size=8), st.integers(0, 8))
def test_bytes_in_the_middle_are_read_or_refused(at: int, content: bytes, over: int) -> None:
    whole = SMALL.encode()
    check(whole[:at] + content + whole[at + over :])


@pytest.mark.slow
@settings(max_examples=4000)
@given(st.lists(damage(), min_size=1, max_size=6))
def test_much_damage_is_read_whole_or_refused(ways: list[Damage]) -> None:
    check(damaged(ways))


@pytest.mark.slow
@settings(max_examples=4000)
@given(
    st.lists(st.one_of(st.sampled_from(MARKERS), st.sampled_from(LINES), st.text(max_size=12)), max_size=80)
)
def test_markers_in_any_order_are_read_or_refused(lines: list[str]) -> None:
    check("\n".join([LINES[0], *lines, LINES[-1]]).encode(errors="replace"))
