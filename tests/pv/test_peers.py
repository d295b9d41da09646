"""The chain beside other engines on the same plant and weather: pvlib's ModelChain and SAM's Pvsamv1."""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import peers
import pvlib
import pytest

from gnomon.pv import pvarray
from gnomon.pv.block import BlockYear, simulate_block
from gnomon.pv.mount import FixedMount, Mount, TrackerMount
from gnomon.pv.plant import (
    Array,
    AshraeIam,
    Block,
    DcInput,
    EfficiencyCurve,
    ElectricalShading,
    Inverter,
    Shading,
)
from gnomon.pv.solarposition import Sun, sun_position

MODULE = replace(peers.MODULE, iam=AshraeIam(b=0.0))
MOUNTS = {
    "fixed": FixedMount(surface_tilt=25.0, surface_azimuth=180.0, gcr=0.45),
    "tracker": TrackerMount(gcr=0.4, backtrack=True),
    "tracker, no way back": TrackerMount(gcr=0.4, backtrack=False),
}
# SAM knows one module upright across the row; a shadow reaches all of its strings of cells at once.
ROWS = Shading(near="unlimited", electrical=ElectricalShading(transverse_diodes=1))


@dataclass(frozen=True, slots=True)
class Both:
    """A year by a peer and by us, and the rows of daylight that they are compared in."""

    theirs: Any
    ours: BlockYear
    sun: Sun
    day: np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def year() -> peers.Year:
    return peers.greensboro()


def _block(mount: Mount, shading: Shading | None = None) -> Block:
    """Only what all three engines have: no losses, no glass, one efficiency."""
    p_dc = peers.P_AC_MAX / peers.EFFICIENCY
    curve = EfficiencyCurve(v_dc=800, p_dc=(p_dc / 100, p_dc), p_ac=(peers.P_AC_MAX / 100, peers.P_AC_MAX))
    array = Array(modules_per_string=peers.MODULES_PER_STRING, strings=peers.STRINGS)
    return Block(
        inputs=(DcInput(module=MODULE, array=array),),
        inverter=Inverter(p_ac_max=peers.P_AC_MAX, p_dc_threshold=0.0, curves=(curve,)),
        mount=mount,
        shading=shading or Shading(),
    )


def _beside_sam(mount: FixedMount | TrackerMount, year: peers.Year, shading: Shading | None = None) -> Both:
    pytest.importorskip("PySAM.Pvsamv1", reason="SAM's engine has no wheel for this Python")
    model = peers.sam(mount, year, MODULE, rows=shading is not None)
    model.execute(0)
    sun = sun_position(year.weather.time, peers.SITE)
    ours = simulate_block(_block(mount, shading), year.weather, sun)
    # The model itself: its outputs are gone with it.
    return Both(model, ours, sun, sun.apparent_zenith < 85)


@pytest.fixture(scope="module", params=MOUNTS)
def sam(year: peers.Year, request: pytest.FixtureRequest) -> Both:
    return _beside_sam(MOUNTS[request.param], year)


@pytest.fixture(scope="module", params=MOUNTS)
def mount(request: pytest.FixtureRequest) -> FixedMount | TrackerMount:
    return MOUNTS[request.param]


@pytest.fixture(scope="module")
def chain(year: peers.Year, mount: FixedMount | TrackerMount) -> Both:
    """Both chains under pvlib's own sun, whose time scale and air pressure differ a little from ours."""
    chain = peers.model_chain(mount, MODULE)
    with warnings.catch_warnings():
        # pvlib's own: an optimiser's, and its use of a name that pandas is about to drop.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="scipy")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        chain.run_model(year.frame)
        dni_extra = pvlib.irradiance.get_extra_radiation(year.frame.index).to_numpy()
    place = chain.results.solar_position
    sun = Sun(
        site=peers.SITE,
        zenith=place["zenith"].to_numpy(),
        apparent_zenith=place["apparent_zenith"].to_numpy(),
        azimuth=place["azimuth"].to_numpy(),
        dni_extra=dni_extra,
    )
    # Without diffuse light pvlib's Perez has no answer.
    day = (sun.apparent_zenith < 90) & (year.frame["dhi"] > 0).to_numpy()
    return Both(chain.results, simulate_block(_block(mount), year.weather, sun), sun, day)


def _output(both: Both, name: str) -> np.ndarray[Any, Any]:
    return np.array(getattr(both.theirs.Outputs, name))


def _above(theirs: np.ndarray[Any, Any], ours: np.ndarray[Any, Any]) -> float:
    return float(theirs.sum() / ours.sum() - 1)


def test_pvlib_sees_the_same_light(chain: Both) -> None:
    """The same equations under the same sun: rounding only."""
    theirs = chain.theirs.total_irrad["poa_global"].to_numpy()[chain.day]
    assert np.abs(theirs - chain.ours.poa_global[chain.day]).max() < 1e-9


def test_pvlib_warms_the_cells_alike(chain: Both) -> None:
    lit = chain.ours.poa_global > 0
    theirs = chain.theirs.cell_temperature.to_numpy()[lit]
    assert np.abs(theirs - chain.ours.temp_cell[lit]).max() < 1e-6


def test_pvlib_makes_the_same_dc_energy(chain: Both) -> None:
    theirs = chain.theirs.dc["p_mp"].to_numpy()[chain.day]
    ours = chain.ours.p_dc[chain.day]
    assert abs(_above(theirs, ours)) < 1e-6
    assert np.abs(theirs - ours).max() < 1e-3


def test_pvlib_under_its_sun_and_we_under_ours(
    chain: Both, year: peers.Year, mount: FixedMount | TrackerMount
) -> None:
    """What two careful suns make of a year."""
    sun = sun_position(year.weather.time, peers.SITE)
    ours = simulate_block(_block(mount), year.weather, sun).p_dc[chain.day]
    assert abs(_above(chain.theirs.dc["p_mp"].to_numpy()[chain.day], ours)) < 5e-5


def test_sam_sees_the_sun_where_we_do(sam: Both) -> None:
    """Its angles are of the same algorithm with a refraction of its own."""
    assert np.abs(_output(sam, "sol_zen") - sam.sun.apparent_zenith)[sam.day].max() < 0.02
    assert np.abs(_output(sam, "sol_azi") - sam.sun.azimuth)[sam.day].max() < 0.03


def test_sam_sees_the_same_light(sam: Both) -> None:
    """Another reading of Perez's model, and of the hours of sunrise and sunset; asked for is 0.3 %."""
    theirs = _output(sam, "subarray1_poa_nom")
    assert abs(_above(theirs, sam.ours.poa_global)) < 0.002
    away = (theirs - sam.ours.poa_global)[sam.day]
    assert np.sqrt(np.mean(away**2)) < 1.5


def test_sam_cells_at_its_light_are_ours(sam: Both) -> None:
    """Heat balance and diode alone, driven by what SAM says reaches the cells."""
    light, power = _output(sam, "subarray1_poa_eff"), 1e3 * _output(sam, "subarray1_dc_gross")
    lit = light > 20
    temp_cell = sam.ours.temp_cell + (light - sam.ours.effective_irradiance) * (
        0.9 * (1 - MODULE.efficiency) / 29.0
    )
    assert np.abs(_output(sam, "subarray1_celltemp") - temp_cell)[lit].max() < 0.01
    diode = pvarray.calcparams_pvsyst(light[lit], temp_cell[lit], MODULE)
    modules = peers.MODULES_PER_STRING * peers.STRINGS
    ours = pvarray.max_power_point(diode).p_mp * modules
    assert np.abs(ours / power[lit] - 1).max() < 5e-4


def test_sam_makes_as_much_energy(sam: Both) -> None:
    light = _above(_output(sam, "subarray1_poa_nom"), sam.ours.poa_global)
    assert _above(_output(sam, "subarray1_poa_eff"), sam.ours.effective_irradiance) == pytest.approx(
        light, abs=1e-5
    )
    assert _above(_output(sam, "subarray1_dc_gross") * 1e3, sam.ours.p_dc) == pytest.approx(light, abs=5e-4)
    assert _above(_output(sam, "gen") * 1e3, sam.ours.p_grid) == pytest.approx(light, abs=5e-4)


def test_sam_between_rows_that_turn_back(year: peers.Year) -> None:
    """No shadow is left, but each row hides a part of the sky from the next: SAM has a formula of its own."""
    sam = _beside_sam(MOUNTS["tracker"], year, ROWS)
    assert abs(_above(_output(sam, "subarray1_poa_eff"), sam.ours.effective_irradiance)) < 0.007
    assert abs(_above(_output(sam, "gen") * 1e3, sam.ours.p_grid)) < 0.007


def test_sam_between_rows_that_shade_each_other(year: peers.Year) -> None:
    """A portrait row of full cells: SAM takes what shadow costs a string from a fit (Deline et al. 2013).

    Shading costs a tenth of the energy here, of which the two models differ by a quarter.
    """
    mount = MOUNTS["tracker, no way back"]
    alone, rows = _beside_sam(mount, year), _beside_sam(mount, year, ROWS)
    theirs = 1 - _output(rows, "gen").sum() / _output(alone, "gen").sum()
    ours = 1 - rows.ours.p_grid.sum() / alone.ours.p_grid.sum()
    assert theirs == pytest.approx(ours, rel=0.25)
