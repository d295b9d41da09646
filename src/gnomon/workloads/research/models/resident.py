"""A model in a process of its own on this machine: started when first asked, shared, started again if it dies."""

import atexit
import json
import os
import secrets
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gnomon.workloads.research.models.wire import Trouble

START = 180.0
"""Seconds for a model to be loaded."""
_MODULE = "gnomon.workloads.research.models.gguf_server"
_TOLD = 600
"""Characters of what a process printed before it ended."""
_END = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a model is served, and to whom."""

    url: str
    key: str
    window: int


class Resident:
    """The one process of a model file; its words may be called from any thread."""

    def __init__(self, file: Path, *, window: int, width: int, threads: int, start: float = START) -> None:
        self._file = file
        self._window = window
        self._width = width
        self._threads = threads
        self._start = start
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._printed: IO[bytes] | None = None
        self._address: Address | None = None

    @property
    def pid(self) -> int | None:
        """Return the process's number, while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def address(self) -> Address:
        """Return where it is served; start it where it is not running. All who ask at once share one start.

        Raises
        ------
        Trouble
            When it cannot be started.
        """
        with self._lock:
            if self.pid is None or self._address is None:
                self._stop()
                self._address = self._launch()
            return self._address

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            self._stop()

    def _launch(self) -> Address:
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process that writes to it
        process = self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env=_surroundings(),
        )
        key = secrets.token_urlsafe(32)
        answer = self._order(process, key)
        if "error" in answer:
            self._stop()
            raise _not_started(f"{self._file.name} could not be loaded: {answer['error']}")
        return Address(url=f"{answer['url']}/v1", key=key, window=answer["window"])

    def _order(self, process: "subprocess.Popen[bytes]", key: str) -> Mapping[str, Any]:
        order = {
            "file": str(self._file),
            "name": self._file.name,
            "key": key,
            "window": self._window,
            "width": self._width,
            "threads": self._threads,
        }
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return {"error": self._last_words(process)}
        if not select.select([process.stdout], [], [], self._start)[0]:
            return {"error": f"it was not ready within {self._start:g} seconds"}
        line = process.stdout.readline()
        return dict(json.loads(line)) if line else {"error": self._last_words(process)}

    def _last_words(self, process: "subprocess.Popen[bytes]") -> str:
        code = process.wait(_END)
        assert self._printed is not None
        self._printed.seek(0)
        said = self._printed.read().decode(errors="replace").strip()
        return f"its process ended with code {code}. {said[-_TOLD:]}".strip()

    def _stop(self) -> None:
        process, self._process, self._address = self._process, None, None
        if process is not None:
            process.kill()
            process.communicate()
        if self._printed is not None:
            self._printed.close()


def _not_started(message: str) -> Trouble:
    return Trouble("model_not_started", message, is_fault=True)


def _surroundings() -> dict[str, str]:
    """Return the environment without the keys of providers, which a model has no use for."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_KEY")}


_RESIDENTS: dict[tuple[Path, int, int, int], Resident] = {}
_FINDING = threading.Lock()


def find_resident(file: Path, *, window: int, width: int, threads: int) -> Resident:
    """Return the one process of this process for a model file and its limits."""
    with _FINDING:
        wanted = (file, window, width, threads)
        if wanted not in _RESIDENTS:
            _RESIDENTS[wanted] = Resident(file, window=window, width=width, threads=threads)
        return _RESIDENTS[wanted]


@atexit.register
def stop_residents() -> None:
    """End all models that run for this process."""
    with _FINDING:
        while _RESIDENTS:
            _RESIDENTS.popitem()[1].stop()
