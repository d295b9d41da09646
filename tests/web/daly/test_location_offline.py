"""What coordinates tell without a network, with the extra and without it."""

import sys

import pytest
from rig import Tenant

PLACE = {"name": "Bern", "latitude": 46.95, "longitude": 7.44}


async def test_zone_and_elevation_are_found_by_the_extra(ours: Tenant) -> None:
    pytest.importorskip("h5py", reason="its map is an extra")
    made = await ours.post("/locations", PLACE)
    assert made["timeZoneName"] == "Europe/Zurich"
    # A cell of the map is 9 km wide: the hills around are in it.
    assert made["elevation"] == pytest.approx(540, abs=150)


@pytest.mark.parametrize("missing", ["h5py", "pvlib"])
async def test_the_base_install_asks_for_the_elevation(
    ours: Tenant, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if missing == "h5py":
        monkeypatch.setitem(sys.modules, "h5py", None)
    else:
        pytest.importorskip("h5py", reason="the other half of the extra")
        from gnomon.workloads.energy_model import place

        place._map_path.cache_clear()
        monkeypatch.setattr(place, "find_spec", lambda _: None)
    answered = await ours.client.post("/locations", json=PLACE)
    assert answered.status_code == 422
    assert "elevation: cannot be looked up here; give it [m]" in answered.text
    assert "pip install '.[pv]'" in answered.text
    made = await ours.post("/locations", {**PLACE, "elevation": 540})
    assert (made["timeZoneName"], made["elevation"]) == ("Europe/Zurich", 540)
