"""A process of the library as the server sees it: asked over its pipe, and started anew whenever it ends."""

import asyncio
import itertools
import logging
import signal
import socket
import subprocess
from collections.abc import Mapping
from typing import Any, cast

from gnomon.core.errors import Complaint, GnomonError, Invalid, NotFound, Unavailable
from gnomon.library.keeper.boot import launch
from gnomon.library.keeper.pipe import Decoder, Frame, encode

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a question may take, a new start of the process included."""
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 30.0
_SOUND_LIFE = 20.0
"""A process that has lived so long was sound: what comes after it is tried at once."""
_PARTING = 1.0
"""Seconds that a process has to leave by itself."""
_DEAF = 3
"""After so many questions in a row without an answer in time the process is replaced."""


class _Ended(Exception):
    """The process ended before it answered."""


class Line(asyncio.Protocol):
    """The server's end of the pipe of one process."""

    def __init__(self) -> None:
        self.is_ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.refusal: str | None = None
        self._decoder = Decoder()
        self._numbers = itertools.count(1)
        self._questions: dict[int, asyncio.Future[Frame]] = {}
        self._transport: asyncio.Transport | None = None

    async def ask(self, message: Mapping[str, Any]) -> Frame:
        """Ask, and return the answer; raises `_Ended`."""
        if self.ended.is_set() or self._transport is None:
            raise _Ended
        number = next(self._numbers)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        try:
            self._transport.write(encode({**message, "ask": number}))
            return await answer
        finally:
            self._questions.pop(number, None)

    def hang_up(self) -> None:
        """End the pipe, and with it the process."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # Not every event loop's transports are subclasses of asyncio's: uvloop's are not.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand on what has come."""
        for frame in self._decoder.feed(data):
            self._take(frame)

    def connection_lost(self, _: Exception | None) -> None:
        """Tell who waits that nothing more comes."""
        self.ended.set()
        for question in self._questions.values():
            if not question.done():
                question.set_exception(_Ended())

    def _take(self, frame: Frame) -> None:
        match frame.message["op"]:
            case "ready":
                self.is_ready.set()
            case "refused":
                self.refusal = frame.message["message"]
            case "log":
                _relay(frame.message)
            case _:
                question = self._questions.get(frame.message["ask"])
                if question is not None and not question.done():
                    question.set_result(frame)


class Kept:
    """One of the library's processes; questions to it survive its end once."""

    def __init__(
        self, part: str, order: Mapping[str, Any], *, patience: float = PATIENCE, delay: float = 0.0
    ) -> None:
        self._part = part
        self._order = order
        self._patience = patience
        self._delay = delay
        self._line = Line()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_known = asyncio.Event()
        """Whether it can be asked is known: it is ready, or has said why it cannot be."""
        self._refusal: str | None = None
        self._unanswered = 0
        self._keeping: asyncio.Task[None] | None = None
        self._is_stopped = False

    @property
    def pid(self) -> int | None:
        """Return the process number while it lives."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process, after its delay, and from now on start it anew whenever it ends."""
        self._keeping = asyncio.create_task(self._keep(), name=f"library {self._part}")

    async def stop(self) -> None:
        """End the process; one that does not leave is killed."""
        self._is_stopped = True
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        await self._part_with()

    async def ask(self, op: str, **words: Any) -> Frame:
        """Ask the process, which the first question starts, and once more if it ends meanwhile.

        Raises
        ------
        Unavailable
            When there is no answer in time.
        GnomonError
            What the process answers.
        """
        if self._is_stopped:
            raise Unavailable("The library is closed.")
        if self._keeping is None:
            self.start()
        try:
            async with asyncio.timeout(self._patience):
                frame = await self._ask({"op": op, "patience": self._patience, **words})
        except TimeoutError as error:
            self._count_silence()
            raise Unavailable("The library does not answer; try again in a moment.") from error
        self._unanswered = 0
        if frame.message["op"] == "failed":
            raise _error(frame.message)
        return frame

    async def _ask(self, message: Mapping[str, Any]) -> Frame:
        for _ in range(2):
            await self._is_known.wait()
            if self._refusal is not None:
                raise Unavailable(self._refusal)
            try:
                return await self._line.ask(message)
            except _Ended:
                self._is_known.clear()
        raise Unavailable("The library's process ended over this question; it is started anew.")

    def _count_silence(self) -> None:
        self._unanswered += 1
        if self._unanswered >= _DEAF and self._process is not None and self._line.is_ready.is_set():
            log.warning("library.deaf", extra={"part": self._part, "unanswered": self._unanswered})
            self._unanswered = 0
            self._process.kill()

    async def _keep(self) -> None:
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        await asyncio.sleep(self._delay)
        while True:
            began = loop.time()
            await self._launch()
            await self._attend()
            is_sound = loop.time() - began > _SOUND_LIFE
            pause = _FIRST_PAUSE if is_sound else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _attend(self) -> None:
        """Wait for the process to be ready, then for its end."""
        line = self._line
        ready, ended = (asyncio.create_task(event.wait()) for event in (line.is_ready, line.ended))
        try:
            await asyncio.wait([ready, ended], return_when=asyncio.FIRST_COMPLETED)
            if line.is_ready.is_set() and not line.ended.is_set():
                self._refusal = None
                self._is_known.set()
            await ended
        finally:
            ready.cancel()
            ended.cancel()
        self._refusal = line.refusal
        if line.refusal is None:
            self._is_known.clear()
        else:
            self._is_known.set()
        code = await self._part_with()
        cause = line.refusal or _cause_of_death(code)
        log.warning("library.ended", extra={"part": self._part, "cause": cause})

    async def _launch(self) -> None:
        """Start the process; where the system gives none, leave a line that has ended."""
        try:
            # A millisecond: the process is started by vfork, and imports what it needs by itself.
            self._process, end = launch(self._part, self._order)
        except OSError as error:
            self._line = Line()
            self._line.refusal = f"No process can be started: {error.strerror}."
            self._line.ended.set()
            return
        self._line = await _connect(end)

    async def _part_with(self) -> int:
        """Hang up, and return how the process ended."""
        self._line.hang_up()
        process, self._process = self._process, None
        if process is None:
            return 0
        loop = asyncio.get_running_loop()
        end = loop.run_in_executor(None, process.wait)
        try:
            async with asyncio.timeout(_PARTING):
                return await asyncio.shield(end)
        except TimeoutError:
            process.kill()
            return await end


async def _connect(end: socket.socket) -> Line:
    _, line = await asyncio.get_running_loop().create_unix_connection(Line, sock=end)
    return line


def _relay(message: Mapping[str, Any]) -> None:
    """Write a line of the process's log into ours."""
    logging.getLogger(message["logger"]).log(message["level"], message["event"], extra=message["fields"])


def _error(message: Mapping[str, Any]) -> GnomonError:
    match message["error"]:
        case "NotFound":
            return NotFound(message["message"])
        case "Invalid":
            return Invalid([Complaint(tuple(loc), told, kind) for loc, told, kind in message["complaints"]])
        case _:
            return Unavailable(message["message"])


def _cause_of_death(code: int) -> str:
    if code < 0:
        return f"killed by signal {-code} ({signal.Signals(-code).name})"
    return f"exit code {code}"
