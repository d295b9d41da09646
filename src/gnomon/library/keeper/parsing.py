"""Parsing as the other processes see it: a file's bytes go to a process of its own, which may hang, swell or die."""

import subprocess

from gnomon.library.keeper.boot import launch
from gnomon.library.keeper.pipe import Frame, Pipe
from gnomon.library.read import Parsed
from gnomon.reading.document import Document, Heading, Unreadable
from gnomon.reading.passage import Cut

SECONDS = 60.0
"""The most that the parsing of one file may take."""
MEMORY = 1536 << 20
"""The most address space that the process may have, in bytes."""
_START = 60.0
"""The most that its start may take, which is no file's fault: on a busy machine imports are slow."""
_SWOLLEN = 400 << 20
"""A process that has grown so large is replaced before the next file."""


class Parser:
    """Parses files, one at a time, in a process that is replaced when it has failed or grown."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Pipe | None = None

    @property
    def pid(self) -> int | None:
        """Return the process number while there is one."""
        return self._process.pid if self._process else None

    def read(self, content: bytes, name: str) -> Parsed:
        """Parse a file into its document and the passages that it is cut into.

        Raises
        ------
        Unreadable
            With the parser's reason, or because it took too long, too much memory, or ended the process.
        TimeoutError
            When the process does not start.
        """
        try:
            pipe = self._pipe or self._begin()
        except TimeoutError:
            self.close()
            raise
        try:
            frame = self._converse(pipe, content, name)
        except TimeoutError as error:
            self.close()
            told = f"Reading it took more than {self._seconds:.0f} s; split it, or convert it to text."
            raise Unreadable("too_large", told) from error
        if frame is None:
            self.close()
            raise Unreadable("damaged", "Reading it ended the process that reads; convert it to text.")
        if frame.message["resident"] > _SWOLLEN:
            self.close()
        return _parsed(frame)

    def close(self) -> None:
        """End the process."""
        if self._process is not None and self._pipe is not None:
            self._process.kill()
            self._process.wait()
            self._pipe.close()
        self._process = self._pipe = None

    def kill(self) -> None:
        """End the process from another thread, which does not wait for its end."""
        if (process := self._process) is not None:
            process.kill()

    def _begin(self) -> Pipe:
        order = {"seconds": int(self._seconds) + 1, "memory": self._memory}
        self._process, end = launch("parser", order, is_quiet=True)
        self._pipe = Pipe(end)
        self._pipe.set_patience(_START)
        next(self._pipe.receive(), None)  # it is ready, or has ended, which the conversation will show
        return self._pipe

    def _converse(self, pipe: Pipe, content: bytes, name: str) -> Frame | None:
        pipe.set_patience(self._seconds)
        try:
            pipe.send({"op": "read", "name": name}, content)
        except ConnectionError:
            return None
        return next(pipe.receive(), None)


def _parsed(frame: Frame) -> Parsed:
    message = frame.message
    if message["op"] == "unreadable":
        raise Unreadable(message["code"], message["message"])
    document = Document(
        title=message["title"],
        text=frame.content.decode(),
        headings=tuple(Heading(start=s, depth=d, words=w) for s, d, w in message["headings"]),
        pages=tuple(message["pages"]),
        published=message["published"],
        origin_url=message["origin_url"],
        media_type=message["media_type"],
        notes=tuple(message["notes"]),
    )
    cuts = [Cut(start=s, end=e, heading=h, page=p) for s, e, h, p in message["cuts"]]
    return Parsed(document=document, cuts=cuts)
