"""Documents to the laboratory's records, and what a file says of itself against the one-diode model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnomon.pv import pvarray
from gnomon.pv.plant import AshraeIam, PhysicalIam, ProfileIam
from gnomon.pvsyst import PvsystError
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.check import check_inverter, check_module
from gnomon.workloads.energy_model.component import pv_inverter, pv_module
from gnomon.workloads.pvsyst_import.component import read

DATASHEET = {
    **dict.fromkeys(("Width",), 1.134),
    "PNom": 550,
    "Isc": 14.0,
    "Voc": 49.9,
    "Imp": 13.11,
    "Vmp": 41.96,
    "NCelS": 72,
    "Height": 2.278,
    "RSerie": 0.203,
    "Gamma": 0.98,
}


def module(aoi: Any = None, **properties: Any) -> doc.Module:
    return doc.Module.model_validate(
        {"name": "m", "properties": {**DATASHEET, **properties}, **({"aoi": aoi} if aoi else {})}
    )


def test_what_a_datasheet_leaves_out_is_what_pvsyst_proposes() -> None:
    got = pv_module(module())
    assert got.r_sh_ref == pytest.approx(41.96 / (0.2 * (14 - 13.11)))
    assert got.r_sh_0 == pytest.approx(4 * got.r_sh_ref)
    assert got.r_sh_exp == 5.5
    assert got.alpha_sc == pytest.approx(0.007)
    assert got.mu_gamma == 0
    assert got.iam == AshraeIam(b=0.05)


@pytest.mark.parametrize(
    ("given", "iam"),
    [
        ({"B0_IAM": 0.04}, AshraeIam(b=0.04)),
        ({"FrontSurface": "fsNormalGlass"}, PhysicalIam()),
        ({"FrontSurface": "fsARCoating"}, PhysicalIam(n_ar=1.29)),
        ({"FrontSurface": "fsOther"}, AshraeIam()),
    ],
)
def test_the_glass_decides_where_no_curve_does(given: dict[str, Any], iam: object) -> None:
    assert pv_module(module(**given)).iam == iam


def test_a_blocks_curve_comes_before_the_modules() -> None:
    own = {"angles": [0, 90], "factors": [1, 0]}
    got = pv_module(module(aoi=own, FrontSurface="fsNormalGlass"))
    assert got.iam == ProfileIam(aoi=(0, 90), iam=(1, 0))
    block = doc.AoiCurve.model_validate({"angles": [0, 80, 90], "factors": [1, 0.5, 0]})
    assert pv_module(module(aoi=own), block).iam == ProfileIam(aoi=(0, 80, 90), iam=(1, 0.5, 0))


def test_a_shunt_that_grows_with_light_is_refused() -> None:
    with pytest.raises(ValueError, match="r_sh_0"):
        pv_module(module(RShunt=300, Rp_0=200))


def test_json_inverters() -> None:
    curves = {"curves": [{"dcPowerkW": [0, 50, 103], "acPowerkW": [0, 49, 100]}]}
    given = {"name": "i", "properties": {"PNomConv": 100}, "efficiency": curves}
    got = pv_inverter(doc.Inverter.model_validate(given))
    assert got.p_ac_max == 100e3
    assert got.curves[0].p_dc == (0, 50e3, 103e3)
    curves["curves"][0]["acPowerkW"] = [0, 49]
    with pytest.raises(PvsystError, match="as many values"):
        pv_inverter(doc.Inverter.model_validate(given))


# PVsyst's parameters give the nameplate's maximum power; what is left is how files round and state themselves.
LOOSE = 0.005


def test_the_one_diode_model_meets_the_nameplate(golden: Path) -> None:
    gaps = {name: abs(power_gap(document)) for name, document in modules(golden).items()}
    assert len(gaps) > 40
    assert max(gaps.values()) < LOOSE
    assert sum(gap < 0.001 for gap in gaps.values()) >= 0.65 * len(gaps)


def test_thin_film_meets_its_nameplate_and_its_temperature_coefficient(golden: Path) -> None:
    """Only with recombination, and only with the band gap of its own cells."""
    (document,) = [each for name, each in modules(golden).items() if name.startswith("FirstSolar_FS4112A")]
    got = pv_module(document)
    assert (got.technology, got.recombination, got.v_built_in, got.eg_ref) == ("cdte", 0.25, 0.9, 1.5)
    assert abs(power_gap(document)) < 0.0015
    light = np.array([1000.0, 1000.0])
    cool, warm = pvarray.max_power_point(pvarray.calcparams_pvsyst(light, np.array([25.0, 55.0]), got)).p_mp
    assert (warm / cool - 1) / 30 == pytest.approx(-0.0034, abs=5e-5)


@pytest.mark.parametrize(
    ("word", "technology", "gap"),
    [
        ("mtSiMono", "mono", 1.121),
        ("mtSiPoly", "multi", 1.121),
        ("mtHIT", "hit", 1.121),
        ("mtCIS", "cis", 1.03),
        ("mtNobody", None, 1.121),
    ],
)
def test_the_cells_decide_the_band_gap(word: str, technology: str | None, gap: float) -> None:
    got = pv_module(module(Technol=word))
    assert (got.technology, got.eg_ref) == (technology, gap)


def test_what_the_back_and_the_halves_need() -> None:
    got = pv_module(module(BifacialityFactor=0.7, SubModuleLayout="slTwinHalfCells"))
    assert (got.bifaciality, got.half_cut, got.length, got.width) == (0.7, True, 2.278, 1.134)
    plain = pv_module(module())
    assert (plain.bifaciality, plain.half_cut, plain.recombination) == (0.0, False, 0.0)


def test_warm_air_comes_along() -> None:
    properties = {"PNomConv": 100, "EfficMax": 98, "TPNom": 50, "TPLim1": 60, "PLim1": 80}
    got = pv_inverter(doc.Inverter.model_validate({"name": "i", "properties": properties}))
    assert got.derating == ((50, 100e3), (60, 80e3))


def modules(golden: Path) -> dict[str, doc.Module]:
    return {
        path.name: doc.Module.model_validate(read(path.read_bytes(), "module", path.name))
        for path in sorted(golden.rglob("*"))
        if path.suffix.lower() == ".pan"
    }


def power_gap(document: doc.Module) -> float:
    got = pv_module(document)
    one = np.array([1.0])
    diode = pvarray.calcparams_pvsyst(got.irrad_ref * one, got.temp_ref * one, got)
    return float(pvarray.max_power_point(diode).p_mp[0]) / (got.i_mp_ref * got.v_mp_ref) - 1


def test_a_key_may_be_written_in_small_or_large_letters() -> None:
    given = {"PNomConv": 100, "EfficEuro": 98, "VMppMax": 800, "vmppmin": 500, "VABSMAX": 1000}
    got = pv_inverter(doc.Inverter.model_validate({"name": "i", "properties": given}))
    assert (got.v_mppt_min, got.v_mppt_max, got.v_dc_max) == (500, 800, 1000)
    lower = {key.lower(): value for key, value in DATASHEET.items()}
    assert check_module({"name": "m", "properties": lower}) == check_module(
        {"name": "m", "properties": DATASHEET}
    )
    assert pv_module(doc.Module.model_validate({"name": "m", "properties": lower})) == pv_module(module())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"VMppMin": 900, "VMPPMax": 800}, "VMppMin: 900 V is above VMPPMax, 800 V"),
        ({"IMaxDC": -5}, "IMaxDC: -5 is below zero"),
        ({"PMaxDC": -1}, "PMaxDC: -1000 is below zero"),
        ({"VAbsMax": -1}, "VAbsMax: -1 is below zero"),
    ],
)
def test_an_inverter_that_contradicts_itself_is_refused(wrong: dict[str, float], words: str) -> None:
    given = {"name": "i", "properties": {"PNomConv": 100, "EfficEuro": 98, **wrong}}
    (complaint,) = check_inverter(given)
    assert words in complaint.message
