"""The workspace's webhook secret: made once, shown before it is kept, rotated with an overlap."""

import base64
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gnomon.core.access import ALL_SCOPES, Principal
from gnomon.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from gnomon.core.hub import Hub
from gnomon.core.ports import RotateSecret
from gnomon.core.service import House, hook, secret
from gnomon.core.service.access import Founded, found_workspace
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub = Hub()
    house = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=Clock(),
        kinds={},
        workloads={},
        calendar=CronCalendar(),
        pepper=b"pepper",
        vault=KeyVault(b"v" * 32),
    )
    yield house
    await house.store.close()


async def settle(house: House) -> tuple[Principal, str]:
    founded = await found_workspace(house, "ours")
    principal = Principal(workspace=founded.workspace.id, key_id="k", scopes=ALL_SCOPES)
    return principal, founded.webhook_secret


async def test_a_workspace_is_founded_with_a_secret_that_is_shown_before_it_is_kept(house: House) -> None:
    shown: list[Founded] = []
    founded = await found_workspace(house, "ours", show=shown.append)
    principal = Principal(workspace=founded.workspace.id, key_id="k", scopes=frozenset({"hooks"}))
    kept = await secret.get_webhook_secret(house, principal)
    assert shown[0].webhook_secret == founded.webhook_secret == kept.secret
    assert len(base64.b64decode(kept.secret.removeprefix("whsec_"), validate=True)) == 32
    assert [(one.created_at, one.expires_at) for one in kept.secrets] == [(START, None)]
    assert kept.secret not in repr(kept) + repr(founded)


async def test_two_workspaces_have_two_secrets(house: House) -> None:
    assert (await found_workspace(house, "a")).webhook_secret != (
        await found_workspace(house, "b")
    ).webhook_secret


async def test_who_may_not_look_after_webhooks_neither_reads_nor_rotates_it(house: House) -> None:
    principal, _ = await settle(house)
    other = replace(principal, scopes=ALL_SCOPES - {"hooks"})
    with pytest.raises(Forbidden):
        await secret.get_webhook_secret(house, other)
    with pytest.raises(Forbidden):
        await secret.rotate_webhook_secret(house, other, HOUR)


async def test_a_rotation_is_told_until_its_overlap_has_passed(house: House) -> None:
    principal, first = await settle(house)
    rotated = await secret.rotate_webhook_secret(house, principal, HOUR)
    assert rotated.secret != first
    assert [one.expires_at for one in rotated.secrets] == [None, START + HOUR]
    assert await secret.get_webhook_secret(house, principal) == rotated
    with pytest.raises(Conflict, match="force it"):
        await secret.rotate_webhook_secret(house, principal, HOUR)
    house.clock.time += HOUR  # type: ignore[attr-defined]  # the clock of this test
    after = await secret.get_webhook_secret(house, principal)
    assert (after.secret, len(after.secrets)) == (rotated.secret, 1)
    again = await secret.rotate_webhook_secret(house, principal, timedelta())
    assert [one.expires_at for one in again.secrets] == [None]


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=7, seconds=1)])
async def test_an_overlap_out_of_range_is_refused(house: House, overlap: timedelta) -> None:
    principal, first = await settle(house)
    with pytest.raises(Invalid, match="604800"):
        await secret.rotate_webhook_secret(house, principal, overlap)
    assert (await secret.get_webhook_secret(house, principal)).secret == first


async def test_a_workspace_without_one_gets_it_once(house: House) -> None:
    workspace = replace((await found_workspace(house, "a")).workspace, id="wsp_b", identifier="b")
    await house.store.create_workspace(workspace, [])
    principal = Principal(workspace="wsp_b", key_id="k", scopes=ALL_SCOPES)
    with pytest.raises(NotFound, match="rotation"):
        await secret.get_webhook_secret(house, principal)
    shown: list[str] = []
    assert await secret.give_webhook_secret(house, "wsp_b", show=shown.append)
    assert not await secret.give_webhook_secret(house, "wsp_b", show=shown.append)
    assert shown == [(await secret.get_webhook_secret(house, principal)).secret]


async def test_a_secret_of_another_key_is_said_to_be_one(house: House) -> None:
    principal, _ = await settle(house)
    foreign = KeyVault(b"x" * 32).seal(b"whsec_")
    command = RotateSecret(
        workspace=principal.workspace, sealed=foreign, overlap=timedelta(), now=house.clock.now()
    )
    await house.store.rotate_workspace_secret(command)
    with pytest.raises(Unavailable, match=r"secret\.key"):
        await secret.get_webhook_secret(house, principal)


async def test_what_another_door_makes_signs_with_the_workspaces(house: House) -> None:
    principal, first = await settle(house)
    wanted = hook.Wanted(url="https://receiver.example/", dialect="theirs")
    [minted] = hook.new_hooks(house, principal, [wanted])
    assert (minted.secret, minted.new.sealed) == (None, None)
    opened = await hook.create_endpoint(house, principal, wanted)
    assert [house.vault.open(one.text).decode() for one in opened.endpoint.secrets] == [first]
    with pytest.raises(Conflict, match="the workspace's webhook secret"):
        await hook.rotate_secret(house, principal, opened.endpoint.id, HOUR)
