"""MCP servers: their names and addresses for the brief, their headers for nobody but the workload."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.telling import guarded
from gnomon.web.dialects.parallel.wire.doubts import Doubts, Place
from gnomon.web.dialects.parallel.wire.form import written
from gnomon.web.dialects.parallel.wire.words import MOST_SERVERS, McpServer

LONGEST_NAME: Final = 64
LONGEST_URL: Final = 2048
_URL = re.compile(r"https?://[^\s/?#@\\]+(?:[/?][^\s#\\]*)?", re.IGNORECASE)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The servers of a brief, and the headers of each."""

    servers: Sequence[Mapping[str, Json]] = ()
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    wording: Sequence[Json] = ()
    """Those servers as they were sent, without their headers."""

    @property
    def names(self) -> tuple[str, ...]:
        """List the servers' names."""
        return tuple(str(server["name"]) for server in self.servers)


def read_servers(given: Sequence[McpServer], doubts: Doubts) -> Tools:
    """Read the servers; one that is wrong is left out, if anything is."""
    if len(given) > MOST_SERVERS:
        text = f"Name {MOST_SERVERS} MCP servers at most; these are {len(given)}."
        doubts.drop([Complaint(("mcp_servers",), text, "too_long")], "Those beyond were left out.")
    kept: dict[str, McpServer] = {}
    for position, server in enumerate(given[:MOST_SERVERS]):
        found = _complaints(server, ("mcp_servers", position), kept)
        if not doubts.drop(found, "The server was left out."):
            kept[server.name] = server
    return Tools(
        servers=[_shown(server) for server in kept.values()],
        headers={name: server.headers for name, server in kept.items() if server.headers},
        wording=[_written(server) for server in kept.values()],
    )


def _written(server: McpServer) -> dict[str, Json]:
    return {name: value for name, value in written(server).items() if name != "headers"}


def _shown(server: McpServer) -> dict[str, Json]:
    shown: dict[str, Json] = {"name": server.name, "url": server.url}
    return shown if server.allowed_tools is None else {**shown, "allowed": server.allowed_tools}


def _complaints(server: McpServer, place: Place, others: Mapping[str, McpServer]) -> Iterator[Complaint]:
    if not 0 < len(server.name) <= LONGEST_NAME or not server.name.isprintable():
        text = f"Give the server a name of 1 to {LONGEST_NAME} characters."
        yield Complaint((*place, "name"), text, "name")
    if server.name in others:
        text = f"Two servers have the name '{guarded(server.name, 80)}'; give each its own."
        yield Complaint((*place, "name"), text, "repeated")
    if len(server.url) > LONGEST_URL or not _URL.fullmatch(server.url):
        text = (
            "Give the server's absolute address, such as https://mcp.example.com/mcp, without user name and "
            "fragment; credentials go into 'headers', which nobody is shown."
        )
        yield Complaint((*place, "url"), text, "url")
    for name, value in (server.headers or {}).items():
        if not _HEADER.fullmatch(name):
            text = "Name the header with letters, digits and hyphens."
            yield Complaint((*place, "headers", name), text, "header")
        elif not _VALUE.fullmatch(value):
            text = "The header's value holds a line break or a control character; take it out."
            yield Complaint((*place, "headers", name), text, "header")
