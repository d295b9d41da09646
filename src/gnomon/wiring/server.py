"""The server: the house on its store, its engine, its post office and its doors, opened and closed in order."""

import asyncio
import hmac
import io
import logging
import os
import secrets
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gnomon.core.access import Limits, Workspace
from gnomon.core.delivery import Body
from gnomon.core.hub import Hub
from gnomon.core.service import House
from gnomon.core.service.access import found_workspace
from gnomon.core.service.schedule import fire_due
from gnomon.core.service.secret import give_webhook_secret
from gnomon.core.service.tenancy import clear_deleted
from gnomon.core.task import Json
from gnomon.delivery.office import PostOffice
from gnomon.delivery.signature import WITH_TEXT_KEY, Scheme
from gnomon.engine.calendar import CronCalendar
from gnomon.engine.embedded import EmbeddedEngine
from gnomon.engine.upkeep import Retention
from gnomon.library.client import KeptLibrary
from gnomon.outbound.gate import Gate
from gnomon.settings import LONGEST_WAIT, Settings, read_networks, read_pauses
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault
from gnomon.web.app import build_app
from gnomon.web.dialects.parallel.desk import ParallelOptions
from gnomon.web.dialects.parallel.render.webhook import output_body, status_body
from gnomon.web.dialects.shannon.desk import ShannonOptions
from gnomon.web.native.render.hook import payload
from gnomon.web.sign_in import SignIn
from gnomon.web.sse import Pace
from gnomon.wiring.keys import add_webhook_secret, write_keys, write_private
from gnomon.wiring.library import build_library
from gnomon.wiring.plugins import load_plugins
from gnomon.wiring.readiness import require_folders, require_model
from gnomon.wiring.research import settings_of_kinds, without_unset
from gnomon.wiring.sign_in import build_sign_in
from gnomon.wiring.skills import SkillFolders
from gnomon.wiring.weather import weather_settings

log = logging.getLogger(__name__)

DEFAULT_WORKSPACE = "default"
CANCEL_MARGIN = 5.0
"""Seconds beyond the engine's own grace after which a cancel is ended without it."""

BODIES: Mapping[str, Body] = {"native": payload, "parallel": status_body, "parallel-output": output_body}
"""Who writes the bodies of webhooks, by dialect."""
SCHEMES: Mapping[str, Scheme] = {"parallel": WITH_TEXT_KEY, "parallel-output": WITH_TEXT_KEY}
"""How webhooks are signed where the standard's reading of the secret is not the only one."""


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
    house: House
    keys_file: Path
    has_new_keys: bool


@asynccontextmanager
async def open_server(settings: Settings, address: str | None = None) -> AsyncIterator[OpenedServer]:
    """Open the store, start the engine, build the application; close all of it in the reverse order.

    `address` is where the server listens, when that is known better than by the settings: a free port was taken.
    """
    # First: a start that is refused shall leave nothing behind.
    require_model(settings)
    require_folders(settings)
    sign_in = build_sign_in(settings)
    hub, gate = Hub(), _gate(settings)
    # Workloads know no settings, and check in this process and in their children: both see the variable.
    os.environ["GNOMON_MAX_WEATHER_ROWS"] = str(settings.max_weather_rows)
    workloads, kinds = load_plugins(settings.workload)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqliteStore.open(settings.data, hub)
    try:
        secret = await find_secret(settings.data, store)
        library = build_library(settings, address)
        house = build_house(
            secret,
            store,
            hub,
            kinds=kinds,
            workloads=without_unset(workloads, settings),
            limits=_limits(settings),
            check_target=gate.check_url,
            library=library,
            cancel_within=timedelta(seconds=settings.cancel_grace + CANCEL_MARGIN),
        )
        workspace, has_new_keys = await default_workspace(house, settings.data / "keys.json")
        told = settings_of_kinds(settings, address) | {"weather_fetch": weather_settings(settings)}
        engine = _engine(settings, house, library, told)
        office = _post_office(settings, house, gate)
        skills = SkillFolders(settings.skills)
        await skills.list_skills()  # whoever starts the server shall see at once which of them are none
        app = _app(settings, house, skills, _derive(secret, b"token-secret"), workspace, sign_in)
        await _warn_of_unserved(house)
        async with _open(library), _open(engine), _attended(house), _open(office):
            yield OpenedServer(
                app=app, house=house, keys_file=settings.data / "keys.json", has_new_keys=has_new_keys
            )
    finally:
        await store.close()


def _app(
    settings: Settings,
    house: House,
    skills: SkillFolders,
    token_secret: bytes,
    workspace: str,
    sign_in: SignIn | None,
) -> Any:
    return build_app(
        house,
        token_secret=token_secret,
        require_key=not settings.no_auth,
        default_workspace=workspace,
        sync_wait=settings.sync_wait,
        cancel_wait=min(settings.cancel_grace + 2, LONGEST_WAIT),
        max_body=int(settings.max_body_mb * 1e6),
        pace=Pace(heartbeat=settings.heartbeat, longest=settings.max_stream_seconds),
        origins=settings.cors_origin,
        sign_in=sign_in,
        are_document_links_open=settings.document_links == "open",
        parallel=ParallelOptions(
            processors=settings.processor,
            is_lenient=settings.parallel_validation == "lenient",
            longest_hold=settings.max_hold,
        ),
        shannon=ShannonOptions(
            modes=settings.mode,
            is_paused_shown=settings.shannon_paused,
            skills=skills,
        ),
    )


def build_house(secret: bytes, store: SqliteStore, hub: Hub, **given: Any) -> House:
    """Build what the doors ask, around an open store."""
    nothing: dict[str, Any] = {"kinds": {}, "workloads": {}}
    return House(
        store=store,
        hub=hub,
        clock=SystemClock(),
        calendar=CronCalendar(),
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
        schedules=settings.max_schedules or None,
        workspaces=settings.max_workspaces or None,
        schedule_spacing=timedelta(seconds=settings.schedule_spacing),
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
        schemes=SCHEMES,
        timeout=timedelta(seconds=settings.webhook_timeout),
        schedule=read_pauses(settings.webhook_schedule),
        concurrency=settings.webhook_concurrency,
        user_agent=f"Gnomon/{version('gnomon')}",
    )


@asynccontextmanager
async def _open(part: KeptLibrary | EmbeddedEngine | PostOffice) -> AsyncIterator[None]:
    await part.start()
    try:
        yield
    finally:
        await part.stop()


def _engine(
    settings: Settings, house: House, library: KeptLibrary, of_kinds: Mapping[str, Mapping[str, Json]]
) -> EmbeddedEngine:
    return EmbeddedEngine(
        store=house.store,
        hub=house.hub,
        workloads=house.workloads,
        kinds=house.kinds,
        clock=house.clock,
        worker=f"embedded-{os.getpid()}",
        vault=house.vault,
        cpu_slots=settings.cpu_slots,
        io_slots=settings.io_slots,
        lease=timedelta(seconds=settings.lease),
        grace=timedelta(seconds=settings.cancel_grace),
        retention=Retention(
            events=timedelta(days=settings.keep_events) if settings.keep_events else None,
            deliveries=timedelta(days=settings.keep_deliveries),
        ),
        library=library,
        settings=of_kinds,
        errands=(partial(fire_due, house), partial(clear_deleted, house)),
    )


async def default_workspace(house: House, keys_file: Path) -> tuple[str, bool]:
    """Return the oldest workspace's id; make one and write its keys when there is none."""
    workspaces = await house.store.list_workspaces()
    if workspaces:
        await _give_webhook_secrets(house, workspaces, keys_file)
        return workspaces[0].id, False
    founded = await found_workspace(house, DEFAULT_WORKSPACE, show=lambda made: write_keys(keys_file, made))
    return founded.workspace.id, True


async def _give_webhook_secrets(house: House, workspaces: Sequence[Workspace], keys_file: Path) -> None:
    """Give one to each workspace that an older version has founded; the first one's stands beside its keys."""
    for position, workspace in enumerate(workspaces):
        show = partial(add_webhook_secret, keys_file) if position == 0 else _show_nobody
        if await give_webhook_secret(house, workspace.id, show=show):
            log.info("workspace.webhook_secret_made", extra={"workspace": workspace.identifier})


def _show_nobody(_: str) -> None:
    return


async def find_secret(data: Path, store: SqliteStore) -> bytes:
    """Return what the folder's keys are hashed with; raises `ValueError` when it is lost or damaged."""
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
        write_private(path, secrets.token_hex(32))
    try:
        return bytes.fromhex(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} is damaged: it must hold 64 hexadecimal digits. Restore it.") from error


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret, purpose, "sha256")
