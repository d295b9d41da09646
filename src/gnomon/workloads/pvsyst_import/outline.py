"""What an import would save, without a server: the documents, what they wait for, and the report, as JSON."""

from collections.abc import Sequence
from typing import Any

from gnomon.core.task import Json
from gnomon.workloads.pvsyst_import.plan import ModelPlan, Plan
from gnomon.workloads.pvsyst_import.project import filled
from gnomon.workloads.pvsyst_import.report import Fate, Note
from gnomon.workloads.pvsyst_import.shelf import Shelf


def outline(shelf: Shelf, planned: Plan) -> dict[str, Json]:
    """Write a plan as JSON; numbers are those of a workspace that is empty before."""
    numbers: dict[tuple[str, str], int] = {}
    for kind in ("module", "inverter"):
        own = (each for each in planned.components if each.kind == kind)
        numbers |= {(kind, each.key): count for count, each in enumerate(own, 1)}
    return {
        "projects": [
            {**each.document, "locationId": None if each.place is None else each.place + 1}
            for each in planned.projects
        ],
        "locations": [each.document() for each in planned.places],
        "modules": [
            _component(kind, key, number) for (kind, key), number in numbers.items() if kind == "module"
        ],
        "inverters": [
            _component(kind, key, number) for (kind, key), number in numbers.items() if kind == "inverter"
        ],
        "models": [_model(shelf, planned, each, numbers) for each in planned.models],
        "filesProcessed": list(planned.processed),
        "report": [note.json() for note in planned.notes],
    }


def _component(kind: str, key: str, number: int) -> Json:
    return {"kind": kind, "number": number, "file": key}


def _model(shelf: Shelf, planned: Plan, found: ModelPlan, numbers: dict[tuple[str, str], int]) -> Json:
    is_home = found.project is not None and found.project < len(planned.projects)
    home = planned.projects[found.project] if is_home and found.project is not None else None
    where: dict[str, Json] = {}
    if home is not None and found.project is not None and home.place == found.place:
        where = {"projectId": found.project + 1}
    elif found.place is not None:
        where = {"locationId": found.place + 1}
    document, waits = filled(found, numbers, where)
    return {
        "variant": found.variant,
        "inputs": document,
        "waitsFor": waits,
        "blocks": _blocks(shelf, found, document["blocks"]),
        **{fate.value: _of(found.notes, fate) for fate in Fate},
    }


def _of(notes: Sequence[Note], fate: Fate) -> Json:
    return [note.json() for note in notes if note.fate is fate]


def _blocks(shelf: Shelf, found: ModelPlan, blocks: Sequence[dict[str, Any]]) -> list[Json]:
    """Write each block as a row of a table, its power where the module is known [kW]."""
    files = {(want.kind, want.way[1]): want.file for want in found.mapped.wants}
    rows: list[Json] = []
    for index, block in enumerate(blocks):
        module = files.get(("module", index), "")
        held = shelf.modules.get(module.lower())
        strings = block["dcInputs"][0]
        counts = (
            block["acSystem"].get("numberOfInverters"),
            strings.get("stringCount"),
            strings.get("stringLength"),
        )
        known = held is not None and all(counts)
        power = counts[0] * counts[1] * counts[2] * held.module.p_mp_ref / 1e3 if known and held else None
        rows.append(
            {
                "name": block["name"],
                "inverters": counts[0],
                "strings": counts[1],
                "modules": counts[2],
                "dcPowerkW": power,
                "tilt": block.get("layout", {}).get("tilt"),
                "azimuth": block.get("layout", {}).get("azimuth"),
                "module": module,
                "inverter": files.get(("inverter", index), ""),
            }
        )
    return rows
