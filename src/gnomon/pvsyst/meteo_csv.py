"""PVsyst's standard CSV of weather: `#` lines about the site, names of columns, their units, and the rows.

The label of a row is the start of its hour; where all hourly rows stand at minute 30 it is the middle, as in the
vendor's own examples. Times are local standard time by the header's `Time Zone`.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gnomon.pvsyst.meteo import Label, MeteoError, MeteoSite, MeteoTable, common_step, jumps_between_years
from gnomon.pvsyst.tree import PvsystError

MOST_BYTES = 64 * 2**20
_MISSING = (-99.0, -999.0, -9999.0)
"""How a value that is not there is written, besides an empty field."""
_TIMES = ("Year", "Month", "Day", "Hour", "Minute")
# A column's names, in small letters, -> ours.
_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("ghi", "globhor"), "ghi"),
    **dict.fromkeys(("dhi", "diffhor"), "dhi"),
    **dict.fromkeys(("dni", "bni", "beamnorm"), "dni"),
    **dict.fromkeys(("tamb", "t_amb", "t amb"), "temp_air"),
    **dict.fromkeys(("windvel", "wind", "wind velocity"), "wind_speed"),
    **dict.fromkeys(("relhum", "rel. humidity", "hrel"), "relative_humidity"),
}
_LIGHT = ("ghi", "dhi", "dni")
_HOUR = 3600
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_SEPARATORS = (";", "\t", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    said: Mapping[str, str]
    first: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    separator: str
    rows: Sequence[tuple[int, str]]
    """Number and text of each line with values."""


def is_meteo_csv(content: bytes) -> bool:
    """Say whether a file is of this form: lines with `#`, then one that names year, month and day."""
    text = _text(content[:20_000])
    lines = [line.strip().lower() for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("#"):
        return False
    return any(re.match(r"\W*year\W+month\W+day\W", line) for line in lines[:100])


def read(content: bytes, *, utc_offset: float | None = None) -> MeteoTable:
    """Read a file.

    Parameters
    ----------
    content
        Its bytes.
    utc_offset
        Local standard time, hours east of Greenwich, for a file whose header has none. [h]

    Raises
    ------
    PvsystError
        When it is no such file, or a value cannot be read; the message names the line and the remedy.
    """
    if len(content) > MOST_BYTES:
        raise PvsystError(f"the file has more than {MOST_BYTES // 2**20} MB; give one of up to a few years")
    head = _head(_text(content))
    site = _site(head.said, utc_offset)
    moments, is_at_half = _moments(head, site.utc_offset)
    columns, unread, notes = _columns(head)
    try:
        step = _step(head.said, moments)
    except MeteoError as error:
        raise PvsystError(str(error)) from error
    label, told = _label(step, is_at_half=is_at_half)
    return MeteoTable(
        site=site,
        moments=moments,
        step=step,
        label=label,
        is_typical=_is_typical(head, moments),
        columns=columns,
        source=head.said.get("data source", ""),
        unread=unread,
        notes=(*notes, *told),
    )


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _head(text: str) -> _Head:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" ;,\t\r")]
    marked = [line for _, line in lines if line.lstrip().startswith("#")]
    plain = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    if not marked or not plain:
        raise PvsystError("no PVsyst weather file: give one whose first lines begin with #")
    separator = next((sign for sign in _SEPARATORS if plain[0][1].count(sign) >= len(_TIMES)), "")
    names = tuple(name.strip() for name in plain[0][1].split(separator)) if separator else ()
    lacking = [name for name in _TIMES[:4] if name.lower() not in {each.lower() for each in names}]
    if lacking:
        raise PvsystError(
            f"line {plain[0][0]} names no columns {', '.join(lacking)}; give Year;Month;Day;Hour;Minute and values"
        )
    has_units = len(plain) > 1 and not plain[1][1].split(separator)[0].strip()
    units = tuple(unit.strip() for unit in plain[1][1].split(separator)) if has_units else ()
    return _Head(
        said=dict(_said(marked)),
        first=marked[0].lower(),
        names=names,
        units=units,
        separator=separator,
        rows=plain[2:] if has_units else plain[1:],
    )


def _said(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what the `#` lines say: a name and its value, in whatever separator."""
    for line in lines:
        parts = re.split(r"[;,\t]", line.lstrip().lstrip("#").strip(), maxsplit=1)
        if len(parts) > 1 and (value := parts[1].strip(" ;,\t\r")):
            yield parts[0].strip().lower(), value


def _site(said: Mapping[str, str], utc_offset: float | None) -> MeteoSite:
    zone = _said_number(said, "time zone")
    offset = zone if zone is not None else utc_offset
    if offset is None:
        raise PvsystError(
            "the header has none, so the rows' hours are unknown; add the line #Time Zone;1", key="Time Zone"
        )
    if not -14 <= offset <= 14:
        raise PvsystError(f"{offset:g} is no number of hours from Greenwich; correct it", key="Time Zone")
    return MeteoSite(
        name=said.get("site"),
        latitude=_said_number(said, "latitude"),
        longitude=_said_number(said, "longitude"),
        elevation=_said_number(said, "altitude"),
        utc_offset=offset,
    )


def _said_number(said: Mapping[str, str], name: str) -> float | None:
    text = said.get(name)
    if text is None:
        return None
    value = _number(text.split()[0])
    if value is None or math.isnan(value):
        raise PvsystError(f"{text!r} is not a number; correct the line #{name}", key=name.title())
    return value


def _number(text: str) -> float | None:
    """Read a field; None for one that is empty, NaN for one that is no number."""
    text = text.strip()
    if not text:
        return None
    try:
        value = float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _moments(head: _Head, utc_offset: float) -> tuple[list[int], bool]:
    """Return the rows' labels [epoch s], and whether all stand at minute 30."""
    places = {name.lower(): place for place, name in enumerate(head.names)}
    wanted = [places.get(name.lower()) for name in _TIMES]
    moments, minutes = [], set()
    for number, line in head.rows:
        fields = line.split(head.separator)
        parts = [_time_part(fields, place, number) for place in wanted]
        minutes.add(parts[4])
        moments.append(round(_moment(parts, number) - utc_offset * _HOUR))
    if len(moments) < 2:
        raise PvsystError("the file has fewer than two rows of values; give a series")
    return moments, minutes == {30}


def _time_part(fields: Sequence[str], place: int | None, number: int) -> int:
    if place is None:
        return 0
    text = fields[place].strip() if place < len(fields) else ""
    value = _number(text)
    if value is None or math.isnan(value) or value != int(value):
        raise PvsystError(f"line {number}: {text!r} is no part of a time; give whole numbers")
    return int(value)


def _moment(parts: Sequence[int], number: int) -> float:
    """Return a time as if it were UTC; hour 24 is the next day's 0."""
    year, month, day, hour, minute = parts
    try:
        start = datetime(year, month, day, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise PvsystError(f"line {number}: {year}-{month}-{day} is no date; correct it") from error
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        raise PvsystError(f"line {number}: {hour}:{minute:02d} is no time of a day; correct it")
    return start + hour * _HOUR + minute * 60


def _columns(head: _Head) -> tuple[dict[str, list[float | None]], tuple[str, ...], list[str]]:
    columns: dict[str, list[float | None]] = {}
    unread, notes = [], []
    for place, name in enumerate(head.names):
        if not name or name.lower() in {each.lower() for each in _TIMES}:
            continue
        ours = _COLUMNS.get(name.lower())
        if ours is None or ours in columns:
            unread.append(name)
            continue
        unit = head.units[place] if place < len(head.units) else ""
        values = [_value(line, head.separator, place, name, number) for number, line in head.rows]
        columns[ours], told = _in_our_unit(ours, name, unit, values)
        notes += told
    return columns, tuple(unread), notes


def _value(line: str, separator: str, place: int, name: str, number: int) -> float | None:
    fields = line.split(separator)
    value = _number(fields[place]) if place < len(fields) else None
    if value is not None and math.isnan(value):
        raise PvsystError(f"line {number}: {fields[place].strip()!r} is no number; correct it", key=name)
    return None if value in _MISSING else value


def _in_our_unit(
    ours: str, name: str, unit: str, values: list[float | None]
) -> tuple[list[float | None], list[str]]:
    """Bring values to W/m2, degC, m/s and percent, and tell when that was more than a copy."""
    scale, words = _scale(ours, name, unit, [value for value in values if value is not None])
    if words:
        scaled = [None if value is None else scale(value) for value in values]
        return scaled, [f"{name}: {words}"]
    return values, []


def _scale(ours: str, name: str, unit: str, given: Sequence[float]) -> tuple[Callable[[float], float], str]:
    plain = re.sub(r"[\s.°^]", "", unit).lower().replace("²", "2")
    if ours in _LIGHT and plain.startswith("kw"):
        return (lambda value: value * 1000.0), "given in kW/m2, taken times 1000"
    if ours in _LIGHT and plain.startswith(("mj", "j")):
        raise PvsystError(f"the unit {unit!r} is an energy; export the column in W/m2", key=name)
    if ours == "temp_air" and plain in {"f", "degf"}:
        return (lambda value: (value - 32.0) / 1.8), "given in degrees Fahrenheit, turned to Celsius"
    if ours == "temp_air" and plain == "k":
        return (lambda value: value - 273.15), "given in kelvin, turned to Celsius"
    if ours == "relative_humidity" and not plain.startswith("%") and given and max(given) <= 1.5:
        # Supersaturated air and rounding go a little beyond 1; no series of percent stays below 1.5.
        return (lambda value: min(value * 100.0, 100.0)), "given as a fraction, taken times 100"
    return (lambda value: value), ""


def _step(said: Mapping[str, str], moments: Sequence[int]) -> int:
    step = common_step(moments)
    if step > _HOUR:
        told = said.get("time step", f"{step} s")
        raise PvsystError(f"the step is {told}; give rows of an hour or less", key="Time step")
    return step


def _label(step: int, *, is_at_half: bool) -> tuple[Label, list[str]]:
    if step == _HOUR and is_at_half:
        return "middle", ["all rows stand at minute 30: taken as the middle of their hours"]
    return "start", []


def _is_typical(head: _Head, moments: Sequence[int]) -> bool:
    return "tmy" in head.first or jumps_between_years(moments)
