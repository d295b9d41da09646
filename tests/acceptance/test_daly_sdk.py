"""Daly's own SDK, unmodified but for the address it calls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dalysdk.client
import pytest
from dalysdk import BatchRunner, DalyClient
from dalysdk.exceptions import NotFoundError, ValidationError

from .plant import example, year
from .server import Server, running

COMPONENTS = Path(__file__).parents[2] / "examples" / "plant"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("sdk") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[DalyClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dalysdk.client, "DEFAULT_BASE_URL", server.url)
        keys = server.keys()
        with DalyClient(keys["workspace_api_key"], keys["user_api_key"]) as client:
            client.locations.create(
                {"name": "Somewhere", "latitude": 40.0, "longitude": -105.0, "elevation": 1600}
            )
            client.weather_data.create({"name": "Clear days", "locationId": 1, **year()})
            client.modules.create_from_file(str(next(COMPONENTS.glob("*.PAN"))))
            client.inverters.create_from_file(str(next(COMPONENTS.glob("*.OND"))))
            yield client


def test_create_poll_rerun_in_place(client: DalyClient) -> None:
    queued = client.energy_models.create(example())
    number = queued["energyModelId"]
    inputs = client.energy_models.get_with_inputs(number)["inputs"]
    inputs["blocks"][0]["layout"]["tilt"] = 10
    assert client.energy_models.update(number, inputs)["status"] == "draft"
    rerun = client.energy_models.run_saved(number)
    assert rerun["energyModelId"] == number
    assert rerun["revision"] == "v0003"
    assert client.tasks.get(rerun["taskDetails"]["taskId"])["status"] == "completed"
    assert client.energy_models.get(number, include=["summary"])["annualProductionMWh"] > 0


def test_the_batch_runner_waits_for_all(client: DalyClient) -> None:
    runner = BatchRunner(client)
    assert runner.submit_many([("one", example()), ("two", example())]) == 2
    runner.wait(poll_interval=0.05, timeout=60)
    assert len(runner.completed) == 2
    assert not runner.failed


def test_errors_are_the_sdks_own(client: DalyClient) -> None:
    with pytest.raises(NotFoundError):
        client.energy_models.get(9999)
    with pytest.raises(ValidationError):
        client.energy_models.create({"locationId": 1, "blocks": []})


@pytest.mark.usefixtures("client")
def test_the_workspaces_settings_are_what_a_model_takes_where_it_says_nothing(server: Server) -> None:
    silent = example()
    del silent["blocks"][0]["losses"]["lid"]
    with server.daly(timeout=60) as http:

        def find_yield(document: dict[str, Any]) -> float:
            answered = http.post("/energymodels?async=false&include=summary", json=document).json()
            return float(answered["energyYieldSummary"]["annualProductionMWh"])

        def say(settings: dict[str, Any]) -> None:
            http.put("/workspaces/1/settings", json=settings).raise_for_status()

        before, told = find_yield(silent), find_yield(example())
        say({"energyModel": {"losses": {"lid": 0.2}}})
        try:
            assert 0.75 * before < find_yield(silent) < 0.85 * before
            assert find_yield(example()) == told
        finally:
            say({})
        assert find_yield(silent) == before
