"""The work: ask a provider for the weather of a place, and save it as a record linked to its location."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from gnomon.core.errors import Complaint
from gnomon.core.retry import RetryPolicy
from gnomon.core.task import Json
from gnomon.core.workload import AsyncContext, Failure, Workload
from gnomon.pvsyst.meteo import Made, MeteoError, MeteoTable, make_record
from gnomon.workloads.weather_fetch.asking import fetch, gate_for
from gnomon.workloads.weather_fetch.forms import pvlib_readers, read_form
from gnomon.workloads.weather_fetch.provider import (
    CALLED,
    DATASETS,
    PROVIDERS,
    ask_for,
    first_year,
    read_access,
)

_YEAR: Mapping[str, Json] = {"type": "integer", "minimum": 1990, "maximum": 2100}
INPUT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "provider": {"enum": list(PROVIDERS), "description": "Who is asked"},
        "latitude": {"type": "number", "minimum": -90, "maximum": 90, "description": "Degrees north"},
        "longitude": {"type": "number", "minimum": -180, "maximum": 180, "description": "Degrees east"},
        "utcOffset": {
            "type": "number",
            "minimum": -14,
            "maximum": 14,
            "description": "Local standard time in hours east of Greenwich, in which a typical year begins",
        },
        "locationId": {
            "type": "integer",
            "minimum": 1,
            "description": "The location that the record is linked to",
        },
        "globalLocationId": {"type": ["string", "integer"]},
        "name": {"type": "string", "maxLength": 500, "description": "What the record is called"},
        "dataset": {"enum": list(DATASETS), "description": "A typical year (usual), or the hours of a year"},
        "year": {
            **_YEAR,
            "description": "The year of hours; of a typical year, the first that it is made of",
        },
        "endYear": {**_YEAR, "description": "The last year (PVGIS)"},
        "interval": {"enum": [30, 60], "description": "Minutes of a row (NSRDB hours)"},
        "database": {
            "type": "string",
            "pattern": "^[A-Za-z0-9-]{1,40}$",
            "description": "Radiation database (PVGIS hours), such as PVGIS-SARAH3 or PVGIS-ERA5",
        },
        "useHorizon": {
            "type": "boolean",
            "description": "Whether the provider takes the horizon's shade off the light (PVGIS); usually not, "
            "because a location's farShading does",
        },
    },
    "required": ["provider", "latitude", "longitude"],
    "additionalProperties": False,
}
OUTPUT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "kind": {"type": "string"},
        "number": {"type": "integer"},
        "id": {"type": "string"},
        "rows": {"type": "integer"},
        "warnings": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["kind", "number", "id", "rows", "warnings"],
}
# What only one provider, or one dataset, understands.
_ONLY: Mapping[str, tuple[str, str | None]] = {
    "endYear": ("pvgis", None),
    "database": ("pvgis", "hourly"),
    "useHorizon": ("pvgis", None),
    "interval": ("nsrdb", "hourly"),
}


def check(given: Json) -> Sequence[Complaint]:
    """List what the schema cannot say against an input."""
    provider, dataset = given["provider"], given.get("dataset", "tmy")
    found = [
        Complaint(
            (name,), f"'{name}' has no meaning for {CALLED[provider]}, {dataset}; leave it out", "unused"
        )
        for name, (whose, of) in _ONLY.items()
        if name in given and (provider != whose or of not in (None, dataset))
    ]
    year, last = given.get("year"), given.get("endYear")
    if dataset == "hourly" and year is None:
        found.append(Complaint(("year",), "give the year of the hours, such as 2020", "missing"))
    if year is not None and year < first_year(provider):
        told = f"{CALLED[provider]} begins with {first_year(provider)}; give a later year than {year}"
        found.append(Complaint(("year",), told, "year"))
    if last is not None and (year is None or last < year):
        found.append(Complaint(("endYear",), "give a year before it as 'year'", "year"))
    return found


async def run(given: Json, ctx: AsyncContext) -> Json:
    """Ask the provider, read its answer, and save the record.

    Raises
    ------
    Failure
        When there is no record; the message says why, and what to do.
    """
    await asyncio.to_thread(pvlib_readers)
    access = read_access(ctx.settings, os.environ)
    question = ask_for(given, access)
    name = CALLED[question.provider]
    ctx.progress(5, f"asking {name}")
    content = await fetch(question, gate_for(is_own=access.is_own(question.provider)))
    ctx.progress(70, "reading")
    # A year of hours is read in half a second, which would hold up all other tasks of the process.
    try:
        made = await asyncio.to_thread(_made, content, question.form, given)
    except MeteoError as error:
        raise Failure(
            "provider_answer", f"{name} answered with what makes no weather record: {error}"
        ) from error
    ctx.progress(90, "saving")
    document = {**_head(given, made, question.shown), **made.document}
    saved = await ctx.save("weather", document, key="weather")
    return {
        "kind": saved.kind,
        "number": saved.number,
        "id": saved.id,
        "rows": len(made.document["date"]),
        "warnings": list(made.notes),
    }


def _made(content: bytes, form: str, given: Mapping[str, Any]) -> Made:
    table = read_form(content, form)
    return make_record(table, utc_offset=_offset(table, given))


def _offset(table: MeteoTable, given: Mapping[str, Any]) -> float:
    """Return the local standard time in which a typical year begins: as told, its own, or the longitude's hour."""
    if (told := given.get("utcOffset")) is not None:
        return float(told)
    return table.site.utc_offset or float(round(given["longitude"] / 15.0))


def _head(given: Mapping[str, Any], made: Made, asked: str) -> dict[str, Json]:
    dataset = given.get("dataset", "tmy")
    usual = f"{CALLED[given['provider']]} {dataset if dataset == 'tmy' else given['year']}"
    head: dict[str, Json] = {
        "name": given.get("name") or usual,
        "weatherDataSource": given["provider"],
        "provenance": {
            "provider": given["provider"],
            "dataset": dataset,
            "latitude": given["latitude"],
            "longitude": given["longitude"],
            "asked": asked,
            "notes": list(made.notes),
            **{
                name: given[name]
                for name in ("year", "endYear", "interval", "database", "useHorizon")
                if name in given
            },
        },
    }
    return head | {name: given[name] for name in ("locationId", "globalLocationId") if name in given}


WEATHER_FETCH = Workload(
    kind="weather_fetch",
    title="Weather of a place, from a provider",
    run=run,
    where="io",
    input_schema=INPUT_SCHEMA,
    output_schema=OUTPUT_SCHEMA,
    check=check,
    retry=RetryPolicy(max_attempts=3, first=timedelta(seconds=1)),
)
