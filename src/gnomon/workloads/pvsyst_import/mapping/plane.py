"""Orientations to layouts: planes that are fixed, and those of seasons as far as they are known."""

from typing import Any

from gnomon.pvsyst import Orientation
from gnomon.workloads.pvsyst_import.mapping.months import tidy
from gnomon.workloads.pvsyst_import.report import Report

GCR = 0.4
_FIXED = ("fixedplane", "fixedtiltedplane", "fixedtilted")
_STEEPEST = 90.0


def find_orientation(
    orientations: tuple[Orientation, ...], number: int | None, said: Report
) -> Orientation | None:
    """Return the orientation that a sub-array names; the only one, if it names none."""
    found = next((each for each in orientations if number is not None and each.number == number), None)
    if found is not None:
        said.mapped("NoOrientation", number, "layout")
        return found
    if len(orientations) == 1:
        said.assumed("NoOrientation", number, "names no orientation; the only one of the variant was taken")
        return orientations[0]
    said.unmapped(
        "NoOrientation", number, f"names none of the {len(orientations)} orientations; give the layout"
    )
    return None


def layout(plane: Orientation, said: Report) -> dict[str, Any] | None:
    """Return the layout of a plane, or None where what it is cannot be told."""
    if not _is_known(plane):
        words = (
            "no public sample of this kind of field is known, so its keys are not guessed; give the layout"
        )
        tell_plane(plane, words, said)
        return None
    tilt = _tilt(plane, said)
    if tilt is None or plane.azimuth is None:
        missing = "FieldTilt" if tilt is None else "FieldAzim"
        words = f"{missing} is missing, or the site's latitude is; give the layout"
        said.unmapped(missing, None, words)
        tell_plane(plane, words, said)
        return None
    if not 0 <= tilt <= _STEEPEST:
        tell_plane(plane, f"a tilt of {tilt:g} is not 0 to 90 degrees; give the layout", said)
        return None
    _tell(plane, said)
    return {
        "arrayType": "fixed",
        "gcr": GCR,
        "azimuth": tidy(plane.azimuth),
        "axisTilt": 0.0,
        "tilt": tidy(tilt),
    }


def tell_plane(plane: Orientation, words: str, said: Report) -> None:
    """Tell all keys of a plane that makes no layout, with the reason."""
    for key, value in (
        ("FieldType", plane.kind),
        ("FieldTilt", plane.tilt),
        ("FieldAzim", plane.azimuth_written),
        ("SummerTilt", plane.summer_tilt),
        ("WinterTilt", plane.winter_tilt),
        ("WinterMonths", plane.winter_months),
        ("BaseSlope", plane.base_slope),
    ):
        if value is not None:
            said.unmapped(key, value, words)


def _is_known(plane: Orientation) -> bool:
    kind = "".join(letter for letter in (plane.kind or "").lower() if letter.isalpha())
    return plane.kind is None or kind in _FIXED or _is_seasonal(plane)


def _is_seasonal(plane: Orientation) -> bool:
    return plane.summer_tilt is not None and plane.winter_tilt is not None


def _tilt(plane: Orientation, said: Report) -> float | None:
    if not _is_seasonal(plane):
        said.mapped("FieldTilt", plane.tilt, "layout.tilt")
        return plane.tilt
    summer, winter = plane.summer_tilt or 0.0, plane.winter_tilt or 0.0
    months = _winter_months(plane.winter_months)
    share = 0.5 if months is None else months / 12
    mean = share * winter + (1 - share) * summer
    many = "half of the year" if months is None else f"{months} months"
    words = f"the layout has one tilt: {mean:g} degrees was assumed, the mean with winter for {many}"
    said.assumed("SummerTilt", summer, words)
    said.assumed("WinterTilt", winter, words)
    said.assumed("WinterMonths", plane.winter_months, f"only how many bits are set was used; {words}")
    if plane.tilt is not None:
        said.unmapped("FieldTilt", plane.tilt, "has no effect in a plane of seasons")
    return mean


def _winter_months(mask: str | None) -> int | None:
    """Count the months of a bit mask, whichever bit is which month."""
    try:
        bits = int((mask or "").removeprefix("$"), 16 if (mask or "").startswith("$") else 10)
    except ValueError:
        return None
    return bits.bit_count() if 0 < bits < 1 << 12 else None


def _tell(plane: Orientation, said: Report) -> None:
    if plane.kind is None:
        said.assumed("FieldType", None, "is missing; a fixed plane was assumed")
    else:
        said.mapped("FieldType", plane.kind, "layout.arrayType")
    said.mapped("FieldAzim", plane.azimuth_written, f"layout.azimuth {plane.azimuth:g}, clockwise from north")
    said.assumed(
        "gcr", None, f"a fixed plane of PVsyst has no rows; {GCR:g} stands there, without near shading"
    )
    if plane.base_slope:
        said.unmapped("BaseSlope", plane.base_slope, "a level ground was assumed")
