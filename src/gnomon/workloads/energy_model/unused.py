"""What a document gives and its run has no use for: each told by its place, with the reason."""

from collections.abc import Iterator, Mapping

from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.options import Settings
from gnomon.workloads.energy_model.wording import place_text

Loc = tuple[str | int, ...]

# Kind of layout -> the fields that mean nothing to it.
_MEANINGLESS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("backtrack", "max_angle"),
    "tracker": ("surface_tilt",),
    "rotationalFloating": ("axis_tilt", "backtrack", "cross_axis_tilt"),
}


def unused(model: doc.EnergyModel) -> Iterator[str]:
    """Yield a line for each field of a run that has a value and no effect."""
    settings = model.settings or Settings.model_validate({})
    for index, block in enumerate(model.blocks):
        yield from _block(block, ("blocks", index), settings)
    kinds = {layout.array_type for block in model.blocks for layout in _layouts(block)}
    if "tracker" not in kinds:
        for name, value in (
            ("windStow", settings.wind_stow),
            ("irradianceOptimization", settings.irradiance_optimization),
        ):
            if value is not None:
                yield f"settings.{name}: not used, no block has trackers"


def _layouts(block: doc.Block) -> Iterator[doc.Layout]:
    for holder in (block, *(block.dc_inputs or ())):
        if holder.layout is not None:
            yield holder.layout


def _block(block: doc.Block, at: Loc, settings: Settings) -> Iterator[str]:
    if block.layout is not None:
        yield from _layout(block.layout, (*at, "layout"))
    yield from _shading(block.shading, (*at, "shading"))
    if block.array is not None:
        yield from _backs(block.array, (*at, "array"))
    for index, each in enumerate(block.dc_inputs or ()):
        loc = (*at, "dcInputs", index)
        if each.layout is not None:
            yield from _layout(each.layout, (*loc, "layout"))
        if each.shading is not None:
            yield from _shading(each.shading, (*loc, "shading"))
            if each.shading.far and not block.shading.far:
                yield _told((*loc, "shading", "farShading"), "the block's own counts for all its inputs")
        if each.share_weight is not None and settings.power_sharing != "manual_weighted":
            yield _told((*loc, "shareWeight"), "dcInputPowerSharingPolicy is not manual_weighted")
        yield from _backs(each, loc)


def _layout(layout: doc.Layout, at: Loc) -> Iterator[str]:
    for name in _MEANINGLESS[layout.array_type]:
        if getattr(layout, name):
            key = doc.Layout.model_fields[name].alias or name
            yield _told((*at, key), f"arrayType is {layout.array_type}")


def _shading(shading: doc.Shading, at: Loc) -> Iterator[str]:
    if shading.near != "octavia":
        for key, value in (("shadingSceneId", shading.scene_id), ("sceneTable", shading.scene_table)):
            if value is not None:
                yield _told((*at, key), "nearShading is not octavia")
    if not shading.electrical_impact:
        share, diodes = shading.electrical_impact_fraction, shading.transverse_diodes
        for key, value in (("electricalImpactFraction", share), ("transverseDiodes", diodes)):
            if value:
                yield _told((*at, key), "electricalImpact is not true")
    elif shading.near is None:
        yield _told((*at, "electricalImpact"), "there is no nearShading")
    elif shading.transverse_diodes == 0:
        yield _told((*at, "electricalImpact"), "transverseDiodes is 0")


def _backs(strings: doc.Strings, at: Loc) -> Iterator[str]:
    if strings.bifacial and strings.bifacial_inputs is None:
        yield _told((*at, "bifacial"), "there are no bifacialInputs to say how the backs see the ground")
    if strings.bifacial is False and strings.bifacial_inputs is not None:
        yield _told((*at, "bifacialInputs"), "bifacial is false")


def _told(at: Loc, why: str) -> str:
    return f"{place_text(at)}: not used, {why}"
