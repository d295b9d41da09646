"""Energy models through the use cases on a real store: defaults of the workspace, scenes with and without results."""

import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from in_memory import MemoryContext, finish
from sample import LOCATION, block, components, energy_model, weather

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.errors import Invalid
from gnomon.core.hub import Hub
from gnomon.core.ports import Claim, Finish, Holding, Load
from gnomon.core.resource import NewResource, resource_id
from gnomon.core.retry import Done
from gnomon.core.service import House, run
from gnomon.core.service import resource as shelf
from gnomon.core.task import Json, Task
from gnomon.engine.calendar import CronCalendar
from gnomon.pv.scene import scene_of_rows, to_json
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault
from gnomon.workloads import energy_model as trade
from gnomon.workloads import shading_scene

WE = Principal(workspace="w", key_id="k", scopes=ALL_SCOPES)
OCTAVIA = {"nearShading": "octavia", "shadingSceneId": 1}
TABLE = {"tableHash": "a", "outline": [[0, 0, 1], [4, 0, 1], [4, 2, 2], [0, 2, 2]]}


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


@pytest.fixture
async def house(tmp_path: Path, example_plant: Path) -> AsyncIterator[House]:
    """A house with the sample's location, weather and components in its one workspace."""
    hub, rooms = Hub(), (trade, shading_scene)
    opened = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=SystemClock(),
        kinds={kind.kind: kind for room in rooms for kind in room.RESOURCE_KINDS},
        workloads={workload.kind: workload for room in rooms for workload in room.WORKLOADS},
        vault=KeyVault(b"v" * 32),
        calendar=CronCalendar(),
        pepper=b"pepper",
    )
    for each in components(example_plant):
        await shelf.create_resource(opened, WE, each.kind, each.document)
    await shelf.create_resource(opened, WE, "location", LOCATION)
    await shelf.create_resource(opened, WE, "weather", weather(locationId=1))
    yield opened
    await opened.store.close()


async def claimed(house: House) -> tuple[Task, Load]:
    command = Claim(
        worker="test",
        kinds=tuple(house.workloads),
        limit=1,
        now=house.clock.now(),
        lease=timedelta(minutes=1),
    )
    (task,) = await house.store.claim(command)
    return task, await house.store.load(Holding(task_id=task.id, fence=task.fence))


async def completed(house: House, task: Task, result: Json, blobs: tuple[str, ...] = ()) -> None:
    holding = Holding(task_id=task.id, fence=task.fence)
    ending = Done(result=result, blobs=blobs)
    await house.store.finish(Finish(holding=holding, now=house.clock.now(), ending=ending))


async def simulated(house: House, loaded: Load, *blobs: str) -> Any:
    """Return what a run gives with what was pinned for it."""
    ctx = MemoryContext(references=loaded.references)
    marks = [
        value["$blob"]
        for each in loaded.references
        for value in each.document.values()
        if "$blob" in str(value)
    ]
    for name in (*marks, *blobs):
        ctx.blobs[name] = await house.store.get_blob(name)
    return finish(trade.WORKLOADS, "energy_model", loaded.input, ctx)


async def yielded(house: House) -> float:
    task, loaded = await claimed(house)
    result = await simulated(house, loaded)
    await completed(house, task, {"summary": result["summary"]})
    energy: float = result["summary"]["annual_energy_mwh"]
    return energy


async def test_a_workspaces_defaults_change_the_yield_and_no_run_before(house: House) -> None:
    model = energy_model(block(losses={}))
    await run.create_and_run(house, WE, "energy_model", model)
    plain = await yielded(house)
    await shelf.create_resource(
        house, WE, "workspace_settings", {"energyModel": {"losses": {"mismatch": 0.1}}}
    )
    await run.create_and_run(house, WE, "energy_model", model)
    # The edit comes between the submission and the run: what was pinned counts.
    await run.replace_saved(
        house, WE, "workspace_settings", 1, {"energyModel": {"losses": {"mismatch": 0.3}}}
    )
    laid = await yielded(house)
    await run.run_saved(house, WE, "energy_model", 2)
    edited = await yielded(house)
    assert laid < 0.95 * plain
    assert edited < 0.95 * laid
    saved = await shelf.get_resource(house, WE, "energy_model", 2)
    assert saved.document == model


async def test_a_scene_must_have_its_result_before_a_model_is_taken(house: House) -> None:
    model = energy_model(block(shading=OCTAVIA))
    scene = {"name": "Table", "sceneJson": {"tableList": [TABLE]}}
    await run.create_and_run(house, WE, "shading_scene", scene)
    with pytest.raises(Invalid) as caught:
        await run.create_and_run(house, WE, "energy_model", model)
    (complaint,) = caught.value.complaints
    assert complaint.loc == ("blocks", 0, "shading", "shadingSceneId")
    assert "has no results yet: task 1 is queued" in complaint.message

    task, loaded = await claimed(house)
    ctx = MemoryContext(references=loaded.references)
    result = finish(shading_scene.WORKLOADS, "shading_scene", loaded.input, ctx)
    names = [(await house.store.put_blob(content)).sha256 for content in ctx.blobs.values()]
    await completed(house, task, result, tuple(names))
    await run.create_and_run(house, WE, "energy_model", model)
    _, loaded = await claimed(house)
    found = await simulated(house, loaded, *names)
    assert found["summary"]["annual_energy_mwh"] > 0


async def test_a_scene_that_is_a_table_needs_no_run(house: House) -> None:
    table = to_json(scene_of_rows(25, 180, 0.4, 3, azimuth=range(0, 360, 15), elevation=range(0, 91, 5)))
    await shelf.create_resource(house, WE, "shading_scene", {"name": "Rows", "shadingTable": table})
    await run.create_and_run(house, WE, "energy_model", energy_model(block(shading=OCTAVIA)))
    assert await yielded(house) > 0


async def test_a_draft_says_what_it_waits_for_until_it_is_whole(house: House) -> None:
    whole = energy_model()
    lacking = {key: value for key, value in block().items() if key != "inverterId"}
    wait = {"kind": "inverter", "file": "X.OND", "at": "blocks[0].inverterId"}
    draft = energy_model(lacking, waitsFor=[wait])
    await run.create_and_run(house, WE, "energy_model", whole)
    task, _ = await claimed(house)
    meaning = house.kinds["energy_model"]
    assert meaning.find_faults(draft, is_draft=True) == []
    new = NewResource(
        id=resource_id(house.clock.now(), 1),
        workspace="w",
        kind="energy_model",
        document=draft,
        origin=(task.id, "d"),
    )
    holding = Holding(task_id=task.id, fence=task.fence)
    saved = await house.store.save_resource(holding, new, house.clock.now())
    with pytest.raises(Invalid) as caught:
        await run.run_saved(house, WE, "energy_model", saved.number)
    assert "it waits for the file X.OND" in caught.value.complaints[0].message
    put = await run.replace_saved(house, WE, "energy_model", saved.number, {**whole, "waitsFor": [wait]})
    assert json.dumps(put.document) == json.dumps(whole)
    assert (await run.run_saved(house, WE, "energy_model", saved.number)).resource is not None
