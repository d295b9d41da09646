"""What a run tells its caller besides the result: what was not used, and what will go."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from gnomon.pv.arrays import IntArray
from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather, local_months
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model import horizon, place
from gnomon.workloads.energy_model.doubts import weather_doubts
from gnomon.workloads.energy_model.options import Settings
from gnomon.workloads.energy_model.record import MONTHS, Monthly, unknown_keys
from gnomon.workloads.energy_model.rules import schema_major
from gnomon.workloads.energy_model.unused import placed_layouts, unused
from gnomon.workloads.energy_model.weather import gap_notes, moment
from gnomon.workloads.energy_model.wording import place_text, shown

_YEARS = (8760, 8784)
_KNOWN_MAJORS = range(1, 4)
_MONTH_NAMES = tuple(month.capitalize() for month in MONTHS)
MOST_ALIKE = 50
_NUMBER = re.compile(r"\d+(\.\d+)?")
_MOST_MISMATCH, _MOST_HEAT_LOSS = 0.1, 200.0
_NEARLY_FLAT, _TROPICS, _POLE_SIDE = 5.0, 15.0, 60.0  # degrees: tilt, latitude, from the pole
_LEAST_SNOW = {"snowDepth": 2.0, "snowfall": 0.2}  # cm; a winter that is to be counted has more in some row
_MOST_LOSS, _MOST_IRON, _MOST_SOILING = 0.1, 0.02, 0.3  # fractions; above them percent is likelier
_LEAST_HOURLY = 1800.0  # s; shorter rows do not hide what a mean over an hour does


def notes(
    model: doc.EnergyModel, weather_document: Mapping[str, Any], weather: Weather, sun: Sun
) -> list[str]:
    """List the warnings of a run, in the order of its input."""
    return [
        *deprecations(model),
        *(f"{place_text(loc)}: not known here; kept and not used" for loc in unknown_keys(model)),
        *(f"weather {key}: not known here; kept and not used" for key in _unknown_columns(weather_document)),
        *_version(model),
        *unused(model),
        *_unused_weather(model, weather_document),
        *_implausible(model),
        *_soiling(model, weather_document),
        *_swings(model, weather.step),
        *_facing(model, sun.site.latitude),
        *_outages(model, weather),
        *_labels(weather_document),
        *_units(model, weather_document),
        *_derived(weather_document),
        *_measured_plane(model, weather_document),
        *_offsets(weather_document),
        *gap_notes(weather),
        *_period(weather, np.unique(local_months(weather.time, sun.site.utc_offset))),
        *weather_doubts(weather, sun),
    ]


def zone_notes(at: doc.Place) -> Iterator[str]:
    """Yield a warning where a place's hours are not the standard time of the zone that it names."""
    if at.time_zone is None or at.time_zone_name is None:
        return
    standard = place.standard_offset(at.time_zone_name)
    if at.time_zone != standard:
        yield (
            f"location timeZone: {at.time_zone:g} h is not the standard time of {at.time_zone_name}, {standard:g} h; "
            "timeZone is used; summer time does not count"
        )


def few_alike(told: Iterable[str]) -> Iterator[str]:
    """Yield the first of those that differ in numbers alone, then how many more there were: a plant is large."""
    seen: Counter[str] = Counter()
    first: dict[str, str] = {}
    for note in told:
        kind = _NUMBER.sub("#", note)
        seen[kind] += 1
        first.setdefault(kind, note)
        if seen[kind] <= MOST_ALIKE:
            yield note
    for kind, count in seen.items():
        if count > MOST_ALIKE:
            yield f"{count - MOST_ALIKE} more like: {first[kind]}"


def deprecations(model: doc.EnergyModel) -> Iterator[str]:
    """Yield what the contract will drop, by the place where the input uses it."""
    if model.block_query is not None or model.block_query_index is not None:
        yield "blockQuery and blockQueryIndex are deprecated; use output.blockIndex"
    for index, block in enumerate(model.blocks):
        if block.array is not None:
            yield f"blocks[{index}].array is deprecated; use dcInputs"


def place_name_notes(location: Any) -> Iterator[str]:
    """Yield the deprecated names in a location that stands in the input."""
    if isinstance(location, Mapping) and {"lat", "lng"} & location.keys():
        yield "location.lat and location.lng are deprecated; use latitude and longitude"


def _unknown_columns(weather: Mapping[str, Any]) -> Iterator[str]:
    record = doc.Weather.model_validate(weather)
    return (str(place[0]) for place in unknown_keys(record))


def _version(model: doc.EnergyModel) -> Iterator[str]:
    told = model.schema_version
    if told is not None and schema_major({"schemaVersion": told}) not in _KNOWN_MAJORS:
        yield f"schemaVersion {shown(told)} is not known here; read as 3.1.0"


def _unused_weather(model: doc.EnergyModel, weather: Mapping[str, Any]) -> Iterator[str]:
    settings = model.settings or Settings.model_validate({})
    if settings.snow is None or settings.snow.model is None:
        for name in ("snowDepth", "snowfall"):
            if weather.get(name) is not None:
                yield f"weather {name}: kept and not used; settings.snow.model uses it"
    if settings.ignore_spectral_correction is False and weather.get("relativeHumidity") is None:
        yield (
            "settings.ignoreSpectralCorrection false: the weather has no relativeHumidity [%], and without it no "
            "spectral correction is made"
        )


def _measured_plane(model: doc.EnergyModel, weather: Mapping[str, Any]) -> Iterator[str]:
    holders = (each for block in model.blocks for each in (block, *(block.dc_inputs or ())))
    planes = {repr(each.layout) for each in holders if each.layout is not None}
    if weather.get("poa") is not None and len(planes) > 1:
        yield f"weather poa: measured in one plane, and taken for all of {len(planes)} layouts"


def _facing(model: doc.EnergyModel, latitude: float) -> Iterator[str]:
    """Tell of fixed tables that look to the pole, away from the sun."""
    pole = 0.0 if latitude > 0 else 180.0
    for at, layout in placed_layouts(model):
        if layout.array_type != "fixed" or (layout.surface_tilt or 0.0) <= _NEARLY_FLAT:
            continue
        azimuth = layout.azimuth or 0.0
        off = abs((azimuth - pole + 180.0) % 360.0 - 180.0)
        if abs(latitude) > _TROPICS and off <= _POLE_SIDE:
            yield (
                f"{place_text(at)}.azimuth: {azimuth:g} looks away from the sun at latitude {latitude:g}; "
                "azimuths run clockwise from north: 180 is south"
            )


def _outages(model: doc.EnergyModel, weather: Weather) -> Iterator[str]:
    availability = model.plant and model.plant.availability
    start, end = weather.time[0] - weather.step / 2, weather.time[-1] + weather.step / 2
    for index, period in enumerate(availability.periods if availability else ()):
        if period.stop / 1e3 <= start or period.start / 1e3 >= end:
            yield (
                f"plant.availability period {index}: not used, it lies outside the weather's time, from "
                f"{moment(weather, 0)} to {moment(weather, -1)}"
            )


def _labels(weather: Mapping[str, Any]) -> Iterator[str]:
    label = weather.get("timestampLabel")
    if weather.get("date") is None and label not in (None, "start"):
        yield f"weather timestampLabel {label}: not used, rows without date are named by the start of their hour"


def _units(model: doc.EnergyModel, weather: Mapping[str, Any]) -> Iterator[str]:
    humidity = weather.get("relativeHumidity")
    if humidity and max(humidity) <= 1:
        yield f"weather relativeHumidity: at most {max(humidity):g} %; given as a fraction? give percent"
    snow = model.settings.snow if model.settings else None
    if snow is None or snow.model is None:
        return
    for name, least in _LEAST_SNOW.items():
        most = max(weather.get(name) or [0.0])
        if 0 < most < least:
            yield f"weather {name}: at most {most:g} cm; given in m?"


def _derived(weather: Mapping[str, Any]) -> Iterator[str]:
    if weather.get("dhi") is None:
        given = weather.get("dni") is not None
        how = "it closes ghi and dni" if given else "made from ghi by the model of Erbs and Driesse"
        yield f"weather dhi: not given; {how}"


def _period(weather: Weather, months: IntArray) -> Iterator[str]:
    hours = weather.label.size * weather.step / 3600
    if _YEARS[0] <= hours <= _YEARS[1]:
        return
    absent = [_MONTH_NAMES[month] for month in range(12) if month not in months]
    lacking = f"; no rows in {', '.join(absent)}" if absent else ""
    years = f", {hours / 8766:.1f} years" if hours > _YEARS[1] else ""
    yield (
        f"the weather covers {hours:g} hours{years}, not a year{lacking}; annual figures are sums over these hours"
    )


def _implausible(model: doc.EnergyModel) -> Iterator[str]:
    for index, block in enumerate(model.blocks):
        losses, at = block.losses, f"blocks[{index}].losses"
        for key, value in (("mismatch", losses.mismatch), ("stringVoltageMismatch", losses.string_mismatch)):
            if value > _MOST_MISMATCH:
                yield f"{at}.{key}: {value:g} is {100 * value:g} %, much for a mismatch; meant in percent?"
        for loc, value, most in _fractions(block):
            if abs(value) > most:
                yield f"blocks[{index}].{loc}: {value:g} is {100 * value:g} %; meant in percent?"
        if losses.u_c > _MOST_HEAT_LOSS:
            yield f"{at}.uC: {losses.u_c:g} W/m2K keeps cells at the air's temperature; 15 to 30 are usual"


def _fractions(block: doc.Block) -> Iterator[tuple[str, float, float]]:
    """Yield the place of each other loss of a block, its value, and the most that is usual."""
    losses, system = block.losses, block.ac_system
    yield "losses.moduleQuality", losses.module_quality, _MOST_LOSS
    yield "losses.lid", losses.lid, _MOST_LOSS
    yield "losses.dcohmic", losses.dc_ohmic, _MOST_LOSS
    lost, at = system.losses, "acSystem.losses"
    if lost is not None:
        yield f"{at}.acohmicLoss", lost.ac_ohmic, _MOST_LOSS
        if lost.transformer is not None:
            yield f"{at}.transformer.ironLoss", lost.transformer.no_load_loss, _MOST_IRON
            yield f"{at}.transformer.copperLoss", lost.transformer.load_loss, _MOST_LOSS
    own = "acSystem" if system.mv else at
    mv = system.mv or (lost and lost.mv)
    if mv:
        yield f"{own}.mvLosses.mvOhmicLossFraction", mv.ohmic_loss, _MOST_LOSS
        yield f"{own}.mvLosses.mvTransformerLossFraction", mv.transformer_loss, _MOST_LOSS


def _soiling(model: doc.EnergyModel, weather: Mapping[str, Any]) -> Iterator[str]:
    if model.soiling is not None:
        yield from _dirt("soiling", model.soiling)
    elif weather.get("soiling") is not None:
        yield from _dirt("weather soiling", Monthly.model_validate(weather["soiling"]))


def _dirt(at: str, months: Monthly) -> Iterator[str]:
    worst = max(months.values())
    if worst > _MOST_SOILING:
        yield f"{at}: a month of {worst:g} is {100 * worst:g} %, much for dirt; meant in percent?"


def place_notes(model: doc.EnergyModel, place: doc.Place) -> Iterator[str]:
    """Yield what looks wrong with a run's location, or what of it has no use."""
    if place.soiling is not None:
        yield from _dirt("location soiling", place.soiling)
    if place.far_shading is None:
        return
    if not any(block.shading.far for block in model.blocks):
        yield "location farShading: not used, no block has shading.farShading true"
    for key in horizon.unknown_keys(place.far_shading):
        yield f"location farShading.{key}: not known here; kept and not used"


def _swings(model: doc.EnergyModel, step: float) -> Iterator[str]:
    clipping = model.settings and model.settings.sub_hourly_clipping
    if clipping and clipping.variability > 0 and step < _LEAST_HOURLY:
        yield (
            f"settings.subHourlyClipping: meant for hourly rows; these are {step / 60:g} minutes and show much of "
            "the swings themselves, which it counts again"
        )
    if clipping and clipping.variability == 1:
        yield (
            "settings.subHourlyClipping: all swings of the light count, as under broken clouds over one point, an "
            "upper estimate; give variability for what a large plant sees under its usual sky"
        )


def _offsets(weather_document: Mapping[str, Any]) -> Iterator[str]:
    for name in ("ghi", "dhi", "dni", "poa"):
        values = np.array(weather_document.get(name) or [0.0], dtype=np.float64)
        below = values < 0
        if below.any():
            row = int(np.argmax(below))
            yield (
                f"weather {name}: {below.sum()} rows, first row {row} ({values[row]:g} W/m2): "
                "below zero, a sensor's thermal offset? taken as 0"
            )
