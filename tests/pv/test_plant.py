"""What the records derive, and what they refuse in words a user can act on."""

from dataclasses import replace

import pytest

from gnomon.pv.mount import FixedMount
from gnomon.pv.plant import AcSystem, Array, Block, Inverter, Module, Plant, ProfileIam
from gnomon.pv.weather import Site


def test_nameplate_counts_all_modules(block: Block) -> None:
    assert block.p_stc == 347 * 20 * 11 * 4
    assert block.area == pytest.approx(1.95 * 20 * 11 * 4)
    assert block.p_ac_max == 4 * 60000
    assert block.inputs[0].module.efficiency == pytest.approx(347 / 1950)


def test_records_are_keys(block: Block) -> None:
    assert len({block, replace(block), replace(block, name="other")}) == 2


@pytest.mark.parametrize(
    ("mount", "complaint"),
    [
        ({"surface_tilt": 91.0, "surface_azimuth": 180.0}, "surface_tilt"),
        ({"surface_tilt": 20.0, "surface_azimuth": 180.0, "gcr": 1.0}, "gcr"),
    ],
)
def test_mounts_out_of_range(mount: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        FixedMount(**mount)


@pytest.mark.parametrize(
    ("aoi", "iam", "complaint"),
    [((0.0,), (1.0,), "two points"), ((0.0, 50.0), (1.0,), "as many"), ((50.0, 0.0), (1.0, 1.0), "increase")],
)
def test_profiles_out_of_shape(aoi: tuple[float, ...], iam: tuple[float, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ProfileIam(aoi=aoi, iam=iam)


def test_counts_and_fractions_out_of_range(block: Block, site: Site) -> None:
    with pytest.raises(ValueError, match="strings is 0"):
        Array(modules_per_string=20, strings=0)
    with pytest.raises(ValueError, match="number_of_inverters"):
        AcSystem(number_of_inverters=0)
    with pytest.raises(ValueError, match="load_loss"):
        AcSystem(load_loss=1.0)
    with pytest.raises(ValueError, match="albedo"):
        replace(block, albedo=(0.2,))
    with pytest.raises(ValueError, match="at least one block"):
        Plant(site=site, blocks=())


def test_machines_out_of_range(module: Module, inverter: Inverter) -> None:
    with pytest.raises(ValueError, match="r_sh_0"):
        replace(module, r_sh_0=10.0)
    with pytest.raises(ValueError, match="p_ac_max"):
        replace(inverter, p_ac_max=0.0)
    with pytest.raises(ValueError, match="at least one efficiency curve"):
        replace(inverter, curves=())
