"""Modules: a PAN file, or properties under its keys, to a record in pvlib's units."""

from collections.abc import Sequence
from dataclasses import dataclass

from gnomon.pvsyst.component import Properties, Property, Reading, check_root, flat
from gnomon.pvsyst.tree import PvsystError, PvsystObject, profile

# An IAM curve: angles of incidence [deg] and the factor that remains at each.
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanModule:
    """A module as its PAN file tells it; None is what the file leaves to the reader.

    Attributes
    ----------
    p_mp_ref, i_sc_ref, v_oc_ref, i_mp_ref, v_mp_ref : float
        Nameplate power [W], currents [A] and voltages [V] at `irrad_ref` [W/m2] and `temp_ref` [degC].
    alpha_sc : float or None
        Temperature coefficient of the short-circuit current [A/K].
    beta_voc : float or None
        Temperature coefficient of the open-circuit voltage [V/K].
    gamma_pmp : float or None
        Temperature coefficient of the maximum power [1/K].
    r_sh_ref, r_sh_0, r_s : float or None
        Shunt resistance at `irrad_ref` and in the dark, and series resistance [ohm].
    r_sh_exp : float or None
        Exponent of the shunt resistance over irradiance.
    gamma_ref : float or None
        Diode ideality at `temp_ref`.
    mu_gamma : float or None
        Its temperature coefficient [1/K].
    d2_mu_tau : float or None
        Recombination parameter of thin film modules [V].
    cells_in_series, cells_in_parallel, diodes : int
        The module's circuit; a twin half-cell module counts its halves as parallel.
    is_half_cell : bool
        Whether the layout is of twin half cells.
    width, length, area, cell_area : float or None
        Sizes [m], module area [m2], area of one cell [m2].
    bifaciality : float or None
        Rear over front power; None for a monofacial module.
    front_surface : str or None
        PVsyst's word for the glass (`fsARCoating`, `fsNormalGlass`).
    iam : tuple of (float, float) or None
        Incidence angle modifier: (angle [deg], factor).
    iam_b0 : float or None
        ASHRAE's parameter, where the file gives that in place of a curve.
    """

    manufacturer: str
    model: str
    technology: str
    irrad_ref: float
    temp_ref: float
    p_mp_ref: float
    i_sc_ref: float
    v_oc_ref: float
    i_mp_ref: float
    v_mp_ref: float
    alpha_sc: float | None
    beta_voc: float | None
    gamma_pmp: float | None
    r_sh_ref: float | None
    r_sh_0: float | None
    r_sh_exp: float | None
    r_s: float | None
    gamma_ref: float | None
    mu_gamma: float | None
    d2_mu_tau: float | None
    cells_in_series: int
    cells_in_parallel: int
    diodes: int
    is_half_cell: bool
    width: float | None
    length: float | None
    area: float | None
    cell_area: float | None
    bifaciality: float | None
    front_surface: str | None
    iam: Curve | None
    iam_b0: float | None


def read_properties(root: PvsystObject) -> dict[str, Property]:
    """Return a PAN file's scalar keys as flat properties, in the file's own units.

    Raises
    ------
    PvsystError
        If the file is no module.
    """
    check_root(root, "pvModule", "a module (PAN)")
    return flat(root, root.find_child("Commercial"), root.find_child("IAM"))


def read_iam(root: PvsystObject) -> Curve | None:
    """Return a PAN file's IAM curve (angle [deg], factor), or None when it has none."""
    holder = root.find_child("IAM")
    curve = holder.find_child("IAMProfile") if holder else None
    return profile(curve) or None if curve else None


def read_module(root: PvsystObject) -> PanModule:
    """Return a PAN file's module.

    Raises
    ------
    PvsystError
        If the file is no module, or a value the model cannot do without is missing or wrong.
    """
    return module(read_properties(root), read_iam(root))


def module(properties: Properties, iam: Sequence[tuple[float, float]] | None) -> PanModule:
    """Return the module that properties under PAN keys describe.

    Raises
    ------
    PvsystError
        If a value the model cannot do without is missing or wrong.
    """
    given = Reading(properties)
    _check_corners(given)
    width, length = given.within("Width", 0.01, 10), given.within("Height", 0.01, 10)
    return PanModule(
        manufacturer=given.text("Manufacturer"),
        model=given.text("Model"),
        technology=given.text("Technol", "mtSiMono"),
        irrad_ref=_or(given.within("GRef", 500, 1500), 1000.0),
        temp_ref=_or(given.within("TRef", 0, 60), 25.0),
        p_mp_ref=given.positive("PNom", "nameplate power [W]"),
        i_sc_ref=given.positive("Isc", _CORNERS["Isc"]),
        v_oc_ref=given.positive("Voc", _CORNERS["Voc"]),
        i_mp_ref=given.positive("Imp", _CORNERS["Imp"]),
        v_mp_ref=given.positive("Vmp", _CORNERS["Vmp"]),
        alpha_sc=_scaled(given.within("muISC", -100, 100), 1e-3),
        beta_voc=_scaled(given.within("muVocSpec", -5000, 100), 1e-3),
        gamma_pmp=_scaled(given.within("muPmpReq", -2, 1), 1e-2),
        r_sh_ref=given.find("RShunt"),
        r_sh_0=given.find("Rp_0"),
        r_sh_exp=given.within("Rp_Exp", 0.1, 100),
        r_s=given.within("RSerie", 0, 1000),
        gamma_ref=given.within("Gamma", 0.2, 10),
        mu_gamma=given.within("muGamma", -0.02, 0.02),
        d2_mu_tau=given.within("D2MuTau", 0, 1000),
        cells_in_series=int(given.positive("NCelS", "number of cells in series")),
        cells_in_parallel=int(_or(given.find("NCelP"), 1)),
        diodes=int(_or(given.find("NDiode"), 3)),
        is_half_cell=given.text("SubModuleLayout") == "slTwinHalfCells",
        width=width,
        length=length,
        area=width * length if width and length else None,
        cell_area=_scaled(given.find("CellArea"), 1e-4),
        bifaciality=given.within("BifacialityFactor", 0, 1),
        front_surface=given.text("FrontSurface") or None,
        iam=tuple((angle, factor) for angle, factor in iam) if iam else None,
        iam_b0=given.within("B0_IAM", 0, 1),
    )


_CORNERS = {
    "Isc": "short-circuit current [A]",
    "Voc": "open-circuit voltage [V]",
    "Imp": "current at maximum power [A]",
    "Vmp": "voltage at maximum power [V]",
}


def _check_corners(given: Reading) -> None:
    """Refuse a maximum power point that is not inside the corners of the curve."""
    for inner, outer in (("Imp", "Isc"), ("Vmp", "Voc")):
        least, most = (given.positive(key, _CORNERS[key]) for key in (inner, outer))
        if least >= most:
            raise PvsystError(f"{least:g} is not below {outer} {most:g}; correct one of them", key=inner)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
