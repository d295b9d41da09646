"""A real server in a process of its own, started, stopped and killed as its users would."""

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples" / "workloads" / "src"
MARK = "GNOMON_TEST_MARK"
QUICK = {"GNOMON_NO_OWN_DOCUMENTS": "1", "GNOMON_SEMANTIC": "off"}
"""Reading the documentation in, with each of hundreds of servers, would take longer than the tests."""


class Server:
    """A server on a data folder; it may be started again after it has stopped or was killed."""

    entry = "gnomon.cli.main"
    """The module that is run."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.options = options
        self.mark = uuid.uuid4().hex
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "Server":
        """Start it and wait until it listens."""
        command = [sys.executable, "-m", self.entry, "serve", "--data", str(self.data), "--port", "0"]
        path = os.pathsep.join([str(HERE), str(EXAMPLES), os.environ.get("PYTHONPATH", "")])
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "stderr.log").open("a") as log:
            self._process = subprocess.Popen(
                [*command, *self.options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**QUICK, **os.environ, "PYTHONPATH": path, MARK: self.mark},
                start_new_session=True,
            )
        self.url = self._wait_for_address()
        return self

    def _wait_for_address(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"listens on (http://\S+)", line):
                return found[1]
        raise AssertionError("the server did not start:\n" + (self.data / "stderr.log").read_text())

    @property
    def pid(self) -> int:
        """Give the server's process id."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self, timeout: float = 20) -> int:
        """End it with SIGTERM and return its exit code."""
        return self._end(signal.SIGTERM, timeout)

    def interrupt(self) -> int:
        """End it as Ctrl-C does and return its exit code."""
        return self._end(signal.SIGINT)

    def _end(self, number: signal.Signals, timeout: float = 20) -> int:
        assert self._process is not None
        process, self._process = self._process, None
        assert process.stdout is not None
        process.send_signal(number)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()

    @property
    def is_running(self) -> bool:
        """Say whether it was started and not ended."""
        return self._process is not None

    def processes(self) -> list[int]:
        """List every living process that was started by this server, children included."""
        return [pid for pid in _pids() if self.mark in _environment(pid)]

    def keys(self) -> dict[str, str]:
        """Read the keys that the first start has written."""
        keys: dict[str, str] = json.loads((self.data / "keys.json").read_text())
        return keys

    def native(self, timeout: float = 30) -> httpx.Client:
        """Make a client of the native API."""
        return httpx.Client(
            base_url=self.url + "/gnomon/v1", headers={"X-API-Key": self.keys()["api_key"]}, timeout=timeout
        )

    def daly(self, timeout: float = 30) -> httpx.Client:
        """Make a client of the Daly door, with a token."""
        keys = self.keys()
        body = {"workspace_id": keys["workspace_api_key"], "user_id": keys["user_api_key"]}
        token = httpx.post(f"{self.url}/auth/token", json=body).raise_for_status().json()["token"]
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=timeout)


@contextmanager
def running(data: Path, *options: str) -> Iterator[Server]:
    """Run a server for the length of a block."""
    server = Server(data, *options).start()
    try:
        yield server
    finally:
        if server.is_running:
            server.stop()


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> str:
    try:
        if _is_zombie(pid):
            return ""
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
