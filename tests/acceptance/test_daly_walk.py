"""Every public method of Daly's own SDK does real work against a running server; a new method needs a case here."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dalysdk.client
import pytest
from collada_writer import document, mesh, node
from dalysdk import BatchRunner, DalyClient
from dalysdk.exceptions import AuthenticationError, NotFoundError, ValidationError
from dalysdk.legacy import LegacyEnergyModel

from .plant import COMPONENTS, example, year
from .server import Server, running

PAN, OND = next(COMPONENTS.glob("*.PAN")), next(COMPONENTS.glob("*.OND"))
PLACE = {"name": "Somewhere", "latitude": 40.0, "longitude": -105.0, "elevation": 1600}
DAY = {key: values[:24] for key, values in year().items()}
HOURS = [1_767_250_800_000 + 3_600_000 * hour for hour in range(24)]
TWO_ROWS: dict[str, Any] = {
    "tableList": [
        {
            "tableHash": f"row-{n}",
            "tracker": False,
            "xpoints": [0.0, 30.0, 30.0, 0.0],
            "ypoints": [5.0 * n, 5.0 * n, 5.0 * n + 1.9, 5.0 * n + 1.9],
            "zpoints": [0.5, 0.5, 1.2, 1.2],
            "transverseDiodes": 3,
            "stringsPerLength": 1,
        }
        for n in range(2)
    ],
    "obstructions": [],
    "modelInputs": {"diodesReadIn": True, "diffuseTableIndex": 0},
}
PROJECT = Path(__file__).parents[2] / "examples" / "pvsyst"


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What a case needs: the client, and records that stay: each is number 1 of its kind."""

    client: DalyClient
    folder: Path

    def model(self) -> dict[str, Any]:
        """Run the example over and return its envelope."""
        return self.client.energy_models.create(small())

    def batch(self, *names: str) -> BatchRunner:
        """Submit one run per name."""
        runner = BatchRunner(self.client)
        runner.submit_many([(name, small()) for name in names])
        return runner

    def scene(self) -> int:
        """Post a scene of two rows and wait for its results."""
        made = self.client.shading_scenes.create_from_json("Two rows", TWO_ROWS)
        return self.computed(made["shadingSceneId"])

    def computed(self, number: int) -> int:
        """Wait until a scene has its results."""
        while not (progress := self.client.shading_scenes.get_progress(number))["ready"]:
            assert progress["taskStatus"] in ("pending", "queued", "running"), progress
        return number


def small() -> dict[str, Any]:
    """Give the example with a day of weather of its own: what is shown here is no question of the weather."""
    return {**example(), "weatherData": {**DAY, "date": HOURS}}


Case = Callable[[Walk], None]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    """Enter a case under the method's name."""

    def enter(function: Case) -> Case:
        CASES[name] = function
        return function

    return enter


def public_methods() -> Iterator[str]:
    """Yield the name of every public method and property that the SDK has."""
    with DalyClient("wk_x", "uk_x") as client:
        for attribute, resource in vars(client).items():
            if type(resource).__module__.startswith("dalysdk.resources"):
                yield from (f"{attribute}.{name}" for name in public(type(resource)))
    for owner in (DalyClient, BatchRunner, LegacyEnergyModel):
        yield from (f"{owner.__name__}.{name}" for name in public(owner))


def public(owner: type) -> list[str]:
    """List the public functions and properties that a class has of its own."""
    members = vars(owner).items()
    return [
        name
        for name, member in members
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
    ]


def test_every_public_method_has_a_case() -> None:
    assert set(public_methods()) == set(CASES)
    methods = [name for name in public_methods() if name not in PROPERTIES]
    assert len(methods) == 66


PROPERTIES = {f"BatchRunner.{name}" for name in ("runs", "completed", "failed", "pending")}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("walk") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def walk(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dalysdk.client, "DEFAULT_BASE_URL", server.url)
        keys = server.keys()
        with DalyClient(keys["workspace_api_key"], keys["user_api_key"]) as client:
            client.locations.create(PLACE)
            client.weather_data.create({"name": "A day", "locationId": 1, **DAY, "date": HOURS})
            client.modules.create_from_file(PAN)
            client.inverters.create_from_file(OND)
            client.projects.create({"name": "First", "locationId": 1})
            yield Walk(client=client, folder=tmp_path_factory.mktemp("files"))


def gone(get: Callable[[int], Any], number: int) -> bool:
    """Say whether a record is no longer there."""
    try:
        get(number)
    except NotFoundError:
        return True
    return False


@case("locations.create")
def create_location(walk: Walk) -> None:
    made = walk.client.locations.create({**PLACE, "name": "Created"})
    assert (made["timeZone"], made["timeZoneName"]) == (-7, "America/Denver")


@case("locations.list")
def list_locations(walk: Walk) -> None:
    assert walk.client.locations.list()[0]["name"] == PLACE["name"]


@case("locations.get")
def get_location(walk: Walk) -> None:
    assert walk.client.locations.get(1)["latitude"] == PLACE["latitude"]


@case("locations.delete")
def delete_location(walk: Walk) -> None:
    number = walk.client.locations.create({**PLACE, "name": "To go"})["id"]
    assert walk.client.locations.delete(number) == {"deleted": True}
    assert gone(walk.client.locations.get, number)


@case("weather_data.create")
def create_weather(walk: Walk) -> None:
    made = walk.client.weather_data.create({"name": "Created", **DAY, "date": HOURS})
    assert walk.client.weather_data.get(made["id"])["ghi"] == DAY["ghi"]


@case("weather_data.list")
def list_weather(walk: Walk) -> None:
    first = walk.client.weather_data.list()[0]
    assert (first["name"], first["locationId"]) == ("A day", 1)
    assert "ghi" not in first


@case("weather_data.get")
def get_weather(walk: Walk) -> None:
    assert walk.client.weather_data.get(1)["date"] == HOURS


@case("weather_data.delete")
def delete_weather(walk: Walk) -> None:
    number = walk.client.weather_data.create({"name": "To go", **DAY, "date": HOURS})["id"]
    assert walk.client.weather_data.delete(number) == {"deleted": True}
    assert gone(walk.client.weather_data.get, number)


@case("modules.create_from_file")
def create_module(walk: Walk) -> None:
    by_path = walk.client.modules.create_from_file(PAN)
    with PAN.open("rb") as file:
        by_object = walk.client.modules.create_from_file(file_obj=file, filename="other.pan")
    assert by_path["properties"] == by_object["properties"]
    assert by_path["model"] == by_object["model"] != ""


@case("modules.create_json")
def create_module_of_json(walk: Walk) -> None:
    known = walk.client.modules.get(1)
    made = walk.client.modules.create_json({"name": "By hand", "properties": known["properties"]})
    assert (made["name"], made["properties"]) == ("By hand", known["properties"])


@case("modules.list")
def list_modules(walk: Walk) -> None:
    assert walk.client.modules.list()[0]["id"] == 1


@case("modules.get")
def get_module(walk: Walk) -> None:
    assert walk.client.modules.get(1)["properties"]["Voc"] > 0


@case("modules.delete")
def delete_module(walk: Walk) -> None:
    number = walk.client.modules.create_from_file(PAN)["id"]
    assert walk.client.modules.delete(number) == {"deleted": True}
    assert gone(walk.client.modules.get, number)


@case("inverters.create_from_file")
def create_inverter(walk: Walk) -> None:
    by_path = walk.client.inverters.create_from_file(OND)
    with OND.open("rb") as file:
        by_object = walk.client.inverters.create_from_file(file_obj=file)
    assert by_path["properties"] == by_object["properties"]


@case("inverters.create_json")
def create_inverter_of_json(walk: Walk) -> None:
    known = walk.client.inverters.get(1)
    sent = {"name": "By hand", "properties": known["properties"], "efficiency": known["efficiency"]}
    assert walk.client.inverters.create_json(sent)["efficiency"] == known["efficiency"]


@case("inverters.list")
def list_inverters(walk: Walk) -> None:
    assert walk.client.inverters.list()[0]["id"] == 1


@case("inverters.get")
def get_inverter(walk: Walk) -> None:
    assert walk.client.inverters.get(1)["properties"]["PNomConv"] > 0


@case("inverters.delete")
def delete_inverter(walk: Walk) -> None:
    number = walk.client.inverters.create_from_file(OND)["id"]
    assert walk.client.inverters.delete(number) == {"deleted": True}
    assert gone(walk.client.inverters.get, number)


@case("projects.create")
def create_project(walk: Walk) -> None:
    made = walk.client.projects.create({"name": "Second", "locationId": 1, "status": "development"})
    assert (made["status"], made["locationId"]) == ("development", 1)
    assert made["globalProjectId"].isdigit()


@case("projects.update")
def update_project(walk: Walk) -> None:
    number = walk.client.projects.create({"name": "Third", "locationId": 1})["id"]
    changed = walk.client.projects.update(number, {"status": "operating"})
    assert (changed["name"], changed["status"]) == ("Third", "operating")


@case("projects.list")
def list_projects(walk: Walk) -> None:
    assert walk.client.projects.list()[0]["name"] == "First"


@case("projects.get")
def get_project(walk: Walk) -> None:
    assert walk.client.projects.get(1)["locationId"] == 1


@case("projects.delete")
def delete_project(walk: Walk) -> None:
    number = walk.client.projects.create({"name": "To go", "locationId": 1})["id"]
    assert walk.client.projects.delete(number) == {"deleted": True}
    assert gone(walk.client.projects.get, number)
    assert walk.client.locations.get(1)["id"] == 1


@case("energy_models.create")
def create_model(walk: Walk) -> None:
    made = walk.model()
    assert walk.client.tasks.get(made["taskDetails"]["taskId"])["taskType"] == "energy_model"


@case("energy_models.list")
def list_models(walk: Walk) -> None:
    number = walk.model()["energyModelId"]
    rows = walk.client.energy_models.list(include="summary")
    assert number in [row["id"] for row in rows]
    assert all("inputs" not in row for row in rows)


@case("energy_models.get")
def get_model(walk: Walk) -> None:
    number = walk.model()["energyModelId"]
    whole = walk.client.energy_models.get(number, include=["summary", "fulltimeseries", "blocktimeseries"])
    assert whole["annualProductionMWh"] > 0
    assert len(whole["timeSeries"]["date"]) == len(HOURS)
    assert set(whole["blockTimeSeries"]) == {"0"}


@case("energy_models.get_with_inputs")
def get_inputs(walk: Walk) -> None:
    number = walk.model()["energyModelId"]
    assert walk.client.energy_models.get_with_inputs(number)["inputs"]["blocks"] == example()["blocks"]


@case("energy_models.build_query_payload")
def build_query(walk: Walk) -> None:
    built = walk.client.energy_models.build_query_payload(example(), {**DAY, "date": HOURS})
    assert built["weatherData"]["date"] == HOURS


@case("energy_models.query")
def query_model(walk: Walk) -> None:
    records = [dict(zip(DAY, values, strict=True)) for values in zip(*DAY.values(), strict=True)]
    timed = [{**record, "timestamp": hour} for record, hour in zip(records, HOURS, strict=True)]
    made = walk.client.energy_models.query(example(), timed, start_date=HOURS[6], end_date=HOURS[18])
    series = walk.client.energy_models.get(made["energyModelId"], include=["fulltimeseries"])["timeSeries"]
    assert series["date"] == HOURS[6:19]


@case("energy_models.update")
def update_model(walk: Walk) -> None:
    number = walk.model()["energyModelId"]
    edited = {**small(), "name": "Edited"}
    changed = walk.client.energy_models.update(number, edited)
    assert (changed["status"], changed["inputs"]["output"]["name"]) == ("draft", "Edited")


@case("energy_models.run_saved")
def run_saved_model(walk: Walk) -> None:
    made = walk.model()
    again = walk.client.energy_models.run_saved(made["energyModelId"])
    assert again["energyModelId"] == made["energyModelId"]
    assert (made["revision"], again["revision"]) == ("v0001", "v0002")


@case("energy_models.create_legacy_query")
def legacy_query(walk: Walk) -> None:
    two = {**small(), "blocks": example()["blocks"] * 2, "output": {}}
    made = walk.client.energy_models.create_legacy_query(two, block_results=True, block_results_index=1)
    assert set(made["blockTimeSeries"]) == {"1"}
    assert any("blockQuery" in warning for warning in made["taskDetails"]["warnings"])


@case("energy_models.delete")
def delete_model(walk: Walk) -> None:
    number = walk.model()["energyModelId"]
    assert walk.client.energy_models.delete(number) == {"deleted": True}
    assert gone(walk.client.energy_models.get, number)


@case("tasks.list")
def list_tasks(walk: Walk) -> None:
    walk.model()
    page = walk.client.tasks.list(status="completed", task_type="energy_model", page=1, page_size=1)
    assert (page["page"], page["pageSize"], len(page["tasks"])) == (1, 1, 1)
    assert page["total"] >= 1


@case("tasks.get")
def get_task(walk: Walk) -> None:
    task = walk.client.tasks.get(walk.model()["taskDetails"]["taskId"])
    assert (task["status"], task["progress"]) == ("completed", 100)


@case("workflows.get")
def get_workflow(walk: Walk) -> None:
    task_id = walk.model()["taskDetails"]["taskId"]
    assert walk.client.workflows.get(task_id)["workflow"]["id"] == task_id


@case("DalyClient.run_energy_model")
def run_model(walk: Walk) -> None:
    done, result = walk.client.run_energy_model(small())
    assert done
    assert result["energyYieldSummary"]["annualProductionMWh"] > 0
    done, refused = walk.client.run_energy_model({**small(), "blocks": []})
    assert not done
    assert "blocks" in str(refused["detail"])


@case("DalyClient.close")
def close_client(walk: Walk) -> None:
    keys = walk.client._auth
    other = DalyClient(keys._workspace_api_key, keys._user_api_key)
    assert other.locations.get(1)["id"] == 1
    other.close()
    with pytest.raises(RuntimeError):
        other.locations.get(1)


@case("BatchRunner.submit")
def submit(walk: Walk) -> None:
    runner = BatchRunner(walk.client)
    runner.submit("one", small())
    assert runner.runs[0]["task_id"]


@case("BatchRunner.submit_many")
def submit_many(walk: Walk) -> None:
    runner = BatchRunner(walk.client)
    assert runner.submit_many([("one", small()), ("two", small())], parallel=True) == 2


@case("BatchRunner.poll")
def poll(walk: Walk) -> None:
    runner = walk.batch("one")
    assert sum(runner.poll()) == 1


@case("BatchRunner.wait")
def wait(walk: Walk) -> None:
    runner = walk.batch("one", "two")
    assert runner.wait(poll_interval=0.05, timeout=60)
    assert len(runner.completed) == 2


@case("BatchRunner.results")
def results(walk: Walk) -> None:
    runner = walk.batch("one")
    runner.wait(poll_interval=0.05, timeout=60)
    assert runner.results()[0]["data"]["annualProductionMWh"] > 0


@case("BatchRunner.summary")
def summary(walk: Walk) -> None:
    runner = walk.batch("one")
    runner.submit("refused later", small())
    runner.wait(poll_interval=0.05, timeout=60)
    assert runner.summary()["completed"] == 2


@case("BatchRunner.runs")
@case("BatchRunner.completed")
@case("BatchRunner.failed")
@case("BatchRunner.pending")
def views(walk: Walk) -> None:
    runner = walk.batch("one")
    runner.wait(poll_interval=0.05, timeout=60)
    assert [len(view) for view in (runner.runs, runner.completed, runner.failed, runner.pending)] == [
        1,
        1,
        0,
        0,
    ]


@case("LegacyEnergyModel.run")
def legacy_run(walk: Walk) -> None:
    model = LegacyEnergyModel(walk.client, small())
    assert model.run()["energyModelId"]
    assert model.epm_run_success


@case("LegacyEnergyModel.run_query")
def legacy_run_query(walk: Walk) -> None:
    model = LegacyEnergyModel(walk.client, small())
    model.run_query("2026-01-01", "2026-01-02", block_results=True, block_results_index=0)
    assert model.epm_query_run_success
    assert model.completed_epm_queries


@case("projects.import_from_files")
def import_project(walk: Walk) -> None:
    made = walk.client.projects.import_from_files([*sorted(PROJECT.iterdir()), PAN, OND])
    assert walk.client.projects.get(made["project"]["id"])["name"] == "Field of Bern"
    (variant,) = made["energyModels"]
    assert walk.client.energy_models.get(variant["energyModelId"])["status"] == "draft"
    assert variant["globalProjectId"] == made["project"]["globalProjectId"]
    assert len(made["filesProcessed"]) == 4


@case("shading_scenes.create_from_json")
def create_scene(walk: Walk) -> None:
    made = walk.client.shading_scenes.create_from_json("Two rows", TWO_ROWS)
    assert made["status"] == "processing"
    assert walk.client.tasks.get(made["taskId"])["taskType"] == "shading_scene_create"


def collada() -> bytes:
    """Write the two rows as a layout tool does."""
    rows = [
        mesh(
            row["tableHash"],
            list(zip(row["xpoints"], row["ypoints"], row["zpoints"], strict=True)),
            [range(4)],
        )
        for row in TWO_ROWS["tableList"]
    ]
    return document(
        rows, [node(f"Table {n}", row["tableHash"]) for n, row in enumerate(TWO_ROWS["tableList"])]
    )


@case("shading_scenes.import_file")
@case("shading_scenes.create")
def import_scene(walk: Walk) -> None:
    scenes = walk.client.shading_scenes
    saved = walk.folder / "rows.dae"
    saved.write_bytes(collada())
    by_path = scenes.import_file("By path", file_path=saved, gcr=0.4, back_tracking=True, max_angle=55)
    with saved.open("rb") as file:
        by_alias = scenes.create("By alias", file_obj=file, filename="rows.dae", read_diodes=False)
    for made in (by_path, by_alias):
        assert made["status"] == "processing"
        assert scenes.get_gcr(walk.computed(made["shadingSceneId"]))["tables_processed"] == 2


@case("shading_scenes.list")
def list_scenes(walk: Walk) -> None:
    number = walk.scene()
    (row,) = [row for row in walk.client.shading_scenes.list() if row["id"] == number]
    assert row["name"] == "Two rows"
    assert "sceneJson" not in row


@case("shading_scenes.get")
def get_scene(walk: Walk) -> None:
    assert walk.client.shading_scenes.get(walk.scene())["sceneJson"]["tableList"] == TWO_ROWS["tableList"]


@case("shading_scenes.get_results")
def get_results(walk: Walk) -> None:
    results = walk.client.shading_scenes.get_results(walk.scene())
    assert len(results["sun_positions"]) > 100
    assert "metadata" in results


@case("shading_scenes.get_results_status")
@case("shading_scenes.get_progress")
def get_status(walk: Walk) -> None:
    number = walk.scene()
    status = walk.client.shading_scenes.get_results_status(number)
    assert status["status"] == "completed"
    assert status["results"]["sun_positions"]
    progress = walk.client.shading_scenes.get_progress(number)
    assert progress["ready"]
    assert progress["completedPositions"] == progress["expectedPositions"] > 0
    assert progress["remainingPositions"] == 0


@case("shading_scenes.get_gcr")
def get_gcr(walk: Walk) -> None:
    assert walk.client.shading_scenes.get_gcr(walk.scene())["gcr"] == pytest.approx(0.4, abs=0.01)
    assert walk.client.shading_scenes.get_gcr(999) is None


@case("shading_scenes.set_tracking_inputs")
@case("shading_scenes.refresh")
def refresh_scene(walk: Walk) -> None:
    number = walk.scene()
    inputs = walk.client.shading_scenes.set_tracking_inputs(
        number, 0.4, max_angle=50, terrain_aware=True, terrain_aware_diode_threshold=0.1
    )
    assert inputs["shadingSceneId"] == number
    assert inputs["trackingInputId"] > 0
    refreshed = walk.client.shading_scenes.refresh(number)
    assert refreshed["taskId"]
    walk.computed(number)


@case("shading_scenes.delete")
def delete_scene(walk: Walk) -> None:
    number = walk.client.shading_scenes.create_from_json("To go", TWO_ROWS)["shadingSceneId"]
    assert walk.client.shading_scenes.delete(number) == {"deleted": True}
    assert gone(walk.client.shading_scenes.get, number)


@case("workspaces.list")
def list_workspaces(walk: Walk) -> None:
    (own,) = walk.client.workspaces.list()
    assert own["identifier"] == "default"


@case("workspaces.get")
def get_workspace(walk: Walk) -> None:
    own = walk.client.workspaces.list()[0]
    assert walk.client.workspaces.get(own["id"]) == own


@case("workspaces.create")
def create_workspace(walk: Walk) -> None:
    made = walk.client.workspaces.create({"identifier": "walked"})
    assert made["identifier"] == "walked"
    keys = walk.client._auth
    with DalyClient(made["api_key"], keys._user_api_key) as other:
        assert other.locations.list() == []
        assert other.workspaces.list()[0]["identifier"] == "walked"


@case("workspaces.update")
def update_workspace(walk: Walk) -> None:
    number = walk.client.workspaces.list()[0]["id"]
    assert walk.client.workspaces.update(number, {"identifier": "renamed"})["identifier"] == "renamed"
    walk.client.workspaces.update(number, {"identifier": "default"})


@case("workspaces.delete")
def delete_workspace(walk: Walk) -> None:
    made = walk.client.workspaces.create({"identifier": "to-go"})
    keys = walk.client._auth
    with DalyClient(made["api_key"], keys._user_api_key) as other:
        assert other.workspaces.delete(other.workspaces.list()[0]["id"]) == {"deleted": True}
        with pytest.raises(AuthenticationError):
            other.locations.list()


@case("workspaces.list_users")
def list_users(walk: Walk) -> None:
    users = walk.client.workspaces.list_users(walk.client.workspaces.list()[0]["id"])
    assert "owner" in [user["role"] for user in users]


@case("workspaces.get_settings")
def get_settings(walk: Walk) -> None:
    assert isinstance(walk.client.workspaces.get_settings(walk.client.workspaces.list()[0]["id"]), dict)


@pytest.mark.parametrize("name", sorted(CASES))
def test_it_does_its_work(walk: Walk, name: str) -> None:
    CASES[name](walk)


STATES = ("prospecting", "development", "financing", "construction", "operating", "archived")


def test_a_project_goes_through_its_states(walk: Walk) -> None:
    projects = walk.client.projects
    number = projects.create({"name": "Through", "locationId": 1})["id"]
    for state in STATES:
        assert projects.update(number, {"status": state})["status"] == state
        assert projects.get(number)["status"] == state
    with pytest.raises(ValidationError) as refused:
        projects.update(number, {"status": "sold"})
    assert all(state in refused.value.detail for state in STATES)
    with pytest.raises(NotFoundError):
        projects.update(number, {"locationId": 999})
    assert projects.get(number)["locationId"] == 1


def test_a_project_that_goes_takes_nothing_along(walk: Walk) -> None:
    client = walk.client
    number = client.projects.create({"name": "To go", "locationId": 1})["id"]
    placed = {key: value for key, value in small().items() if key != "locationId"}
    model = client.energy_models.create({**placed, "projectId": number})["energyModelId"]
    assert client.energy_models.get(model)["projectId"] == number
    client.projects.delete(number)
    assert client.locations.get(1)["id"] == 1
    assert client.energy_models.get(model, include="summary")["annualProductionMWh"] > 0
    with pytest.raises(ValidationError, match=r"project .* was deleted"):
        client.energy_models.run_saved(model)


def test_a_module_that_goes_leaves_results_and_is_missed_by_name(walk: Walk) -> None:
    client = walk.client
    number = client.modules.create_from_file(PAN)["id"]
    sent = small()
    sent["blocks"][0]["moduleId"] = number
    model = client.energy_models.create(sent)["energyModelId"]
    client.modules.delete(number)
    assert client.energy_models.get(model, include="summary")["annualProductionMWh"] > 0
    with pytest.raises(ValidationError, match=f"module {number} was deleted"):
        client.energy_models.run_saved(model)
