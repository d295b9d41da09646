"""A house with a real store, a door on it, and hands that do the engine's work step by step."""

import io
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from gnomon.core.access import KeyRole
from gnomon.core.hub import Hub
from gnomon.core.ports import Claim, Finish, Holding, Report
from gnomon.core.resource import NewResource, resource_id
from gnomon.core.retry import Done, Ending, RetryPolicy
from gnomon.core.service import House
from gnomon.core.service.access import Founded, found_workspace
from gnomon.core.task import Json, Task
from gnomon.core.workload import Saved, Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault
from gnomon.web.app import build_app
from gnomon.web.native.render.hook import payload
from gnomon.wiring.schemas import with_schema_check
from gnomon.workloads.energy_model import RESOURCE_KINDS
from gnomon.workloads.energy_model import WORKLOADS as ENERGY
from gnomon.workloads.pvsyst_import import WORKLOADS as IMPORT
from gnomon.workloads.shading_scene import RESOURCE_KINDS as SCENE_KINDS
from gnomon.workloads.shading_scene import WORKLOADS as SCENES
from gnomon.workloads.weather_fetch import WEATHER_FETCH

SECRET = b"a secret of thirty-two bytes, or more"
ROOT = Path(__file__).parents[3]
FETCH = with_schema_check(WEATHER_FETCH)
PLANT = ROOT / "examples" / "plant"


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


@dataclass
class ShiftedClock(SystemClock):
    """The system's clock, moved by the test."""

    shift: timedelta = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


def open_house(folder: Path, *others: Workload) -> House:
    hub = Hub()
    return House(
        store=SqliteStore.open(folder, hub),
        hub=hub,
        clock=ShiftedClock(),
        calendar=CronCalendar(),
        kinds={kind.kind: kind for kind in (*RESOURCE_KINDS, *SCENE_KINDS)},
        workloads={workload.kind: workload for workload in (*ENERGY, *IMPORT, *SCENES, FETCH, *others)},
        vault=KeyVault(b"v" * 32),
        pepper=b"pepper",
        bodies={"native": payload},
    )


@dataclass
class Tenant:
    """A workspace, its keys, and a client that carries its token."""

    founded: Founded
    client: httpx.AsyncClient

    @property
    def id(self) -> str:
        return self.founded.workspace.id

    async def get(self, path: str, **given: Any) -> Any:
        return good(await self.client.get(path, **given))

    async def post(self, path: str, body: Json = None, **given: Any) -> Any:
        return good(await self.client.post(path, json=body, **given))

    async def put(self, path: str, body: Json) -> Any:
        return good(await self.client.put(path, json=body))

    async def delete(self, path: str) -> Any:
        return good(await self.client.delete(path))


def good(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def client_of(app: Any, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://gnomon.test", headers=headers)


async def found_tenant(house: House, app: Any, identifier: str) -> Tenant:
    founded = await found_workspace(house, identifier)
    keys = {"workspace_id": founded.keys[KeyRole.WORKSPACE], "user_id": founded.keys[KeyRole.USER]}
    client = client_of(app)
    token = good(await client.post("/auth/token", json=keys))["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return Tenant(founded=founded, client=client)


def open_app(house: House, workspace: str = "wsp_none", **given: Any) -> Any:
    patience = {"sync_wait": 20.0, "cancel_wait": 10.0} | given
    return build_app(house, token_secret=SECRET, default_workspace=workspace, **patience)


@dataclass
class Hands:
    """Claims and finishes tasks by the store's own verbs, when the test says so."""

    house: House

    async def claim(self) -> Task:
        now = self.house.clock.now()
        kinds = tuple(self.house.workloads)
        command = Claim(worker="hands", kinds=kinds, limit=1, now=now, lease=timedelta(minutes=1))
        (task,) = await self.house.store.claim(command)
        return task

    async def report(self, task: Task, percent: float, stage: str) -> Task:
        return await self.house.store.report(
            Report(holding=_holding(task), now=self.house.clock.now(), progress=percent, stage=stage)
        )

    async def say(self, task: Task, message: Json) -> Task:
        return await self.house.store.report(
            Report(holding=_holding(task), now=self.house.clock.now(), messages=(message,))
        )

    async def end(self, task: Task, ending: Ending) -> Task:
        return await self.house.store.finish(
            Finish(holding=_holding(task), now=self.house.clock.now(), ending=ending, policy=RetryPolicy())
        )

    async def save(self, task: Task, kind: str, document: Json) -> Saved:
        now = self.house.clock.now()
        new = NewResource(
            id=resource_id(now, self.house.clock.chance(22)),
            workspace=task.workspace,
            kind=kind,
            document=document,
            origin=(task.id, "key"),
        )
        return await self.house.store.save_resource(_holding(task), new, now)

    async def complete(self, task: Task, blocks: int = 1) -> Task:
        """Complete a run with a result of the right form."""
        result, blobs = await self.result(blocks)
        return await self.end(task, Done(result=result, blobs=blobs))

    async def result(self, blocks: int) -> tuple[dict[str, Any], tuple[str, ...]]:
        names = [await self._series(scale) for scale in range(blocks + 1)]
        series = {"plant": names[0], "blocks": {str(index): name for index, name in enumerate(names[1:])}}
        details = [{"index": i, "inputs": [], "losses": {"energy": _TREE}} for i in range(blocks)]
        sheet = (await self.house.store.put_blob(json.dumps(details).encode())).sha256
        figures = [{"index": i, "ac_capacity_kw": 50.0 + i} for i in range(blocks)]
        apart = {"blocks": figures, "series": series, "block_details": [sheet]}
        return {**RESULT, **apart}, (*names, sheet)

    async def _series(self, scale: int) -> str:
        names = ("array_stc_dc_power", "array_dc_power", "inverter_out_ac_power", "grid_ac_power")
        columns = {
            name: np.arange(3.0) + scale for name in (*names, "poi_ac_power", "poa_global", "loss_iam")
        }
        buffer = io.BytesIO()
        np.savez(buffer, date=np.array([0.0, 3.6e6, 7.2e6]), **columns)
        return (await self.house.store.put_blob(buffer.getvalue())).sha256


def _holding(task: Task) -> Holding:
    return Holding(task_id=task.id, fence=task.fence)


_TREE = {"unit": "kWh", "opening": {"value": 2.0}, "steps": [{"value": 1.0}], "closing": {"value": 1.0}}
RESULT: dict[str, Any] = {
    "model_version": "1.0.0",
    "name": "Site",
    "summary": {"annual_energy_mwh": 412.5, "capacity_factor": 0.25, "ghi_kwh_m2": 1200.0},
    "location": {"latitude": 46.9, "time_zone_name": "Europe/Zurich"},
    "plant": {"blocks": 1, "dc_capacity_kw": 100.0},
    "losses": {"irradiance": _TREE, "energy": _TREE},
    "monthly": [{"month": "jan", "energy_mwh": 10.0}],
    "settings": {"step_s": 3600},
    "warnings": ["from the workload"],
}
