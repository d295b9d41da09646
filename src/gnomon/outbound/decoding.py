"""Bodies that were compressed on the way, opened under a limit: a few bytes can stand for gigabytes."""

import zlib
from collections.abc import AsyncGenerator, AsyncIterator

ENCODINGS = "gzip, deflate"
"""What a request says that it takes."""
_MOST_AT_ONCE = 65_536
_GZIP, _ZLIB, _RAW = 31, 15, -15
_NAMES = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class NotDecodable(Exception):
    """The body is not compressed as its header says, or in a way that was not asked for."""


async def decoded(encoding: str, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the body in pieces of bounded size, opened as its header says; raises `NotDecodable`."""
    named = encoding.strip().lower()
    if named in {"", "identity"}:
        async for piece in pieces:
            yield piece
        return
    if named not in _NAMES:
        raise NotDecodable(f"its encoding {named[:40]!r} was not asked for")
    opener = _Opener(_NAMES[named])
    async for piece in pieces:
        rest = piece
        while rest:
            opened, rest = opener.open(rest)
            if opened:
                yield opened


class _Opener:
    """Opens one stream; a `deflate` without its header is taken too, as browsers take it."""

    def __init__(self, form: int) -> None:
        self._form = form
        self._zlib = zlib.decompressobj(form)
        self._has_begun = False

    def open(self, piece: bytes) -> tuple[bytes, bytes]:
        """Return a bounded part of what the piece stands for, and what is left of it."""
        if self._zlib.eof:
            return b"", b""
        try:
            opened = self._zlib.decompress(piece, _MOST_AT_ONCE)
        except zlib.error as error:
            if self._has_begun or self._form != _ZLIB:
                raise NotDecodable("it is not compressed as its header says") from error
            self._form, self._zlib = _RAW, zlib.decompressobj(_RAW)
            return b"", piece
        self._has_begun = True
        return opened, self._zlib.unconsumed_tail
