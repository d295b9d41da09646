"""The rules between the fields of a document, and what is refused for a reason."""

import re
from collections.abc import Iterator
from math import ceil

from pydantic import ValidationError

from gnomon.core.errors import Complaint
from gnomon.workloads.energy_model import horizon
from gnomon.workloads.energy_model.blob import is_blob
from gnomon.workloads.energy_model.block_rules import (
    Loc,
    Object,
    check_aoi,
    check_block,
    far_shaded,
    has,
    inner,
    items,
)
from gnomon.workloads.energy_model.options import Degradation
from gnomon.workloads.energy_model.outlook import ageing
from gnomon.workloads.energy_model.weather import check_arrays
from gnomon.workloads.energy_model.wording import any_of, place_text

PLACES = ("projectId", "locationId", "location")


def energy_model(document: Object) -> Iterator[Complaint]:
    """Yield what the fields of a run's input say against each other."""
    yield from _one_place(document)
    yield from _output(document)
    yield from check_plant(inner(document, "plant"), ("plant",))
    yield from check_settings(inner(document, "settings"), ("settings",))
    yield from _version(document)
    is_manual = inner(document, "settings").get("dcInputPowerSharingPolicy") == "manual_weighted"
    for loc, block in items(document, "blocks"):
        yield from check_block(block, loc, is_manual=is_manual)
    yield from _horizon(document)
    weather = document.get("weatherData")
    if isinstance(weather, dict) and not is_blob(weather):
        yield from check_arrays(weather, ("weatherData",))
    elif weather is not None and not is_blob(weather):
        yield Complaint(
            ("weatherData",), "weatherData: give an object with the weather's arrays", "object_type"
        )
    if isinstance(weather, dict) and not is_blob(weather):
        yield from snow_of(weather, document)
    nested = inner(document, "location").get("weatherData")
    if isinstance(nested, dict) and not is_blob(nested):
        yield from check_arrays(nested, ("location", "weatherData"))


def location(document: Object) -> Iterator[Complaint]:
    """Yield what is wrong with a location's horizon and inside its nested weather."""
    yield from _far(document, ())
    weather = document.get("weatherData")
    if isinstance(weather, dict) and not is_blob(weather):
        yield from check_arrays(weather, ("weatherData",))


def project(document: Object) -> Iterator[Complaint]:
    """Yield what a project lacks."""
    if not has(document, "locationId") and not has(document, "globalLocationId"):
        yield Complaint(("locationId",), "locationId: give the location's id, or globalLocationId", "missing")


def component(document: Object) -> Iterator[Complaint]:
    """Yield what is wrong with the curve and the name of a module or an inverter."""
    if not document.get("name") and not document.get("model"):
        yield Complaint(("name",), "name: give the component a name", "missing")
    yield from check_aoi(inner(document, "aoi"), ("aoi",))


def _one_place(document: Object) -> Iterator[Complaint]:
    given = [key for key in PLACES if has(document, key)]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found none"
        yield Complaint(
            (given[1] if given else "locationId",), f"give exactly one of {any_of(PLACES)}; {found}", "one_of"
        )


def _output(document: Object) -> Iterator[Complaint]:
    output, at = inner(document, "output"), ("output",)
    if has(output, "query"):
        yield Complaint(
            (*at, "query"), "output.query is no longer supported; use output.blockIndex", "removed"
        )
    if isinstance(output.get("lossBreakdownTimestamps"), dict):
        yield Complaint(
            (*at, "lossBreakdownTimestamps"),
            "output.lossBreakdownTimestamps as an object is no longer supported; give true or false",
            "removed",
        )
    if output.get("fullTimeSeries") and not output.get("timeSeries"):
        yield Complaint(
            (*at, "fullTimeSeries"), "output.fullTimeSeries needs output.timeSeries: true", "needs_other"
        )
    if output.get("fullTimeSeries") and output.get("blockResults"):
        yield Complaint(
            (*at, "blockResults"),
            "output.blockResults excludes output.fullTimeSeries; drop one",
            "excludes_other",
        )
    yield from _selected_block(document, output)


def _selected_block(document: Object, output: Object) -> Iterator[Complaint]:
    chosen, loc = output.get("blockIndex"), ("output", "blockIndex")
    if chosen is not None and not (output.get("blockResults") or output.get("lossBreakdownTimestamps")):
        yield Complaint(
            loc,
            "output.blockIndex needs output.blockResults or output.lossBreakdownTimestamps: true",
            "needs_other",
        )
    yield from _in_range(document, chosen, loc)
    if not document.get("blockQuery"):
        return
    legacy = document.get("blockQueryIndex")
    if legacy is None:
        yield Complaint(
            ("blockQueryIndex",), "blockQuery needs blockQueryIndex; better: output.blockIndex", "missing"
        )
    elif chosen is not None and legacy != chosen:
        message = f"blockQueryIndex {legacy} and output.blockIndex {chosen} differ; drop blockQuery"
        yield Complaint(("blockQueryIndex",), message, "conflict")
    else:
        yield from _in_range(document, legacy, ("blockQueryIndex",))


def _in_range(document: Object, index: object, loc: Loc) -> Iterator[Complaint]:
    blocks = document.get("blocks")
    if not isinstance(index, int) or not isinstance(blocks, list) or not blocks:
        return
    if index >= len(blocks):
        message = f"{place_text(loc)} {index} names no block; give 0 to {len(blocks) - 1}"
        yield Complaint(loc, message, "out_of_range")


def check_plant(plant: Object, at: Loc) -> Iterator[Complaint]:
    """Yield what the options of a plant say against each other."""
    pairs = (
        ("limitAtInverters", "poiLimitMW"),
        ("contAuxLosskW", "contAuxLossThreshkW"),
        ("propAuxLossWperkW", "propAuxLossThreshkW"),
    )
    for key, needed in pairs:
        if plant.get(key) and not has(plant, needed):
            message = f"{place_text((*at, key))} needs {place_text((*at, needed))}; give both"
            yield Complaint((*at, key), message, "needs_other")
    yield from _ageing(inner(plant, "degradation"), (*at, "degradation"))
    for loc, period in items(inner(plant, "availability"), "periods", (*at, "availability")):
        yield from _period(period, loc)
    for loc, period in items(plant, "availability", at):
        yield from _period(period, loc)


def _ageing(degradation: Object, at: Loc) -> Iterator[Complaint]:
    """Yield a complaint where nothing is left of the modules before the last year."""
    try:
        ageing(Degradation.model_validate(degradation))
    except ValidationError:
        return
    except ValueError:
        rate, years = degradation["ratePerYear"], degradation["years"]
        most = ceil(1 / rate + 0.5) - 1  # a year is looked at in its middle
        words = (
            f"at {rate:g} a year nothing is left in year {years}; give at most {most} years, a lower "
            "ratePerYear, or law compounding"
        )
        yield Complaint((*at, "years"), f"{place_text(at)}: {words}", "out_of_range")


def _period(period: Object, at: Loc) -> Iterator[Complaint]:
    start, stop = period.get("start"), period.get("stop")
    if isinstance(start, int) and isinstance(stop, int) and stop <= start:
        yield Complaint((*at, "stop"), f"{place_text(at)}: stop {stop} is not after start {start}", "order")


def check_settings(settings: Object, at: Loc) -> Iterator[Complaint]:
    """Yield what is refused among the settings of a run."""
    if settings.get("advancedNearShadingLosses"):
        loc = (*at, "advancedNearShadingLosses")
        words = (
            "the contract does not say what it does, so nothing here can do it; near shading always counts for beam "
            "and diffuse light; leave it out"
        )
        yield Complaint(loc, f"{place_text(loc)}: {words}", "not_supported")
    snow, loc = inner(settings, "snow"), (*at, "snow")
    if has(settings, "snow") and has(snow, "monthly") == has(snow, "model"):
        yield Complaint(loc, f"{place_text(loc)}: give monthly losses or a model, one of them", "one_of")


def snow_of(weather: Object, document: Object) -> Iterator[Complaint]:
    """Yield what a run's model of snow lacks in its weather."""
    snow = inner(inner(document, "settings"), "snow")
    if has(snow, "model") and not any(has(weather, key) for key in ("snowDepth", "snowfall")):
        words = "settings.snow.model needs the weather's snowDepth [cm] or snowfall [cm in the interval]"
        yield Complaint(
            ("settings", "snow", "model"), f"{words}; or give settings.snow.monthly", "needs_other"
        )


_VERSION = re.compile(r"v?(\d+)(\.\d+){0,2}")


def schema_major(document: Object) -> int | None:
    """Return the major version of the contract that a document says it follows, if it says so in a known form."""
    told = document.get("schemaVersion")
    found = _VERSION.fullmatch(told) if isinstance(told, str) else None
    return int(found[1]) if found else None


def _version(document: Object) -> Iterator[Complaint]:
    if (schema_major(document) or 0) < 4:
        return
    for loc, block in items(document, "blocks"):
        if has(block, "array"):
            message = f"{place_text(loc)}.array: is gone in schema 4; give dcInputs, or schemaVersion 3.1.0"
            yield Complaint((*loc, "array"), message, "removed")


def _horizon(document: Object) -> Iterator[Complaint]:
    place = document.get("location")
    if not isinstance(place, dict):
        return
    yield from _far(place, ("location",))
    if has(place, "farShading"):
        return
    for loc in far_shaded(document):
        message = (
            f"{place_text(loc)}: no horizon is given; give location.farShading with "
            f"{horizon.ELEVATIONS} [degrees], evenly spaced clockwise from north"
        )
        yield Complaint(loc, message, "missing")


def _far(place: Object, at: Loc) -> Iterator[Complaint]:
    if not has(place, "farShading"):
        return
    loc = (*at, "farShading")
    try:
        horizon.profile(place["farShading"])
    except ValueError as error:
        yield Complaint(loc, f"{place_text(loc)}: {error}", "horizon")
