"""Arrays of a variant: the main array (`pvMainArray`), its sub-arrays (`pvSubArray`), their losses and IAM."""

from dataclasses import dataclass

from gnomon.pvsyst.ledger import Page
from gnomon.pvsyst.site import Months

_GREATEST = 10_000_000  # far above any count of a plant


@dataclass(frozen=True, slots=True, kw_only=True)
class IamProfile:
    """An incidence angle modifier (`pvIAM`).

    Attributes
    ----------
    mode : str or None
        `IAMMode` (`FresnelAR`, `UserProfile`, `Ashrae` ...).
    b0 : float or None
        `B0_IAM`, ASHRAE's parameter.
    points : tuple of (float, float) or None
        `IAMProfile`: angle of incidence [deg] and factor; padding is dropped.
    n_glass, n_encapsulant, n_coating : float or None
        `N_Glass`, `N_EVA`, `N_ARCoating`: refractive indices.
    """

    mode: str | None
    b0: float | None
    points: tuple[tuple[float, float], ...] | None
    n_glass: float | None
    n_encapsulant: float | None
    n_coating: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayLosses:
    """Losses of an array; fractions of what comes in, None where the file does not say.

    Attributes
    ----------
    quality_voltage, quality_current, quality_power : float or None
        `PQualityModU`, `PQualityModI`, `PQualityModP` (file: %); negative is a gain.
    lid, light_soaking : float or None
        `LIDLoss`, `LightSoaking` (file: %).
    mismatch, mismatch_fixed_voltage : float or None
        `PMismMPP`, `PMismUFixe` (file: %): at maximum power, and at a fixed voltage.
    wiring_resistance : float or None
        `RSCablageCh` of the whole array [ohm] (file: mΩ).
    wiring_stc : float or None
        `RSCablagePC` (file: %): the same as a loss at standard conditions.
    diode_drop : float or None
        `VDiodeSerie` [V].
    """

    quality_voltage: float | None
    quality_current: float | None
    quality_power: float | None
    lid: float | None
    light_soaking: float | None
    mismatch: float | None
    mismatch_fixed_voltage: float | None
    wiring_resistance: float | None
    wiring_stc: float | None
    diode_drop: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubArray:
    """Strings of one module on inverters of one type; None is what the file does not say.

    Attributes
    ----------
    number : int or None
        `SubArrayId`.
    name : str or None
        `Comment`.
    module_file, inverter_file : str or None
        `PVModule`, `GInverter`.
    modules_in_series, strings : int or None
        `NModSerie`, `NStringCh`.
    strings_on_orientation : int or None
        `NStrOrient1`: how many of the strings lie on `orientation_number`.
    orientation_number : int or None
        `NoOrientation`: the `Orientation` with this `number`.
    inverters, inverter_inputs : int or None
        `NInverter`, `NInvMPPT`; where a sub-array has a part of an inverter the former may count MPPT inputs.
    p_ac_input : float or None
        `PNomAC_InMPPT`, nominal AC power of one input [W] (file: kW).
    power_sharing_inverter : int or None
        `PowerSharingInverterId`; None for the file's -1, no sharing.
    area_sizing, p_sizing : float or None
        `AreaSizing` [m2], `PNomSizing` [W] (file: kW): what was asked of the sizing, not what was built.
    losses : ArrayLosses
        The sub-array's own.
    iam : IamProfile or None
        `PVObject_IAM`; wins over the module's.
    ac_wire_length : float or None
        `ACWireLength` [m].
    ac_wire_section : int or None
        `ACWireNoSect`: PVsyst's number of the section.
    """

    number: int | None
    name: str | None
    module_file: str | None
    inverter_file: str | None
    modules_in_series: int | None
    strings: int | None
    strings_on_orientation: int | None
    orientation_number: int | None
    inverters: int | None
    inverter_inputs: int | None
    p_ac_input: float | None
    power_sharing_inverter: int | None
    area_sizing: float | None
    p_sizing: float | None
    losses: ArrayLosses
    iam: IamProfile | None
    ac_wire_length: float | None
    ac_wire_section: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MainArray:
    """What all sub-arrays share; None is what the file does not say.

    Attributes
    ----------
    u_c : float or None
        `UFactor`, constant part of the heat loss factor [W/m2K]. The key of the wind's part has no public sample.
    absorption : float or None
        `Alpha`.
    efficiency : float or None
        `UFAverEffic`, mean efficiency in the heat balance, as a fraction (file: %).
    soiling : tuple of float or None
        `SoilingLoss`, twelve months, as fractions (file: %).
    losses : ArrayLosses
        Where a file has them here and not in the sub-arrays.
    transformers : int or None
        `MVNbTransfos`.
    uses_spectral : bool or None
        `UseSpectralCorr`.
    """

    u_c: float | None
    absorption: float | None
    efficiency: float | None
    soiling: Months | None
    losses: ArrayLosses
    transformers: int | None
    uses_spectral: bool | None


def iam(page: Page) -> IamProfile:
    """Return the incidence angle modifier on a page, and take its keys."""
    return IamProfile(
        mode=page.text("IAMMode"),
        b0=page.number("B0_IAM", low=0, high=1),
        points=page.profile("IAMProfile"),
        n_glass=page.number("N_Glass", low=0.5, high=5),
        n_encapsulant=page.number("N_EVA", low=0.5, high=5),
        n_coating=page.number("N_ARCoating", low=0.5, high=5),
    )


def losses(page: Page) -> ArrayLosses:
    """Return the losses on an array's page, and take their keys."""

    def percent(key: str) -> float | None:
        return page.number(key, low=-100, high=100, per=100)

    return ArrayLosses(
        quality_voltage=percent("PQualityModU"),
        quality_current=percent("PQualityModI"),
        quality_power=percent("PQualityModP"),
        lid=percent("LIDLoss"),
        light_soaking=percent("LightSoaking"),
        mismatch=percent("PMismMPP"),
        mismatch_fixed_voltage=percent("PMismUFixe"),
        wiring_resistance=page.number("RSCablageCh", low=0, high=1e9, per=1e3),
        wiring_stc=percent("RSCablagePC"),
        diode_drop=page.number("VDiodeSerie", low=0, high=1000),
    )


def sub_array(page: Page) -> SubArray:
    """Return the sub-array on a page, and take its keys."""
    sharing = page.count("PowerSharingInverterId", low=-1)
    power = page.number("PNomAC_InMPPT", low=0, high=1e6)
    asked = page.number("PNomSizing", low=0, high=1e8)
    own_iam = page.child("IAM")
    return SubArray(
        number=page.count("SubArrayId"),
        name=page.text("Comment"),
        module_file=page.text("PVModule"),
        inverter_file=page.text("GInverter"),
        modules_in_series=page.count("NModSerie", high=_GREATEST),
        strings=page.count("NStringCh", high=_GREATEST),
        strings_on_orientation=page.count("NStrOrient1", high=_GREATEST),
        orientation_number=page.count("NoOrientation"),
        inverters=page.count("NInverter", high=_GREATEST),
        inverter_inputs=page.count("NInvMPPT", high=_GREATEST),
        p_ac_input=None if power is None else 1e3 * power,
        power_sharing_inverter=None if sharing == -1 else sharing,
        area_sizing=page.number("AreaSizing", low=0, high=1e12),
        p_sizing=None if asked is None else 1e3 * asked,
        losses=losses(page),
        iam=iam(own_iam) if own_iam else None,
        ac_wire_length=page.number("ACWireLength", low=0, high=1e6),
        ac_wire_section=page.count("ACWireNoSect"),
    )


def main_array(page: Page) -> MainArray:
    """Return the main array on a page, and take its keys; the sub-arrays are read on their own."""
    return MainArray(
        u_c=page.number("UFactor", low=0, high=1000),
        absorption=page.number("Alpha", low=0, high=1),
        efficiency=page.number("UFAverEffic", low=0, high=100, per=100),
        soiling=page.months("SoilingLoss", low=0, high=100, per=100),
        losses=losses(page),
        transformers=page.count("MVNbTransfos"),
        uses_spectral=page.flag("UseSpectralCorr"),
    )
