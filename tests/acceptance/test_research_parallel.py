"""The vendor's client, unmodified: `execute()` with a pydantic schema over a local folder, typed and cited."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from parallel import Parallel
from pydantic import BaseModel, Field

from .research_trial import serving, wait_for_documents
from .server import Server

TEXTS = {
    "bridge.md": "# The bridge of Velden\n\nThe bridge of Velden has a length of 412.5 metres. It was opened on "
    "14 May 1937.\n\n## Contact\n\nThe bridge office answers at bridge@velden.example.\n",
    "velden.html": "<html><head><title>Velden</title></head><body><h1>Velden</h1><p>Velden is a town in Holmark. "
    "Its population is 48,250. The material of the bridge is steel.</p></body></html>",
}
PAGE = re.compile(r"/gnomon/v1/documents/(doc_[0-9a-z]{26})/page")


class Bridge(BaseModel):
    """What is asked of a bridge."""

    length_m: float | None = Field(description="Length of the bridge in metres.")
    opened: date | None = Field(description="Day on which the bridge was opened.")
    material: Literal["wood", "stone", "steel"] | None = Field(description="What the bridge is made of.")
    contact_email: str | None = Field(description="E-mail address of the bridge office.")
    architect: str | None = Field(description="Name of the bridge's architect.")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("research")
    documents = folder / "documents"
    documents.mkdir()
    for name, text in TEXTS.items():
        (documents / name).write_text(text)
    # The vendor refuses `format`, which the schema of a date has; a lenient server warns of it.
    server = serving(folder / "data", documents, "--parallel-validation", "lenient").start()
    try:
        wait_for_documents(server, len(TEXTS))
        yield server
    finally:
        server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[Parallel]:
    with Parallel(base_url=server.url, api_key=server.keys()["api_key"]) as client:
        yield client


def test_typed_fields_come_with_citations(client: Parallel, server: Server) -> None:
    found = client.task_run.execute(input="The bridge of Velden", processor="base", output=Bridge, timeout=60)
    assert found.output.parsed == Bridge(
        length_m=412.5,
        opened=date(1937, 5, 14),
        material="steel",
        contact_email="bridge@velden.example",
        architect=None,
    )
    basis = {entry.field: entry for entry in found.output.basis}
    assert set(basis) == set(Bridge.model_fields)
    assert basis["architect"].citations == []
    assert basis["architect"].reasoning
    for name in ("length_m", "opened", "material", "contact_email"):
        assert basis[name].confidence in {"low", "medium"}, (
            "without a model, and with one document, never high"
        )
        for citation in basis[name].citations or ():
            assert_cites(citation.url, citation.excerpts or [], server)


def assert_cites(url: str, excerpts: list[str], server: Server) -> None:
    """Hold a citation against the documents: each excerpt stands in one, and the address leads into the server."""
    assert excerpts
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" == server.url
    assert PAGE.fullmatch(parts.path), url
    query = parse_qs(parts.query)
    assert query["edition"] == ["1"]
    assert parts.fragment == "passage"
    places = [tuple(map(int, place.split("-"))) for place in query["at"][0].split(",")]
    assert [end - start for start, end in places] == [len(excerpt) for excerpt in excerpts]
    assert all(any(excerpt in text for text in TEXTS.values()) for excerpt in excerpts)


def test_a_text_quotes_its_documents(client: Parallel, server: Server) -> None:
    found = client.task_run.execute(
        input="What is the length of the bridge of Velden?",
        processor="lite",
        output="A short answer.",
        timeout=60,
    )
    assert found.output.type == "text"
    assert "412.5 metres" in str(found.output.content)
    (entry,) = found.output.basis
    assert entry.field == "output"
    (citation,) = entry.citations or []
    assert_cites(citation.url, citation.excerpts or [], server)


def test_a_run_without_a_wish_gets_a_text(client: Parallel) -> None:
    found = client.task_run.execute(
        input="What is the length of the bridge of Velden?", processor="lite", timeout=60
    )
    assert "412.5 metres" in str(found.output.content)
    assert found.output.basis[0].citations


def test_what_no_document_says_is_not_made_up(client: Parallel) -> None:
    found = client.task_run.execute(
        input="Who won the chess olympiad in Batumi?", processor="lite", output="A name.", timeout=60
    )
    (entry,) = found.output.basis
    assert not entry.citations
    assert entry.confidence is None


def test_a_follow_up_knows_what_was_spoken_of(client: Parallel) -> None:
    first = client.task_run.execute(
        input="What is the length of the bridge of Velden?", processor="lite", output="A length.", timeout=60
    )
    run = client.task_run.create(
        input="When was it opened?",
        processor="lite",
        previous_interaction_id=first.run.interaction_id,
        task_spec={"output_schema": "A day."},
    )
    found = client.task_run.result(run.run_id, api_timeout=60)
    assert "14 May 1937" in str(found.output.content)
