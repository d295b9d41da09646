"""Warm, killable child processes, as the server sees them.

A nursery (`child/nursery.py`, which says why it is our own) forks them; each is spoken to over a socket pair that the
server's loop reads without a thread. A child that computes runs one attempt after another; one that waits runs many
at once. Nobody outlives the server: nursery and children end when their sockets do.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from typing import Literal, cast

from gnomon.core.errors import Unavailable
from gnomon.core.task import Json
from gnomon.engine.child.pipe import Decoder, Frame, encode

Role = Literal["cpu", "io"]

PRELOAD = ("asyncio", "numpy", "numpy.random")
_BOOT = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from gnomon.engine.child.nursery import main
main(int(sys.argv[1]), json.loads(sys.argv[3]))
"""
_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
"""What numeric code frees it asks for again at once; kept (glibc), large models had far fewer page faults."""
_INBOX_LIMIT = 256
"""Frames that a child may be ahead of the server before the server stops reading its pipe."""
_EXIT_PATIENCE = 2.0
"""Seconds to wait for the nursery's word on how a child ended, after its pipe has."""


class Run:
    """The server's end of one attempt's conversation with its child."""

    def __init__(self, child: "Child", number: int) -> None:
        self.child = child
        self.number = number
        self.is_over = asyncio.Event()
        self._inbox: deque[Frame] = deque()
        self._news = asyncio.Event()

    def send(self, op: str, content: bytes = b"", **message: Json) -> None:
        """Send a frame of this run."""
        self.child.send(encode({"op": op, "run": self.number, **message}, content))

    async def receive(self) -> list[Frame]:
        """Return what has come, at least one frame; none when the child has gone."""
        while not self._inbox and not self.child.is_gone:
            self._news.clear()
            await self._news.wait()
        frames = list(self._inbox)
        self._inbox.clear()
        self.child.resume()
        return frames

    def deliver(self, frame: Frame) -> None:
        """Take in a frame."""
        self._inbox.append(frame)
        if frame.message["op"] == "ended":
            self.is_over.set()
        self._news.set()

    def hang_up(self) -> None:
        """Note that the child has gone."""
        self.is_over.set()
        self._news.set()

    @property
    def backlog(self) -> int:
        """Count the frames that wait to be received."""
        return len(self._inbox)


class Child(asyncio.Protocol):
    """A child process and the server's end of its pipe."""

    def __init__(self, role: Role, nursery: "Nursery") -> None:
        self.role = role
        self.pid = 0
        self.is_gone = False
        self.is_retired = False
        """Serve no further attempt: it was interrupted at an arbitrary point, or has grown too large."""
        self.killed_for: int | None = None
        """The run whose stubbornness took the process down."""
        self.runs: dict[int, Run] = {}
        self.exit_code: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._nursery = nursery
        self._decoder = Decoder()
        self._transport: asyncio.Transport | None = None
        self._is_paused = False

    def begin(self, number: int) -> Run:
        """Open a conversation."""
        self.runs[number] = Run(self, number)
        return self.runs[number]

    def end(self, run: Run) -> None:
        """Close a conversation; what the child still says in it is dropped."""
        self.runs.pop(run.number, None)
        self.resume()

    def send(self, frame: bytes) -> None:
        """Send a frame, if there is still somebody to read it."""
        if self._transport is not None and not self.is_gone:
            self._transport.write(frame)

    def give_way(self) -> None:
        """Interrupt the function that runs: SIGTERM. The child is not used again."""
        self.is_retired = True
        self._nursery.signal(self.pid, signal.SIGTERM)

    def kill(self, run: Run | None = None) -> None:
        """End the process now; `run` is the one to blame."""
        self.is_retired = True
        if self.killed_for is None and run is not None:
            self.killed_for = run.number
        self._nursery.signal(self.pid, signal.SIGKILL)

    def orphan(self) -> None:
        """End the process with the one that should have killed it."""
        self._nursery.kill()

    async def obituary(self) -> str:
        """Say how the process ended."""
        try:
            async with asyncio.timeout(_EXIT_PATIENCE):
                code = await asyncio.shield(self.exit_code)
        except TimeoutError:
            code = None
        if code is None:
            return "The worker process vanished."
        if code < 0:
            return f"The worker process was killed by signal {-code} ({signal.Signals(-code).name})."
        return f"The worker process exited with code {code}."

    def resume(self) -> None:
        """Read the pipe again if the server has caught up."""
        if self._is_paused and self._backlog() < _INBOX_LIMIT and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # Not every event loop's transports are subclasses of asyncio's: uvloop's are not.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Deliver the frames that have come to their runs."""
        for frame in self._decoder.feed(data):
            if (run := self.runs.get(frame.message["run"])) is not None:
                run.deliver(frame)
        if not self._is_paused and self._backlog() >= _INBOX_LIMIT and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def connection_lost(self, _: Exception | None) -> None:
        """End all conversations."""
        self.is_gone = True
        for run in self.runs.values():
            run.hang_up()

    def close(self) -> None:
        """Hang up: the child ends itself, and the nursery kills what does not."""
        if self._transport is not None:
            self._transport.close()

    def _backlog(self) -> int:
        return sum(run.backlog for run in self.runs.values())


class Nursery:
    """The server's handle on the process that forks the children; started anew when it has gone."""

    def __init__(self, *, path: Sequence[str] | None = None, preload: Sequence[str] = PRELOAD) -> None:
        self._path = list(sys.path if path is None else path)
        self._preload = list(preload)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._decoder = Decoder()
        self._tickets = itertools.count(1)
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._births: dict[int, Child] = {}
        self._children: dict[int, Child] = {}
        self._leaving: dict[asyncio.Future[int], subprocess.Popen[bytes]] = {}
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Return the nursery's process number while it lives."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process, unless it lives, and wait until it can fork."""
        async with self._starting:
            if self._control is None:
                await self._launch()

    async def fork(self, role: Role) -> Child:
        """Return a new child.

        Raises
        ------
        Unavailable
            When the system gives no process.
        """
        await self.start()
        child = Child(role, self)
        ours, theirs = socket.socketpair()
        with theirs:
            await asyncio.get_running_loop().create_unix_connection(lambda: child, sock=ours)
            try:
                await self._bear(child, theirs)
            except Unavailable:
                child.close()
                raise
        return child

    async def _bear(self, child: Child, theirs: socket.socket) -> None:
        ticket = next(self._tickets)
        self._send(encode({"op": "fork", "ticket": ticket, "role": child.role}), theirs)
        self._births[ticket] = child
        await self._expect(ticket)

    def signal(self, pid: int, number: int) -> None:
        """Send a child a signal; one that has ended gets none."""
        if self._control is None:
            return
        try:
            self._send(encode({"op": "signal", "pid": pid, "signal": int(number)}))
        except Unavailable:
            # A nursery that takes no orders is of no use: without it, its children end.
            self._part()

    def kill(self) -> None:
        """Kill the process, which does not do what it is told; its children end with it."""
        if self._process is not None:
            self._process.kill()

    async def stop(self) -> None:
        """End all children, then the process; one that does not leave is killed."""
        for child in list(self._children.values()):
            child.kill()
            child.close()
        if self._control is not None:
            self._part()
        if self._leaving:
            _, late = await asyncio.wait(self._leaving, timeout=_EXIT_PATIENCE)
            for each in late:
                self._leaving[each].kill()
            await asyncio.gather(*self._leaving)

    async def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        argv = [
            sys.executable,
            "-c",
            _BOOT,
            str(theirs.fileno()),
            *map(json.dumps, (self._path, self._preload)),
        ]
        with theirs:
            # The arguments are the interpreter and this file's own words; starting it takes a millisecond.
            self._process = subprocess.Popen(  # noqa: ASYNC220
                argv,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=2,  # what a workload prints is the server's log, never its output
                env=_KEEP_MEMORY | os.environ | _ONE_THREAD,
            )
        self._control, self._decoder = ours, Decoder()
        answer = self._expect(0)
        asyncio.get_running_loop().add_reader(ours, self._listen)
        await answer

    def _expect(self, ticket: int) -> asyncio.Future[None]:
        self._answers[ticket] = asyncio.get_running_loop().create_future()
        return self._answers[ticket]

    def _send(self, frame: bytes, fd: socket.socket | None = None) -> None:
        if self._control is None:
            raise Unavailable("The process that starts workers has ended.")
        try:
            socket.send_fds(self._control, [frame], [fd.fileno()] if fd else [])
        except OSError as error:
            raise Unavailable(
                "No child process can be started or signalled; see the server's log."
            ) from error

    def _listen(self) -> None:
        assert self._control is not None
        try:
            octets = self._control.recv(1 << 16)
        except OSError:
            octets = b""
        if not octets:
            self._part()
        for frame in self._decoder.feed(octets):
            self._take(frame.message)

    def _take(self, message: dict[str, Json]) -> None:
        match message["op"]:
            case "ready":
                self._answers.pop(0).set_result(None)
            case "forked":
                self._welcome(message["ticket"], message["pid"])
            case "refused":
                del self._births[message["ticket"]]
                self._answers.pop(message["ticket"]).set_exception(Unavailable(message["reason"]))
            case "exited":
                self._bury(message["pid"], message["code"])

    def _welcome(self, ticket: int, pid: int) -> None:
        child = self._births.pop(ticket)
        child.pid = pid
        self._children[pid] = child
        self._answers.pop(ticket).set_result(None)

    def _bury(self, pid: int, code: int) -> None:
        child = self._children.pop(pid, None)
        if child is not None:
            child.exit_code.set_result(code)
            # The last frames may still be in the pipe; its end comes by itself unless a stranger holds it open.
            asyncio.get_running_loop().call_later(1, child.close)

    def _part(self) -> None:
        """Let go of a nursery that has ended or shall end; its children end with it."""
        assert self._control is not None
        assert self._process is not None
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._control)
        self._control.close()
        leaving = loop.run_in_executor(None, self._process.wait)
        self._leaving[leaving] = self._process
        leaving.add_done_callback(self._leaving.pop)
        self._control = self._process = None
        for answer in self._answers.values():
            answer.set_exception(Unavailable("The process that starts workers has ended."))
        self._answers.clear()
        for child in (*self._births.values(), *self._children.values()):
            child.exit_code.set_result(None)  # nobody is left who could know it
            child.close()
        self._births.clear()
        self._children.clear()
