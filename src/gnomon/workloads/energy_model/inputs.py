"""A block's strings with their mounts, their shading and their backs, as the laboratory's records."""

from collections.abc import Iterator
from dataclasses import dataclass

from gnomon.core.workload import Failure
from gnomon.pv.mount import FixedMount, FloatingMount, Mount, TrackerMount, WindStow
from gnomon.pv.plant import Array, Bifacial, DcInput, ElectricalShading, Module, NearShading, Shading
from gnomon.pv.scene import SceneTable
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.block_rules import MappedScene, mapped_scenes, too_low
from gnomon.workloads.energy_model.catalogue import Catalogue
from gnomon.workloads.energy_model.options import Settings
from gnomon.workloads.energy_model.work import Work

_DIODES_OF_MODULE = 3
_NEAR: dict[str | None, NearShading] = {None: "none", "unlimited": "unlimited", "octavia": "scene"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Strings as a block's document gives them, in its older or in its newer form."""

    name: str
    module_id: int
    strings: doc.Strings
    mppt: int
    weight: float = 1.0
    layout: doc.Layout | None = None
    shading: doc.Shading | None = None
    scene: MappedScene | None = None


def given_inputs(block: doc.Block) -> list[Given]:
    """List what is on one inverter: the inputs, and behind them the older array on a tracker of its own."""
    found = [
        Given(
            name=str(each.id),
            module_id=each.module_id,
            strings=each,
            mppt=mppt,
            weight=1.0 if each.share_weight is None else each.share_weight,
            layout=each.layout,
            shading=each.shading,
            scene=(mapped_scenes(block.shading_string_map) or {}).get(str(each.id)),
        )
        for each, mppt in _on_trackers(block.dc_inputs or [])
    ]
    if block.array is not None and block.module_id is not None:
        last = max((each.mppt for each in found), default=0)
        found.append(Given(name="", module_id=block.module_id, strings=block.array, mppt=last + 1))
    if not found:
        raise Failure("invalid_input", "array: give stringCount and stringLength")
    return found


def _on_trackers(inputs: list[doc.DcInput]) -> Iterator[tuple[doc.DcInput, int]]:
    """Yield each input with its tracker: the one it names, else one of its own behind those that are named."""
    free = max((each.mppt_index for each in inputs if each.mppt_index is not None), default=0) + 1
    for each in inputs:
        yield each, free if each.mppt_index is None else each.mppt_index
        free += each.mppt_index is None


def pv_inputs(work: Work, block: doc.Block, catalogue: Catalogue, at: str = "") -> tuple[DcInput, ...]:
    """Return what is on one inverter of a block; `at` is the block's place, for what is refused.

    Raises
    ------
    Failure
        If rows as wide as one of their modules reach into the ground.
    """
    found = []
    for index, each in enumerate(given_inputs(block)):
        module = catalogue.module(each.module_id, block.aoi)
        place = f"{at}.dcInputs[{index}]" if each.name else f"{at}.array"
        _check_height(each, block, module, place.removeprefix("."))
        found.append(_pv_input(work, block, each, module))
    return tuple(found)


def _check_height(given: Given, block: doc.Block, module: Module, at: str) -> None:
    """Refuse backs too low for rows whose width follows from their module; a width of their own is checked before."""
    backs, layout = given.strings.bifacial_inputs, given.layout or block.layout
    if not given.strings.is_bifacial or backs is None or backs.height is None or layout is None:
        return
    turn = layout.max_angle if layout.array_type == "tracker" else layout.surface_tilt
    width = backs.collector_width or _slope_side(module, given.shading or block.shading)
    words = too_low(backs.height, width, (turn or 0.0) + abs(layout.cross_axis_tilt or 0.0))
    if words:
        raise Failure("invalid_input", f"{at}.bifacialInputs.height: {words}, or collectorWidth")


def _pv_input(work: Work, block: doc.Block, given: Given, module: Module) -> DcInput:
    strings = given.strings
    shading = given.shading or block.shading
    own = given.shading is not None or given.scene is not None
    return DcInput(
        name=given.name,
        module=module,
        array=Array(modules_per_string=strings.modules_per_string, strings=strings.strings),
        mppt=given.mppt,
        weight=given.weight,
        mount=None if given.layout is None else pv_mount(given.layout, work),
        shading=pv_shading(shading, work, given.scene) if own else None,
        bifacial=_bifacial(strings, module, shading),
    )


def _bifacial(strings: doc.Strings, module: Module, shading: doc.Shading) -> Bifacial | None:
    given = strings.bifacial_inputs
    if not strings.is_bifacial or given is None or given.height is None:
        return None
    return Bifacial(
        height=given.height,
        collector_width=given.collector_width or _slope_side(module, shading),
        transparency=given.transparency,
        racking_shading=given.racking_shading,
        mismatch=given.mismatch,
    )


def _slope_side(module: Module, shading: doc.Shading) -> float:
    """Return the side of a module that lies along the slope: the long one, unless modules lie in landscape [m]."""
    sides = [side for side in (module.length, module.width) if side is not None] or [module.area**0.5]
    return min(sides) if shading.module_orientation == "landscape" else max(sides)


def pv_mount(layout: doc.Layout, work: Work) -> Mount:
    """Return how modules stand or move."""
    azimuth = None if layout.azimuth is None else layout.azimuth % 360
    tilt, slope = layout.axis_tilt or 0.0, layout.cross_axis_tilt or 0.0
    if layout.array_type == "tracker":
        return _tracker(layout, work.options())
    if layout.array_type == "rotationalFloating":
        return FloatingMount(
            surface_tilt=layout.surface_tilt or 0.0,
            # Without a facing of its own a platform turns about the one to the equator.
            surface_azimuth=azimuth if azimuth is not None else 180.0 if work.site.latitude >= 0 else 0.0,
            max_angle=layout.max_angle or 0.0,
            gcr=layout.gcr,
        )
    return FixedMount(
        surface_tilt=layout.surface_tilt or 0.0,
        surface_azimuth=azimuth or 0.0,
        gcr=layout.gcr,
        axis_tilt=tilt,
        cross_axis_tilt=slope,
    )


def _tracker(layout: doc.Layout, settings: Settings) -> TrackerMount:
    stow, optimization = settings.wind_stow, settings.irradiance_optimization
    return TrackerMount(
        axis_azimuth=(layout.azimuth or 0.0) % 360,
        axis_tilt=layout.axis_tilt or 0.0,
        max_angle=layout.max_angle or 0.0,
        backtrack=bool(layout.backtrack),
        gcr=layout.gcr,
        cross_axis_tilt=layout.cross_axis_tilt or 0.0,
        wind_stow=None if stow is None else WindStow(wind_speed=stow.wind_speed, angle=stow.angle),
        level_above=None if optimization is None else optimization.diffuse_share,
    )


def pv_shading(shading: doc.Shading, work: Work, scene: MappedScene | None = None) -> Shading:
    """Return what shades modules; a scene of their own comes before the one that their shading names."""
    near = "octavia" if scene is not None else shading.near
    used = scene_used(shading, scene) if near == "octavia" else None
    return Shading(
        near=_NEAR[near],
        scene=None if used is None else _scene(shading, work, used),
        sees_ground_of_rows=used is not None
        and used.number is not None
        and work.scenes.is_computed(used.number),
        electrical=_electrical(shading, near) if near else None,
    )


def scene_used(shading: doc.Shading, mapped: MappedScene | None) -> MappedScene:
    """Return the number of the scene that shades modules, and which of its tables; no number for one in place."""
    if mapped is None:
        return MappedScene(number=shading.scene_id, tables=tuple(shading.tables or ()))
    return MappedScene(number=mapped.number or shading.scene_id, tables=mapped.tables)


def _scene(shading: doc.Shading, work: Work, used: MappedScene) -> SceneTable:
    if used.number is None:
        return work.scenes.inline(shading.scene_table)
    return work.scenes.table(used.number, used.tables)


def _electrical(shading: doc.Shading, near: str) -> ElectricalShading | None:
    if not shading.electrical_impact:
        return None
    share, groups = shading.electrical_impact_fraction, shading.transverse_diodes
    # A scene's table counts diodes itself, so their number across a row need not be given.
    usual = _DIODES_OF_MODULE if near == "octavia" else 0
    return ElectricalShading(
        transverse_diodes=usual if groups is None else groups,
        share=1.0 if share is None else share,
        orientation=shading.module_orientation,
    )
