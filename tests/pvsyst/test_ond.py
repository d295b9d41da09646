from pathlib import Path

import pytest

from gnomon.pvsyst.ond import EfficiencyCurve, efficiency_curve, inverter, read_curves, read_inverter
from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import PvsystError

ONE_CURVE = """\
PVObject_=pvGInverter
  PVObject_Commercial=pvCommercial
    Model=One
  End of PVObject pvCommercial
  Converter=TConverter
    PNomConv=10.0
    VMppMin=200
    IMaxDC=0.0
    {voltages}
    ProfilPIO=TCubicProfile
      NPtsEff=3
      Point_1=100,0
      Point_2=5000,{middle}
      Point_3=10300,10000
      Point_4=0,0
    End of TCubicProfile
  End of TConverter
  Night_Loss=5.00
End of PVObject pvGInverter
"""


def one_curve(middle: str = "4850", voltages: str = "") -> bytes:
    return ONE_CURVE.format(middle=middle, voltages=voltages).encode()


@pytest.mark.parametrize("voltages", ["", "VNomEff=0.0,0.0,0.0,", "VNomEff=600.0,"])
def test_one_curve_stands_for_every_voltage(voltages: str) -> None:
    got = read_inverter(parse(one_curve(voltages=voltages)))
    assert got.curves == (EfficiencyCurve(v_dc=None, points=((100, 0), (5000, 4850), (10300, 10000))),)
    assert (got.p_ac_nom, got.p_ac_max, got.p_night) == (10_000, 10_000, 5)
    assert (got.v_mpp_min, got.v_mpp_max, got.i_dc_max) == (200, None, None)


@pytest.mark.parametrize("middle", ["5001", "-1"])
def test_an_efficiency_above_one_is_refused(middle: str) -> None:
    with pytest.raises(PvsystError, match="ProfilPIO: should hold input and output in watts"):
        read_inverter(parse(one_curve(middle=middle)))


def test_efficiencies_in_place_of_watts_are_refused() -> None:
    with pytest.raises(PvsystError, match="in watts"):
        efficiency_curve(None, [(0, 0), (5000, 97.0), (10000, 98.0)], key="ProfilPIO")


@pytest.mark.parametrize("points", [[], [(0, 0)], [(100, 0), (100, 90)], [(200, 100), (100, 90)]])
def test_input_must_rise(points: list[tuple[float, float]]) -> None:
    with pytest.raises(PvsystError, match="rising input"):
        efficiency_curve(None, points, key="ProfilPIO")


def test_a_file_without_a_curve_says_so() -> None:
    content = b"PVObject_=pvGInverter\nConverter=TConverter\nEnd of TConverter\nEnd of PVObject pvGInverter"
    with pytest.raises(PvsystError, match="ProfilPIO: is missing"):
        read_curves(parse(content))


def test_properties_alone_make_a_flat_efficiency() -> None:
    got = inverter({"PNomConv": 100, "EfficEuro": 98}, ())
    ((p_dc_0, p_ac_0), (p_dc, p_ac)) = got.curves[0].points
    assert (p_dc_0, p_ac_0) == (0, 0)
    assert p_ac / p_dc == pytest.approx(0.98)
    with pytest.raises(PvsystError, match="EfficMax: is missing; give the efficiency"):
        inverter({"PNomConv": 100}, ())


def test_every_golden_file_is_plausible(golden: Path) -> None:
    files = [path for path in sorted(golden.rglob("*")) if path.suffix.lower() == ".ond"]
    assert len(files) >= 4
    for path in files:
        got = read_inverter(parse(path.read_bytes()))
        assert [curve.v_dc for curve in got.curves] == sorted(curve.v_dc or 0 for curve in got.curves)
        assert len(got.curves) == 3
        for curve in got.curves:
            p_dc, p_ac = curve.points[-1]
            assert 0.95 < p_ac / p_dc < 1
            assert p_ac == pytest.approx(got.p_ac_max, rel=0.11)
        assert got.v_mpp_min is not None
        assert got.v_mpp_max is not None
        assert got.v_mpp_min < got.v_mpp_max
        assert got.p_night > 0


def test_three_voltages_and_derating(golden: Path) -> None:
    (path,) = (golden / "pvsyst_files/pvlib").glob("*.OND")
    got = read_inverter(parse(path.read_bytes()))
    assert [curve.v_dc for curve in got.curves] == [880, 1174, 1300]
    assert got.derating == ((40, 250e3), (45, 250e3), (50, 225e3), (60, 90e3))
    assert (got.mppt_count, got.input_count, got.i_dc_max, got.p_dc_max) == (12, 36, 360, 375e3)


@pytest.mark.parametrize(
    ("keys", "derating"),
    [
        ({}, ()),
        ({"TPMax": 25, "TPNom": 50, "TPLim1": 60, "TPLimAbs": 70}, ()),
        ({"PMaxOUT": 110, "TPMax": 30, "TPNom": 50}, ((30, 110e3), (50, 100e3))),
        ({"PMaxOUT": 110, "TPMax": 50, "TPNom": 50}, ((50, 110e3), (50, 100e3))),
        (
            {"TPMax": 25, "TPNom": 50, "TPLim1": 55, "PLim1": 80, "TPLimAbs": 60, "PLimAbs": 10},
            ((25, 100e3), (50, 100e3), (55, 80e3), (60, 10e3)),
        ),
        (
            {"TPMax": 25, "TPNom": 35, "TPLim1": 50, "PLim1": 90, "TPLimAbs": 60},
            ((25, 100e3), (35, 100e3), (50, 90e3)),
        ),
    ],
)
def test_warm_air_lowers_the_output_where_the_file_says_so(
    keys: dict[str, float], derating: tuple[tuple[float, float], ...]
) -> None:
    assert inverter({"PNomConv": 100, "EfficMax": 98, **keys}, ()).derating == derating
