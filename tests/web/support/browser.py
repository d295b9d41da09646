"""A real Chromium without a window, driven over its debugging port."""

import asyncio
import base64
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
NO_WEBGL = ("--disable-gpu", "--disable-3d-apis")


@dataclass
class Tab:
    """A page that is open, and what was said on its console."""

    wire: ClientConnection
    said: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    async def call(self, method: str, **given: Any) -> dict[str, Any]:
        number = next(self.numbers)
        await self.wire.send(json.dumps({"id": number, "method": method, "params": given}))
        while True:
            told = json.loads(await asyncio.wait_for(self.wire.recv(), 60))
            if told.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.said.append(json.dumps(told["params"]))
            if told.get("id") == number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result

    async def ask(self, script: str) -> Any:
        """Evaluate a script, and wait for it if it promises something."""
        told = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until a script says true; it is asked before each frame that the page draws."""
        go = f"new Promise(go => {{ const look = () => ({script}) ? go() : requestAnimationFrame(look); look(); }})"
        await asyncio.wait_for(self.ask(go), 60)

    async def open(self, address: str) -> None:
        await self.call("Page.navigate", url=address)
        await self.until("document.body && document.body.dataset.state")

    async def mouse(self, kind: str, x: float, y: float, **given: Any) -> None:
        await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **given)

    async def picture(self) -> bytes:
        """Return what is on the screen, as PNG."""
        shot = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def browsing(
    profile: Path, *options: str, is_dark: bool = False, size: tuple[int, int] = (1200, 800)
) -> AsyncIterator[Tab]:
    """Start a browser with one empty page; the test is skipped where there is none."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium on this machine")
    command = ["--headless", "--no-sandbox", "--no-first-run", "--disable-dev-shm-usage", *options]
    command += [
        f"--user-data-dir={profile}",
        "--remote-debugging-port=0",
        f"--window-size={size[0]},{size[1]}",
    ]
    process = await asyncio.create_subprocess_exec(
        browser, *command, "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        address = await asyncio.wait_for(_address(process), 60)
        async with connect(address, max_size=None) as wire:
            tab = Tab(wire)
            for domain in ("Page", "Runtime", "Log"):
                await tab.call(f"{domain}.enable")
            scheme = [{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}]
            await tab.call("Emulation.setEmulatedMedia", features=scheme)
            await tab.call(
                "Emulation.setDeviceMetricsOverride",
                width=size[0],
                height=size[1],
                deviceScaleFactor=1,
                mobile=False,
            )
            yield tab
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Read from the browser's own words where its page can be driven."""
    assert process.stderr is not None
    async for line in process.stderr:
        _, found, address = line.decode().partition("DevTools listening on ws://")
        if found:
            host = address.strip().partition("/")[0]
            async with httpx.AsyncClient() as client:
                pages = (await client.get(f"http://{host}/json/list")).json()
            return str(next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))
    raise AssertionError("the browser ended before it was ready")
