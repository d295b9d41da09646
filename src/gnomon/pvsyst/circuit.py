"""The circuit of a variant (`pvCircuit`): how the strings of each sub-array lie on its inverters."""

from collections.abc import Iterator
from dataclasses import dataclass

from gnomon.pvsyst.ledger import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class StringGroup:
    """Equal strings on one inverter (`StringNode`).

    Attributes
    ----------
    sub_array_number : int or None
        `SubArrayId`.
    sub_array_name : str or None
        `SubArrayName`.
    count : int or None
        `NElements` (1 where it is left out), times that of the `MPPTNode` around it; None if it is no number.
    resistance : float or None
        `Resistance` of its `CableDefinition` [ohm]; the file has the unit (mΩ or Ω) in the value.
    """

    sub_array_number: int | None
    sub_array_name: str | None
    count: int | None
    resistance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterGroup:
    """Inverters with equal strings (`InverterNode`).

    Attributes
    ----------
    sub_array_number : int or None
        `SubArrayId`.
    sub_array_name : str or None
        `SubArrayName`.
    inverters : int or None
        `NElements` (1 where it is left out); None if it is no number.
    strings : tuple of StringGroup
        On each one of them; of other sub-arrays too, where the inverter is shared.
    """

    sub_array_number: int | None
    sub_array_name: str | None
    inverters: int | None
    strings: tuple[StringGroup, ...]


def inverter_groups(page: Page) -> tuple[InverterGroup, ...]:
    """Return the inverter groups inside a page, at every depth, and take their keys."""
    return tuple(map(_inverters, page.all_named("InverterNode")))


def strings_of(groups: tuple[InverterGroup, ...], sub_array_number: int) -> int | None:
    """Return how many strings of a sub-array the circuit holds, None where a node does not tell its number."""
    counts = [
        None if None in (group.inverters, strings.count) else (group.inverters or 0) * (strings.count or 0)
        for group in groups
        for strings in group.strings
        if strings.sub_array_number == sub_array_number
    ]
    return None if None in counts else sum(count or 0 for count in counts)


def _inverters(page: Page) -> InverterGroup:
    return InverterGroup(
        sub_array_number=page.count("SubArrayId", low=-1),
        sub_array_name=page.text("SubArrayName"),
        inverters=_elements(page),
        strings=tuple(_strings(page, 1)),
    )


def _strings(page: Page, times: int | None) -> Iterator[StringGroup]:
    """Yield the string groups of a node and of the MPPT nodes inside it."""
    for found in page.children():
        if found.obj.name == "StringNode":
            yield _string(found, times)
        elif found.obj.name == "MPPTNode":
            yield from _strings(found, _times(times, _elements(found)))
        elif found.obj.name != "InverterNode":
            yield from _strings(found, times)


def _string(page: Page, times: int | None) -> StringGroup:
    cable = page.child("CableDefinition")
    return StringGroup(
        sub_array_number=page.count("SubArrayId", low=-1),
        sub_array_name=page.text("SubArrayName"),
        count=_times(times, _elements(page)),
        resistance=cable.quantity("Resistance", {"mΩ": 1e-3, "Ω": 1.0}) if cable else None,
    )


def _elements(page: Page) -> int | None:
    return 1 if page.obj.find_text("NElements") is None else page.count("NElements", low=1)


def _times(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a * b
