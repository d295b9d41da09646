"""The fuse box: settings become objects; the only file that knows every room."""

import asyncio
import hmac
import importlib
import io
import json
import logging
import os
import re
import secrets
import sys
import traceback
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points, version
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

from gnomon.core.access import ALL_SCOPES, Key, KeyRole, Limits, Principal, Workspace
from gnomon.core.errors import Complaint, NotFound
from gnomon.core.hub import Hub
from gnomon.core.naming import no_such
from gnomon.core.resource import ResourceKind
from gnomon.core.service import House, access
from gnomon.core.service.access import Founded, found_workspace
from gnomon.core.task import Json
from gnomon.core.workload import Workload
from gnomon.delivery.office import PostOffice
from gnomon.engine.embedded import EmbeddedEngine
from gnomon.engine.upkeep import Retention
from gnomon.outbound.gate import Gate
from gnomon.settings import LONGEST_WAIT, Settings, read_networks, read_pauses
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault
from gnomon.web.app import build_app
from gnomon.web.native.render.hook import payload
from gnomon.web.sse import Pace

log = logging.getLogger(__name__)

DEFAULT_WORKSPACE = "default"
CANCEL_MARGIN = 5.0
"""Seconds beyond the engine's own grace after which a cancel is ended without it."""
_MOST_COMPLAINTS = 20

BODIES = {"native": payload}
"""Who writes the bodies of webhooks, by dialect."""


class SystemClock:
    """The real time and the operating system's chance.

    Chance is drawn from the system in large pieces: an id needs ten bytes, and each call to the system costs more
    than making them. One event loop's thread uses it.
    """

    def __init__(self) -> None:
        self._chance = io.BytesIO()

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        """Return that many unguessable random bits."""
        length = (bits + 7) // 8
        drawn = self._chance.read(length)
        if len(drawn) < length:
            self._chance = io.BytesIO(secrets.token_bytes(4096 + length))
            drawn = self._chance.read(length)
        return int.from_bytes(drawn) & (1 << bits) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedServer:
    """What the command line starts: the application, and what to tell before it stops."""

    app: Any
    hub: Hub
    keys_file: Path
    has_new_keys: bool


@asynccontextmanager
async def open_server(settings: Settings) -> AsyncIterator[OpenedServer]:
    """Open the store, start the engine, build the application; close all of it in the reverse order."""
    hub, gate = Hub(), _gate(settings)
    # Workloads know no settings, and check in this process and in their children: both see the variable.
    os.environ["GNOMON_MAX_WEATHER_ROWS"] = str(settings.max_weather_rows)
    workloads, kinds = load_plugins(settings.workload)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqliteStore.open(settings.data, hub)
    try:
        secret = await _find_secret(settings.data, store)
        house = _house(
            secret,
            store,
            hub,
            kinds=kinds,
            workloads=workloads,
            limits=_limits(settings),
            check_target=gate.check_url,
            cancel_within=timedelta(seconds=settings.cancel_grace + CANCEL_MARGIN),
        )
        workspace, has_new_keys = await _default_workspace(house, settings.data / "keys.json")
        engine = _engine(settings, house)
        office = _post_office(settings, house, gate)
        app = build_app(
            house,
            token_secret=_derive(secret, b"token-secret"),
            require_key=not settings.no_auth,
            default_workspace=workspace,
            sync_wait=settings.sync_wait,
            cancel_wait=min(settings.cancel_grace + 2, LONGEST_WAIT),
            max_body=int(settings.max_body_mb * 1e6),
            pace=Pace(heartbeat=settings.heartbeat, longest=settings.max_stream_seconds),
            origins=settings.cors_origin,
        )
        await _warn_of_unserved(house)
        await engine.start()
        try:
            async with _attended(house), _open(office):
                yield OpenedServer(
                    app=app, hub=hub, keys_file=settings.data / "keys.json", has_new_keys=has_new_keys
                )
        finally:
            await engine.stop()
    finally:
        await store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the owner of a stopped server's data folder may do about its workspaces and keys."""

    house: House

    async def list_workspaces(self) -> Sequence[Workspace]:
        """List all workspaces, oldest first."""
        return await self.house.store.list_workspaces()

    async def create_workspace(self, identifier: str) -> access.Founded:
        """Create a workspace with its keys; raises `Invalid` and `Conflict`."""
        first, *_ = await self.house.store.list_workspaces()
        return await access.create_workspace(self.house, await self._owner(first.identifier), identifier)

    async def list_keys(self, workspace: str) -> Sequence[Key]:
        """List a workspace's keys, oldest first; raises `NotFound`."""
        return await access.list_keys(self.house, await self._owner(workspace))

    async def issue_key(
        self, workspace: str, *, name: str, scopes: Iterable[str], role: str, expires_at: datetime | None
    ) -> access.Issued:
        """Issue a key, with all scopes that the workspace may have when none are named; raises `Invalid`."""
        owner = await self._owner(workspace)
        wanted = frozenset(scopes) or owner.scopes
        kind = KeyRole[role.upper()]
        return await access.issue_key(
            self.house, owner, name=name, scopes=wanted, role=kind, expires_at=expires_at
        )

    async def revoke_key(self, workspace: str, key_id: str) -> Key:
        """End a key, the last one too: here another one can always be issued."""
        return await access.revoke_key(self.house, await self._owner(workspace), key_id, is_forced=True)

    async def _owner(self, identifier: str) -> Principal:
        workspaces = await self.house.store.list_workspaces()
        found = next((known for known in workspaces if known.identifier == identifier), None)
        if found is None:
            names = ", ".join(known.identifier for known in workspaces)
            raise NotFound(f"There is no workspace {identifier}; there is {names}.")
        scopes = ALL_SCOPES if found == workspaces[0] else ALL_SCOPES - {"ops"}
        return Principal(workspace=found.id, key_id="owner", scopes=scopes)


@asynccontextmanager
async def open_office(data: Path) -> AsyncIterator[Office]:
    """Open the data folder of a server that is stopped.

    Raises
    ------
    ValueError
        When it holds no server's data.
    Unavailable
        When the server runs.
    """
    if not (data / "gnomon.db").exists() or not (data / "secret.key").exists():
        raise ValueError(f"{data} holds no server's data; name the server's folder with --data.")
    hub = Hub()
    store = SqliteStore.open(data, hub)
    try:
        secret = await _find_secret(data, store)
        yield Office(house=_house(secret, store, hub))
    finally:
        await store.close()


def _house(secret: bytes, store: SqliteStore, hub: Hub, **given: Any) -> House:
    nothing: dict[str, Any] = {"kinds": {}, "workloads": {}}
    return House(
        store=store,
        hub=hub,
        clock=SystemClock(),
        pepper=_derive(secret, b"key-pepper"),
        vault=KeyVault(_derive(secret, b"vault")),
        bodies=BODIES,
        **(nothing | given),
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        active_tasks=settings.max_active or None,
        endpoints=settings.max_endpoints or None,
        streams=settings.max_streams or None,
        waits=settings.max_waits or None,
        requests=settings.rate_limit or None,
    )


@asynccontextmanager
async def _attended(house: House) -> AsyncIterator[None]:
    """Keep the attendance book while the server answers, and write its last page."""
    keeping = asyncio.create_task(house.attendance.keep(house.store, house.hub, house.clock))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        await house.attendance.write(house.store)


async def _warn_of_unserved(house: House) -> None:
    """Log which kinds have tasks that nothing here can run: a --workload may have been forgotten."""
    unserved: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for workspace in await house.store.list_workspaces():
        for crowd in await house.store.count_tasks(workspace.id):
            if crowd.kind not in house.workloads:
                unserved[crowd.kind][crowd.status] += crowd.count
    for kind, counts in sorted(unserved.items()):
        tasks = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        cause = "no workload serves it; start with --workload and the module that brings it"
        log.warning("kind.unserved", extra={"kind": kind, "tasks": tasks, "cause": cause})


def _gate(settings: Settings) -> Gate:
    return Gate(
        allow=read_networks(settings.webhook_allow),
        is_http_allowed=settings.webhook_http,
        timeout=settings.webhook_timeout,
    )


def _post_office(settings: Settings, house: House, gate: Gate) -> PostOffice:
    return PostOffice(
        store=house.store,
        gate=gate,
        vault=house.vault,
        clock=house.clock,
        bell=house.hub.post_bell,
        bodies=house.bodies,
        timeout=timedelta(seconds=settings.webhook_timeout),
        schedule=read_pauses(settings.webhook_schedule),
        concurrency=settings.webhook_concurrency,
        user_agent=f"Gnomon/{version('gnomon')}",
    )


@asynccontextmanager
async def _open(office: PostOffice) -> AsyncIterator[None]:
    await office.start()
    try:
        yield
    finally:
        await office.stop()


def _engine(settings: Settings, house: House) -> EmbeddedEngine:
    return EmbeddedEngine(
        store=house.store,
        hub=house.hub,
        workloads=house.workloads,
        kinds=house.kinds,
        clock=house.clock,
        worker=f"embedded-{os.getpid()}",
        cpu_slots=settings.cpu_slots,
        io_slots=settings.io_slots,
        lease=timedelta(seconds=settings.lease),
        grace=timedelta(seconds=settings.cancel_grace),
        retention=Retention(
            events=timedelta(days=settings.keep_events) if settings.keep_events else None,
            deliveries=timedelta(days=settings.keep_deliveries),
        ),
    )


def load_plugins(modules: Iterable[str]) -> tuple[Mapping[str, Workload], Mapping[str, ResourceKind]]:
    """Gather workloads and resource kinds from the entry-point group and from the modules named.

    Raises
    ------
    ValueError
        When two plugins claim one kind, or a module has no workloads.
    """
    workloads: dict[str, Workload] = {}
    kinds: dict[str, ResourceKind] = {}
    found = {point.module for point in entry_points(group="gnomon.workloads")}
    for name in [*sorted(found), *modules]:
        module = _import(name)
        if not hasattr(module, "WORKLOADS"):
            raise ValueError(f"{name} has no workloads: it needs WORKLOADS = (Workload(...), ...).")
        for workload in module.WORKLOADS:
            _add(workloads, workload.kind, with_schema_check(workload), name)
        for kind in getattr(module, "RESOURCE_KINDS", ()):
            _add(kinds, kind.kind, kind, name)
    return workloads, kinds


def _import(name: str) -> ModuleType:
    """Import a plugin; modules in the folder where the server was started are found too."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ValueError(f"{name} cannot be imported: it needs the module {error.name!r}.") from error
        raise ValueError(
            f"There is no module {name!r}. Start the server in its folder, or name the folder in PYTHONPATH."
        ) from error
    # A plugin may raise anything while it is imported, or leave by `exit`.
    except (Exception, SystemExit) as error:
        raise ValueError(f"{name} cannot be imported: {_fault(error, name)}") from error


def _fault(error: BaseException, name: str) -> str:
    """Say on one line what went wrong while a module was imported, and where."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})."
    places = [
        f" ({frame.f_code.co_filename}, line {line})"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] == name.partition(".")[0]
    ]
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{''.join(places[-1:])}."


def with_schema_check(workload: Workload) -> Workload:
    """Let a workload's JSON Schema check its input before its own check does.

    Raises
    ------
    ValueError
        When the schema is no valid JSON Schema.
    """
    try:
        Draft202012Validator.check_schema(dict(workload.input_schema))
    except SchemaError as error:
        raise ValueError(f"The input schema of {workload.kind!r} is not valid: {error.message}") from error
    validator = Draft202012Validator(dict(workload.input_schema), registry=Registry())

    def check(task_input: Json) -> Sequence[Complaint]:
        found = (c for error in validator.iter_errors(task_input) for c in _complaints(error))
        complaints = list(islice(found, _MOST_COMPLAINTS))
        return complaints or (workload.check(task_input) if workload.check else ())

    return replace(workload, check=check)


def _complaints(error: ValidationError) -> Iterator[Complaint]:
    """Say what a schema has against a value; a member too many is pointed at by itself."""
    place, schema = tuple(error.absolute_path), error.schema
    if error.validator != "additionalProperties" or not isinstance(schema, dict):
        yield Complaint(place, error.message, str(error.validator))
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    instance: Any = error.instance
    for name in instance:
        if name not in known and not any(re.search(pattern, name) for pattern in patterns):
            yield Complaint((*place, name), no_such("member", name, known), str(error.validator))


def _add(known: dict[str, Any], kind: str, value: Any, module: str) -> None:
    if known.setdefault(kind, value) is not value:
        raise ValueError(f"{module} brings the kind {kind!r}, which another plugin has brought already.")


async def _default_workspace(house: House, keys_file: Path) -> tuple[str, bool]:
    """Return the oldest workspace's id; make one and write its keys when there is none."""
    workspaces = await house.store.list_workspaces()
    if workspaces:
        return workspaces[0].id, False
    founded = await found_workspace(house, DEFAULT_WORKSPACE, show=lambda made: _write_keys(keys_file, made))
    return founded.workspace.id, True


def _write_keys(file: Path, founded: Founded) -> None:
    keys = {
        "workspace": founded.workspace.identifier,
        "workspace_api_key": founded.keys[KeyRole.WORKSPACE],
        "user_api_key": founded.keys[KeyRole.USER],
        "api_key": founded.keys[KeyRole.API],
    }
    _write_private(file, json.dumps(keys, indent=2) + "\n")


async def _find_secret(data: Path, store: SqliteStore) -> bytes:
    return _read_or_make_secret(data / "secret.key", has_keys=bool(await store.list_workspaces()))


def _read_or_make_secret(path: Path, *, has_keys: bool) -> bytes:
    """Return what keys are hashed with; made on the first start, and never anew beside keys that need the old one.

    Raises
    ------
    ValueError
        When it is missing although keys exist, or is no secret.
    """
    if not path.exists():
        if has_keys:
            raise ValueError(
                f"{path} is missing, and without it no key of this server is valid. Put it back from a backup, "
                "or start on another --data folder."
            )
        _write_private(path, secrets.token_hex(32))
    try:
        return bytes.fromhex(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} is damaged: it must hold 64 hexadecimal digits. Restore it.") from error


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret, purpose, "sha256")


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(draft, "x", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
