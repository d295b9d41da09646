"""The page on which a scene is looked at, in a real browser against a real server."""

import io
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import pytest
from browser import NO_WEBGL, WEBGL, Tab, browsing
from PIL import Image
from scenes import BLOCK, SCENE, TRACKER
from server import Serving, serving

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.service.task import get_task, wait
from gnomon.core.task import Status

ROWS = SCENE["sceneJson"]["tableList"]
TURNING = {
    **TRACKER,
    "ypoints": [-8.0, -8.0, -40.0, -40.0],
    "xpoints": [9.0, 13.0, 13.0, 9.0],
    "zpoints": [2.0] * 4,
    "torqueTubePoint_1": [11.0, -8.0, 2.0],
    "torqueTubePoint_2": [11.0, -40.0, 2.0],
}
LIT = (240, 249, 33)


async def compute(served: Serving, client: httpx.AsyncClient) -> None:
    scene = {"tableList": [*ROWS, TURNING], "obstructions": [BLOCK]}
    body = {"name": "Two rows and a <b>tracker</b>", "sceneJson": scene}
    answered = await client.post("/shadingscenes", json=body)
    assert answered.status_code == 200, answered.text
    principal = Principal(workspace=served.founded.workspace.id, key_id="test", scopes=ALL_SCOPES)
    task = await get_task(served.house, principal, answered.json()["taskId"])
    assert (await wait(served.house, principal, task.id, 120)).status is Status.COMPLETED


async def set_sun(tab: Tab, azimuth: float, elevation: float) -> None:
    await tab.ask(
        f"document.getElementById('azimuth').value = {azimuth};"
        f"document.getElementById('elevation').value = {elevation};"
        "document.getElementById('azimuth').dispatchEvent(new Event('input'))"
    )
    await shown(tab)


async def shown(tab: Tab) -> None:
    """Wait until the shares of the chosen position are on the screen."""
    await tab.until("document.body.dataset.shown === document.body.dataset.asked")


def colours(picture: bytes) -> Counter[tuple[int, int, int]]:
    image = Image.open(io.BytesIO(picture)).convert("RGB").crop((0, 0, 900, 800))
    points, counts = np.unique(np.asarray(image).reshape(-1, 3), axis=0, return_counts=True)
    return Counter(dict(zip(map(tuple, points.tolist()), counts.tolist(), strict=True)))


async def hovered(tab: Tab) -> str:
    """Move the mouse over the picture until it is over a table, and return what is told."""
    for y in range(120, 760, 12):
        for x in range(60, 860, 24):
            await tab.mouse("mouseMoved", x, y)
            if told := await tab.ask("!hover.hidden && hover.textContent"):
                return str(told)
    raise AssertionError("there is no table under the mouse anywhere")


@pytest.mark.slow
@pytest.mark.parametrize(("painter", "options"), [("webgl", WEBGL), ("canvas", NO_WEBGL)])
async def test_a_scene_is_drawn(tmp_path: Path, painter: str, options: tuple[str, ...]) -> None:
    async with serving(tmp_path / "data") as served:
        key = served.founded.keys[KeyRole.API]
        async with httpx.AsyncClient(base_url=served.address, headers={"x-api-key": key}) as client:
            await compute(served, client)
            async with browsing(tmp_path / "profile", *options) as tab:
                await let_in(tab, served.address, key)
                await draw(tab, painter, client)


async def let_in(tab: Tab, address: str, key: str) -> None:
    await tab.open(f"{address}/shadingscenes/1/view")
    assert await tab.ask("document.body.dataset.state") == "locked"
    await tab.ask("key.value = 'gnm_wrong'; entry.requestSubmit()")
    await tab.until("refused.textContent")
    assert "neither a key nor a valid token" in await tab.ask("refused.textContent")
    await tab.ask(f"location.hash = 'key={key}'")
    await tab.until("document.body.dataset.state === 'ready'")
    assert key not in await tab.ask("location.href + document.documentElement.outerHTML")
    blocked = [line for line in tab.said if "Content Security Policy" in line or "exception" in line]
    assert not blocked


async def draw(tab: Tab, painter: str, client: httpx.AsyncClient) -> None:
    assert await tab.ask("document.body.dataset.painter") == painter
    assert await tab.ask("document.querySelector('h1').textContent") == "Two rows and a <b>tracker</b>"
    assert "3 tables · 1 tracker among them" in await tab.ask("told.textContent")
    await set_sun(tab, 180, 60)
    high = colours(await tab.picture())
    assert high[LIT] > 4000
    await set_sun(tab, 90, 8)
    low = colours(await tab.picture())
    assert low[LIT] < high[LIT] / 2
    told = await hovered(tab)
    at = (await client.get("/shadingscenes/1/viewer?azimuth_bin=90&elevation_bin=8")).json()
    lost = [
        f"{100 * share:.1f} % of the direct light lost" for share in at["shading"]["tables"]["directShading"]
    ]
    names = [f"Table {table['tableHash']}" for table in at["tables"]]
    assert tuple(told.split("\n")[:2]) in set(zip(names, lost, strict=True))
    await tab.ask("document.getElementById('space').focus()")
    await tab.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft")
    await frame(tab)
    turned = colours(await tab.picture())
    assert turned != low
    await tab.ask("play.click()")
    await tab.until("Number(hour.value) >= 13")
    assert await tab.ask("whole.textContent.includes('Whole scene')")


async def frame(tab: Tab) -> None:
    await tab.ask("new Promise(go => requestAnimationFrame(() => requestAnimationFrame(() => go())))")


@pytest.mark.slow
async def test_without_keys_it_just_opens(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", require_key=False) as served:
        async with httpx.AsyncClient(base_url=served.address) as client:
            await compute(served, client)
        async with browsing(tmp_path / "profile", *WEBGL, is_dark=True) as tab:
            await tab.open(f"{served.address}/daly/shadingscenes/1/view")
            assert await tab.ask("document.body.dataset.state") == "ready"
            assert not tab.said
            sky = Counter(colours(await tab.picture())).most_common(3)
            assert (0x12, 0x16, 0x1A) in dict(sky)
            await tab.open(f"{served.address}/shadingscenes/77/view")
            assert await tab.ask("[document.body.dataset.state, told.textContent].join(': ')") == (
                "broken: There is no such shading scene."
            )
