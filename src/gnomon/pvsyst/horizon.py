"""Horizons: `pvHorizon` of a variant, and HOR files."""

import re
from dataclasses import dataclass

from gnomon.pvsyst.azimuth import clockwise_from_north
from gnomon.pvsyst.ledger import Page
from gnomon.pvsyst.tree import PvsystError

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """A far horizon.

    Attributes
    ----------
    comment : str or None
        `Comment`; of a HOR file its lines of text.
    points : tuple of (float, float)
        Azimuth as PVsyst counts it (0 = side of the equator, west 90, east -90) [deg] and height [deg], in
        file order.
    """

    comment: str | None
    points: Points

    def clockwise(self, latitude: float) -> Points:
        """Return the points (azimuth clockwise from north [deg, 0 to 360), height [deg]) by rising azimuth.

        Parameters
        ----------
        latitude : float
            The site's, positive north [deg].
        """
        turned = ((clockwise_from_north(azimuth, latitude), height) for azimuth, height in self.points)
        return tuple(sorted(set(turned)))


def horizon(page: Page) -> Horizon | None:
    """Return the horizon on a page, and take its keys; None when it has no profile."""
    profiles = [child.name for child in page.obj.children if child.type == "TCubicProfile"]
    points = page.profile(profiles[0]) if len(profiles) == 1 else None
    comment = page.text("Comment")
    return None if not points else Horizon(comment=comment, points=points)


def read_horizon_text(text: str) -> Horizon:
    """Return the horizon of a HOR file: one azimuth and one height [deg] a line, lines with text are comment.

    The numbers may be parted by blanks, tabs, semicolons or commas (PVsyst's help, "Importing an Horizon profile").

    Raises
    ------
    PvsystError
        If a line without text is not a pair of an azimuth and a height, or there is no pair.
    """
    points: list[tuple[float, float]] = []
    comment: list[str] = []
    for line, found in enumerate(_NEWLINE.split(text.lstrip("\ufeff")), start=1):
        numbers = _numbers(found)
        if len(numbers) == 2:
            points.append(_point(numbers, line))
        elif _IS_TEXT.search(found):
            comment.append(found.strip(" \t#"))
        elif found.strip():
            raise PvsystError(
                f"{found.strip()[:60]!r} is not an azimuth and a height; write two numbers [deg]", line=line
            )
    if not points:
        raise PvsystError("the file holds no point; a horizon has one azimuth and one height [deg] a line")
    return Horizon(comment="\n".join(filter(None, comment)) or None, points=tuple(points))


_NEWLINE = re.compile(r"\r\n|\r|\n")
_IS_TEXT = re.compile(r"#|[^\W\d_]")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def _numbers(found: str) -> list[float]:
    """Return the numbers of a line of nothing else; a comma is a decimal point where something else parts them."""
    parts = [part.strip(",").replace(",", ".") for part in re.split(r"[;\s]+", found.strip()) if part]
    if len(parts) < 2:
        parts = found.strip().split(",")
    return [float(part) for part in parts] if all(map(_NUMBER.fullmatch, parts)) else []


def _point(numbers: list[float], line: int) -> tuple[float, float]:
    azimuth, height = numbers
    if not (-360 <= azimuth <= 360 and -90 <= height <= 90):
        raise PvsystError(
            f"azimuth {azimuth:g} or height {height:g} is no angle of a horizon; correct it", line=line
        )
    return azimuth, height
