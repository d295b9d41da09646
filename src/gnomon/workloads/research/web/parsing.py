"""Pages and files of strangers become text in a process of its own, which has a time limit and nothing to steal."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV")
"""Of the environment; no key of a provider is among it."""
_MOST_ANSWER = 64 * 2**20
TIMEOUT = 20.0
_IDLE = 60.0
"""Seconds without any page after which the processes are ended."""
_GRACE = 2.0
"""Seconds after its own time limit until the process is ended from here."""


class Unparsed(Exception):
    """The content could not be turned into text; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Text that was read of a page or a file."""

    title: str
    text: str
    published: str | None
    is_cut: bool
    notes: tuple[str, ...]


class Parser:
    """Keeps a few processes warm, each of which reads one content after the other."""

    def __init__(self, *, processes: int = 2, timeout: float = TIMEOUT, idle: float = _IDLE) -> None:
        self._timeout = timeout
        self._idle = idle
        self._count = 0
        self._free: list[asyncio.subprocess.Process] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(processes)

    async def parse(self, task: Mapping[str, Any], content: bytes) -> Parsed:
        """Read what was fetched; raises `Unparsed`."""
        async with self._places:
            self._count += 1
            process = self._take() or await _start(self._timeout)
            is_sound = False
            try:
                async with asyncio.timeout(self._timeout + _GRACE):
                    answer = await _exchange(process, task, content)
                is_sound = True
            except TimeoutError as error:
                raise Unparsed(f"it could not be read within {self._timeout:g} s.") from error
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                raise Unparsed(
                    "its reader came to no end with it: it takes too long or too much memory."
                ) from error
            finally:
                if is_sound:
                    self._keep(process)
                else:
                    await _stop(process)
        if "unreadable" in answer:
            raise Unparsed(str(answer["unreadable"]))
        return Parsed(**{**answer, "notes": tuple(answer["notes"])})

    async def close(self) -> None:
        """Stop the processes that wait."""
        free, self._free = self._free, []
        for process in free:
            await _stop(process)

    def _keep(self, process: asyncio.subprocess.Process) -> None:
        """Keep a process for a while, for the next page."""
        self._free.append(process)
        asyncio.get_running_loop().call_later(self._idle, self._tidy, self._count)

    def _tidy(self, count: int) -> None:
        """End the processes, if no page was read since."""
        if count == self._count:
            ending = asyncio.ensure_future(self.close())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def _take(self) -> asyncio.subprocess.Process | None:
        while self._free:
            process = self._free.pop()
            if process.returncode is None:
                return process
        return None


async def _start(timeout: float) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # nothing is imported from the folder that the server was started in
        "-m",
        "gnomon.workloads.research.web.parser",
        str(timeout),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
    )


async def _exchange(
    process: asyncio.subprocess.Process, task: Mapping[str, Any], content: bytes
) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    head = json.dumps(task).encode()
    process.stdin.write(b"%d %d\n" % (len(head), len(content)) + head + content)
    await process.stdin.drain()
    length = int(await process.stdout.readline())
    if length > _MOST_ANSWER:
        raise ValueError(length)
    answer: dict[str, Any] = json.loads(await process.stdout.readexactly(length))
    return answer


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()
