"""The SDK's batch runner over many variants of a model, and what has become of each."""

import copy
from collections.abc import Iterator
from typing import Any

import dalysdk.client
import pytest
from dalysdk import BatchRunner, DalyClient

from .plant import COMPONENTS, example, year
from .server import running

TILTS, AZIMUTHS = range(5, 55, 5), (90, 135, 180, 225, 270)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DalyClient]:
    with running(tmp_path_factory.mktemp("batch") / "data") as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dalysdk.client, "DEFAULT_BASE_URL", server.url)
        keys = server.keys()
        with DalyClient(keys["workspace_api_key"], keys["user_api_key"]) as client:
            client.locations.create(
                {"name": "Somewhere", "latitude": 40.0, "longitude": -105.0, "elevation": 1600}
            )
            client.weather_data.create({"name": "Clear days", "locationId": 1, **year()})
            client.modules.create_from_file(next(COMPONENTS.glob("*.PAN")))
            client.inverters.create_from_file(next(COMPONENTS.glob("*.OND")))
            yield client


def variant(tilt: int, azimuth: int) -> tuple[str, dict[str, Any]]:
    """Give a variant and the name that says what it is."""
    model = copy.deepcopy(example())
    model["blocks"][0]["layout"] |= {"tilt": tilt, "azimuth": azimuth}
    model["name"] = f"{tilt}/{azimuth}"
    return model["name"], model


def test_fifty_variants_and_one_that_is_refused(client: DalyClient) -> None:
    variants = [variant(tilt, azimuth) for tilt in TILTS for azimuth in AZIMUTHS]
    refused = variant(20, 180)[1] | {"blocks": []}
    runner, heard = BatchRunner(client), list[int]()
    assert runner.submit_many([*variants, ("refused", refused)], parallel=True) == len(variants) == 50
    assert runner.wait(poll_interval=0.1, timeout=120, on_poll=lambda done, *_: heard.append(done))
    assert heard == sorted(heard)
    assert heard[-1] == len(runner.completed) == 50
    yields = {result["name"]: result["data"]["annualProductionMWh"] for result in runner.results()}
    assert set(yields) == {name for name, _ in variants}
    for tilt in TILTS:
        # Clear days are alike before and after noon; what the east gains the west does too.
        assert yields[f"{tilt}/90"] == pytest.approx(yields[f"{tilt}/270"], rel=0.02)
        assert yields[f"{tilt}/180"] > yields[f"{tilt}/135"] > yields[f"{tilt}/90"]
    for number, name in ((row["energyModelId"], row["name"]) for row in client.energy_models.list()):
        assert client.energy_models.get(number)["name"] == name
