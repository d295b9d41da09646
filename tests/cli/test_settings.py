"""Every setting from its flag and from its variable; wrong ones are refused by name."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gnomon.cli import serve as served
from gnomon.cli.commands import HEADINGS, gnomon
from gnomon.core.delivery import SCHEDULE
from gnomon.settings import Settings, is_loopback, read_networks, read_pauses

OTHER: dict[str, tuple[str, Any]] = {
    "data": ("elsewhere", Path("elsewhere")),
    "host": ("127.0.0.2", "127.0.0.2"),
    "port": ("9000", 9000),
    "no_auth": ("1", True),
    "cors_origin": ("https://app.example.com", ("https://app.example.com",)),
    "workload": ("a.b", ("a.b",)),
    "cpu_slots": ("7", 7),
    "io_slots": ("8", 8),
    "lease": ("12.5", 12.5),
    "cancel_grace": ("1.5", 1.5),
    "sync_wait": ("3", 3.0),
    "max_body_mb": ("2", 2.0),
    "max_weather_rows": ("9000", 9000),
    "rate_limit": ("600", 600),
    "max_active": ("50", 50),
    "max_streams": ("5", 5),
    "max_waits": ("6", 6),
    "max_endpoints": ("7", 7),
    "max_schedules": ("8", 8),
    "schedule_spacing": ("3600", 3600.0),
    "max_workspaces": ("3", 3),
    "supabase_jwks": ("keys.json", "keys.json"),
    "supabase_issuer": ("https://id.example/auth/v1", "https://id.example/auth/v1"),
    "supabase_audience": ("people", "people"),
    "supabase_secret": ("s" * 32, "s" * 32),
    "heartbeat": ("2.5", 2.5),
    "max_stream_seconds": ("600", 600.0),
    "keep_events": ("90", 90.0),
    "keep_deliveries": ("7.5", 7.5),
    "webhook_schedule": ("1 2.5", "1 2.5"),
    "webhook_timeout": ("3", 3.0),
    "webhook_allow": ("10.1.0.0/16", ("10.1.0.0/16",)),
    "webhook_http": ("1", True),
    "webhook_concurrency": ("7", 7),
    "processor": ("pro=research", ("pro=research",)),
    "mode": ("simple=research", ("simple=research",)),
    "shannon_paused": ("true", True),
    "parallel_validation": ("lenient", "lenient"),
    "max_hold": ("60", 60.0),
    "documents": ("papers", (Path("papers"),)),
    "skills": ("skills", (Path("skills"),)),
    "no_own_documents": ("1", True),
    "document_links": ("key", "key"),
    "document_watch": ("poll", "poll"),
    "keep_gone_documents": ("365", 365.0),
    "public_url": ("https://gnomon.example.com/x", "https://gnomon.example.com/x"),
    "semantic": ("off", "off"),
    "model": ("openai:gpt-5-mini", "openai:gpt-5-mini"),
    "model_url": ("http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"),
    "model_concurrency": ("2", 2),
    "model_window": ("8192", 8192),
    "model_timeout": ("30", 30.0),
    "model_threads": ("2", 2),
    "model_fallback": ("extractive", "extractive"),
    "search": ("searxng=http://127.0.0.1:8888", ("searxng=http://127.0.0.1:8888",)),
    "fetch_allow": ("10.1.0.0/16", ("10.1.0.0/16",)),
    "fetch_http": ("1", True),
    "max_cost": ("0.25", 0.25),
    "pvgis_url": ("http://127.0.0.1:1/api", "http://127.0.0.1:1/api"),
    "nsrdb_url": ("https://nsrdb.example.com/solar", "https://nsrdb.example.com/solar"),
    "nsrdb_email": ("me@example.com", "me@example.com"),
    "log_level": ("debug", "debug"),
}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    seen: list[Settings] = []
    monkeypatch.setattr(served, "serve", seen.append)
    return seen


def test_the_table_names_every_setting() -> None:
    assert set(OTHER) == {field.name for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("name", OTHER)
def test_a_flag_sets_it(name: str, seen: list[Settings]) -> None:
    text, value = OTHER[name]
    flag = "--" + name.replace("_", "-")
    done = CliRunner().invoke(gnomon, ["serve", flag, *([] if value is True else [text])])
    assert done.exit_code == 0, done.output
    assert getattr(seen[0], name) == value


@pytest.mark.parametrize("name", OTHER)
def test_a_variable_sets_it(name: str, seen: list[Settings]) -> None:
    text, value = OTHER[name]
    done = CliRunner().invoke(gnomon, ["serve"], env={"GNOMON_" + name.upper(): text})
    assert done.exit_code == 0, done.output
    assert getattr(seen[0], name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", -1),
        ("cpu_slots", 0),
        ("lease", 0.1),
        ("cancel_grace", 0),
        ("sync_wait", 30),
        ("max_body_mb", 0),
        ("max_weather_rows", 8759),
        ("rate_limit", -1),
        ("max_active", -1),
        ("max_streams", -1),
        ("max_waits", 1_000_001),
        ("max_endpoints", -1),
        ("max_schedules", -1),
        ("schedule_spacing", 59),
        ("max_workspaces", -1),
        ("supabase_secret", "short"),
        ("heartbeat", 0),
        ("max_stream_seconds", 0),
        ("webhook_schedule", "soon"),
        ("webhook_schedule", "5 -1"),
        ("webhook_schedule", "nan"),
        ("webhook_schedule", "1e300"),
        ("webhook_schedule", "1 " * 33),
        ("webhook_timeout", 0),
        ("webhook_allow", ("somewhere",)),
        ("webhook_allow", ("localhost",)),
        ("webhook_concurrency", 0),
        ("processor", ("pro",)),
        ("processor", ("=research",)),
        ("processor", ("pro=",)),
        ("mode", ("simple",)),
        ("mode", ("simple=",)),
        ("max_hold", -1),
        ("max_hold", 86_401),
        ("model", "gpt"),
        ("model", "openai:"),
        ("model", "openai:two words"),
        ("model_url", "127.0.0.1:11434"),
        ("model_window", -1),
        ("model_timeout", -1),
        ("model_threads", -1),
        ("model_concurrency", 0),
        ("search", ("google",)),
        ("search", ("searxng",)),
        ("search", ("searxng=127.0.0.1",)),
        ("search", ("searxng=http://127.0.0.1:9",)),
        ("search", ("brave", "brave=key")),
        ("fetch_allow", ("somewhere",)),
        ("max_cost", -0.01),
        ("public_url", "gnomon.example.com"),
        ("public_url", "https://gnomon.example.com/?a=b"),
        ("cors_origin", ("*",)),
        ("cors_origin", ("null",)),
        ("cors_origin", ("app.example.com",)),
        ("cors_origin", ("https://app.example.com/",)),
        ("cors_origin", ("https://App.example.com",)),
    ],
)
def test_a_value_out_of_range_is_refused_by_the_flags_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match="--" + name.replace("_", "-")):
        Settings(**{name: value})


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("", ""),
        ("openai:gpt-5-mini", ""),
        ("local:/models/with spaces/a.gguf", ""),
        ("", "http://localhost:11434/v1"),
        ("qwen2.5:1.5b", "http://localhost:11434/v1"),
        ("any", "https://models.example.com"),
    ],
)
def test_a_model_is_named_with_its_provider_or_its_server(model: str, url: str) -> None:
    assert Settings(model=model, model_url=url).model == model


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_is_what_only_this_machine_reaches(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.test", ""])
def test_any_other_address_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_no_auth_is_refused_beyond_loopback() -> None:
    with pytest.raises(ValueError, match="--no-auth"):
        Settings(no_auth=True, host="0.0.0.0")


def test_the_schedule_is_read_and_may_be_empty() -> None:
    assert read_pauses(Settings().webhook_schedule) == tuple(SCHEDULE)
    assert read_pauses("0 1.5") == (timedelta(0), timedelta(seconds=1.5))
    assert read_pauses("") == ()


def test_networks_are_read() -> None:
    assert list(map(str, read_networks(["10.1.0.0/16", "::1", "fd00::/8"]))) == [
        "10.1.0.0/16",
        "::1/128",
        "fd00::/8",
    ]


def test_every_setting_stands_under_one_heading_of_the_help() -> None:
    placed = [name for names in HEADINGS.values() for name in names]
    assert sorted(placed) == sorted(OTHER)
    told = CliRunner().invoke(gnomon, ["serve", "--help"], terminal_width=100).output
    heads = [line[:-1] for line in told.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert heads == [*HEADINGS, "Other"]
    assert all(f"--{name.replace('_', '-')}" in told for name in OTHER)


@pytest.mark.parametrize("command", [[], ["admin"], ["documents"], ["documents", "add"], ["serve"], ["demo"]])
def test_no_sentence_of_the_help_is_cut(command: list[str]) -> None:
    done = CliRunner().invoke(gnomon, [*command, "--help"])
    assert done.exit_code == 0
    assert "..." not in done.output.replace("[OPTIONS] COMMAND [ARGS]...", "").replace(
        "(WORKLOADS = ...)", ""
    )


def test_the_help_says_where_the_api_is() -> None:
    assert "/gnomon/v1" in CliRunner().invoke(gnomon, ["--help"]).output


def test_a_network_may_be_named_by_an_address_in_it() -> None:
    assert [str(network) for network in read_networks(("127.0.0.1/8", "10.1.2.3/16"))] == [
        "127.0.0.0/8",
        "10.1.0.0/16",
    ]
    with pytest.raises(ValueError, match=r"such as 127\.0\.0\.0/8 \(this machine\)"):
        read_networks(("localhost",))
