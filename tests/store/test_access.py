"""Workspaces and keys."""

from dataclasses import replace
from typing import Any

import pytest

from gnomon.core.access import Key, KeyRole, Workspace
from gnomon.core.errors import Conflict


def key(shop: Any, public_id: str, workspace: str) -> Key:
    return Key(
        public_id=public_id,
        role=KeyRole.API,
        workspace=workspace,
        hash="0f",
        scopes=frozenset({"read", "write"}),
        created_at=shop.now,
        expires_at=shop.now,
    )


async def test_a_workspace_comes_with_its_keys(shop: Any) -> None:
    wanted = Workspace(id="wsp_a", number=0, identifier="acme", created_at=shop.now)
    first = await shop.store.create_workspace(wanted, [key(shop, "p1", "wsp_a"), key(shop, "p2", "wsp_a")])
    second = await shop.store.create_workspace(replace(wanted, id="wsp_b", identifier="other"), [])
    assert (first, second.number) == (replace(wanted, number=1), 2)
    assert await shop.store.list_workspaces() == [first, second]
    assert await shop.store.find_key("p1") == key(shop, "p1", "wsp_a")
    assert await shop.store.find_key("p3") is None


async def test_an_identifier_names_one_workspace(shop: Any) -> None:
    wanted = Workspace(id="wsp_a", number=0, identifier="acme", created_at=shop.now)
    await shop.store.create_workspace(wanted, [])
    with pytest.raises(Conflict, match="acme"):
        await shop.store.create_workspace(replace(wanted, id="wsp_b"), [key(shop, "p1", "wsp_b")])
    assert await shop.store.find_key("p1") is None
