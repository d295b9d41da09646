"""The documents of the energy-model contract: its own names on the wire side, pvlib's words on ours.

A stored document keeps the contract's names (the aliases); each model here is where they become ours. Keys
that no model knows are kept, and told as warnings.
"""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from gnomon.workloads.energy_model.options import PlantOptions, Settings
from gnomon.workloads.energy_model.record import (
    Count,
    Fraction,
    GlobalIdentifier,
    HeatLoss,
    Identifier,
    Loss,
    Monthly,
    NonNegative,
    Positive,
    Record,
    Slope,
    TimeZone,
)


class AoiCurve(Record):
    """An incidence angle modifier: the factor that remains at each angle [deg]."""

    angles: Annotated[list[Annotated[float, Field(ge=0, le=90)]], Field(min_length=2)]
    factors: Annotated[list[Annotated[float, Field(ge=0, le=1.2)]], Field(min_length=2)]


class BifacialInputs(Record):
    """How the backs of the modules see the ground; lengths in m."""

    height: Annotated[float, Field(gt=0, le=100)] | None = None
    collector_width: Annotated[float, Field(ge=0.1, le=100)] | None = Field(None, alias="collectorWidth")
    mismatch: Fraction = Field(0.0, alias="irradianceMismatchLoss")
    transparency: Fraction = Field(0.0, alias="moduleTransparency")
    racking_shading: Fraction = Field(0.0, alias="rackingShading")


class Strings(Record):
    """Equal strings on one inverter, and whether their backs count."""

    strings: Count = Field(alias="stringCount")
    modules_per_string: Count = Field(alias="stringLength")
    bifacial: bool | None = None
    bifacial_inputs: BifacialInputs | None = Field(None, alias="bifacialInputs")

    @property
    def is_bifacial(self) -> bool:
        """Tell whether the backs count: only where it is told how they see the ground, and not switched off."""
        return self.bifacial is not False and self.bifacial_inputs is not None


class Array(Strings):
    """The strings of one inverter, all of one module."""


class Layout(Record):
    """How the array stands; azimuths clockwise from north, of the facing or of a tracker's axis."""

    array_type: Literal["fixed", "tracker", "rotationalFloating"] = Field(alias="arrayType")
    gcr: Annotated[float, Field(ge=0.15, le=0.90)]
    azimuth: Annotated[float, Field(ge=0, le=360)] | None = None
    axis_tilt: Slope | None = Field(None, alias="axisTilt")
    cross_axis_tilt: Slope | None = Field(None, alias="crossAxisTilt")
    surface_tilt: Annotated[float, Field(ge=0, le=90)] | None = Field(None, alias="tilt")
    backtrack: bool | None = Field(None, alias="backTracking")
    max_angle: Annotated[float, Field(ge=0, le=180)] | None = Field(None, alias="maxAngle")


# Said aloud only where a workspace's defaults say otherwise.
_Near = Literal["unlimited", "octavia", "none"]


def _none(near: Any) -> Any:
    """Return nothing for the word none."""
    return None if near == "none" else near


class Shading(Record):
    """What shades the array; a scene is named by its number, or its table stands here."""

    far: bool = Field(default=False, alias="farShading")
    near: Annotated[
        Literal["unlimited", "octavia"] | None, BeforeValidator(_none, json_schema_input_type=_Near | None)
    ] = Field(None, alias="nearShading")
    scene_id: Identifier | None = Field(None, alias="shadingSceneId")
    scene_table: Any = Field(None, alias="sceneTable")
    tables: Annotated[list[Annotated[int, Field(ge=0)] | str], Field(min_length=1)] | None = Field(
        None, alias="shadingTables"
    )
    electrical_impact: bool = Field(default=False, alias="electricalImpact")
    electrical_impact_fraction: Fraction | None = Field(None, alias="electricalImpactFraction")
    transverse_diodes: Annotated[int, Field(ge=0, le=10)] | None = Field(None, alias="transverseDiodes")
    module_orientation: Literal["portrait", "landscape"] | None = Field(None, alias="moduleOrientation")


class DcInput(Strings):
    """The strings on one of an inverter's inputs, if wanted with a layout and shading of their own."""

    id: int | str = Field(alias="dcInputId")
    mppt_index: Annotated[int, Field(ge=0, le=10**6)] | None = Field(None, alias="mpptIndex")
    module_id: Identifier = Field(alias="moduleId")
    share_weight: NonNegative | None = Field(None, alias="shareWeight")
    layout: Layout | None = None
    shading: Shading | None = None


class DcLosses(Record):
    """Losses of the array, and its heat loss factors [W/m2K, W/m2K per m/s]."""

    module_quality: Annotated[float, Field(ge=-0.5, lt=1)] = Field(0.0, alias="moduleQuality")
    mismatch: Loss = 0.0
    dc_ohmic: Loss = Field(0.0, alias="dcohmic")
    lid: Loss = 0.0
    string_mismatch: Loss = Field(0.0, alias="stringVoltageMismatch")
    inverter_auxiliary: bool = Field(default=False, alias="invAuxLoss")
    u_c: HeatLoss = Field(29.0, alias="uC")
    u_v: NonNegative = Field(0.0, alias="uV")


class Transformer(Record):
    """Losses of the block's transformer, of its rated power."""

    no_load_loss: Loss = Field(0.0, alias="ironLoss")
    load_loss: Loss = Field(0.0, alias="copperLoss")


class MediumVoltageLosses(Record):
    """Losses behind the block's transformer."""

    ohmic_loss: Loss = Field(0.0, alias="mvOhmicLossFraction")
    transformer_loss: Loss = Field(0.0, alias="mvTransformerLossFraction")


class AcLosses(Record):
    """Losses from the inverter to the grid."""

    ac_ohmic: Loss = Field(0.0, alias="acohmicLoss")
    transformer: Transformer | None = None
    mv: MediumVoltageLosses | None = Field(None, alias="mvLosses")


class AcSystem(Record):
    """The inverters of a block and what follows them."""

    inverters: Count = Field(alias="numberOfInverters")
    losses: AcLosses | None = None
    mv: MediumVoltageLosses | None = Field(None, alias="mvLosses")
    mppt_fraction: Annotated[float, Field(gt=0, le=1)] | None = Field(None, alias="mpptFraction")


class Block(Record):
    """Equal inverters with equal arrays on one layout."""

    name: str | None = None
    inverter_id: Identifier = Field(alias="inverterId")
    module_id: Identifier | None = Field(None, alias="moduleId")
    array: Array | None = None
    dc_inputs: list[DcInput] | None = Field(None, alias="dcInputs")
    layout: Layout | None = None
    layout_ref: Any = Field(None, alias="layoutRef")
    shading: Shading
    losses: DcLosses
    ac_system: AcSystem = Field(alias="acSystem")
    shading_string_map: Any = Field(None, alias="shadingStringMap")
    albedo: Monthly
    aoi: AoiCurve | None = None


class Output(Record):
    """What the answer shows; none of it changes what is computed."""

    name: str | None = None
    time_series: bool | None = Field(None, alias="timeSeries")
    full_time_series: bool | None = Field(None, alias="fullTimeSeries")
    block_results: bool | None = Field(None, alias="blockResults")
    block_index: Annotated[int, Field(ge=0)] | None = Field(None, alias="blockIndex")
    loss_breakdown: bool | None = Field(None, alias="lossBreakdownTimestamps")
    irradiance_loss_detail: bool | None = Field(None, alias="irradianceLossDetail")
    full_output: bool | None = Field(None, alias="fullOutput")


class Place(Record):
    """Where a plant stands; `lat` and `lng` are the contract's deprecated names."""

    latitude: Annotated[float, Field(ge=-90, le=90)] = Field(validation_alias=AliasChoices("latitude", "lat"))
    longitude: Annotated[float, Field(ge=-180, le=180)] = Field(
        validation_alias=AliasChoices("longitude", "lng")
    )
    elevation: Annotated[float, Field(ge=-500, le=9000)] | None = None
    time_zone: Annotated[float, Field(ge=-14, le=14)] | None = Field(None, alias="timeZone")
    time_zone_name: str | None = Field(None, alias="timeZoneName")
    soiling: Monthly | None = None
    far_shading: Any = Field(None, alias="farShading")
    weather: Any = Field(None, alias="weatherData")


class Location(Place):
    """A saved place."""

    name: Annotated[str, Field(min_length=1)]
    ashrae: float | None = None
    street_address: str | None = Field(None, alias="streetAddress")


class Project(Record):
    """A project at a location."""

    name: Annotated[str, Field(min_length=1)]
    location_id: Identifier | None = Field(None, alias="locationId")
    global_location_id: GlobalIdentifier | None = Field(None, alias="globalLocationId")
    status: (
        Literal["prospecting", "development", "financing", "construction", "operating", "archived"] | None
    ) = None
    time_zone_override: TimeZone | None = Field(None, alias="timezoneOverride")
    boundary_geometry: Any = Field(None, alias="boundaryGeometry")
    project_details: Any = Field(None, alias="projectDetails")


class Weather(Record):
    """A weather record; `weather.py` reads its arrays."""

    name: str | None = None
    source: str | None = Field(None, alias="weatherDataSource")
    location_id: Identifier | None = Field(None, alias="locationId")
    global_location_id: GlobalIdentifier | None = Field(None, alias="globalLocationId")
    label: Literal["start", "middle", "end"] | None = Field(None, alias="timestampLabel")
    soiling: Monthly | None = None
    ghi: Any = None
    dhi: Any = None
    dni: Any = None
    wind_speed: Any = Field(None, alias="windSpeed")
    temp_air: Any = Field(None, alias="temperature")
    date: Any = None
    relative_humidity: Any = Field(None, alias="relativeHumidity")
    poa: Any = None
    snow_depth: Any = Field(None, alias="snowDepth")
    snowfall: Any = None
    provenance: Any = None


class EfficiencyPoints(Record):
    """An inverter's output over input at one DC voltage [V]; powers in kW, by rising input."""

    voltage: Positive | None = None
    p_dc_kw: Annotated[list[NonNegative], Field(min_length=2)] = Field(alias="dcPowerkW")
    p_ac_kw: Annotated[list[NonNegative], Field(min_length=2)] = Field(alias="acPowerkW")


class Efficiency(Record):
    """One to three efficiency curves."""

    curves: Annotated[list[EfficiencyPoints], Field(min_length=1, max_length=3)]


class Module(Record):
    """A module: properties under PAN keys, in PAN units."""

    name: str | None = None
    model: str | None = None
    properties: dict[str, Any]
    aoi: AoiCurve | None = None


class Inverter(Record):
    """An inverter: properties under OND keys, in OND units."""

    name: str | None = None
    model: str | None = None
    properties: dict[str, Any]
    efficiency: Efficiency | None = None


class Wait(Record):
    """What a draft waits for: the kind of record, the file that holds it, and where its number goes."""

    kind: str
    file: str | None = None
    at: str | None = None


class EnergyModel(Record):
    """The input of a run; ``waitsFor`` stands in drafts alone, ``importWarnings`` has no effect on a run."""

    schema_version: str | None = Field(None, alias="schemaVersion")
    project_id: Identifier | None = Field(None, alias="projectId")
    location_id: Identifier | None = Field(None, alias="locationId")
    location: Place | None = None
    name: str | None = None
    blocks: Annotated[list[Block], Field(min_length=1)]
    plant: PlantOptions | None = None
    settings: Settings | None = None
    output: Output | None = None
    soiling: Monthly | None = None
    weather: Any = Field(None, alias="weatherData")
    waits_for: list[Wait] | None = Field(None, alias="waitsFor")
    import_warnings: list[str] | None = Field(None, alias="importWarnings")
    block_query: bool | None = Field(None, alias="blockQuery")
    block_query_index: Annotated[int, Field(ge=0)] | None = Field(None, alias="blockQueryIndex")
