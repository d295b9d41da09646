"""Forms of weather data: bytes to a table, most of them by the readers that ship with pvlib.

pvlib is optional and slow to import, so it is imported where it is needed; a reader's own exceptions become
`MeteoError`.
"""

import io
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gnomon.core.workload import Failure
from gnomon.pvsyst import PvsystError, meteo_csv
from gnomon.pvsyst.meteo import (
    Column,
    Label,
    MeteoError,
    MeteoSite,
    MeteoTable,
    common_step,
    jumps_between_years,
)

MOST_BYTES = meteo_csv.MOST_BYTES
_OURS = ("ghi", "dhi", "dni", "temp_air", "wind_speed", "relative_humidity")
# How a missing value is written in EPW, where it is not what a measurement could be.
_EPW_MISSING: Mapping[str, float] = {
    **dict.fromkeys(("ghi", "dhi", "dni"), 9999.0),
    "temp_air": 99.9,
    "wind_speed": 999.0,
    "relative_humidity": 999.0,
}
_TMY3_MISSING = (-9900.0, -999.0)
_LIGHT = ("ghi", "dhi", "dni")


def pvlib_readers() -> Any:
    """Return pvlib's module of readers.

    Raises
    ------
    Failure
        With the code ``missing_extra`` when it is not installed.
    """
    try:
        from pvlib import iotools  # optional, and a second to import
    except ImportError as error:
        raise Failure(
            "missing_extra",
            "reading this needs pvlib, which is not installed here; "
            "install it: pip install '.[pv]' in a clone of Gnomon",
        ) from error
    return iotools


def read_form(content: bytes, form: str, *, utc_offset: float | None = None) -> MeteoTable:
    """Read data of a form of `FORMS`.

    Raises
    ------
    MeteoError
        When they are not of that form; the text says what was expected.
    Failure
        When the reader is not installed.
    """
    if len(content) > MOST_BYTES:
        raise MeteoError(f"there are more than {MOST_BYTES // 2**20} MB; give up to a few years")
    if form == "pvsyst":
        try:
            return meteo_csv.read(content, utc_offset=utc_offset)
        except PvsystError as error:
            raise MeteoError(str(error)) from error
    return FORMS[form](content)


def detect(content: bytes) -> str | None:
    """Say of which form data are; None when of none that is known."""
    head = content[:20_000].decode("utf-8-sig", "replace").lstrip()
    first, _, rest = head.partition("\n")
    second = rest.partition("\n")[0]
    if first.startswith("LOCATION,"):
        return "epw"
    if "ObservationTime(LST)" in second and "Averaging Method" in first:
        return "solaranywhere"
    if second.startswith("Date (MM/DD/YYYY)"):
        return "tmy3"
    if first.startswith("Source,Location ID"):
        return "nsrdb"
    if head.startswith("{"):
        return next(
            (form for key, form in _IN_JSON.items() if f'"{key}"' in content[:200_000].decode("latin-1")),
            None,
        )
    return "pvsyst" if meteo_csv.is_meteo_csv(content) else None


_IN_JSON = {"tmy_hourly": "pvgis_tmy", "hourly": "pvgis_hourly"}


@contextmanager
def _reading(form: str) -> Iterator[None]:
    """Turn what a reader raises on data of another form into words."""
    try:
        yield
    except (MeteoError, Failure):
        raise
    # The readers check nothing by themselves: any exception of Python and pandas means that it is another form.
    except Exception as error:
        told = " ".join(str(error).split())[:160]
        if isinstance(error, LookupError | AttributeError | TypeError) or not told:
            what = (
                f"it has no {error.args[0]!r}"
                if isinstance(error, KeyError) and error.args
                else "a part is missing"
            )
            told = f"{what} where such a file has it"
        raise MeteoError(f"this is no {_CALLED[form]}: {told}") from error


def _read_pvgis_tmy(content: bytes) -> MeteoTable:
    with _reading("pvgis_tmy"):
        frame, said = pvlib_readers().read_pvgis_tmy(io.BytesIO(content), pvgis_format="json")
        place = said["inputs"]["location"]
        offset = float(place.get("irradiance_time_offset") or 0.0)
        # The light of a row is that of one moment, so much after its stamp.
        moments = [moment + round(offset * 3600) for moment in _epochs(frame.index)]
        source = said["inputs"].get("meteo_data", {}).get("radiation_db", "")
        notes = [
            f"PVGIS: the light is that of {60 * offset:g} min after each hour; temperature and wind are of the hour"
        ]
        return MeteoTable(
            site=_pvgis_site(place),
            moments=moments,
            step=3600,
            label="middle",
            is_typical=True,
            columns=_columns(frame, _OURS),
            source=f"PVGIS {source}".strip(),
            notes=tuple(notes if offset else ()),
        )


def _read_pvgis_hourly(content: bytes) -> MeteoTable:
    with _reading("pvgis_hourly"):
        frame, said = pvlib_readers().read_pvgis_hourly(io.BytesIO(content), pvgis_format="json")
        _require_horizontal(said["inputs"])
        columns = _columns(frame, ("poa_direct", "poa_sky_diffuse", "temp_air", "wind_speed"))
        direct, diffuse = columns.pop("poa_direct"), columns.pop("poa_sky_diffuse")
        columns["ghi"] = [
            None if a is None or b is None else a + b for a, b in zip(direct, diffuse, strict=True)
        ]
        columns["dhi"] = diffuse
        guessed = int(frame["Int"].sum()) if "Int" in frame else 0
        notes = [f"PVGIS: {guessed} of {len(frame)} hours of light are reconstructed"] if guessed else []
        moments = _epochs(frame.index)
        return MeteoTable(
            site=_pvgis_site(said["inputs"]["location"]),
            moments=moments,
            step=common_step(moments),
            label="middle",
            is_typical=False,
            columns=columns,
            source=f"PVGIS {said['inputs'].get('meteo_data', {}).get('radiation_db', '')}".strip(),
            notes=tuple(notes),
        )


def _require_horizontal(inputs: Mapping[str, Any]) -> None:
    slope = float(inputs.get("mounting_system", {}).get("fixed", {}).get("slope", {}).get("value") or 0.0)
    if slope:
        raise MeteoError(f"the series is of a plane tilted by {slope:g} degrees; ask for one of 0 degrees")


def _pvgis_site(place: Mapping[str, Any]) -> MeteoSite:
    return MeteoSite(
        latitude=float(place["latitude"]),
        longitude=float(place["longitude"]),
        elevation=_number(place["elevation"]),
    )


def _read_nsrdb(content: bytes) -> MeteoTable:
    with _reading("nsrdb"):
        frame, said = pvlib_readers().read_nsrdb_psm4(_text(content))
        moments = _epochs(frame.index)
        version = said.get("Version") or ""
        return MeteoTable(
            site=MeteoSite(
                name=str(said.get("Location ID") or "") or None,
                latitude=said["latitude"],
                longitude=said["longitude"],
                elevation=float(said["altitude"]),
                utc_offset=float(said["Time Zone"]),
            ),
            moments=moments,
            step=common_step(moments),
            label="middle",
            is_typical=jumps_between_years(moments),
            columns=_columns(frame, _OURS, missing=dict.fromkeys(_OURS, (-9999.0,))),
            source=f"NSRDB {version}".strip(),
        )


def _read_tmy3(content: bytes) -> MeteoTable:
    with _reading("tmy3"):
        frame, said = pvlib_readers().read_tmy3(_text(content))
        moments = _epochs(frame.index)
        years = {str(day)[-4:] for day in frame["Date (MM/DD/YYYY)"]}
        return MeteoTable(
            site=_said_site(said, str(said["Name"]).strip('" ')),
            moments=moments,
            step=common_step(moments),
            label="end",
            is_typical=len(years) > 1,
            columns=_columns(frame, _OURS, missing=dict.fromkeys(_OURS, _TMY3_MISSING)),
            source="TMY3",
        )


def _read_epw(content: bytes) -> MeteoTable:
    with _reading("epw"):
        frame, said = pvlib_readers().read_epw(_text(content))
        moments = _epochs(frame.index)
        missing = {name: (value,) for name, value in _EPW_MISSING.items()}
        return MeteoTable(
            site=_said_site(said, said.get("city")),
            moments=moments,
            step=common_step(moments),
            label="start",
            is_typical=jumps_between_years(moments),
            columns=_columns(frame, _OURS, missing=missing),
            source=f"EPW {said.get('data_type') or ''}".strip(),
        )


def _read_solaranywhere(content: bytes) -> MeteoTable:
    # The reader takes a path alone.
    with _reading("solaranywhere"), tempfile.TemporaryDirectory(prefix="gnomon-weather-") as folder:
        file = Path(folder) / "solaranywhere.csv"
        file.write_bytes(content)
        frame, said = pvlib_readers().read_solaranywhere(str(file))
        moments = _epochs(frame.index)
        label, notes = _averaged(str(said.get("Averaging Method", "")))
        return MeteoTable(
            site=_said_site(said, said.get("name")),
            moments=moments,
            step=common_step(moments),
            label=label,
            is_typical="typical" in str(said.get("Type", "")).lower() or jumps_between_years(moments),
            columns=_columns(frame, _OURS),
            source=f"SolarAnywhere {said.get('Data Version') or ''}".strip(),
            notes=notes,
        )


_AVERAGED: Mapping[str, Label] = {"end": "end", "start": "start", "beginning": "start", "center": "middle"}


def _averaged(method: str) -> tuple[Label, tuple[str, ...]]:
    """Say where in its interval a row's time stands, by the header's `Averaging Method`."""
    word = method.strip().lower().partition(" ")[0]
    label = _AVERAGED.get(word)
    if label is not None:
        return label, ()
    return "middle", (f"SolarAnywhere: averaging method {method!r} is not known; times taken as middles",)


def _said_site(said: Mapping[str, Any], name: str | None) -> MeteoSite:
    return MeteoSite(
        name=name or None,
        latitude=said["latitude"],
        longitude=said["longitude"],
        elevation=said["altitude"],
        utc_offset=said["TZ"],
    )


def _text(content: bytes) -> io.StringIO:
    try:
        return io.StringIO(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return io.StringIO(content.decode("cp1252", "replace"))


def _epochs(index: Any) -> list[int]:
    """Return the moments of a frame's rows. [epoch s]."""
    return [round(moment.timestamp()) for moment in index]


def _columns(
    frame: Any, names: Sequence[str], *, missing: Mapping[str, tuple[float, ...]] | None = None
) -> dict[str, Column]:
    absent = missing or {}
    return {
        name: [_present(value, absent.get(name, ())) for value in frame[name].tolist()]
        for name in names
        if name in frame
    }


def _present(value: Any, absent: tuple[float, ...]) -> float | None:
    number = _number(value)
    return None if number is None or number in absent else number


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


FORMS: Mapping[str, Callable[[bytes], MeteoTable]] = {
    "tmy3": _read_tmy3,
    "epw": _read_epw,
    "solaranywhere": _read_solaranywhere,
    "pvsyst": meteo_csv.read,
    "nsrdb": _read_nsrdb,
    "pvgis_tmy": _read_pvgis_tmy,
    "pvgis_hourly": _read_pvgis_hourly,
}
"""What a form is called -> its reader."""
_CALLED: Mapping[str, str] = {
    "tmy3": "TMY3 file",
    "epw": "EPW file",
    "solaranywhere": "SolarAnywhere file",
    "pvsyst": "PVsyst weather CSV",
    "nsrdb": "NSRDB (SAM CSV) file",
    "pvgis_tmy": "PVGIS typical year (JSON)",
    "pvgis_hourly": "PVGIS hourly series (JSON)",
}
