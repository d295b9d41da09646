"""Where the layout of a block and the tables of its shading scene differ: each told with both values."""

from collections.abc import Iterator
from typing import Any

from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.inputs import given_inputs, scene_used
from gnomon.workloads.energy_model.standing import Standing, Standings
from gnomon.workloads.energy_model.wording import place_text

Loc = tuple[str | int, ...]
_NEARLY_FLAT = 5.0  # degrees of tilt below which a facing says little
# How far the two may be apart: degrees, and a share of the collector's width over its pitch.
_APART = {"tilt": 2.0, "azimuth": 5.0, "maxAngle": 1.0}
_APART_GCR = 0.1


def scene_notes(model: doc.EnergyModel, standings: Standings) -> Iterator[str]:
    """Yield a warning for each layout that differs from how the tables of its scene stand or move."""
    for index, block in enumerate(model.blocks):
        yield from _of_block(block, ("blocks", index), model, standings)


def _of_block(block: doc.Block, at: Loc, model: doc.EnergyModel, standings: Standings) -> Iterator[str]:
    told: set[str] = set()
    for place, each in enumerate(given_inputs(block)):
        layout, shading = each.layout or block.layout, each.shading or block.shading
        if layout is None or (shading.near != "octavia" and each.scene is None):
            continue
        used = scene_used(shading, each.scene)
        stand = None if used.number is None else standings.of(used.number, used.tables)
        loc = (*at, "dcInputs", place, "layout") if each.layout else (*at, "layout")
        for note in () if stand is None else _apart(layout, loc, stand, f"shading scene {used.number}"):
            if note not in told:
                yield note
            told.add(note)
        if stand is not None and stand.trackers > 0 and not told:
            yield from _own_course(model, used.number)


def _apart(layout: doc.Layout, at: Loc, stand: Standing, scene: str) -> Iterator[str]:
    turns = stand.trackers > 0.5
    if layout.array_type == "rotationalFloating" or (layout.array_type == "tracker") != turns:
        moves = "turn about an axis" if turns else "stand still"
        yield _differs(at, "arrayType", layout.array_type, f"most tables of {scene} {moves}")
        return
    yield from _gcr(layout, at, stand, scene)
    yield from (_turning if turns else _resting)(layout, at, stand, scene)


def _gcr(layout: doc.Layout, at: Loc, stand: Standing, scene: str) -> Iterator[str]:
    if stand.gcr and abs(layout.gcr / stand.gcr - 1.0) > _APART_GCR:
        yield _differs(at, "gcr", f"{layout.gcr:g}", f"that of {scene} is {stand.gcr:.3g}")


def _resting(layout: doc.Layout, at: Loc, stand: Standing, scene: str) -> Iterator[str]:
    tilt, azimuth = layout.surface_tilt or 0.0, layout.azimuth or 0.0
    if stand.surface_tilt is None or stand.surface_azimuth is None:
        return
    if not layout.axis_tilt and abs(tilt - stand.surface_tilt) > _APART["tilt"]:
        yield _differs(at, "tilt", f"{tilt:g}", f"the tables of {scene} stand at {stand.surface_tilt:.3g}")
    off = abs((azimuth - stand.surface_azimuth + 180.0) % 360.0 - 180.0)
    if min(tilt, stand.surface_tilt) > _NEARLY_FLAT and off > _APART["azimuth"]:
        words = f"the tables of {scene} face {stand.surface_azimuth:.4g}"
        yield _differs(at, "azimuth", f"{azimuth:g}", words)


def _turning(layout: doc.Layout, at: Loc, stand: Standing, scene: str) -> Iterator[str]:
    azimuth, most = layout.azimuth or 0.0, layout.max_angle or 0.0
    if stand.axis_azimuth is not None:
        off = abs((azimuth - stand.axis_azimuth + 90.0) % 180.0 - 90.0)
        if off > _APART["azimuth"]:
            words = f"the axes of {scene} lie along {stand.axis_azimuth:.4g}"
            yield _differs(at, "azimuth", f"{azimuth:g}", words)
    if stand.max_angle is not None and abs(most - stand.max_angle) > _APART["maxAngle"]:
        yield _differs(at, "maxAngle", f"{most:g}", f"the trackers of {scene} turned to {stand.max_angle:g}")
    if stand.backtrack is not None and bool(layout.backtrack) != stand.backtrack:
        turned = "turned back" if stand.backtrack else "did not turn back"
        yield _differs(
            at, "backTracking", str(bool(layout.backtrack)).lower(), f"the trackers of {scene} {turned}"
        )


def _own_course(model: doc.EnergyModel, number: Any) -> Iterator[str]:
    settings = model.settings
    for name, value in (
        ("windStow", settings and settings.wind_stow),
        ("irradianceOptimization", settings and settings.irradiance_optimization),
    ):
        if value:
            yield (
                f"settings.{name}: the shares of shading scene {number} are those of trackers that follow the sun, "
                "and are taken for trackers that lie level too"
            )


def _differs(at: Loc, key: str, value: str, other: str) -> str:
    return (
        f"{place_text((*at, key))}: {value}, but {other}; light is found for the layout, shade for the scene"
    )
