"""How a run is made, and what stands behind its blocks: `settings` and `plant`.

The contract's own fields come first in each; what follows is Gnomon's, off unless given.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gnomon.workloads.energy_model.record import (
    MONTHS,
    Fraction,
    Monthly,
    NonNegative,
    Positive,
    Record,
    TimeZone,
)

Years = Annotated[int, Field(ge=1, le=100)]
Year = Annotated[int, Field(ge=1900, le=2200)]
DateMs = Annotated[int, Field(ge=-(10**14), le=10**14)]


class Outage(Record):
    """A period in which part of the plant stands still; `stop` is the first moment after it."""

    start: DateMs
    stop: DateMs
    available: Fraction = 0.0


class Availability(Record):
    """Which share of the energy is left by standstill: month by month, and in periods that are listed."""

    monthly: Monthly | None = None
    periods: Annotated[list[Outage], Field(max_length=10_000)] = Field(default_factory=list)


def _availability(given: Any) -> Any:
    """Return the object that a number, twelve months or a list of periods stands for."""
    if type(given) in (int, float):
        return {"monthly": dict.fromkeys(MONTHS, given)}
    if isinstance(given, list):
        # Numbers are months in a form that is refused as such, once.
        months = bool(given) and all(type(each) in (int, float) for each in given)
        return {"monthly" if months else "periods": given}
    if isinstance(given, dict) and given.keys() & set(MONTHS):
        return {"monthly": given}
    return given


class Degradation(Record):
    """How the modules age: the share of their power that goes with each year, and the years to tell."""

    rate_per_year: Annotated[float, Field(ge=0, le=0.2)] = Field(alias="ratePerYear")
    years: Years
    first_year: Year | None = Field(None, alias="firstYear")
    law: Literal["linear", "compounding"] = "linear"


class PlantOptions(Record):
    """The plant behind the blocks."""

    poi_limit_mw: Positive | None = Field(None, alias="poiLimitMW")
    limit_at_inverters: bool = Field(default=False, alias="limitAtInverters")
    constant_auxiliary_kw: NonNegative | None = Field(None, alias="contAuxLosskW")
    constant_auxiliary_threshold_kw: NonNegative | None = Field(None, alias="contAuxLossThreshkW")
    proportional_auxiliary_w_per_kw: Annotated[float, Field(ge=0, lt=1000)] | None = Field(
        None, alias="propAuxLossWperkW"
    )
    proportional_auxiliary_threshold_kw: NonNegative | None = Field(None, alias="propAuxLossThreshkW")
    availability: Annotated[
        Availability | None,
        BeforeValidator(
            _availability, json_schema_input_type=float | Monthly | list[Outage] | Availability | None
        ),
    ] = None
    degradation: Degradation | None = None


class Stow(Record):
    """From which wind [m/s] trackers lie at which angle [degrees]."""

    wind_speed: Annotated[float, Field(gt=0, le=100)] = Field(15.0, alias="windSpeed")
    angle: Annotated[float, Field(ge=-90, le=90)] = Field(0.0, alias="stowAngle")


class Optimization(Record):
    """Above which share of diffuse in all the light trackers lie level."""

    diffuse_share: Fraction = Field(0.95, alias="diffuseShare")


def _asked(given: Any) -> Any:
    """Return the object that yes stands for: all of its defaults; and nothing for no."""
    return {} if given is True else None if given is False else given


_Deviation = Annotated[float, Field(ge=0, le=0.5)]


def _without_nulls(given: Any) -> Any:
    """Return an object without the causes that are null."""
    return (
        {key: value for key, value in given.items() if value is not None}
        if isinstance(given, dict)
        else given
    )


class SubHourly(Record):
    """How much of the light's swings inside an interval inverters see: less than all in a large plant."""

    variability: Fraction = 1.0


class Snow(Record):
    """Snow on the modules: a loss a month, or a model that needs the weather's snow."""

    monthly: Monthly | None = None
    model: Literal["slide"] | None = None
    strings_along_slope: Annotated[int, Field(ge=1, le=100)] = Field(1, alias="stringsAlongSlope")


class Settings(Record):
    """How the run is made."""

    ignore_spectral_correction: bool | None = Field(None, alias="ignoreSpectralCorrection")
    time_zone_override: TimeZone | None = Field(None, alias="timeZoneOverride")
    advanced_near_shading_losses: Any = Field(None, alias="advancedNearShadingLosses")
    wind_stow: Annotated[Stow | None, BeforeValidator(_asked, json_schema_input_type=bool | Stow | None)] = (
        Field(None, alias="windStow")
    )
    irradiance_optimization: Annotated[
        Optimization | None, BeforeValidator(_asked, json_schema_input_type=bool | Optimization | None)
    ] = Field(None, alias="irradianceOptimization")
    power_sharing: Literal["independent_equal", "string_count_weighted", "manual_weighted"] | None = Field(
        None, alias="dcInputPowerSharingPolicy"
    )
    circumsolar_as_beam: bool = Field(default=True, alias="circumsolarAsBeam")
    sub_hourly_clipping: Annotated[
        SubHourly | None, BeforeValidator(_asked, json_schema_input_type=bool | SubHourly | None)
    ] = Field(None, alias="subHourlyClipping")
    snow: Snow | None = None
    uncertainties: Annotated[
        dict[str, _Deviation] | None,
        BeforeValidator(_without_nulls, json_schema_input_type=dict[str, _Deviation | None] | None),
    ] = None
