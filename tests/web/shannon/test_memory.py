"""What stays across sessions: the documents of the workspace, listed and read as files."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from rig import House, Tenant, client_of, open_house
from shelved import ShelfLibrary, open_library

from gnomon.core.access import KeyRole

TEXT = "# North field\n\nThe field north of Zürich was connected on 3 June 2025.\n"


@pytest.fixture
def library(tmp_path: Path) -> Any:
    opened = open_library(tmp_path)
    yield opened
    opened.shelf.close()


@pytest.fixture
async def house(tmp_path: Path, library: ShelfLibrary) -> AsyncIterator[House]:
    opened = open_house(tmp_path / "data")
    yield replace(opened, library=library)
    await opened.store.close()


@pytest.fixture
def listed(ours: Tenant, library: ShelfLibrary, tmp_path: Path) -> None:
    for number in range(120):
        library.put(ours.id, tmp_path / "files", f"part{number:03}.txt", f"Part {number} of many.")
    library.put(ours.id, tmp_path / "files", "2025/north.md", TEXT)


@pytest.mark.usefixtures("listed")
async def test_documents_are_files(door: httpx.AsyncClient) -> None:
    told = (await door.get("/api/v1/memory/files")).raise_for_status().json()
    assert told["success"] is True
    assert len(told["files"]) == 121
    (north,) = [each for each in told["files"] if each["name"] == "north.md"]
    assert north["path"].endswith("/2025/north.md")
    file = (await door.get(f"/api/v1/memory/files/{north['path']}")).raise_for_status().json()
    assert "north of Zürich was connected on 3 June 2025." in file["content"]
    assert file["size_bytes"] == len(file["content"].encode())
    assert file["content_type"] == "text/plain; charset=utf-8"


@pytest.mark.usefixtures("listed")
async def test_only_the_path_of_the_list_leads_to_a_document(
    door: httpx.AsyncClient, app: Any, theirs: Tenant
) -> None:
    files = (await door.get("/api/v1/memory/files")).json()["files"]
    path = files[0]["path"]
    for wrong, status in {f"{path}.bak": 404, path.partition("/")[0]: 404, f"{path}/%2e%2e/x": 400}.items():
        assert (await door.get(f"/api/v1/memory/files/{wrong}")).status_code == status
    async with client_of(app, **{"X-API-Key": theirs.founded.keys[KeyRole.API]}) as client:
        assert (await client.get("/api/v1/memory/files")).json()["files"] == []
        foreign = await client.get(f"/api/v1/memory/files/{path}")
    assert (foreign.status_code, foreign.json()) == (
        404,
        {"error": "File not found: use a 'path' of GET /api/v1/memory/files, which is doc_.../name"},
    )
