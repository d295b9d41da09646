"""Keys by keys: issued, rotated, revoked; workspaces by operators; tickets for a stream."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.access import ALL_SCOPES, Key, KeyRole, Principal
from gnomon.core.errors import Conflict, Forbidden, Invalid, NotFound, QuotaExceeded, Unauthenticated
from gnomon.core.hub import Hub
from gnomon.core.service import House, access, task, ticket
from gnomon.core.service.attendance import Attendance
from gnomon.core.workload import Workload
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

API, ROLES = KeyRole.API, frozenset(KeyRole)


@dataclass
class MovedClock:
    shift: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub = Hub()
    opened = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=MovedClock(),
        kinds={},
        workloads={"note": Workload(kind="note", run=lambda given, _: given)},
        vault=KeyVault(b"v" * 32),
        calendar=CronCalendar(),
        pepper=b"pepper",
    )
    yield opened
    await opened.store.close()


def move(house: House, **delta: float) -> None:
    assert isinstance(house.clock, MovedClock)
    house.clock.shift += timedelta(**delta)


async def enter(house: House, text: str) -> Principal:
    return await access.authenticate(house, text, roles=ROLES)


async def is_refused(house: House, text: str) -> bool:
    try:
        await enter(house, text)
    except Unauthenticated:
        return True
    return False


@pytest.fixture
async def we(house: House) -> Principal:
    founded = await access.found_workspace(house, "we")
    return await enter(house, founded.keys[API])


@pytest.fixture
async def they(house: House, we: Principal) -> Principal:
    founded = await access.found_workspace(house, "they")
    return await enter(house, founded.keys[API])


async def issue(house: House, issuer: Principal, *scopes: str, **fields: Any) -> access.Issued:
    wanted = {"name": "a key", "scopes": frozenset(scopes)} | fields
    return await access.issue_key(house, issuer, **wanted)


async def find(house: House, who: Principal, public_id: str) -> Key:
    (found,) = [key for key in await access.list_keys(house, who) if key.public_id == public_id]
    return found


async def test_a_key_gives_what_its_issuer_has(house: House, we: Principal) -> None:
    issued = await issue(house, we, "read", "keys")
    holder = await enter(house, issued.text)
    assert (holder.workspace, holder.scopes) == (we.workspace, {"read", "keys"})
    assert holder.key_ids == (issued.key.public_id,)
    assert issued.text not in repr(issued)
    with pytest.raises(Forbidden, match="write"):
        await issue(house, holder, "read", "write")
    with pytest.raises(Forbidden, match="'keys'"):
        await issue(house, await enter(house, (await issue(house, holder, "read")).text), "read")


async def test_only_the_first_workspace_is_the_operators(
    house: House, we: Principal, they: Principal
) -> None:
    assert we.scopes == ALL_SCOPES
    assert they.scopes == ALL_SCOPES - {"ops"}
    with pytest.raises(Forbidden, match="ops"):
        await access.create_workspace(house, they, "another")
    with pytest.raises(Forbidden, match="ops"):
        await access.list_workspaces(house, they)
    with pytest.raises(Forbidden, match="ops"):
        await issue(house, they, "ops")
    founded = await access.create_workspace(house, we, "another")
    assert (await enter(house, founded.keys[API])).scopes == ALL_SCOPES - {"ops"}
    names = [workspace.identifier for workspace in await access.list_workspaces(house, we)]
    assert names == ["we", "they", "another"]


@pytest.mark.parametrize("identifier", ["", "-a", "a-", "A", "a b", "a" * 64, "ä", "a\n"])
async def test_an_identifier_is_checked(house: House, we: Principal, identifier: str) -> None:
    with pytest.raises(Invalid, match="lower-case"):
        await access.create_workspace(house, we, identifier)


async def test_an_identifier_is_taken_once(house: House, we: Principal) -> None:
    with pytest.raises(Conflict, match="we"):
        await access.create_workspace(house, we, "we")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "n" * 201),
        ("name", "two\nlines"),
        ("scopes", frozenset()),
        ("scopes", frozenset({"read", "rule"})),
        ("expires_at", datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)
async def test_what_a_key_shall_be_is_checked(house: House, we: Principal, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        await issue(house, we, "read", **{field: value})
    assert [complaint.loc for complaint in caught.value.complaints] == [(field,)]


async def test_keys_are_counted(house: House, we: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MOST_KEYS", 5)
    spare = [await issue(house, we, "read") for _ in range(2)]
    with pytest.raises(QuotaExceeded, match="5 valid keys"):
        await issue(house, we, "read")
    await access.revoke_key(house, we, spare[0].key.public_id)
    await issue(house, we, "read")


async def test_a_revoked_key_opens_nothing_from_then_on(house: House, we: Principal) -> None:
    issued = await issue(house, we, "read")
    holder = await enter(house, issued.text)
    heard: list[bool] = []
    house.hub.on_access.append(lambda: heard.append(True))
    assert await access.is_still_valid(house, holder)
    revoked = await access.revoke_key(house, we, issued.key.public_id)
    assert revoked.revoked_at is not None
    assert await is_refused(house, issued.text)
    assert not await access.is_still_valid(house, holder)
    assert heard == [True]
    assert await access.revoke_key(house, we, issued.key.public_id) == revoked


async def test_revocation_wins_over_a_look_up_that_began_before(house: House, we: Principal) -> None:
    for _ in range(30):
        issued = await issue(house, we, "read")
        tries = [is_refused(house, issued.text) for _ in range(4)]
        await asyncio.gather(access.revoke_key(house, we, issued.key.public_id), *tries)
        assert await is_refused(house, issued.text)


async def test_a_key_may_revoke_itself_unless_it_is_the_last(house: House, we: Principal) -> None:
    mine = await issue(house, we, "keys")
    me = await enter(house, mine.text)
    await access.revoke_key(house, me, mine.key.public_id)
    for key in await access.list_keys(house, we):
        if key.public_id not in (we.key_id, mine.key.public_id):
            await access.revoke_key(house, we, key.public_id)
    with pytest.raises(Conflict, match="force"):
        await access.revoke_key(house, we, we.key_id)
    assert await access.is_still_valid(house, we)
    await access.revoke_key(house, we, we.key_id, is_forced=True)
    assert not await access.is_still_valid(house, we)


async def test_foreign_keys_are_not_there(house: House, we: Principal, they: Principal) -> None:
    for call in (access.revoke_key, access.rotate_key):
        with pytest.raises(NotFound, match="no such key"):
            await call(house, we, they.key_id)
    assert they.key_id not in {key.public_id for key in await access.list_keys(house, we)}


async def test_rotation_keeps_what_the_key_was(house: House, we: Principal) -> None:
    soon = house.clock.now() + timedelta(days=3)
    old = await issue(house, we, "read", "hooks", name="ci", role=KeyRole.USER, expires_at=soon)
    new = await access.rotate_key(house, we, old.key.public_id)
    kept = ("name", "role", "scopes", "expires_at", "workspace")
    assert [getattr(new.key, name) for name in kept] == [getattr(old.key, name) for name in kept]
    assert await is_refused(house, old.text)
    assert not await is_refused(house, new.text)
    with pytest.raises(Conflict, match="issue a new key"):
        await access.rotate_key(house, we, old.key.public_id)


async def test_both_keys_are_valid_while_they_overlap(house: House, we: Principal) -> None:
    old = await issue(house, we, "read")
    before = await enter(house, old.text)
    new = await access.rotate_key(house, we, old.key.public_id, overlap=timedelta(minutes=10))
    move(house, minutes=9)
    assert not await is_refused(house, old.text)
    assert await access.is_still_valid(house, before)
    move(house, minutes=2)
    assert await is_refused(house, old.text)
    assert not await access.is_still_valid(house, before)
    assert not await is_refused(house, new.text)


async def test_the_only_key_can_be_rotated_by_itself(house: House) -> None:
    founded = await access.found_workspace(house, "alone")
    me = await enter(house, founded.keys[API])
    new = await access.rotate_key(house, me, me.key_id)
    assert await is_refused(house, founded.keys[API])
    assert (await enter(house, new.text)).scopes == me.scopes


async def test_nobody_rotates_a_key_to_more_than_they_have(house: House, we: Principal) -> None:
    clerk = await enter(house, (await issue(house, we, "read", "keys")).text)
    with pytest.raises(Forbidden, match="write"):
        await access.rotate_key(house, clerk, we.key_id)
    assert await access.is_still_valid(house, we)


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
async def test_the_overlap_is_bounded(house: House, we: Principal, overlap: timedelta) -> None:
    with pytest.raises(Invalid, match="seconds"):
        await access.rotate_key(house, we, we.key_id, overlap=overlap)


async def test_an_expired_key_is_refused_like_a_wrong_one(house: House, we: Principal) -> None:
    issued = await issue(house, we, "read", expires_at=house.clock.now() + timedelta(minutes=1))
    holder = await enter(house, issued.text)
    assert holder.expires_at == issued.key.expires_at
    move(house, minutes=1)
    assert not await access.is_still_valid(house, holder)
    wrong = issued.text[:-1] + "x"
    told = []
    for text in (issued.text, wrong, "gn_live_what"):
        with pytest.raises(Unauthenticated) as caught:
            await enter(house, text)
        told.append(caught.value.message)
    assert len(set(told)) == 1


async def test_a_pair_ends_with_either_of_its_keys(house: House, we: Principal) -> None:
    pair = [await issue(house, we, "read", "write", role=role) for role in (KeyRole.WORKSPACE, KeyRole.USER)]
    ids = tuple(made.key.public_id for made in pair)
    together = await access.recall(house, ids, we.workspace)
    assert (together.key_ids, together.key_id) == (ids, ids[1])
    await access.revoke_key(house, we, ids[0])
    assert not await access.is_still_valid(house, together)
    with pytest.raises(Unauthenticated):
        await access.recall(house, ids, we.workspace)


async def test_a_server_without_keys_has_nothing_to_revoke(house: House) -> None:
    anyone = Principal(workspace="w", key_id="no-auth", scopes=ALL_SCOPES)
    assert await access.is_still_valid(house, anyone)


class TestAttendance:
    async def test_a_use_is_seen_at_once_and_written_later(self, house: House, we: Principal) -> None:
        used = (await find(house, we, we.key_id)).last_used_at
        assert used is not None
        assert (used.second, used.microsecond) == (0, 0)
        stored = {key.public_id: key for key in await house.store.list_keys(we.workspace)}
        assert stored[we.key_id].last_used_at is None
        await house.attendance.write(house.store)
        stored = {key.public_id: key for key in await house.store.list_keys(we.workspace)}
        assert stored[we.key_id].last_used_at == used
        assert (await find(house, we, we.key_id)).last_used_at == used

    async def test_a_use_in_the_same_minute_is_written_once(self, house: House, we: Principal) -> None:
        key, at = await find(house, we, we.key_id), datetime(2026, 1, 1, 12, tzinfo=UTC)
        book = Attendance()
        book.note(key, at + timedelta(seconds=59))
        assert book.take_used() == {key.public_id: at}
        assert not book.take_used()

    async def test_the_hub_is_told_when_a_key_expires(self, house: House, we: Principal) -> None:
        soon = house.clock.now() + timedelta(milliseconds=1)
        await issue(house, we, "read", expires_at=soon)
        heard = asyncio.Event()
        house.hub.on_access.append(heard.set)
        keeping = asyncio.create_task(house.attendance.keep(house.store, house.hub, house.clock))
        await asyncio.wait_for(heard.wait(), 5)
        keeping.cancel()

    async def test_an_expiry_is_told_once(self, house: House, we: Principal) -> None:
        key, at = await find(house, we, we.key_id), datetime(2026, 1, 1, tzinfo=UTC)
        book = Attendance()
        book.expect(key)
        book.expect(replace(key, expires_at=at))
        assert not book.take_expired(at - timedelta(seconds=1))
        assert book.take_expired(at)
        assert not book.take_expired(at)


class TestTickets:
    async def test_a_ticket_lets_its_holder_read_once(self, house: House, we: Principal) -> None:
        made = (await task.submit(house, we, "note", {})).task
        given = await ticket.open_ticket(house, we, made.id)
        holder = await ticket.redeem(house, given, made.id)
        assert (holder.workspace, holder.scopes, holder.key_ids) == (we.workspace, {"read"}, we.key_ids)
        with pytest.raises(Unauthenticated):
            await ticket.redeem(house, given, made.id)

    async def test_one_of_many_at_once_gets_in(self, house: House, we: Principal) -> None:
        made = (await task.submit(house, we, "note", {})).task
        given = await ticket.open_ticket(house, we, made.id)
        tries = [ticket.redeem(house, given, made.id) for _ in range(16)]
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        assert (
            sorted(type(outcome).__name__ for outcome in outcomes) == ["Principal"] + ["Unauthenticated"] * 15
        )

    async def test_it_is_of_one_task_and_of_one_minute(self, house: House, we: Principal) -> None:
        one, other = [(await task.submit(house, we, "note", {})).task for _ in range(2)]
        given = await ticket.open_ticket(house, we, one.id)
        with pytest.raises(Unauthenticated):
            await ticket.redeem(house, given, other.id)
        move(house, seconds=60)
        with pytest.raises(Unauthenticated):
            await ticket.redeem(house, given, one.id)

    async def test_it_dies_with_its_key(self, house: House, we: Principal) -> None:
        made = (await task.submit(house, we, "note", {})).task
        issued = await issue(house, we, "read")
        given = await ticket.open_ticket(house, await enter(house, issued.text), made.id)
        await access.revoke_key(house, we, issued.key.public_id)
        with pytest.raises(Unauthenticated):
            await ticket.redeem(house, given, made.id)

    async def test_it_is_given_for_what_one_may_read(
        self, house: House, we: Principal, they: Principal
    ) -> None:
        made = (await task.submit(house, we, "note", {})).task
        with pytest.raises(NotFound):
            await ticket.open_ticket(house, they, made.id)
        writer = await enter(house, (await issue(house, we, "write")).text)
        with pytest.raises(Forbidden):
            await ticket.open_ticket(house, writer, made.id)
