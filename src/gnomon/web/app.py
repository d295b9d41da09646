"""Picks the door by path alone: whole segments, longest prefix first."""

from collections.abc import Iterable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from gnomon.core.service import House
from gnomon.web.auth import Gate
from gnomon.web.cors import Origins
from gnomon.web.dialects.daly.door import build_daly
from gnomon.web.dialects.parallel.beyond import PREFIXES as PARALLEL_BEYOND
from gnomon.web.dialects.parallel.beyond import refuse_product
from gnomon.web.dialects.parallel.desk import ParallelOptions
from gnomon.web.dialects.parallel.door import PREFIXES as PARALLEL
from gnomon.web.dialects.parallel.door import build_parallel
from gnomon.web.dialects.shannon.desk import ShannonOptions
from gnomon.web.dialects.shannon.door import PREFIXES as SHANNON
from gnomon.web.dialects.shannon.door import SOCKETS, build_shannon
from gnomon.web.edge import Edge, new_request_id
from gnomon.web.limits import FAILURES, Meter, Metered
from gnomon.web.lobby import PATHS, build_lobby
from gnomon.web.native.door import PREFIX as NATIVE
from gnomon.web.native.door import build_native
from gnomon.web.paths import sent_path
from gnomon.web.sign_in import SignIn
from gnomon.web.socket import deny, is_socket
from gnomon.web.sse import Pace

Prefix = tuple[str, ...]


def build_app(
    house: House,
    *,
    token_secret: bytes,
    require_key: bool = True,
    default_workspace: str,
    sync_wait: float = 25.0,
    cancel_wait: float = 15.0,
    max_body: int = 32 * 1024 * 1024,
    failures: int = FAILURES,
    pace: Pace | None = None,
    origins: Iterable[str] = (),
    parallel: ParallelOptions | None = None,
    shannon: ShannonOptions | None = None,
    are_document_links_open: bool = True,
    sign_in: SignIn | None = None,
) -> ASGIApp:
    """Build the ASGI application; the server that runs it keeps lifespan and websockets off.

    Parameters
    ----------
    house
        What the doors ask.
    token_secret
        Signs the tokens; 32 bytes or more.
    require_key
        When false, every caller acts in `default_workspace`.
    default_workspace
        Its id.
    sync_wait
        How long a request may wait for its task. [s]
    cancel_wait
        How long a cancel may wait for its end: the engine's grace and a little more. [s]
    max_body
        Larger bodies are refused while they are read. [bytes]
    failures
        Credentials of one address that may fail in a minute.
    pace
        How long event streams may be silent, and how long they may last.
    origins
        Sites whose pages may call from their visitors' browsers, such as `https://app.example.com`.
    parallel
        What the settings say about the Parallel door.
    shannon
        What they say about the Shannon door.
    are_document_links_open
        Whether who holds the address of a document's page may open it without a key.
    sign_in
        Looks at the tokens of the identity provider that is trusted, if one is.
    """
    gate = Gate(
        house=house,
        token_secret=token_secret,
        require_key=require_key,
        default_workspace=default_workspace,
        meter=Meter(house.limits, failures=failures),
        origins=frozenset(origins),
        sign_in=sign_in,
    )
    pace = pace or Pace()
    daly = build_daly(gate, sync_wait=sync_wait, cancel_wait=cancel_wait)
    runs = build_parallel(gate, pace, parallel or ParallelOptions())
    tasks = build_shannon(gate, pace, shannon or ShannonOptions())
    doors: dict[Prefix, ASGIApp] = {
        (): daly,
        ("daly",): daly,
        NATIVE: build_native(gate, pace, are_links_open=are_document_links_open),
        **dict.fromkeys(PARALLEL, runs),
        **dict.fromkeys(PARALLEL_BEYOND, refuse_product),
        **{prefix: Whole(tasks, prefix) for prefix in SHANNON},
    }
    metered = Metered(Doors(doors, lobby=build_lobby(house), sockets=SOCKETS), gate.meter)
    return Edge(
        metered,
        name=lambda: new_request_id(house.clock.chance(128)),
        max_body=max_body,
        origins=Origins(gate.origins),
    )


class Whole:
    """A door whose routes hold whole paths, or those below its vendor's name, rather than those below its prefix."""

    def __init__(self, app: ASGIApp, prefix: Prefix) -> None:
        self._app = app
        self._root = "" if prefix in (("api", "v1"), ("v1",), ("openapi.json",)) else "/" + "/".join(prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, with the root that its paths are below."""
        await self._app({**scope, "path": sent_path(scope), "root_path": self._root}, receive, send)


class Doors:
    """The street: a table from prefix to door, and the lobby's few paths that belong to all."""

    def __init__(
        self, doors: Mapping[Prefix, ASGIApp], *, lobby: ASGIApp, sockets: frozenset[str] = frozenset()
    ) -> None:
        self._doors = dict(sorted(doors.items(), key=lambda door: len(door[0]), reverse=True))
        self._depth = max(map(len, doors))
        self._lobby = lobby
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to its door."""
        path = _path(scope, self._depth)
        if is_socket(scope) and path not in self._sockets:
            await deny(send, 404, {"error": "There is no web socket at this path."})
            return
        if path in PATHS:
            await self._lobby(scope, receive, send)
            return
        segments = tuple(path.split("/")[1:])
        prefix = next(p for p in self._doors if segments[: len(p)] == p)
        if segments == prefix:  # the door itself, with or without a slash at the end
            path += "/"
        root = scope.get("root_path", "") + "".join(f"/{part}" for part in prefix)
        await self._doors[prefix]({**scope, "path": path, "root_path": root}, receive, send)


def _path(scope: Scope, depth: int) -> str:
    """Return the path; as it was sent, which no door knows, when an encoded slash would part its first segments."""
    sent: bytes = scope.get("raw_path") or b""
    first = b"/".join(sent.split(b"/", depth + 1)[: depth + 1])
    return sent.decode() if b"%2f" in first.lower() else str(scope["path"])
