"""The library over HTTP: searched, listed, read, and opened at what was cited."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import httpx
import pytest
from natives import client_for, key_with
from rig import House, Tenant, client_of, open_app, open_house
from selectolax.lexbor import LexborHTMLParser
from shelved import ShelfLibrary, open_library

FIRST = "# North field\n\nThe north field was connected on 3 June 2025. It rained all week.\n"
SECOND = "# North field\n\nThe north field was connected on 4 July 2025.\n"


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
async def client(
    ours: Tenant, app: Any, library: ShelfLibrary, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    library.put(ours.id, tmp_path / "files", "2025/north.md", FIRST)
    library.put(ours.id, tmp_path / "files", "south.txt", "Nothing was built in the south.")
    async with client_for(app, ours) as client:
        yield client


async def found(client: httpx.AsyncClient, query: str) -> dict[str, Any]:
    answer = await client.get("/passages", params={"query": query})
    assert answer.status_code == 200, answer.text
    passages = answer.json()["passages"]
    assert passages
    return dict(passages[0])


async def test_a_passage_s_address_opens_at_its_words_without_a_key(
    client: httpx.AsyncClient, app: Any
) -> None:
    passage = await found(client, "when was the north field connected?")
    assert "3 June 2025" in passage["text"]
    async with client_of(app) as stranger:
        page = await stranger.get(urldefrag(passage["url"]).url)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    tree = LexborHTMLParser(page.text)
    marked = " ".join(node.text() for node in tree.css("mark"))
    assert "".join(marked.split()) == "".join(passage["text"].split())
    assert tree.css_first("#passage") is not None


async def test_what_a_page_may_do_is_nothing(client: httpx.AsyncClient) -> None:
    page = await client.get(urldefrag((await found(client, "north field"))["url"]).url)
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]


async def test_an_old_address_still_opens_at_the_words_that_were_cited(
    client: httpx.AsyncClient, library: ShelfLibrary, ours: Tenant, tmp_path: Path
) -> None:
    before = await found(client, "north field connected")
    library.put(ours.id, tmp_path / "files", "2025/north.md", SECOND)
    assert "4 July" in (await found(client, "north field connected"))["text"]
    old = await client.get(urldefrag(before["url"]).url)
    assert "3 June 2025" in LexborHTMLParser(old.text).css_first("main p mark").text()
    assert "This is edition 1" in old.text


async def test_documents_are_listed_by_name_in_pages(client: httpx.AsyncClient) -> None:
    first = (await client.get("/documents", params={"limit": 1})).json()
    second = (await client.get("/documents", params={"limit": 1, "cursor": first["next"]})).json()
    names = [page["documents"][0]["name"] for page in (first, second)]
    assert (names, second["next"]) == (["2025/north.md", "south.txt"], None)
    shown = (await client.get(f"/documents/{first['documents'][0]['id']}")).json()
    assert shown == first["documents"][0]
    assert (await client.get(shown["page_url"])).status_code == 200


async def test_the_text_is_what_offsets_count_in(client: httpx.AsyncClient) -> None:
    passage = await found(client, "north field connected")
    text = (await client.get(f"/documents/{passage['document_id']}/text")).text
    assert text[passage["start"] :].startswith(passage["text"])


async def test_holdings(client: httpx.AsyncClient) -> None:
    told = (await client.get("/library")).json()
    assert (told["documents"], told["pending"], told["unreadable"]) == (2, 0, 0)


@pytest.mark.parametrize(
    ("query", "word"),
    [("at=5", "START-END"), ("at=9,3", "START-END"), ("edition=0", "edition"), ("nonsense=1", "nonsense")],
)
async def test_a_page_that_is_asked_wrongly_says_what_to_send(
    client: httpx.AsyncClient, query: str, word: str
) -> None:
    document = (await client.get("/documents")).json()["documents"][0]
    page = await client.get(f"/documents/{document['id']}/page?{query}")
    assert page.status_code == 422
    assert word in LexborHTMLParser(page.text).body.text()  # type: ignore[union-attr]


async def test_a_page_answers_head_as_it_answers_get(client: httpx.AsyncClient) -> None:
    url = urldefrag((await found(client, "north field"))["url"]).url
    head, page = await client.head(url), await client.get(url)
    assert head.status_code == page.status_code == 200
    assert head.headers["content-type"] == page.headers["content-type"]


async def test_a_page_of_nothing_is_a_page(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/documents/doc_{'0' * 26}/page")
    assert page.status_code == 404
    assert "no such document" in page.text


async def test_links_can_need_a_key(
    house: House, ours: Tenant, library: ShelfLibrary, tmp_path: Path
) -> None:
    library.put(ours.id, tmp_path / "files", "north.md", FIRST)
    app = open_app(house, are_document_links_open=False)
    async with client_for(app, ours) as client, client_of(app) as stranger:
        address = urldefrag((await found(client, "north field"))["url"]).url
        assert (await client.get(address)).status_code == 200
        refused = await stranger.get(address)
    assert refused.status_code == 401
    assert refused.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/passages?query=a", "/library", "/documents", "/documents/doc_1/page"])
async def test_a_server_without_a_library_says_so(house: House, ours: Tenant, path: str) -> None:
    async with client_for(open_app(replace(house, library=None)), ours) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "keeps no library" in answer.text


async def test_a_key_without_read_sees_nothing(house: House, ours: Tenant, client: httpx.AsyncClient) -> None:
    key = await key_with(house, ours, frozenset({"cancel"}))
    answer = await client.get("/passages?query=north", headers={"X-API-Key": key})
    assert answer.status_code == 403
