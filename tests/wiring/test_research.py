"""What research is told: every setting of it, in plain JSON, with the address that clients reach."""

import json
from pathlib import Path

import pytest

from gnomon.settings import Settings
from gnomon.wiring.research import public_url, research_settings, url_host


def test_nothing_set_is_nothing_told() -> None:
    told = research_settings(Settings())
    assert (told["model"], told["model_url"], told["search"], told["documents"]) == (None, None, [], [])
    assert told["public_url"] == "http://127.0.0.1:8080"
    assert told["max_cost"] == 0


def test_what_is_set_is_told_as_json() -> None:
    told = research_settings(
        Settings(
            model="local:/models/a.gguf",
            search=("brave", "searxng=http://127.0.0.1:8888"),
            documents=(Path("papers"),),
            document_links="key",
        )
    )
    assert json.loads(json.dumps(told)) == told
    assert told["model"] == "local:/models/a.gguf"
    assert told["search"] == ["brave", "searxng=http://127.0.0.1:8888"]
    assert told["documents"] == [str(Path.cwd() / "papers")]
    assert told["document_links"] == "key"


@pytest.mark.parametrize(
    ("settings", "address", "told"),
    [
        (Settings(port=0), "http://127.0.0.1:43210", "http://127.0.0.1:43210"),
        (Settings(public_url="https://g.example.com/x/"), "http://127.0.0.1:1", "https://g.example.com/x"),
        (Settings(host="::", port=1), None, "http://[::1]:1"),
        (Settings(host="example.com"), None, "http://example.com:8080"),
    ],
)
def test_the_address_is_the_one_that_clients_reach(
    settings: Settings, address: str | None, told: str
) -> None:
    assert public_url(settings, address) == told


@pytest.mark.parametrize(
    ("host", "told"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("10.0.0.1", "10.0.0.1")]
)
def test_a_host_stands_in_an_address(host: str, told: str) -> None:
    assert url_host(host) == told
