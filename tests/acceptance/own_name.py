"""A name of somebody else's that leads here: a proxy for it, and a certificate that a client may be told to trust."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from .parallel_front import listening, stand_between


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Connects whoever comes to a port of this machine; a proxy's visitor says first where to."""

    port: int
    name: str | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Stand between the two until one of them leaves."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self.name is not None and not await self._admit(reader, writer):
                writer.close()
                return
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.port)
            await stand_between(reader, writer, from_server, to_server)
        writer.close()

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        is_known = head.startswith(f"CONNECT {self.name}:443 ".encode())
        writer.write(b"HTTP/1.1 200 Found\r\n\r\n" if is_known else b"HTTP/1.1 502 Unknown\r\n\r\n")
        await writer.drain()
        return is_known


@contextmanager
def called(name: str, url: str, folder: Path) -> Iterator[dict[str, str]]:
    """Give the variables with which a process reaches the server at a url by `https://name`, and nothing else."""
    authority, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(tls)
    trusted = folder / "trusted.pem"
    authority.cert_pem.write_to_path(trusted)
    port = int(url.rpartition(":")[2])
    with (
        listening(Way(port=port).serve, tls) as secure,
        listening(Way(port=secure, name=name).serve) as proxy,
    ):
        yield {"HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "SSL_CERT_FILE": str(trusted), "NO_PROXY": ""}
