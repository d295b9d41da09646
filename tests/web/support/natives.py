"""The native door in tests: clients by key, and its document."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from rig import House, Tenant, client_of, found_tenant, open_app, open_house

from gnomon.core.access import ALL_SCOPES, KeyRole, Principal
from gnomon.core.service.access import issue_key
from gnomon.core.workload import Workload

BASE = "http://gnomon.test/gnomon/v1"
ORDER = {"kind": "pvsyst_component", "input": {"blob": "0" * 64, "filename": "a.pan", "as": "module"}}
"""An order of a kind that every rig offers."""


def client_with(app: Any, key: str) -> httpx.AsyncClient:
    client = client_of(app, **{"X-API-Key": key})
    client.base_url = httpx.URL(BASE)
    return client


def client_for(app: Any, tenant: Tenant) -> httpx.AsyncClient:
    return client_with(app, tenant.founded.keys[KeyRole.API])


async def key_with(house: House, tenant: Tenant, scopes: frozenset[str]) -> str:
    """Issue a key of a workspace that has these scopes."""
    issuer = Principal(workspace=tenant.id, key_id="issuer", scopes=ALL_SCOPES)
    return (await issue_key(house, issuer, name="test", scopes=scopes)).text


def read_document(*alone: Workload, at: str = "/gnomon/v1", **options: Any) -> dict[str, Any]:
    """Return a door's document as it is served, for tests that are made from it when they are collected."""

    async def read(folder: Path) -> dict[str, Any]:
        house = open_house(folder)
        if alone:
            house = replace(house, workloads={workload.kind: workload for workload in alone})
        app = open_app(house, **options)
        tenant = await found_tenant(house, app, "reader")
        try:
            async with client_of(app) as client:
                document: dict[str, Any] = (await client.get(f"{at}/openapi.json")).json()
                return document
        finally:
            await tenant.client.aclose()
            await house.store.close()

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(read(Path(folder)))


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, item in document["paths"].items() for method in item]


def scope_of(document: dict[str, Any], method: str, path: str) -> str | None:
    security = document["paths"][path][method.lower()]["security"]
    return security[0]["bearer"][0] if security else None
