"""Sites (`pvSite`: a SIT file, or a copy inside a project or variant) and weather references (`pvMeteo`)."""

from dataclasses import dataclass

from gnomon.pvsyst.component import check_root
from gnomon.pvsyst.ledger import Ledger, Page, Unread
from gnomon.pvsyst.tree import PvsystObject

Months = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place as PVsyst describes it; None is what the file does not say.

    Attributes
    ----------
    name, country, region, source, file_name : str or None
        `Site`, `Country`, `Region`, `Source`, `NomF`.
    latitude, longitude : float or None
        `Latitude`, `Longitude`, positive north and east [deg].
    altitude : float or None
        `Altitude` [m].
    time_zone : float or None
        `TimeZone`, ahead of UTC [h].
    albedo : tuple of float or None
        `Albedo`, twelve months.
    ghi, dhi, extraterrestrial : tuple of float or None
        `GlobalH`, `DiffuseH`, `Extraterr`: twelve monthly sums [kWh/m2], where `UnitsDisp` is `kWh_m2_m`.
    temp_air, wind_speed, linke_turbidity : tuple of float or None
        `TAmb` [degC], `WindVel` [m/s], `Linke`: twelve monthly means.
    relative_humidity : tuple of float or None
        `RelHum`, twelve monthly means, 0 to 1.
    """

    name: str | None
    country: str | None
    region: str | None
    source: str | None
    file_name: str | None
    latitude: float | None
    longitude: float | None
    altitude: float | None
    time_zone: float | None
    albedo: Months | None
    ghi: Months | None
    dhi: Months | None
    extraterrestrial: Months | None
    temp_air: Months | None
    wind_speed: Months | None
    linke_turbidity: Months | None
    relative_humidity: Months | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """A SIT file: its site, and the keys that the site did not take."""

    site: Site
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherReference:
    """The weather that a variant was simulated with (`pvMeteo`): where it is and how its hours are meant.

    Attributes
    ----------
    file_name : str or None
        `NomF`: the MET file.
    site_name, source, kind : str or None
        `SiteM`, `SourceM`, `TypeM` (such as `Synthetic`).
    source_file, source_format : str or None
        `NomFSource`, `NomFormat`: what the MET file was made from.
    begins, ends : str or None
        `DateDebF`, `DateFinF`, `dd/mm/yy hh:mm` as written.
    step : float or None
        `PasAccum`, time step [min].
    hour_shift, time_shift : float or None
        `HourShift`, `TimeShift` as written; the file names no unit.
    is_utc : bool or None
        `IsSourceUt`: whether the source counted in universal time.
    site : Site or None
        `SiteMet`: the place that the weather is of.
    """

    file_name: str | None
    site_name: str | None
    source: str | None
    kind: str | None
    source_file: str | None
    source_format: str | None
    begins: str | None
    ends: str | None
    step: float | None
    hour_shift: float | None
    time_shift: float | None
    is_utc: bool | None
    site: Site | None


def read_site(root: PvsystObject) -> SiteFile:
    """Return the site of a SIT file.

    Raises
    ------
    PvsystError
        If the file is no site.
    """
    check_root(root, "pvSite", "a site (SIT)")
    ledger = Ledger(root)
    return SiteFile(site=site(ledger.page()), unread=ledger.unread())


def site(page: Page) -> Site:
    """Return the site on a page, and take its keys."""
    sums = _monthly_sums(page)
    return Site(
        name=page.text("Site"),
        country=page.text("Country"),
        region=page.text("Region"),
        source=page.text("Source"),
        file_name=page.text("NomF"),
        latitude=page.number("Latitude", low=-90, high=90),
        longitude=page.number("Longitude", low=-180, high=180),
        altitude=page.number("Altitude", low=-1000, high=10_000),
        time_zone=page.number("TimeZone", low=-14, high=14),
        albedo=page.months("Albedo", low=0, high=1),
        ghi=sums.get("GlobalH"),
        dhi=sums.get("DiffuseH"),
        extraterrestrial=sums.get("Extraterr"),
        temp_air=page.months("TAmb", low=-90, high=70),
        wind_speed=page.months("WindVel", low=0, high=100),
        linke_turbidity=page.months("Linke", low=0, high=30),
        relative_humidity=page.months("RelHum", low=0, high=1),
    )


def _monthly_sums(page: Page) -> dict[str, Months | None]:
    """Return the monthly sums; in a unit of which no sample is known they stay unread."""
    if page.text("UnitsDisp") not in ("kWh_m2_m", None):
        page.leave("UnitsDisp", "is a unit of which no sample is known")
        return {}
    return {key: page.months(key, low=0, high=1000) for key in ("GlobalH", "DiffuseH", "Extraterr")}


def weather(page: Page) -> WeatherReference:
    """Return the weather reference on a page, and take its keys."""
    inner = page.child("SiteMet")
    return WeatherReference(
        file_name=page.text("NomF"),
        site_name=page.text("SiteM"),
        source=page.text("SourceM"),
        kind=page.text("TypeM"),
        source_file=page.text("NomFSource"),
        source_format=page.text("NomFormat"),
        begins=page.text("DateDebF"),
        ends=page.text("DateFinF"),
        step=page.number("PasAccum", low=0),
        hour_shift=page.number("HourShift"),
        time_shift=page.number("TimeShift"),
        is_utc=page.flag("IsSourceUt"),
        site=site(inner) if inner else None,
    )
