"""Workspaces and keys."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gnomon.core.access import Key, KeyRole, Workspace
from gnomon.core.errors import Conflict, NotFound
from gnomon.store.access import Known

ALL = frozenset({"read", "write", "keys"})


def key(shop: Any, public_id: str, workspace: str, **fields: Any) -> Key:
    standard = {
        "public_id": public_id,
        "role": KeyRole.API,
        "workspace": workspace,
        "hash": "0f",
        "scopes": ALL,
        "created_at": shop.now,
    }
    return Key(**(standard | fields))


async def found(shop: Any, name: str, *keys: Key) -> Workspace:
    wanted = Workspace(id=f"wsp_{name}", number=0, identifier=name, created_at=shop.now)
    made: Workspace = await shop.store.create_workspace(wanted, keys)
    return made


async def test_a_workspace_comes_with_its_keys(shop: Any) -> None:
    wanted = Workspace(id="wsp_a", number=0, identifier="acme", created_at=shop.now)
    given = [key(shop, "p1", "wsp_a", expires_at=shop.now), key(shop, "p2", "wsp_a", name="two")]
    wanted = replace(wanted, organization_id="org_a")
    first = await shop.store.create_workspace(wanted, given)
    second = await shop.store.create_workspace(replace(wanted, id="wsp_b", identifier="other"), [])
    assert (first, second.number) == (replace(wanted, number=1), 2)
    assert await shop.store.list_workspaces() == [first, second]
    assert [await shop.store.find_key(name) for name in ("p1", "p2")] == given
    assert await shop.store.find_key("p3") is None
    assert await shop.store.list_keys("wsp_a") == given
    assert await shop.store.list_keys("wsp_b") == []


async def test_an_identifier_names_one_workspace(shop: Any) -> None:
    wanted = Workspace(id="wsp_a", number=0, identifier="acme", created_at=shop.now)
    await shop.store.create_workspace(wanted, [])
    with pytest.raises(Conflict, match="acme"):
        await shop.store.create_workspace(replace(wanted, id="wsp_b"), [key(shop, "p1", "wsp_b")])
    assert await shop.store.find_key("p1") is None


async def test_a_key_is_added_to_a_workspace_that_is_there(shop: Any) -> None:
    await found(shop, "a", key(shop, "p1", "wsp_a"))
    added = key(shop, "p2", "wsp_a", name="more", created_at=shop.later(seconds=1))
    assert await shop.store.create_key(added) == added
    assert [kept.public_id for kept in await shop.store.list_keys("wsp_a")] == ["p1", "p2"]
    with pytest.raises(NotFound):
        await shop.store.create_key(key(shop, "p3", "wsp_none"))


async def test_an_ended_key_is_found_as_ended_at_once(shop: Any) -> None:
    await found(shop, "a", key(shop, "p1", "wsp_a"), key(shop, "p2", "wsp_a"))
    assert (await shop.store.find_key("p1")).revoked_at is None
    now = shop.later(seconds=5)
    ended = await shop.store.end_key("wsp_a", "p1", now, at=now)
    assert (ended.revoked_at, ended.is_valid_at(now)) == (now, False)
    assert await shop.store.find_key("p1") == ended
    again = await shop.store.end_key("wsp_a", "p1", shop.later(seconds=5), at=shop.now)
    assert again == ended


async def test_a_key_may_be_ended_later_and_never_lives_longer(shop: Any) -> None:
    await found(shop, "a", key(shop, "p1", "wsp_a"), key(shop, "p2", "wsp_a"))
    hour, day = shop.now + timedelta(hours=1), shop.now + timedelta(days=1)
    assert (await shop.store.end_key("wsp_a", "p1", shop.now, at=hour)).expires_at == hour
    assert (await shop.store.end_key("wsp_a", "p1", shop.now, at=day)).expires_at == hour
    kept = await shop.store.find_key("p1")
    assert kept.revoked_at is None
    assert kept.is_valid_at(hour - timedelta(microseconds=1))
    assert not kept.is_valid_at(hour)


async def test_a_foreign_key_is_not_found(shop: Any) -> None:
    await found(shop, "a", key(shop, "p1", "wsp_a"), key(shop, "p2", "wsp_a"))
    await found(shop, "b")
    for workspace, public_id in (("wsp_b", "p1"), ("wsp_a", "p9")):
        with pytest.raises(NotFound):
            await shop.store.end_key(workspace, public_id, shop.now, at=shop.now)
    assert (await shop.store.find_key("p1")).revoked_at is None


READER = {"scopes": frozenset({"read"})}
PAIR = {"role": KeyRole.WORKSPACE}, {"role": KeyRole.USER}


@pytest.mark.parametrize(
    ("others", "is_allowed"),
    [
        ((), False),
        ((READER,), False),
        (({},), True),
        (PAIR[:1], False),
        (PAIR[1:], False),
        (PAIR, True),
        (({"expires_at": timedelta(0)},), False),
        (({"expires_at": timedelta(seconds=1)},), True),
    ],
)
async def test_the_last_key_that_can_issue_others_stays(
    shop: Any, others: tuple[dict[str, Any], ...], is_allowed: bool
) -> None:
    def made(number: int, fields: dict[str, Any]) -> Key:
        if "expires_at" in fields:
            fields = fields | {"expires_at": shop.now + fields["expires_at"]}
        return key(shop, f"o{number}", "wsp_a", **fields)

    await found(shop, "a", key(shop, "p1", "wsp_a"), *map(made, range(len(others)), others))
    if is_allowed:
        await shop.store.end_key("wsp_a", "p1", shop.now, at=shop.now)
        return
    with pytest.raises(Conflict, match="issue another key"):
        await shop.store.end_key("wsp_a", "p1", shop.now, at=shop.now)
    assert (await shop.store.find_key("p1")).revoked_at is None
    await shop.store.end_key("wsp_a", "p1", shop.now, at=shop.now, is_forced=True)
    assert not (await shop.store.find_key("p1")).is_valid_at(shop.now)


async def test_two_keys_that_end_each_other_leave_one(shop: Any) -> None:
    await found(shop, "a", key(shop, "p1", "wsp_a"), key(shop, "p2", "wsp_a"))
    ends = [shop.store.end_key("wsp_a", name, shop.now, at=shop.now) for name in ("p1", "p2")]
    outcomes = await asyncio.gather(*ends, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Key, Conflict]


async def test_the_last_use_is_noted_and_never_goes_back(shop: Any) -> None:
    await found(shop, "a", key(shop, "p1", "wsp_a"), key(shop, "p2", "wsp_a"))
    earlier, later = shop.now, shop.later(minutes=1)
    await shop.store.touch_keys({"p1": later, "gone": later})
    await shop.store.touch_keys({"p1": earlier})
    assert [kept.last_used_at for kept in await shop.store.list_keys("wsp_a")] == [later, None]


async def test_a_name_is_used_once_even_after_a_restart(
    open_shop: Callable[[Path], Any], tmp_path: Path
) -> None:
    shop = open_shop(tmp_path)
    tries = [shop.store.use_once("wsp_a", "n", shop.now) for _ in range(8)]
    assert sorted(await asyncio.gather(*tries)) == [False] * 7 + [True]
    assert await shop.store.use_once("wsp_b", "n", shop.now)
    await shop.store.close()
    again = open_shop(tmp_path)
    assert not await again.store.use_once("wsp_a", "n", shop.now)
    await again.store.close()


async def test_what_was_read_before_a_change_is_not_remembered(shop: Any) -> None:
    known: Known[str, Key] = Known()
    old = key(shop, "p1", "wsp_a")
    ended = replace(old, revoked_at=shop.now)

    async def read_before_the_change() -> Key:
        known.forget()
        return old

    async def read_after_it() -> Key:
        return ended

    assert await known.find("p1", read_before_the_change) == old
    assert await known.find("p1", read_after_it) == ended
    assert await known.find("p1", read_before_the_change) == ended
