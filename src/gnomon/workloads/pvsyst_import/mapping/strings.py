"""How many strings are on how many inverters: one sub-array makes a block for each different number of strings."""

from collections.abc import Sequence
from dataclasses import dataclass

from gnomon.pvsyst import OndInverter, SubArray
from gnomon.pvsyst.circuit import InverterGroup
from gnomon.workloads.pvsyst_import.report import Report

_CLOSE = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Inverters, or inputs of inverters, with the same number of strings each."""

    inverters: int
    strings: int


def groups(sub: SubArray, circuit: Sequence[Group], said: Report) -> tuple[Group, ...]:
    """Return the groups of a sub-array; none where the file does not say how many strings and inverters it has."""
    strings, inverters = sub.strings, sub.inverters
    if not strings or not inverters:
        key = "NInverter" if strings else "NStringCh"
        said.unmapped(key, inverters if strings else strings, "is missing or 0; give the block's numbers")
        if strings:
            said.unmapped("NStringCh", strings, "needs NInverter to become strings of one inverter")
        elif inverters:
            said.mapped("NInverter", inverters, "acSystem.numberOfInverters")
        return ()
    said.mapped("NStringCh", strings, "dcInputs.stringCount, by inverter")
    if _fits(circuit, strings, inverters):
        said.mapped("NInverter", inverters, "acSystem.numberOfInverters, in groups as SystemCircuit has them")
        return _merged(circuit)
    if circuit:
        said.assumed(
            "SystemCircuit", _written(circuit), "differs from NInverter and NStringCh, which were used"
        )
    return _even(strings, inverters, said)


def _fits(circuit: Sequence[Group], strings: int, inverters: int) -> bool:
    return bool(circuit) and (
        sum(each.inverters for each in circuit) == inverters
        and sum(each.inverters * each.strings for each in circuit) == strings
        and all(each.strings for each in circuit)
    )


def _merged(circuit: Sequence[Group]) -> tuple[Group, ...]:
    by_strings: dict[int, int] = {}
    for each in circuit:
        by_strings[each.strings] = by_strings.get(each.strings, 0) + each.inverters
    return tuple(Group(inverters=count, strings=strings) for strings, count in by_strings.items())


def _even(strings: int, inverters: int, said: Report) -> tuple[Group, ...]:
    few, more = divmod(strings, inverters)
    if not more:
        said.mapped("NInverter", inverters, "acSystem.numberOfInverters")
        return (Group(inverters=inverters, strings=few),)
    words = f"{strings} strings do not share out evenly: {more} inverters have {few + 1}"
    if not few:
        said.assumed("NInverter", inverters, f"{words}, the others have none and are left out")
        return (Group(inverters=more, strings=1),)
    said.assumed("NInverter", inverters, f"{words}, {inverters - more} have {few}; each number makes a block")
    return (Group(inverters=inverters - more, strings=few), Group(inverters=more, strings=few + 1))


def _written(circuit: Sequence[Group]) -> str:
    return " + ".join(f"{each.inverters} x {each.strings}" for each in circuit)


def share(sub: SubArray, inverter: OndInverter | None, said: Report) -> float | None:
    """Return the share of an inverter that one of `NInverter` stands for; None for all of it."""
    if sub.p_ac_input is None:
        return None
    written = sub.p_ac_input / 1e3
    if inverter is None:
        words = (
            "tells, once the OND file is there, whether NInverter counts inverters or MPPT inputs; inverters "
        )
        said.assumed("PNomAC_InMPPT", written, f"{words}were assumed, else give acSystem.mpptFraction")
        return None
    ratio = inverter.p_ac_nom / sub.p_ac_input if sub.p_ac_input else 1.0
    if abs(ratio - 1) <= _CLOSE:
        said.mapped("PNomAC_InMPPT", written, "the inverter's own power: NInverter counts whole inverters")
        return None
    if ratio < 1:
        said.assumed(
            "PNomAC_InMPPT", written, f"is above the inverter's {inverter.p_ac_nom / 1e3:g} kW; not used"
        )
        return None
    inputs = round(ratio) if abs(ratio / round(ratio) - 1) <= _CLOSE else ratio
    said.assumed(
        "PNomAC_InMPPT",
        written,
        f"is 1/{inputs:g} of the inverter's {inverter.p_ac_nom / 1e3:g} kW: NInverter counts MPPT inputs, and "
        f"acSystem.mpptFraction is 1/{inputs:g}",
    )
    return 1 / inputs


def circuit_of(inverters: Sequence[InverterGroup], number: int | None) -> list[Group]:
    """Return how a circuit has the strings of a sub-array; nothing where it does not tell all numbers."""
    found = []
    for each in inverters:
        counts = [strings.count for strings in each.strings if strings.sub_array_number == number]
        if not counts:
            continue
        if number is None or each.inverters is None or None in counts:
            return []
        found.append(Group(inverters=each.inverters, strings=sum(count or 0 for count in counts)))
    return found
