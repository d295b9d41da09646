"""The tables of shading scenes, as the laboratory reads them: each once, however many blocks refer to it."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gnomon.core.errors import Complaint
from gnomon.core.workload import Failure, Pinned
from gnomon.pv.arrays import FloatArray
from gnomon.pv.scene import SceneTable, from_json
from gnomon.pv.shade import Shares, SunGrid, scene_mean
from gnomon.workloads.energy_model.blob import KEY, is_blob
from gnomon.workloads.energy_model.wording import any_of, place_text, shown

Loc = tuple[str | int, ...]
Object = Mapping[str, Any]
Chosen = tuple[str | int, ...]
"""Tables of a scene, by their hashes or by their places in it."""
_MOST_ANGLES = 721  # of an axis: twice a degree around the compass, and more than any scene needs
_NAMED = 5  # known tables that a complaint about an unknown one lists


class Scenes:
    """The shading scenes that a run refers to, by their numbers.

    Each is known by a `table` of the whole scene, an object or the name of a blob, and after a run of its own by the
    `shares` of each of its `tables`.
    """

    def __init__(self, known: Mapping[str, Object], read: Callable[[str], bytes]) -> None:
        self._known = known
        self._read = read
        self._found: dict[tuple[int, Chosen], SceneTable] = {}
        self._shares: dict[int, dict[str, FloatArray]] = {}

    def table(self, number: int, chosen: Sequence[str | int] = ()) -> SceneTable:
        """Return the table of a scene, or the mean over some of its tables by their area.

        Raises
        ------
        Failure
            If the scene is not known or has no such table; it names some that the scene has.
        """
        key = number, tuple(chosen)
        if key not in self._found:
            self._found[key] = self._selected(*key) if chosen else self._whole(number)
        return self._found[key]

    def is_computed(self, number: int) -> bool:
        """Tell whether a scene was computed here: its tables then tell views of the ground, not its light."""
        return self._of(number).get("shares") is not None

    def inline(self, table: Any) -> SceneTable:
        """Return a table that stands in an input, or apart from it as a blob."""
        return scene_table(json.loads(self._read(table[KEY])) if is_blob(table) else table)

    def as_json(self, put: Callable[[bytes], str]) -> dict[str, Object]:
        """Return what is known of the scenes for another process; all tables stand apart."""
        return {number: {**known, "table": self._apart(known, put)} for number, known in self._known.items()}

    def _apart(self, known: Object, put: Callable[[bytes], str]) -> str | None:
        table = known.get("table")
        return put(json.dumps(table).encode()) if isinstance(table, dict) else table

    def _of(self, number: int) -> Object:
        known = self._known.get(str(number))
        if known is None:
            raise Failure(
                "no_shading_scene", f"shading scene {number} is not known here; post it and refer to its id"
            )
        return known

    def _whole(self, number: int) -> SceneTable:
        table = self._of(number).get("table")
        if table is None:
            words = f"shading scene {number} has no table; run it, or give it a shadingTable"
            raise Failure("no_shading_table", words)
        return scene_table(json.loads(self._read(table)) if isinstance(table, str) else table)

    def _selected(self, number: int, chosen: Chosen) -> SceneTable:
        known = self._of(number)
        if known.get("shares") is None:
            words = f"shading scene {number} is one table and has no others; leave out shadingTables"
            raise Failure("unknown_table", words)
        if number not in self._shares:
            with np.load(io.BytesIO(self._read(known["shares"])), allow_pickle=False) as archive:
                self._shares[number] = {name: archive[name] for name in archive.files}
        names = known.get("tables") or ()
        names = json.loads(self._read(names)) if isinstance(names, str) else names
        return _mean(self._shares[number], _places(number, names, chosen))


def scenes_of(pinned: Sequence[Pinned], read: Callable[[str], bytes]) -> Scenes:
    """Return the scenes among what a run refers to: by the result of their runs, or by their own tables."""
    known = {str(each.number): _known(each) for each in pinned if each.kind == "shading_scene"}
    return Scenes(known, read)


def _known(scene: Pinned) -> Object:
    if isinstance(scene.result, dict):
        return {key: scene.result.get(key) for key in ("table", "shares", "tables")}
    return {"table": scene.document.get("shadingTable")}


def _places(number: int, names: Sequence[str], chosen: Chosen) -> list[int]:
    """Return the places of chosen tables in their scene, each once."""
    place_of = {name: place for place, name in enumerate(names)}
    places = []
    for each in chosen:
        place = place_of.get(each) if isinstance(each, str) else each
        if place is None or place >= len(names):
            some = any_of([shown(name) for name in names[:_NAMED]]) if len(names) > 1 else shown(list(names))
            words = f"it has {len(names)}: {some}{' ...' if len(names) > _NAMED else ''}, or places from 0"
            raise Failure("unknown_table", f"shading scene {number} has no table {shown(each)}; {words}")
        places.append(place)
    return list(dict.fromkeys(places))


def _mean(shares: Mapping[str, FloatArray], places: list[int]) -> SceneTable:
    """Return the mean of some tables' shares by area, that of the beam by what of it meets each of them."""
    area = shares["area"][places].astype(np.float64)
    grid = SunGrid(azimuth=tuple(shares["azimuth"].tolist()), elevation=tuple(shares["elevation"].tolist()))

    def at_positions(name: str) -> FloatArray:
        return shares[name][places].astype(np.float64).reshape(len(places), -1).T

    def mean(name: str) -> FloatArray:
        return np.clip(
            np.tensordot(area / area.sum(), shares[name][places].astype(np.float64), axes=1), 0.0, 1.0
        )

    lit = Shares(
        **{name: at_positions(name) for name in ("direct", "diodes", "incidence")}, rotation=np.zeros(0)
    )
    direct, diodes = scene_mean(grid, lit, area)
    sky, ground = mean("sky"), mean("ground")
    return SceneTable(
        azimuth=grid.azimuth,
        elevation=grid.elevation,
        direct_share=np.clip(direct, 0.0, 1.0),
        affected_diodes=np.clip(diodes, 0.0, 1.0),
        sky_share=sky if sky.ndim else float(sky),
        ground_share=ground if ground.ndim else float(ground),
    )


def scene_table(table: Any) -> SceneTable:
    """Return a table of JSON as the laboratory's.

    Raises
    ------
    ValueError
        If it is none; the message says what to give.
    """
    if not isinstance(table, dict):
        raise ValueError("give an object with azimuth, elevation and directShare")  # noqa: TRY004 - the caller's value
    for axis in ("azimuth", "elevation"):
        count = len(table[axis]) if isinstance(table.get(axis), list) else 0
        if count > _MOST_ANGLES:
            raise ValueError(f"{axis}: {count} angles; give at most {_MOST_ANGLES}")
    return _read(json.dumps(table))


@lru_cache(maxsize=64)
def _read(text: str) -> SceneTable:
    return from_json(json.loads(text))


def check_table(table: Any, at: Loc) -> Iterator[Complaint]:
    """Yield what is wrong with a table of shaded shares by azimuth and elevation of the sun."""
    try:
        scene_table(table)
    except (OverflowError, ValueError) as error:
        yield Complaint(at, f"{place_text(at)}: {error}", "shading_table")
