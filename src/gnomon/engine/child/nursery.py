"""The nursery: a small process of one thread that forks the children.

The server starts it once, with NumPy and what the children need already imported, and asks it for children over a
socket; each request carries the child's end of a pipe. It alone waits for the children, so it alone signals them:
a process number that it has not yet reaped cannot belong to a stranger. When its socket ends, the server is gone,
and it kills every child, blocked ones included; should it be killed itself, the kernel kills them (Linux).

Measured on two cores (Python 3.11, NumPy imported): a child answers 1-2 ms after the request; from
multiprocessing's fork server 4 ms, but with `__main__` imported anew in each child; from a fresh interpreter 70 ms.
"""

import ctypes
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from gnomon.engine.child import cpu, resident
from gnomon.engine.child.pipe import Decoder, Frame, encode

_ROLES = {"cpu": cpu.main, "io": resident.main}
_PR_SET_PDEATHSIG = 1
_NICENESS = 5
"""Computing yields to the server's loop when both want the processor."""
_OOM_PREFERENCE = "500"
"""When memory runs out, the kernel shall take a child, not the server."""


def main(fd: int, preload: list[str]) -> None:
    """Fork children on request until the server is gone."""
    for name in preload:
        with suppress(ImportError):
            importlib.import_module(name)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a real text stream in this process
    # What stands now is shared with the children; a collection in one of them shall not copy it.
    gc.collect()
    gc.freeze()
    Nursery(socket.socket(fileno=fd)).serve()


class Nursery:
    """The children's parent."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._decoder = Decoder()
        self._fds: list[int] = []
        self._alive: set[int] = set()
        self._wakeup, self._alarm = os.pipe()
        self._me = os.getpid()
        self._libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def serve(self) -> None:
        """Serve requests and report deaths, until the socket ends."""
        self._heed_signals()
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ, self._take)
            selector.register(self._wakeup, selectors.EVENT_READ, self._reap)
            self._control.sendall(encode({"op": "ready"}))
            while all(key.data() for key, _ in selector.select()):
                pass
        for pid in self._alive:
            self._signal(pid, signal.SIGKILL)

    def _heed_signals(self) -> None:
        # Ctrl-C and a service manager's SIGTERM reach the whole group; leaving is for the server to decide.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.set_blocking(self._alarm, False)
        signal.set_wakeup_fd(self._alarm, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _take(self) -> bool:
        try:
            octets, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 16)
        except ConnectionError:
            return False
        self._fds += fds
        for frame in self._decoder.feed(octets):
            self._obey(frame)
        return bool(octets)

    def _obey(self, frame: Frame) -> None:
        message = frame.message
        if message["op"] == "fork":
            self._fork(message["ticket"], message["role"], self._fds.pop(0))
        elif message["pid"] in self._alive:
            self._signal(message["pid"], message["signal"])

    def _fork(self, ticket: int, role: str, fd: int) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self._tell(op="refused", ticket=ticket, reason=str(error))
        else:
            if pid == 0:
                self._become(role, fd)
            self._alive.add(pid)
            self._tell(op="forked", ticket=ticket, pid=pid)
        os.close(fd)

    def _become(self, role: str, fd: int) -> NoReturn:
        try:
            self._leave_home()
            if role == "cpu":
                os.nice(_NICENESS)
            _ROLES[role](fd)
        finally:
            if (error := sys.exception()) is not None:
                traceback.print_exception(error)
            os._exit(1)

    def _leave_home(self) -> None:
        if self._libc is not None:
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self._me:
                os._exit(1)
            with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123 - least work after a fork
                file.write(_OOM_PREFERENCE)
        # A group of its own: what a workload starts is killed with it, and Ctrl-C passes it by.
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        os.close(self._wakeup)
        os.close(self._alarm)
        # Forked twins would otherwise draw the same "random" numbers; `random` itself takes care of this.
        if (chance := sys.modules.get("numpy.random")) is not None:
            chance.seed()

    def _reap(self) -> bool:
        os.read(self._wakeup, 4096)
        for pid in list(self._alive):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._alive.discard(pid)
                self._sweep_group(pid)
                self._tell(op="exited", pid=pid, code=os.waitstatus_to_exitcode(status))
        return True

    def _signal(self, pid: int, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if number == signal.SIGKILL:
            self._sweep_group(pid)

    def _sweep_group(self, pid: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def _tell(self, **message: object) -> None:
        # When nobody listens any more, the next read ends the service.
        with suppress(ConnectionError):
            self._control.sendall(encode(message))
