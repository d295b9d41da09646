"""`gnomon admin` on a real data folder: what it prints opens the server."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gnomon.cli.commands import gnomon
from gnomon.core.access import KeyRole, Principal
from gnomon.core.errors import Unauthenticated
from gnomon.core.service import House
from gnomon.core.service.access import authenticate
from gnomon.settings import Settings
from gnomon.wiring import open_office, open_server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    async def start_once() -> None:
        async with open_server(Settings(data=tmp_path, port=0, cpu_slots=1)):
            pass

    asyncio.run(start_once())
    return tmp_path


def admin(data: Path, *words: str) -> Result:
    return CliRunner().invoke(gnomon, ["admin", *words, "--data", str(data)])


def good(data: Path, *words: str) -> str:
    done = admin(data, *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def ask(data: Path, question: Callable[[House], Awaitable[Any]]) -> Any:
    async def visit() -> Any:
        async with open_office(data) as office:
            return await question(office.house)

    return asyncio.run(visit())


def enter(data: Path, text: str) -> Principal:
    found: Principal = ask(data, lambda house: authenticate(house, text, roles=frozenset(KeyRole)))
    return found


def test_an_issued_key_is_the_only_output_and_opens_the_workspace(data: Path) -> None:
    key = good(data, "issue-key", "--name", "new one").strip()
    assert enter(data, key).scopes == {"read", "write", "cancel", "hooks", "keys", "ops"}
    listed = good(data, "keys").splitlines()
    assert len(listed) == 4
    assert listed[-1].split("\t")[1:] == ["valid", "cancel hooks keys ops read write", "new one"]
    assert key.rpartition("_")[2] not in "".join(listed)


def test_a_key_may_be_less(data: Path) -> None:
    key = good(data, "issue-key", "--scope", "read", "--role", "user", "--days", "2").strip()
    assert key.startswith("uk_live_")
    who = enter(data, key)
    assert who.scopes == {"read"}
    assert who.expires_at is not None


def test_every_key_can_be_revoked_and_another_issued(data: Path) -> None:
    for line in good(data, "keys").splitlines():
        assert "is revoked" in good(data, "revoke-key", line.split("\t")[0])
    assert {line.split("\t")[1] for line in good(data, "keys").splitlines()} == {"revoked"}
    key = good(data, "issue-key").strip()
    enter(data, key)
    good(data, "revoke-key", key.split("_")[2])
    with pytest.raises(Unauthenticated):
        enter(data, key)


def test_a_workspace_is_created_with_keys_that_open_it(data: Path) -> None:
    printed = dict(line.split("\t") for line in good(data, "create-workspace", "north").splitlines())
    assert set(printed) == {"workspace", "user", "api", "webhook_secret"}
    assert good(data, "webhook-secret", "--workspace", "north").strip() == printed["webhook_secret"]
    assert enter(data, printed["api"]).scopes == {"read", "write", "cancel", "hooks", "keys"}
    assert [line.split("\t")[:2] for line in good(data, "workspaces").splitlines()] == [
        ["1", "default"],
        ["2", "north"],
    ]
    assert len(good(data, "keys", "--workspace", "north").splitlines()) == 3


def test_a_webhook_secret_is_shown_and_rotated_with_an_overlap(data: Path) -> None:
    first = good(data, "webhook-secret").strip()
    assert first == json.loads((data / "keys.json").read_text())["webhook_secret"]
    rotated = admin(data, "rotate-webhook-secret", "--overlap", "3600")
    assert rotated.stdout.strip() != first
    assert "The secret before it signs too, until" in rotated.stderr
    assert good(data, "webhook-secret") == rotated.stdout
    refused = admin(data, "rotate-webhook-secret")
    assert (refused.exit_code, "force it" in refused.stderr) == (1, True)
    assert '{"force": true}, or --force' in refused.stderr
    at_once = admin(data, "rotate-webhook-secret", "--force", "--overlap", "0")
    assert at_once.stdout not in ("", rotated.stdout)
    assert at_once.stderr == ""


def test_a_secret_of_another_secret_key_is_not_shown_but_replaced(data: Path) -> None:
    first = good(data, "webhook-secret").strip()
    (data / "secret.key").write_text("0f" * 32)
    refused = admin(data, "webhook-secret")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "another secret.key" in refused.stderr
    second = good(data, "rotate-webhook-secret", "--overlap", "0").strip()
    assert good(data, "webhook-secret").strip() == second != first


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("keys", "--workspace", "south"), "There is no workspace south; there is default."),
        (("create-workspace", "default"), "choose another identifier"),
        (("create-workspace", "No!"), "lower-case"),
        (("issue-key", "--scope", "rule"), "There is no scope rule"),
        (("revoke-key", "nothing"), "no such key"),
        (("webhook-secret", "--workspace", "south"), "There is no workspace south; there is default."),
        (("rotate-webhook-secret", "--overlap", "604801"), "Give 0 to 604800 seconds"),
    ],
)
def test_what_is_refused_is_said_plainly(data: Path, words: tuple[str, ...], told: str) -> None:
    done = admin(data, *words)
    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.output


def test_a_folder_without_a_server_is_not_made_one(tmp_path: Path) -> None:
    done = admin(tmp_path / "nowhere", "workspaces")
    assert done.exit_code == 1
    assert "--data" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_running_server_keeps_its_folder(data: Path) -> None:
    async def while_it_runs() -> Result:
        async with open_server(Settings(data=data, port=0, cpu_slots=1)):
            return await asyncio.to_thread(admin, data, "issue-key")

    done = asyncio.run(while_it_runs())
    assert done.exit_code == 1
    assert "is in use by process" in done.stderr


def test_while_the_server_runs_its_api_is_named(data: Path) -> None:
    async def tries() -> list[Result]:
        async with open_server(Settings(data=data, port=0, cpu_slots=1)):
            words = ("webhook-secret", "rotate-webhook-secret", "keys")
            return [await asyncio.to_thread(admin, data, word) for word in words]

    shown, rotated, keys = asyncio.run(tries())
    assert "GET /gnomon/v1/webhook-secret." in shown.stderr
    assert "POST /gnomon/v1/webhook-secret/rotate." in rotated.stderr
    assert "POST /gnomon/v1/keys" in keys.stderr


def test_users_are_added_listed_changed_and_removed(data: Path) -> None:
    (owner,) = [line.split("\t") for line in good(data, "users").splitlines()]
    assert owner[1:3] == ["owner", "owner of default"]
    key = good(data, "add-user", "Ann", "--role", "viewer", "--email", "Ann@a.b").strip()
    assert key.startswith("uk_live_")
    assert enter(data, key).scopes == {"read"}
    ann = good(data, "users").splitlines()[-1].split("\t")
    assert ann[1:] == ["viewer", "Ann", "ann@a.b"]
    assert good(data, "set-role", ann[0], "admin") == f"{ann[0]} is admin in default.\n"
    assert enter(data, key).scopes == {"read", "write", "cancel", "hooks", "keys"}
    good(data, "remove-user", ann[0])
    with pytest.raises(Unauthenticated):
        enter(data, key)
    for words in (("remove-user", owner[0]), ("set-role", owner[0], "member")):
        refused = admin(data, *words)
        assert refused.exit_code == 1
        assert "no owner" in refused.output
    assert admin(data, "remove-user", "usr_none").exit_code == 1
    assert admin(data, "add-user", "a\nb").exit_code == 1
    good(data, "remove-user", owner[0], "--force")
    assert good(data, "users") == ""
