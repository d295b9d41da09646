"""PVsyst's azimuths in the sense of the house."""


def clockwise_from_north(azimuth: float, latitude: float) -> float:
    """Return one of PVsyst's azimuths clockwise from north [deg, 0 to 360).

    PVsyst counts from the side of the equator: west is 90 and east is -90 in both hemispheres, and 0 is south
    in the northern and north in the southern one (its help, "Plane azimuth"). The equator counts as north.

    Parameters
    ----------
    azimuth : float
        PVsyst's azimuth [deg].
    latitude : float
        The site's latitude, positive north [deg].
    """
    turned = (180.0 + azimuth if latitude >= 0 else -azimuth) % 360.0
    return 0.0 if turned == 360.0 else turned  # a negative zero's neighbour rounds up to 360
