"""Nothing is lost between a file and its record: what is not unread is mapped, and what is unread is not."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.pvsyst.ledger import Ledger, Place, places
from gnomon.pvsyst.project import read_project
from gnomon.pvsyst.site import read_site
from gnomon.pvsyst.text import parse
from gnomon.pvsyst.variant import read_variant

from . import written

CASES: dict[str, tuple[str, Callable[..., Any]]] = {
    "variant": (written.FULL, read_variant),
    "project": (written.PROJECT, read_project),
    "site": (written.site(""), read_site),
}
# A profile is taken whole; how PVsyst draws it, and its padding, change no point.
PROFILE = {"NPtsMax", "LastCompile", "Mode"}
STRANGE = "strange?"


def mapped(record: Any) -> Any:
    """Return a record without its account of what it did not take."""
    return dataclasses.replace(record, unread=())


def with_value(text: str, place: Place, value: str) -> bytes:
    lines = text.splitlines()
    at = place.obj.lines[place.index] - 1
    assert lines[at].strip() == f"{place.key}={place.value}"
    lines[at] = f"{place.key}={value}"
    return "\n".join(lines).encode()


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_unread_changes_the_record_and_what_is_unread_does_not(case: str) -> None:
    text, read = CASES[case]
    root = parse(text.encode())
    record = read(root)
    unread = {(key.path, key.key, key.line) for key in record.unread}
    for place in places(root):
        if is_drawing(place):
            continue
        changed = read(parse(with_value(text, place, STRANGE)))
        line = place.obj.lines[place.index]
        is_unread = (place.path, place.key, line) in unread
        told = f"{place.path}/{place.key}"
        assert (mapped(changed) == mapped(record)) == is_unread, told
        assert STRANGE in repr(changed), told


def is_drawing(place: Place) -> bool:
    is_padding = place.key.startswith("Point_") and place.value == "0,0"
    return place.obj.type == "TCubicProfile" and (place.key in PROFILE or is_padding)


@pytest.mark.parametrize("case", CASES)
def test_what_is_mapped_and_what_is_unread_are_all_there_is(case: str) -> None:
    text, read = CASES[case]
    root = parse(text.encode())
    extra = text.replace("Latitude=", "Unheard_of=17\nLatitude=")
    (found,) = {(key.key, key.value) for key in read(parse(extra.encode())).unread} - {
        (key.key, key.value) for key in read(root).unread
    }
    assert found == ("Unheard_of", "17")


def test_without_a_reader_everything_is_unread() -> None:
    root = parse(written.FULL.encode())
    ledger = Ledger(root)
    unread = ledger.unread()
    assert ledger.taken() == 0
    assert len(unread) == len(list(places(root)))
    markers = ("PVObject_", "=Start", "=End", "=TCubicProfile", ", list of")
    lines = [line for line in written.FULL.splitlines() if "=" in line]
    assert len(unread) == sum(not any(mark in line for mark in markers) for line in lines)


@settings(max_examples=25)
@given(st.data())
def test_taken_and_unread_make_up_the_tree(data: st.DataObject) -> None:
    root = parse(written.FULL.encode())
    ledger = Ledger(root)
    all_places = list(places(root))
    for place in data.draw(st.lists(st.sampled_from(all_places), max_size=20)):
        ledger.page(place.obj).text(place.key)
    assert ledger.taken() + len(ledger.unread()) == len(all_places)


def test_an_object_without_keys_is_a_key_of_its_own() -> None:
    text = written.variant(
        "PVObject_Economy=pvEconomy\nEnd of PVObject pvEconomy\n", "Remarks, Count=0\nEnd of Remarks=x\n"
    )
    unread = read_variant(parse(text.encode())).unread
    assert [(key.path, key.key, key.value) for key in unread if key.path or key.key != "Flags"] == [
        ("", "Economy", "pvEconomy"),
        ("Remarks", "End of Remarks", "x"),
        ("", "Remarks", "0"),
    ]


def test_siblings_of_one_name_are_told_apart() -> None:
    text = written.variant(
        written.main_array(written.sub_arrays(*(written.sub_array(n, Odd=n) for n in (1, 2, 3))))
    )
    unread = read_variant(parse(text.encode())).unread
    assert [key.path for key in unread if key.key == "Odd"] == [
        f"PVMainArray/SubArrays/pvSubArray[{n}]" for n in (1, 2, 3)
    ]
