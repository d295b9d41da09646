"""What a run tells its caller besides the result: what was not used, and what will go."""

from collections.abc import Iterator, Mapping
from typing import Any

from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Weather
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.doubts import weather_doubts
from gnomon.workloads.energy_model.record import unknown_keys
from gnomon.workloads.energy_model.wording import place_text

_UNUSED_ARRAYS = ("poa", "relativeHumidity")
_YEARS = (8760, 8784)
_MOST_MISMATCH, _MOST_HEAT_LOSS = 0.1, 200.0


def notes(
    model: doc.EnergyModel, weather_document: Mapping[str, Any], weather: Weather, sun: Sun
) -> list[str]:
    """List the warnings of a run, in the order of its input."""
    return [
        *deprecations(model),
        *(f"{place_text(loc)}: not known here; kept and not used" for loc in unknown_keys(model)),
        *_unused(model, weather_document),
        *_implausible(model),
        *_offsets(weather_document),
        *_period(weather),
        *weather_doubts(weather, sun),
    ]


def deprecations(model: doc.EnergyModel) -> Iterator[str]:
    """Yield what the contract will drop, by the place where the input uses it."""
    if model.block_query is not None or model.block_query_index is not None:
        yield "blockQuery and blockQueryIndex are deprecated; use output.blockIndex"
    for index, block in enumerate(model.blocks):
        if block.array is not None:
            yield f"blocks[{index}].array is deprecated; use dcInputs"


def _unused(model: doc.EnergyModel, weather_document: Mapping[str, Any]) -> Iterator[str]:
    for name in _UNUSED_ARRAYS:
        if weather_document.get(name) is not None:
            yield f"weather {name}: kept and not used"
    if model.settings and model.settings.ignore_spectral_correction is False:
        yield "settings.ignoreSpectralCorrection false: no spectral correction is modelled yet; none was made"


def _period(weather: Weather) -> Iterator[str]:
    hours = weather.label.size * weather.step / 3600
    if not _YEARS[0] <= hours <= _YEARS[1]:
        yield f"the weather covers {hours:g} hours, not a year; annual figures are sums over these hours"


def _implausible(model: doc.EnergyModel) -> Iterator[str]:
    for index, block in enumerate(model.blocks):
        losses, at = block.losses, f"blocks[{index}].losses"
        for key, value in (("mismatch", losses.mismatch), ("stringVoltageMismatch", losses.string_mismatch)):
            if value > _MOST_MISMATCH:
                yield f"{at}.{key}: {value:g} is {100 * value:g} %, much for a mismatch; meant in percent?"
        if losses.u_c > _MOST_HEAT_LOSS:
            yield f"{at}.uC: {losses.u_c:g} W/m2K keeps cells at the air's temperature; 15 to 30 are usual"


def _offsets(weather_document: Mapping[str, Any]) -> Iterator[str]:
    for name in ("ghi", "dhi", "dni"):
        below = [(row, value) for row, value in enumerate(weather_document.get(name) or ()) if value < 0]
        if below:
            row, value = below[0]
            yield (
                f"weather {name}: {len(below)} rows, first row {row} ({value:g} W/m2): "
                "below zero, a sensor's thermal offset? taken as 0"
            )
