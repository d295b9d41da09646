"""A file of weather, read for people: what it is, what it sums to, and the record that it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gnomon.pvsyst.meteo import MeteoError, MeteoSite, common_step, make_record
from gnomon.workloads.weather_fetch.forms import FORMS, detect, read_form

__all__ = ["FORMS", "MeteoError", "Month", "WeatherFile", "read_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What one month of a record sums to."""

    year: int
    month: int
    rows: int
    ghi: float
    """kWh/m2."""
    dhi: float | None
    """kWh/m2."""
    temp_air: float
    """Mean. [degC]"""
    wind_speed: float
    """Mean. [m/s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherFile:
    """A file that was read."""

    form: str
    site: MeteoSite
    source: str
    label: str
    step: int
    """Seconds."""
    is_typical: bool
    rows: int
    gaps: int
    """Rows that are missing between the first and the last."""
    first: datetime
    last: datetime
    """Labels, in UTC."""
    months: Sequence[Month]
    unread: Sequence[str]
    notes: Sequence[str]
    document: Mapping[str, Any]


def read_file(
    content: bytes, form: str | None = None, *, utc_offset: float | None = None, wind: float | None = None
) -> WeatherFile:
    """Read a file of a form, or of the one that it shows to have.

    Parameters
    ----------
    content
        The file's bytes.
    form
        One of `FORMS`.
    utc_offset
        Local standard time for a file that does not tell it. [h]
    wind
        Stands for the wind speed of a file that has none. [m/s]

    Raises
    ------
    MeteoError
        When it is of no known form, or makes no record.
    Failure
        When its reader is not installed.
    """
    known = form or detect(content)
    if known is None:
        raise MeteoError(f"the form is not known; name it by --format, one of {', '.join(FORMS)}")
    table = read_form(content, known, utc_offset=utc_offset)
    made = make_record(table, default_wind=wind)
    moments = [moment // 1000 for moment in made.document["date"]]
    step = common_step(moments)
    return WeatherFile(
        form=known,
        site=table.site,
        source=table.source,
        label=table.label,
        step=step,
        is_typical=table.is_typical,
        rows=len(moments),
        gaps=(moments[-1] - moments[0]) // step + 1 - len(moments),
        first=datetime.fromtimestamp(moments[0], UTC),
        last=datetime.fromtimestamp(moments[-1], UTC),
        months=_months(made.document, moments, step, table.site.utc_offset),
        unread=table.unread,
        notes=made.notes,
        document=made.document,
    )


def _months(document: Mapping[str, Any], moments: Sequence[int], step: int, utc_offset: float) -> list[Month]:
    """Sum the rows by the local month in which their middles stand."""
    shift = {"start": step / 2, "middle": 0.0, "end": -step / 2}[document["timestampLabel"]]
    rows_of: dict[tuple[int, int], list[int]] = {}
    for row, moment in enumerate(moments):
        local = datetime.fromtimestamp(moment + shift + utc_offset * 3600, UTC)
        rows_of.setdefault((local.year, local.month), []).append(row)
    energy = step / 3600 / 1000
    return [
        Month(
            year=year,
            month=month,
            rows=len(rows),
            ghi=energy * _sum(document["ghi"], rows),
            dhi=energy * _sum(document["dhi"], rows) if "dhi" in document else None,
            temp_air=_sum(document["temperature"], rows) / len(rows),
            wind_speed=_sum(document["windSpeed"], rows) / len(rows),
        )
        for (year, month), rows in rows_of.items()
    ]


def _sum(column: Sequence[float], rows: Sequence[int]) -> float:
    return sum(column[row] for row in rows)
