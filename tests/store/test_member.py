"""Users and their roles, invites, workspaces that end; a folder of the version before gets all of it."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.core.access import Key, KeyRole, Workspace
from gnomon.core.errors import Conflict, NotFound, QuotaExceeded, ReservationReused
from gnomon.core.hub import Hub
from gnomon.core.ports import Founding, Reservation
from gnomon.core.tenancy import MOST_INVITES, Accepted, Invite, Role, User, role_of
from gnomon.store.migrations.upgrade import upgrade
from gnomon.store.schema import find_revision
from gnomon.store.sqlite import SqliteStore


def user(shop: Any, name: str, **fields: Any) -> User:
    return User(**({"id": f"usr_{name}", "number": 0, "name": name, "created_at": shop.now} | fields))


def key(shop: Any, public: str, role: KeyRole, workspace: str, owner: str | None) -> Key:
    return Key(
        public_id=public,
        role=role,
        workspace=workspace,
        hash=public,
        scopes=frozenset({"read", "keys"}),
        created_at=shop.now,
        user_id=owner,
    )


async def found(shop: Any, name: str, *keys: Key, **founding: Any) -> Workspace:
    wanted = Workspace(
        id=f"wsp_{name}",
        number=0,
        identifier=name,
        created_at=shop.now,
        organization_id=founding.pop("organization", ""),
    )
    made: Workspace = await shop.store.create_workspace(wanted, keys, None, Founding(**founding))
    return made


async def roles(shop: Any, place: str, place_id: str) -> dict[str, Role]:
    return {m.user.name: m.role for m in await shop.store.members.list_members(place, place_id)}


async def test_a_workspace_is_its_makers_and_its_organizations(shop: Any) -> None:
    ann, bob = user(shop, "ann"), user(shop, "bob")
    first = await found(shop, "a", owner=ann)
    assert (await shop.store.members.find_organization("org_a")).name == "a"
    second = await found(shop, "b", owner=bob, organization="org_a")
    third = await found(shop, "c", organization="org_a")
    assert await roles(shop, "workspace", "wsp_a") == {"ann": Role.OWNER}
    assert await roles(shop, "workspace", "wsp_b") == {"ann": Role.ADMIN, "bob": Role.OWNER}
    assert await roles(shop, "workspace", "wsp_c") == {"ann": Role.OWNER}
    assert await roles(shop, "organization", "org_a") == {"ann": Role.OWNER}
    assert await shop.store.members.list_workspaces_of("org_a") == [first, second, third]
    listed = await shop.store.members.list_memberships("usr_ann")
    assert listed == [(first, Role.OWNER), (second, Role.ADMIN), (third, Role.OWNER)]


async def test_an_organization_is_full_at_its_limit_even_for_many_at_once(shop: Any) -> None:
    await found(shop, "a")
    tries = [found(shop, f"b{n}", organization="org_a", most=3) for n in range(6)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert Counter(type(outcome) for outcome in outcomes) == {Workspace: 2, QuotaExceeded: 4}


async def test_a_workspace_is_made_once_under_a_reservation(shop: Any) -> None:
    await found(shop, "a")
    kept = Reservation(key="k", fingerprint="f")
    first = await found(shop, "b", maker="wsp_a", reservation=kept)
    again = await found(shop, "c", maker="wsp_a", reservation=kept)
    assert again == first == await shop.store.members.find_created_workspace("wsp_a", kept, shop.now)
    with pytest.raises(ReservationReused):
        await found(shop, "d", maker="wsp_a", reservation=replace(kept, fingerprint="g"))
    await shop.store.members.delete_workspace("wsp_b", shop.now)
    with pytest.raises(NotFound):
        await shop.store.members.find_created_workspace("wsp_a", kept, shop.now)


async def test_a_role_is_found_as_it_stands_at_once(shop: Any) -> None:
    await found(shop, "a", owner=user(shop, "ann"))
    members = shop.store.members
    await members.add_user(user(shop, "bob"))
    assert await members.find_member("workspace", "wsp_a", "usr_bob") is None
    await members.put_member("workspace", "wsp_a", "usr_bob", Role.VIEWER, shop.now)
    assert (await members.find_member("workspace", "wsp_a", "usr_bob")).role is Role.VIEWER
    await members.put_member("workspace", "wsp_a", "usr_bob", Role.ADMIN, shop.now)
    assert (await members.find_member("workspace", "wsp_a", "usr_bob")).role is Role.ADMIN
    await members.remove_member("workspace", "wsp_a", "usr_bob", shop.now)
    assert await members.find_member("workspace", "wsp_a", "usr_bob") is None
    with pytest.raises(NotFound):
        await members.remove_member("workspace", "wsp_a", "usr_bob", shop.now)
    with pytest.raises(NotFound):
        await members.put_member("workspace", "wsp_a", "usr_nobody", Role.ADMIN, shop.now)


async def test_two_owners_that_remove_each_other_leave_one(shop: Any) -> None:
    await found(shop, "a", owner=user(shop, "ann"))
    members = shop.store.members
    await members.add_user(user(shop, "bob"))
    await members.put_member("workspace", "wsp_a", "usr_bob", Role.OWNER, shop.now)
    removals = [
        members.remove_member("workspace", "wsp_a", f"usr_{name}", shop.now) for name in ("ann", "bob")
    ]
    outcomes = await asyncio.gather(*removals, return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    with pytest.raises(Conflict, match="no owner"):
        await members.put_member("workspace", "wsp_a", "usr_bob", Role.ADMIN, shop.now)
    await members.remove_member("workspace", "wsp_a", "usr_bob", shop.now, is_forced=True)
    assert await roles(shop, "workspace", "wsp_a") == {}


async def test_a_removal_ends_the_keys_that_are_good_for_nothing_more(shop: Any) -> None:
    ann, bob = user(shop, "ann"), user(shop, "bob")
    await found(shop, "a", owner=ann)
    await found(shop, "b", owner=ann)
    members = shop.store.members
    await members.add_user(bob)
    for name in "ab":
        await members.put_member("workspace", f"wsp_{name}", bob.id, Role.ADMIN, shop.now)
        await shop.store.create_key(key(shop, f"api{name}", KeyRole.API, f"wsp_{name}", bob.id))
    await shop.store.create_key(key(shop, "user", KeyRole.USER, "wsp_a", bob.id))
    await shop.store.create_key(key(shop, "shared", KeyRole.WORKSPACE, "wsp_a", None))

    async def ended() -> set[str]:
        found = [await shop.store.find_key(name) for name in ("apia", "apib", "user", "shared")]
        return {key.public_id for key in found if key.revoked_at}

    await members.remove_member("workspace", "wsp_a", bob.id, shop.now)
    assert await ended() == {"apia"}
    await members.remove_member("workspace", "wsp_b", bob.id, shop.now)
    assert await ended() == {"apia", "apib", "user"}


async def test_a_deleted_workspace_leaves_what_others_need(shop: Any) -> None:
    ann = user(shop, "ann")
    await found(shop, "a", owner=ann)
    await found(shop, "b", key(shop, "user", KeyRole.USER, "wsp_b", ann.id), owner=ann)
    await shop.store.create_key(key(shop, "api", KeyRole.API, "wsp_b", ann.id))
    task, schedule = await shop.submit(workspace="wsp_b"), await shop.schedule(workspace="wsp_b")
    members = shop.store.members
    with pytest.raises(Conflict, match="operator"):
        await members.delete_workspace("wsp_a", shop.now)
    await members.delete_workspace("wsp_b", shop.now)
    with pytest.raises(NotFound):
        await members.delete_workspace("wsp_b", shop.now)
    assert await members.find_workspace("wsp_b") is None
    assert [w.id for w in await shop.store.list_workspaces()] == ["wsp_a"]
    assert (await shop.store.find_key("api")).revoked_at == shop.now
    moved = await shop.store.find_key("user")
    assert (moved.workspace, moved.revoked_at) == ("wsp_a", None)
    assert await members.list_abandoned(10) == [("wsp_b", task.id)]
    await shop.store.cancel("wsp_b", task.id, shop.now)
    assert await members.list_abandoned(10) == []
    assert not await shop.store.schedules.list_due(shop.now + timedelta(days=1), 10), schedule.id
    with pytest.raises(NotFound):
        await shop.store.create_key(key(shop, "late", KeyRole.API, "wsp_b", None))
    assert (await found(shop, "c")).number == 3


def invite(shop: Any, name: str = "1", **fields: Any) -> Invite:
    standard = {
        "id": f"inv_{name}",
        "organization_id": "org_a",
        "workspace": "wsp_a",
        "role": Role.MEMBER,
        "hash": f"h{name}",
        "created_at": shop.now,
        "expires_at": shop.now + timedelta(days=7),
    }
    return Invite(**(standard | fields))


async def test_an_invite_is_used_once(shop: Any) -> None:
    await found(shop, "a", owner=user(shop, "ann"))
    members = shop.store.members
    await members.create_invite(invite(shop, email="bob@b.c"), "wsp_a")
    tries = [members.accept_invite(1, "h1", user(shop, f"bob{n}"), [], shop.now) for n in range(5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    (accepted,) = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert (accepted.member.role, accepted.member.user.email, accepted.is_new) == (
        Role.MEMBER,
        "bob@b.c",
        True,
    )
    assert (
        len(await roles(shop, "workspace", "wsp_a")) == len(await roles(shop, "organization", "org_a")) == 2
    )


async def test_an_invite_ends_with_its_time_and_with_its_workspace(shop: Any) -> None:
    await found(shop, "a")
    await found(shop, "b", organization="org_a")
    members = shop.store.members
    await members.create_invite(invite(shop), "wsp_a")
    await members.create_invite(invite(shop, "2", workspace="wsp_b"), "wsp_a")
    with pytest.raises(NotFound):
        await members.accept_invite(1, "h1", user(shop, "bob"), [], shop.now + timedelta(days=7))
    await members.delete_workspace("wsp_b", shop.now)
    for organization, hashed in ((1, "h2"), (2, "h1"), (1, "h9")):
        with pytest.raises(NotFound, match="Ask for a new one"):
            await members.accept_invite(organization, hashed, user(shop, "bob"), [], shop.now)
    assert await members.find_user("usr_bob") is None


async def test_so_many_invites_may_be_open(shop: Any) -> None:
    await found(shop, "a")
    members = shop.store.members
    await asyncio.gather(*(members.create_invite(invite(shop, str(n)), "wsp_a") for n in range(MOST_INVITES)))
    with pytest.raises(QuotaExceeded, match="open"):
        await members.create_invite(invite(shop, "more"), "wsp_a")
    await members.accept_invite(1, "h1", user(shop, "bob"), [], shop.now)
    await members.create_invite(invite(shop, "more"), "wsp_a")


async def test_only_one_user_signs_in_by_a_name(shop: Any) -> None:
    members = shop.store.members
    await members.add_user(user(shop, "ann", subject="i ann"))
    with pytest.raises(Conflict):
        await members.add_user(user(shop, "bob", subject="i ann"))
    assert (await members.find_subject("i ann")).name == "ann"
    assert await members.find_subject("i bob") is None
    # An address that nobody was invited at links to nobody.
    await members.add_user(user(shop, "cid", email="c@c.c"))
    assert await members.link_subject("c@c.c", "i cid", shop.now) is None


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove"]),
        st.sampled_from("ab"),
        st.sampled_from(["ann", "bob", "cid"]),
        st.sampled_from(Role),
        st.booleans(),
    ),
    max_size=30,
)


@given(acts=ACTS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_done_in_whatever_order_the_store_stands_as_a_table_would(
    shop: Any, acts: Any
) -> None:
    members, now = shop.store.members, shop.now
    table: dict[str, dict[str, Role]] = {"a": {}, "b": {}}
    for name in ("ann", "bob", "cid"):
        await members.add_user(user(shop, name))
    for name in table:
        if await members.find_workspace(f"wsp_{name}") is None:
            await found(shop, name)
        for known in await roles(shop, "workspace", f"wsp_{name}"):
            await members.remove_member("workspace", f"wsp_{name}", f"usr_{known}", now, is_forced=True)
    for act in acts:
        await _act(members, table, now, *act)
        for place, expected in table.items():
            assert await roles(shop, "workspace", f"wsp_{place}") == expected
            for person in ("ann", "bob", "cid"):
                known = await members.find_member("workspace", f"wsp_{place}", f"usr_{person}")
                assert (known.role if known else None) == expected.get(person)


async def _act(
    members: Any,
    table: Any,
    now: datetime,
    act: str,
    place: str,
    name: str,
    role: Role,
    is_forced: bool,
) -> None:
    """Ask the store and the table the same."""
    stands = table[place]
    is_owned = any(r is Role.OWNER for n, r in stands.items() if n != name)
    loses = stands.get(name) is Role.OWNER and not is_owned and not (act == "put" and role is Role.OWNER)
    at = ("workspace", f"wsp_{place}", f"usr_{name}")
    try:
        if act == "put":
            await members.put_member(*at, role, now, is_forced=is_forced)
        else:
            await members.remove_member(*at, now, is_forced=is_forced)
    except Conflict:
        assert loses
        assert not is_forced
        return
    except NotFound:
        assert act == "remove"
        assert name not in stands
        return
    assert not loses or is_forced
    if act == "put":
        stands[name] = role
    else:
        del stands[name]


@pytest.mark.parametrize(
    ("scopes", "role"),
    [
        ("read", Role.VIEWER),
        ("read write", Role.MEMBER),
        ("cancel", Role.MEMBER),
        ("read keys", Role.ADMIN),
        ("read hooks", Role.ADMIN),
        ("read write cancel hooks keys", Role.OWNER),
        ("", Role.VIEWER),
    ],
)
def test_a_key_without_a_user_counts_by_its_scopes(scopes: str, role: Role) -> None:
    assert role_of(frozenset(scopes.split())) is role


OLD = """
INSERT INTO workspace (id, identifier, created_at) VALUES ('wsp_11', 'default', 5), ('wsp_12', 'north', 6);
INSERT INTO access_key (public_id, role, workspace, hash, scopes, created_at, name, revoked_at) VALUES
('w1', 'wk', 'wsp_11', 'h', 'cancel hooks keys ops read write', 5, NULL, NULL),
('u1', 'uk', 'wsp_11', 'h', 'cancel hooks keys ops read write', 5, NULL, NULL),
('u2', 'uk', 'wsp_11', 'h', 'read', 6, 'reports', NULL),
('u3', 'uk', 'wsp_12', 'h', 'read write', 7, 'nightly', NULL),
('u4', 'uk', 'wsp_12', 'h', 'hooks read', 8, NULL, NULL),
('u5', 'uk', 'wsp_12', 'h', 'keys', 9, 'gone', 10),
('g1', 'gn', 'wsp_12', 'h', 'keys read', 7, NULL, NULL);
INSERT INTO counter (workspace, noun, value) VALUES ('wsp_11', 'task', 4);
"""


async def test_a_folder_of_the_version_before_keeps_its_keys_and_gets_their_users(tmp_path: Path) -> None:
    database = tmp_path / "gnomon.db"
    upgrade(database, "0004")
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(OLD)
    store = SqliteStore.open(tmp_path, Hub())
    try:
        assert find_revision(database) == "0005"
        spaces = await store.list_workspaces()
        assert [(w.number, w.identifier, w.organization_id) for w in spaces] == [
            (1, "default", "org_11"),
            (2, "north", "org_12"),
        ]
        organization = await store.members.find_organization("org_12")
        assert organization is not None
        assert (organization.number, organization.name) == (2, "north")
        stand = {
            w.identifier: [(m.user.name, m.role) for m in await store.members.list_members("workspace", w.id)]
            for w in spaces
        }
        assert stand == {
            "default": [("uk_live_u1", Role.OWNER), ("reports", Role.VIEWER)],
            "north": [("nightly", Role.MEMBER), ("uk_live_u4", Role.ADMIN)],
        }
        owners = await store.members.list_members("organization", "org_11")
        assert [(m.user.id, m.role) for m in owners] == [("usr_u1", Role.OWNER), ("usr_u2", Role.VIEWER)]
        for name, person in (("u1", "usr_u1"), ("w1", None), ("g1", None), ("u5", None)):
            kept = await store.find_key(name)
            assert kept is not None
            assert kept.user_id == person
    finally:
        await store.close()
