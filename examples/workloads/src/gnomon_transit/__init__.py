"""When the sun stands highest, on every day of a year: a workload of two steps."""

import calendar
import csv
import io
from math import cos, pi, sin
from typing import Any

from gnomon.core.errors import Complaint
from gnomon.core.workload import Context, Failure, Workload

DAYS_PER_PIECE = 30
GREGORIAN = 1583


def equation_of_time(day: int, days: int) -> float:
    """Return apparent minus mean solar time in minutes, on a day of the year counted from 1.

    Spencer, J. W. (1971): Fourier series representation of the position of the sun. Search 2 (5), 172.
    """
    angle = 2 * pi * (day - 1) / days
    return 229.18 * (
        0.0000075
        + 0.001868 * cos(angle)
        - 0.032077 * sin(angle)
        - 0.014615 * cos(2 * angle)
        - 0.040849 * sin(2 * angle)
    )


def transits(longitude: float, year: int, ctx: Context) -> list[float]:
    """Return the minute after midnight UTC of each day's transit."""
    days = 366 if calendar.isleap(year) else 365
    minutes: list[float] = []
    for first in range(1, days + 1, DAYS_PER_PIECE):
        ctx.checkpoint()
        piece = range(first, min(first + DAYS_PER_PIECE, days + 1))
        minutes += [720 - 4 * longitude - equation_of_time(day, days) for day in piece]
        ctx.progress(90 * len(minutes) / days, "computing")
    return minutes


def write_table(minutes: list[float], ctx: Context) -> str:
    """Store the days as a CSV file and return the file's name."""
    ctx.progress(95, "writing")
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("day", "transit_minute_utc"))
    rows.writerows((day, f"{minute:.3f}") for day, minute in enumerate(minutes, 1))
    return ctx.put(text.getvalue().encode())


def run(order: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Compute the year, write the table, and sum up."""
    year = order["year"]
    if year < GREGORIAN:
        raise Failure("year_out_of_range", f"year is {year}; this calendar begins with {GREGORIAN}.")
    minutes = ctx.step("transits", lambda: transits(order["longitude"], year, ctx))
    table = ctx.step("table", lambda: write_table(minutes, ctx))
    return {"days": len(minutes), "earliest": min(minutes), "latest": max(minutes), "table": table}


def check(order: Any) -> list[Complaint]:
    """Find what the schema cannot say."""
    if isinstance(order, dict) and order.get("longitude") == -180:
        return [Complaint(loc=("longitude",), message="Write the date line as 180, not -180.")]
    return []


TRANSIT = Workload(
    kind="transit",
    title="Solar transit of every day of a year",
    run=run,
    check=check,
    input_schema={
        "type": "object",
        "properties": {
            "longitude": {"type": "number", "minimum": -180, "maximum": 180, "description": "degrees east"},
            "year": {"type": "integer", "minimum": 1, "maximum": 9999},
        },
        "required": ["longitude", "year"],
        "additionalProperties": False,
    },
    output_schema={
        "type": "object",
        "properties": {
            "days": {"type": "integer"},
            "earliest": {"type": "number", "description": "minutes after midnight UTC"},
            "latest": {"type": "number", "description": "minutes after midnight UTC"},
            "table": {"type": "string", "description": "the name of a CSV file"},
        },
    },
)

WORKLOADS = (TRANSIT,)
