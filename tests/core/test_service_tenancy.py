"""Roles: what a user may do where, from the next request on; who may end whose keys; what is open ends."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.service import House, access, tenancy, ticket
from gnomon.core.task import NewTask, task_id
from gnomon.core.tenancy import SCOPES_OF, Organization, Role
from gnomon.engine.calendar import CronCalendar
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault

NO_OPS = ALL_SCOPES - {"ops"}


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


@dataclass
class Person:
    """A user with the keys of one workspace."""

    house: House
    pair: tuple[str, str]

    async def enter(self) -> Principal:
        admission = await access.exchange(self.house, *self.pair)
        return await access.recall(self.house, admission.key_ids, admission.workspace.id)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub = Hub()
    opened = House(
        store=SqliteStore.open(tmp_path, hub),
        hub=hub,
        clock=Clock(),
        calendar=CronCalendar(),
        kinds={},
        workloads={},
        vault=KeyVault(b"v" * 32),
        pepper=b"pepper",
    )
    yield opened
    await opened.store.close()


@pytest.fixture
async def owner(house: House) -> Person:
    founded = await access.found_workspace(house, "we")
    return Person(house, (founded.keys[KeyRole.WORKSPACE], founded.keys[KeyRole.USER]))


async def hire(owner: Person, role: Role) -> Person:
    _, issued = await tenancy.add_user(owner.house, await owner.enter(), name=role.value, role=role)
    return Person(owner.house, (owner.pair[0], issued.text))


def id_of(who: Principal) -> str:
    assert who.user_id is not None
    return who.user_id


@pytest.mark.parametrize("role", Role)
async def test_a_token_may_do_what_the_role_allows(owner: Person, role: Role) -> None:
    someone = await hire(owner, role)
    assert (await someone.enter()).scopes == SCOPES_OF[role] & NO_OPS
    admission = await access.exchange(owner.house, *someone.pair)
    assert (admission.role, admission.user_id) == (role, (await someone.enter()).user_id)


async def test_the_founder_has_all_that_the_keys_have(owner: Person) -> None:
    assert (await owner.enter()).scopes == ALL_SCOPES


async def test_another_role_holds_from_the_next_request_on(house: House, owner: Person) -> None:
    someone = await hire(owner, Role.ADMIN)
    before = await someone.enter()
    await tenancy.set_role(house, await owner.enter(), id_of(before), Role.VIEWER)
    assert (await access.recall(house, before.key_ids, before.workspace)).scopes == {"read"}
    await tenancy.remove_user(house, await owner.enter(), id_of(before))
    with pytest.raises(Unauthenticated):
        await access.recall(house, before.key_ids, before.workspace)
    assert not await access.is_still_valid(house, before)


async def test_what_a_user_has_open_ends_with_the_membership(house: House, owner: Person) -> None:
    someone = await (await hire(owner, Role.VIEWER)).enter()
    with house.hub.subscribe("tsk_1") as subscription, access.watch(house, someone, subscription):
        await tenancy.remove_user(house, await owner.enter(), id_of(someone))
        async with asyncio.timeout(10):
            while not subscription.is_over:
                await subscription.wait(0.2)


async def test_an_admin_is_no_owner(house: House, owner: Person) -> None:
    admin = await (await hire(owner, Role.ADMIN)).enter()
    boss = id_of(await owner.enter())
    for refused in (
        tenancy.set_role(house, admin, boss, Role.MEMBER),
        tenancy.set_role(house, admin, id_of(admin), Role.OWNER),
        tenancy.remove_user(house, admin, boss),
        tenancy.add_user(house, admin, name="x", role=Role.OWNER),
    ):
        with pytest.raises(Forbidden, match="greater"):
            await refused
    assert (await tenancy.set_role(house, admin, id_of(admin), Role.MEMBER)).role is Role.MEMBER


async def test_a_member_may_leave_and_do_no_more(house: House, owner: Person) -> None:
    member, other = await hire(owner, Role.MEMBER), await (await hire(owner, Role.VIEWER)).enter()
    who = await member.enter()
    with pytest.raises(Forbidden):
        await tenancy.remove_user(house, who, id_of(other))
    await tenancy.remove_user(house, who, id_of(who))
    with pytest.raises(Unauthenticated):
        await member.enter()


async def test_the_last_owner_stays_unless_it_is_forced(house: House, owner: Person) -> None:
    who = await owner.enter()
    with pytest.raises(Conflict):
        await tenancy.remove_user(house, who, id_of(who))
    await tenancy.remove_user(house, who, id_of(who), is_forced=True)
    with pytest.raises(Unauthenticated):
        await owner.enter()


async def test_a_users_keys_are_the_users(house: House, owner: Person) -> None:
    admin = await (await hire(owner, Role.ADMIN)).enter()
    issued = await access.issue_key(house, admin, name="script", scopes=frozenset({"read", "write"}))
    assert issued.key.user_id == admin.user_id
    await tenancy.set_role(house, await owner.enter(), id_of(admin), Role.VIEWER)
    roles = frozenset(KeyRole)
    assert (await access.authenticate(house, issued.text, roles=roles)).scopes == {"read"}
    await tenancy.remove_user(house, await owner.enter(), id_of(admin))
    with pytest.raises(Unauthenticated):
        await access.authenticate(house, issued.text, roles=roles)


async def test_nobody_sees_anew_the_key_of_another_or_ends_that_of_a_greater_role(
    house: House, owner: Person
) -> None:
    boss, admin = await owner.enter(), await (await hire(owner, Role.ADMIN)).enter()
    keys = {key.role: key for key in await access.list_keys(house, boss) if key.user_id != admin.user_id}
    for role in (KeyRole.USER, KeyRole.API):
        with pytest.raises(Forbidden):
            await access.rotate_key(house, admin, keys[role].public_id)
        with pytest.raises(Forbidden):
            await access.revoke_key(house, admin, keys[role].public_id)
    with pytest.raises(Forbidden, match="another user"):
        await access.rotate_key(house, boss, admin.key_id)
    assert (await access.revoke_key(house, boss, admin.key_id)).revoked_at is not None


async def test_a_user_is_at_home_in_each_of_its_workspaces_and_in_no_other(
    house: House, owner: Person
) -> None:
    who = await owner.enter()
    opened = await tenancy.open_workspace(house, who, "second")
    assert opened.key is not None
    inside = await Person(house, (opened.key, owner.pair[1])).enter()
    assert (inside.workspace, inside.scopes) == (opened.workspace.id, NO_OPS)
    stranger = await access.found_workspace(house, "third")
    with pytest.raises(Unauthenticated, match="together"):
        await access.exchange(house, opened.key, stranger.keys[KeyRole.USER])
    with pytest.raises(NotFound):
        await tenancy.set_role(house, inside, "usr_none", Role.ADMIN)


async def test_a_key_of_the_workspace_issues_user_keys_to_new_users(house: House, owner: Person) -> None:
    boss = await owner.enter()
    service = Principal(workspace=boss.workspace, key_id="service", scopes=NO_OPS)
    for scopes, role in ((frozenset({"read"}), Role.VIEWER), (NO_OPS, Role.OWNER)):
        issued = await access.issue_key(house, service, name=role, scopes=scopes, role=KeyRole.USER)
        admission = await access.exchange(house, owner.pair[0], issued.text)
        assert (admission.role, admission.user_id) == (role, issued.key.user_id)
    assert issued.key.user_id != boss.user_id


async def test_a_ticket_of_who_signed_in_without_a_key_ends_with_the_membership(
    house: House, owner: Person
) -> None:
    someone = await (await hire(owner, Role.VIEWER)).enter()
    signed_in = await access.recall_user(house, id_of(someone), someone.workspace)
    assert (signed_in.scopes, signed_in.key_ids) == ({"read"}, ())
    now = house.clock.now()
    new = NewTask(id=task_id(now, 1), workspace=someone.workspace, kind="note", input=1)
    task = (await house.store.submit(Submit(task=new, now=now))).task
    first, second = [await ticket.open_ticket(house, signed_in, task.id) for _ in range(2)]
    assert (await ticket.redeem(house, first, task.id)).user_id == someone.user_id
    await tenancy.remove_user(house, await owner.enter(), id_of(someone))
    with pytest.raises(Unauthenticated):
        await ticket.redeem(house, second, task.id)
    assert not await access.is_still_valid(house, signed_in)


async def test_an_operators_power_is_in_the_key_alone(house: House, owner: Person) -> None:
    who = await owner.enter()
    signed_in = await access.recall_user(house, id_of(who), who.workspace)
    assert signed_in.scopes == NO_OPS
    assert timedelta(days=7) == tenancy.INVITE_LIFE


async def invited(house: House, host: Principal, role: Role) -> str:
    """Make an invite to the host's workspace, and return its token."""
    organization = await tenancy.get_organization(house, host)
    made = await tenancy.invite(house, host, organization, role=role)
    assert made.token is not None
    return made.token


async def test_a_narrow_key_gives_no_role_that_can_do_more(house: House, owner: Person) -> None:
    boss = await owner.enter()
    narrow = replace(boss, scopes=frozenset({"read", "keys"}))
    someone = id_of(await (await hire(owner, Role.VIEWER)).enter())
    for refused in (
        invited(house, narrow, Role.MEMBER),
        tenancy.set_role(house, narrow, someone, Role.ADMIN),
        tenancy.add_user(house, narrow, name="x", role=Role.OWNER),
    ):
        with pytest.raises(Forbidden, match="lacks itself: cancel"):
            await refused
    assert await invited(house, narrow, Role.VIEWER)


async def test_an_invite_is_no_way_back_for_who_made_it(house: House, owner: Person) -> None:
    boss = await owner.enter()
    joined = await tenancy.accept(house, 1, await invited(house, boss, Role.ADMIN))
    assert joined.user_key is not None
    admin = await Person(house, (joined.workspace_key, joined.user_key)).enter()
    token = await invited(house, admin, Role.ADMIN)
    await tenancy.remove_user(house, boss, id_of(admin))
    assert len(await tenancy.list_organization_users(house, boss, await the_organization(house, boss))) == 1
    with pytest.raises(NotFound, match="no such invite"):
        await tenancy.accept(house, 1, token)


async def the_organization(house: House, who: Principal) -> Organization:
    return await tenancy.get_organization(house, who)


async def test_a_lesser_role_in_the_organization_ends_the_invites_made_in_the_greater(
    house: House, owner: Person
) -> None:
    boss = await owner.enter()
    joined = await tenancy.accept(house, 1, await invited(house, boss, Role.ADMIN), name="deputy")
    assert joined.user_key is not None
    deputy = await Person(house, (joined.workspace_key, joined.user_key)).enter()
    organization, token = await the_organization(house, boss), await invited(house, deputy, Role.VIEWER)
    for refused in (
        tenancy.set_organization_role(house, deputy, organization, id_of(boss), Role.VIEWER),
        tenancy.set_organization_role(house, deputy, organization, id_of(deputy), Role.OWNER),
        tenancy.remove_organization_user(house, deputy, organization, id_of(boss)),
    ):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(Conflict, match="no owner"):
        await tenancy.set_organization_role(house, boss, organization, id_of(boss), Role.ADMIN)
    await tenancy.set_organization_role(house, boss, organization, id_of(deputy), Role.MEMBER)
    with pytest.raises(NotFound, match="no such invite"):
        await tenancy.accept(house, 1, token)
    with pytest.raises(Forbidden):
        await invited(house, deputy, Role.VIEWER)
    assert await access.role_in(house, boss.workspace, id_of(deputy)) is Role.ADMIN
    await tenancy.remove_organization_user(house, boss, organization, id_of(deputy))
    assert await access.role_in(house, boss.workspace, id_of(deputy)) is None
    assert not await access.is_still_valid(house, deputy)


async def test_who_owns_a_workspace_alone_is_not_taken_out_of_it(house: House, owner: Person) -> None:
    boss = await owner.enter()
    joined = await tenancy.accept(house, 1, await invited(house, boss, Role.ADMIN), name="deputy")
    assert joined.user_key is not None
    deputy = await Person(house, (joined.workspace_key, joined.user_key)).enter()
    await tenancy.open_workspace(house, deputy, "theirs")
    organization = await the_organization(house, boss)
    with pytest.raises(Conflict, match="workspace has no owner"):
        await tenancy.remove_organization_user(house, boss, organization, id_of(deputy))
    assert await access.role_in(house, boss.workspace, id_of(deputy)) is Role.ADMIN


async def test_a_later_workspaces_own_key_is_nothing_in_the_organization(house: House, owner: Person) -> None:
    opened = await tenancy.open_workspace(house, await owner.enter(), "second")
    own = Principal(workspace=opened.workspace.id, key_id="k", scopes=NO_OPS)
    with pytest.raises(Forbidden, match="organization's role"):
        await invited(house, own, Role.VIEWER)
    first = replace(own, workspace=(await owner.enter()).workspace)
    assert await invited(house, first, Role.OWNER)


async def test_nobody_joins_a_workspace_that_is_being_deleted(house: House, owner: Person) -> None:
    boss = await owner.enter()
    opened = await tenancy.open_workspace(house, boss, "second")
    organization = await the_organization(house, boss)
    gone = opened.workspace
    await house.store.members.delete_workspace(gone.id, house.clock.now())
    with pytest.raises(NotFound):
        await tenancy.invite(house, boss, organization, role=Role.VIEWER, workspace=gone)
    with pytest.raises(NotFound):
        await house.store.members.put_member("workspace", gone.id, id_of(boss), Role.OWNER, house.clock.now())
