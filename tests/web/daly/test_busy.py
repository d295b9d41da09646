"""Uploads while every CPU slot is held, on the whole server."""

import asyncio
import os
from pathlib import Path

import httpx
from server import Serving, serving
from trades_of_doors import HOLD

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.service.task import submit, wait


async def test_a_file_is_read_while_all_cpu_slots_are_held(tmp_path: Path, pan: Path, ond: Path) -> None:
    pipes = [tmp_path / f"until{n}" for n in range(2)]
    for pipe in pipes:
        os.mkfifo(pipe)
    async with serving(tmp_path / "data", HOLD, sync_wait=20.0) as served:
        us = Principal(workspace=served.founded.workspace.id, key_id="k", scopes=ALL_SCOPES)
        orders = [{"until": str(pipe)} for pipe in pipes]
        held = [(await submit(served.house, us, "hold", order)).task for order in orders]
        await asyncio.gather(*(_is_running(served, us, task.id) for task in held))
        headers = {"Authorization": f"Bearer {served.founded.keys[KeyRole.API]}"}
        async with httpx.AsyncClient(base_url=served.address, headers=headers, timeout=30) as client:
            for path, file in (("/modules", pan), ("/inverters", ond)):
                answered = await client.post(path, files={"file": (file.name, file.read_bytes())})
                assert answered.status_code == 200, answered.text
                assert answered.json()["id"] == 1
        for task in held:
            assert (await served.house.store.get_task(us.workspace, task.id)).status == "running"
        for pipe in pipes:
            await asyncio.to_thread(pipe.write_text, "go")
        for task in held:
            assert (await wait(served.house, us, task.id, 20)).status == "completed"


async def _is_running(served: Serving, us: Principal, task_id: str) -> None:
    with served.house.hub.subscribe(task_id) as changes:
        task = await served.house.store.get_task(us.workspace, task_id)
        while task.status != "running":
            changed = await changes.next(20)
            assert changed is not None
            task = changed
