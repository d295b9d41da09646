"""A workspace's settings: what energy models take where their documents say nothing, and preferences."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from gnomon.core.errors import Complaint
from gnomon.workloads.energy_model import rules
from gnomon.workloads.energy_model.block_rules import check_ac_system, check_aoi, has, inner
from gnomon.workloads.energy_model.document import AcLosses, AoiCurve, DcLosses, MediumVoltageLosses
from gnomon.workloads.energy_model.options import PlantOptions, Settings
from gnomon.workloads.energy_model.record import Fraction, Monthly, Record, Slope, unknown_keys
from gnomon.workloads.energy_model.wording import any_of, place_text

Object = Mapping[str, Any]
ENERGY_MODEL = "energyModel"
_AT = (ENERGY_MODEL,)


class AcDefaults(Record):
    """What of a block's AC system has a default."""

    losses: AcLosses | None = None
    mv: MediumVoltageLosses | None = Field(None, alias="mvLosses")
    mppt_fraction: Annotated[float, Field(gt=0, le=1)] | None = Field(None, alias="mpptFraction")


class ShadingDefaults(Record):
    """What of a block's shading has a default; a scene belongs to a block."""

    far: bool | None = Field(None, alias="farShading")
    near: Literal["unlimited", "none"] | None = Field(None, alias="nearShading")
    electrical_impact: bool | None = Field(None, alias="electricalImpact")
    electrical_impact_fraction: Fraction | None = Field(None, alias="electricalImpactFraction")
    transverse_diodes: Annotated[int, Field(ge=0, le=10)] | None = Field(None, alias="transverseDiodes")
    module_orientation: Literal["portrait", "landscape"] | None = Field(None, alias="moduleOrientation")


class LayoutDefaults(Record):
    """What of a block's layout has a default."""

    cross_axis_tilt: Slope | None = Field(None, alias="crossAxisTilt")


class BackDefaults(Record):
    """What of the backs of bifacial modules has a default."""

    collector_width: Annotated[float, Field(ge=0.1, le=100)] | None = Field(None, alias="collectorWidth")
    mismatch: Fraction | None = Field(None, alias="irradianceMismatchLoss")
    transparency: Fraction | None = Field(None, alias="moduleTransparency")
    racking_shading: Fraction | None = Field(None, alias="rackingShading")


class EnergyModelDefaults(Record):
    """What energy models take where their documents say nothing."""

    losses: DcLosses | None = None
    ac_system: AcDefaults | None = Field(None, alias="acSystem")
    shading: ShadingDefaults | None = None
    layout: LayoutDefaults | None = None
    bifacial_inputs: BackDefaults | None = Field(None, alias="bifacialInputs")
    aoi: AoiCurve | None = None
    albedo: Monthly | None = None
    plant: PlantOptions | None = None
    settings: Settings | None = None
    soiling: Monthly | None = None


class WorkspaceSettings(Record):
    """The settings of a workspace; what else they hold is kept for who put it there."""

    energy_model: EnergyModelDefaults | None = Field(None, alias="energyModel")
    preferences: dict[str, Any] | None = None


def workspace_settings(document: Object) -> Iterator[Complaint]:
    """Yield what the defaults of a workspace say against each other, and what among them is none."""
    yield from _misplaced(document)
    defaults = inner(document, ENERGY_MODEL)
    yield from _unknown(defaults)
    yield from rules.check_plant(inner(defaults, "plant"), (*_AT, "plant"))
    yield from rules.check_settings(inner(defaults, "settings"), (*_AT, "settings"))
    yield from check_ac_system(inner(defaults, "acSystem"), (*_AT, "acSystem"))
    yield from check_aoi(inner(defaults, "aoi"), (*_AT, "aoi"))
    yield from _shading(inner(defaults, "shading"), (*_AT, "shading"))
    if inner(defaults, "settings").get("dcInputPowerSharingPolicy") == "manual_weighted":
        loc = (*_AT, "settings", "dcInputPowerSharingPolicy")
        words = "manual_weighted needs the weights of a model's own inputs; give it there"
        yield Complaint(loc, f"{place_text(loc)}: {words}", "no_default")


def _misplaced(document: Object) -> Iterator[Complaint]:
    """Yield every default that stands beside the defaults, where no model would find it."""
    for name, field in EnergyModelDefaults.model_fields.items():
        key = field.alias or name
        if key in document:
            words = f"has no effect here; put it under {ENERGY_MODEL}, as {ENERGY_MODEL}.{key}"
            yield Complaint((key,), f"{key}: {words}", "misplaced")


def _unknown(defaults: Object) -> Iterator[Complaint]:
    """Yield every key that would have no effect: a default that is misspelt would be missed by nobody."""
    try:
        record = EnergyModelDefaults.model_validate(defaults)
    except ValidationError:
        return
    for loc in unknown_keys(record, _AT):
        yield Complaint(
            loc, f"{place_text(loc)}: no field with a default; those are {_known(record, loc)}", "unknown_key"
        )


def _known(record: Record, loc: tuple[str | int, ...]) -> str:
    """Return the fields beside an unknown one."""
    for part in loc[1:-1]:
        named = {field.alias or name: name for name, field in type(record).model_fields.items()}
        inside = getattr(record, named.get(str(part), ""), None)
        if not isinstance(inside, Record):
            break
        record = inside
    return any_of([field.alias or name for name, field in type(record).model_fields.items()])


def _shading(shading: Object, at: tuple[str | int, ...]) -> Iterator[Complaint]:
    if shading.get("electricalImpact") is True and not has(shading, "transverseDiodes"):
        loc = (*at, "transverseDiodes")
        yield Complaint(loc, f"{place_text(at)}: electricalImpact needs transverseDiodes, 0 to 10", "missing")
