import math
import warnings
from pathlib import Path

import pytest
from pvlib.iotools import read_panond

from gnomon.pvsyst.pan import PanModule, module, read_iam, read_module, read_properties
from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import PvsystError

NAMEPLATE = {
    "PNom": 550,
    "Isc": 14,
    "Voc": 49.9,
    "Imp": 13.11,
    "Vmp": 41.96,
    "NCelS": 72,
    "Width": 1.134,
    "Height": 2.278,
    "muISC": 7.28,
    "muVocSpec": -128,
    "muPmpReq": -0.34,
}


def pan_files(golden: Path) -> list[Path]:
    return [path for path in sorted(golden.rglob("*")) if path.suffix.lower() == ".pan"]


def test_units_become_pvlibs() -> None:
    got = module(NAMEPLATE, [(0, 1), (90, 0)])
    assert got.alpha_sc == pytest.approx(7.28e-3)
    assert got.beta_voc == pytest.approx(-0.128)
    assert got.gamma_pmp == pytest.approx(-0.0034)
    assert got.area == pytest.approx(1.134 * 2.278)
    assert got.iam == ((0, 1), (90, 0))
    assert (got.irrad_ref, got.temp_ref, got.r_s) == (1000, 25, None)


@pytest.mark.parametrize("key", ["PNom", "Isc", "Voc", "Imp", "Vmp", "NCelS"])
@pytest.mark.parametrize("wrong", [None, 0, -1, "abc", math.nan, True, [1]])
def test_what_the_model_needs_is_named(key: str, wrong: object) -> None:
    with pytest.raises(PvsystError, match=f"^{key}:"):
        module({**NAMEPLATE, key: wrong}, None)


def test_an_inverter_is_no_module() -> None:
    with pytest.raises(PvsystError, match="pvGInverter, not a module"):
        read_module(parse(b"PVObject_=pvGInverter\nEnd of PVObject pvGInverter"))


def test_every_golden_file_agrees_with_pvlib(golden: Path) -> None:
    files = pan_files(golden)
    assert len(files) > 40
    for path in files:
        assert_agrees(path)


def assert_agrees(path: Path) -> None:
    ours = read_module(parse(path.read_bytes()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = read_panond(path, encoding="utf-8-sig")["PVObject_"]
    assert ours.p_mp_ref == theirs["PNom"]
    assert ours.v_oc_ref == theirs["Voc"]
    assert ours.i_sc_ref == theirs["Isc"]
    assert ours.alpha_sc == pytest.approx(theirs["muISC"] / 1000)
    assert ours.gamma_pmp == pytest.approx(theirs["muPmpReq"] / 100)
    assert ours.r_s == theirs["RSerie"]
    assert ours.gamma_ref == theirs["Gamma"]
    assert ours.cells_in_series == theirs["NCelS"]
    assert ours.width == theirs["PVObject_Commercial"]["Width"]
    assert ours.bifaciality == theirs.get("BifacialityFactor")
    if ours.iam:
        points = theirs["PVObject_IAM"]["IAMProfile"]
        assert ours.iam == tuple(tuple(points[f"Point_{i}"]) for i in range(1, len(ours.iam) + 1))
    assert_plausible(ours)


def assert_plausible(got: PanModule) -> None:
    assert got.i_mp_ref * got.v_mp_ref == pytest.approx(got.p_mp_ref, rel=0.02)
    assert got.area is not None
    assert 0.05 < got.p_mp_ref / (got.irrad_ref * got.area) < 0.25
    assert got.iam is None or all(0 <= factor <= 1.05 for _, factor in got.iam)


def test_properties_and_curve_make_the_same_module_again(golden: Path) -> None:
    for path in pan_files(golden):
        root = parse(path.read_bytes())
        assert module(read_properties(root), read_iam(root)) == read_module(root)


def test_unknown_keys_are_kept(golden: Path) -> None:
    root = parse((golden / "pvsyst_files/pvlib/ET-M772BH550GL.PAN").read_bytes())
    properties = read_properties(root)
    assert properties["SandiaAMCorr"] == 50
    assert properties["Flags"] == "$00900243"
    assert read_module(root).is_half_cell
    assert read_module(root).bifaciality == 0.7


def test_thin_film_carries_its_recombination(golden: Path) -> None:
    (path,) = [path for path in pan_files(golden) if path.name.startswith("FirstSolar_FS4112A")]
    got = read_module(parse(path.read_bytes()))
    assert (got.technology, got.d2_mu_tau) == ("mtCdTe", 0.25)


@pytest.mark.parametrize("wrong", [{"BifacialityFactor": 70}, {"D2MuTau": -1}])
def test_a_slip_of_the_pen_is_named(wrong: dict[str, float]) -> None:
    with pytest.raises(PvsystError, match=f"^{next(iter(wrong))}: .* is outside"):
        module({**NAMEPLATE, **wrong}, None)
