"""Projects (PRJ files): the place, its albedo, and the rules that all variants share."""

from dataclasses import dataclass, replace

from gnomon.pvsyst.component import check_root
from gnomon.pvsyst.ledger import Ledger, Unread
from gnomon.pvsyst.site import Months, Site, site
from gnomon.pvsyst.tree import PvsystObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PvsystProject:
    """A project as its PRJ file tells it; None is what the file does not say.

    Attributes
    ----------
    name, version : str or None
        `Comment`, `Version`.
    client, author : str or None
        `ClientDesignation`, `UserDesignation` of the print settings.
    site : Site or None
        `SitePrj`; a variant's own site wins over it.
    weather_file, weather_file_date : str or None
        `MeteoFileName`, `MeteoFileDate`.
    albedo : tuple of float or None
        `Albedo`, twelve months.
    temp_design_min, temp_oper_min, temp_oper, temp_oper_max : float or None
        `DesignTempMin`, `TempOperMin`, `TempOper`, `TempOperMax`: cell temperatures of the sizing [degC].
    overload_limit : float or None
        `LimOverloadLoss`, allowed loss by overload, as a fraction.
    transposition : str or None
        `TranspositionAlgorithm` (such as `CircSolSeparate`).
    ac_losses_reference : str or None
        `ACLossesRef`: what AC losses in percent refer to (`STC` or `PNom`).
    unread : tuple of Unread
        Every key that none of these took.
    """

    name: str | None
    version: str | None
    client: str | None
    author: str | None
    site: Site | None
    weather_file: str | None
    weather_file_date: str | None
    albedo: Months | None
    temp_design_min: float | None
    temp_oper_min: float | None
    temp_oper: float | None
    temp_oper_max: float | None
    overload_limit: float | None
    transposition: str | None
    ac_losses_reference: str | None
    unread: tuple[Unread, ...]


def read_project(root: PvsystObject) -> PvsystProject:
    """Return a PRJ file's project.

    Raises
    ------
    PvsystError
        If the file is no project.
    """
    check_root(root, "pvProject", "a project (PRJ)")
    ledger = Ledger(root)
    page = ledger.page()
    place, printed = page.child("SitePrj"), page.child("PrintSettings")
    found = PvsystProject(
        name=page.text("Comment"),
        version=page.text("Version"),
        client=printed.text("ClientDesignation") if printed else None,
        author=printed.text("UserDesignation") if printed else None,
        site=site(place) if place else None,
        weather_file=page.text("MeteoFileName"),
        weather_file_date=page.text("MeteoFileDate"),
        albedo=page.months("Albedo", low=0, high=1),
        temp_design_min=page.number("DesignTempMin"),
        temp_oper_min=page.number("TempOperMin"),
        temp_oper=page.number("TempOper"),
        temp_oper_max=page.number("TempOperMax"),
        overload_limit=page.number("LimOverloadLoss", low=0, high=100, per=100),
        transposition=page.text("TranspositionAlgorithm"),
        ac_losses_reference=page.text("ACLossesRef"),
        unread=(),
    )
    return replace(found, unread=ledger.unread())
