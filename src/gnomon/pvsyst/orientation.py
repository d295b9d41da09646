"""Orientations of a variant (`pvOrient`, with the keys up to `End of TOrientGroup`)."""

from dataclasses import dataclass

from gnomon.pvsyst.azimuth import clockwise_from_north
from gnomon.pvsyst.ledger import Page

TYPES = ("pvOrient", "pvDomeOrient")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orientation:
    """A plane that sub-arrays refer to; None is what the file does not say.

    Attributes
    ----------
    number : int or None
        `NoOrient`, to which a sub-array's `NoOrientation` refers.
    name : str or None
        `Comment`.
    kind : str or None
        `FieldType`. `FixedPlane` is the only one of which a public sample is known.
    tilt : float or None
        `FieldTilt` [deg]; in a seasonal orientation the seasons' own tilts count in its place.
    azimuth : float or None
        `FieldAzim`, clockwise from north [deg]; None as well where the latitude is not known.
    azimuth_written : float or None
        `FieldAzim` as PVsyst counts it [deg].
    summer_tilt, winter_tilt : float or None
        `SummerTilt`, `WinterTilt` [deg].
    winter_months : str or None
        `WinterMonths`, a bit mask as written: no public sample tells which bit is which month.
    base_slope : float or None
        `BaseSlope` [deg].
    """

    number: int | None
    name: str | None
    kind: str | None
    tilt: float | None
    azimuth: float | None
    azimuth_written: float | None
    summer_tilt: float | None
    winter_tilt: float | None
    winter_months: str | None
    base_slope: float | None

    @property
    def is_fixed(self) -> bool:
        """Whether this is a plane that does not move, over the day or the seasons."""
        return self.kind == "FixedPlane" and self.summer_tilt is None and self.winter_tilt is None


def orientation(page: Page, latitude: float | None) -> Orientation:
    """Return the orientation on a page, and take its keys."""
    written = page.number("FieldAzim", low=-360, high=360)
    turned = None if written is None or latitude is None else clockwise_from_north(written, latitude)
    return Orientation(
        number=page.count("NoOrient"),
        name=page.text("Comment"),
        kind=page.text("FieldType"),
        tilt=page.number("FieldTilt", low=-90, high=180),
        azimuth=turned,
        azimuth_written=written,
        summer_tilt=page.number("SummerTilt", low=-90, high=180),
        winter_tilt=page.number("WinterTilt", low=-90, high=180),
        winter_months=page.text("WinterMonths"),
        base_slope=page.number("BaseSlope", low=-90, high=90),
    )
