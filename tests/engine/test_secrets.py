"""Secrets reach the function and nothing else; what came before is handed on."""

import hashlib
import json
import logging

import pytest
from engine_shop import open_shop
from engine_trades import WORKLOADS

from gnomon.core.task import Status
from gnomon.core.workload import ChildResult
from gnomon.engine.child.secrets import Secrets
from gnomon.engine.local import run_locally
from gnomon.engine.registry import gather
from gnomon.store.vault import KeyVault

KINDS = gather(WORKLOADS)
SECRETS = {"token": "tr0ub4dor-and-3", "tools": {"jira": {"Authorization": "Bearer c0rrect-h0rse"}}}
USED = {name: hashlib.sha256(str(value).encode()).hexdigest()[:16] for name, value in SECRETS.items()}
TELLTALES = ("tr0ub4dor", "c0rrect-h0rse")


def is_told(text):
    return any(word in text for word in TELLTALES)


@pytest.mark.parametrize("kind", ["use_secrets", "io_use_secrets"])
async def test_secrets_reach_the_function(shop, kind):
    task = await shop.run(kind, secrets=SECRETS)
    assert task.result == USED


@pytest.mark.parametrize("kind", ["use_secrets", "io_use_secrets"])
async def test_without_secrets_there_are_none(shop, kind):
    assert (await shop.run(kind)).result == {}


async def test_what_one_attempt_is_told_the_next_of_the_same_process_is_not(shop):
    await shop.run("io_use_secrets", secrets=SECRETS)
    assert (await shop.run("io_use_secrets", secrets={"other": 1})).result.keys() == {"other"}


async def test_children_and_join_are_told_what_their_parent_was(shop):
    task = await shop.run("share_secrets", secrets=SECRETS)
    assert (task.error, task.result) == (None, [USED] * 3)


@pytest.mark.parametrize("kind", ["share_secrets", "io_use_secrets", "stumble_with_secrets"])
async def test_nothing_that_is_kept_or_logged_tells_them(shop, kind, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    task = await shop.run(kind, secrets=SECRETS)
    kept = [str(event) for event in await shop.events(task)] + [str(task)]
    kept += [str(attempt) for attempt in await shop.store.list_attempts("w", task.id)]
    files = [file for file in (shop.folder / "gnomon-data").rglob("*") if file.is_file()]
    kept += [file.read_bytes().decode("latin-1") for file in files]
    kept += [*capfd.readouterr(), caplog.text, *(str(vars(record)) for record in caplog.records)]
    assert not [text for text in kept if is_told(text)]


async def test_a_failure_names_secrets_only_by_their_names(shop):
    task = await shop.run("stumble_with_secrets", secrets=SECRETS)
    assert "<secrets: token, tools>" in task.error.message


@pytest.mark.parametrize(
    "sealed",
    [KeyVault(b"x" * 32).seal(b'{"token": 1}'), "no seal", "AAAA"],
    ids=["of another key", "no seal", "too short"],
)
@pytest.mark.parametrize("kind", ["use_secrets", "io_use_secrets"])
async def test_what_the_vault_cannot_open_fails_the_task(shop, kind, sealed):
    task = await shop.run(kind, sealed=sealed)
    assert (task.status, task.error.code, task.attempt) == (Status.FAILED, "secrets_unreadable", 1)
    assert "secret.key" in task.error.message
    # The slot is free again.
    assert (await shop.run(kind, secrets=SECRETS)).result == USED


async def test_another_key_at_the_next_start_is_a_failure_too(tmp_path):
    async with open_shop(tmp_path, cpu_slots=0) as shop:
        task = await shop.submit("use_secrets", secrets=SECRETS)
    async with open_shop(tmp_path, vault=KeyVault(b"f" * 32)) as shop:
        assert (await shop.until(task)).error.code == "secrets_unreadable"


@pytest.mark.parametrize("kind", ["look_back", "io_look_back"])
async def test_a_task_sees_what_its_predecessor_was_given_and_made(shop, kind):
    first = await shop.submit("follow", {"add": 5})
    second = await shop.run(kind, predecessor_id=first.id)
    assert second.result == ["completed", {"add": 5}, 5]


async def test_a_task_sees_a_predecessor_that_failed(shop):
    first = await shop.submit("fail", {"retryable": False})
    second = await shop.run("look_back", predecessor_id=first.id)
    assert second.result == ["failed", {"retryable": False}, None]


async def test_a_child_sees_the_sibling_that_it_comes_after(shop):
    children = [{"kind": "follow", "input": {"add": 1}}, {"kind": "look_back", "input": {}, "after": 0}]
    task = await shop.run("sum_up", {"children": children})
    assert task.result["children"][1] == [1, "completed", ["completed", {"add": 1}, 1]]


@pytest.mark.parametrize("kind", ["use_secrets", "io_use_secrets"])
def test_in_memory_they_are_the_same(tmp_path, kind):
    assert run_locally(KINDS[kind], {}, blobs=tmp_path, secrets=SECRETS) == USED
    assert run_locally(KINDS[kind], {}, blobs=tmp_path) == {}


def test_in_memory_children_are_told_too(tmp_path):
    shared = run_locally(KINDS["share_secrets"], {}, blobs=tmp_path, others=WORKLOADS, secrets=SECRETS)
    assert shared == [USED] * 3


def test_in_memory_a_predecessor_is_given(tmp_path):
    before = ChildResult(position=0, kind="k", status="completed", result=[1], error=None, input={"n": 1})
    assert run_locally(KINDS["look_back"], {}, blobs=tmp_path, predecessor=before) == [
        "completed",
        {"n": 1},
        [1],
    ]
    children = [{"kind": "follow", "input": {"add": 1}}, {"kind": "look_back", "input": {}, "after": 0}]
    task = run_locally(KINDS["sum_up"], {"children": children}, blobs=tmp_path, others=WORKLOADS)
    assert task["children"][1] == [1, "completed", ["completed", {"add": 1}, 1]]


def test_secrets_are_a_mapping_that_says_only_names():
    secrets = Secrets(SECRETS)
    assert (dict(secrets), len(secrets), "token" in secrets) == (SECRETS, 2, True)
    assert not is_told(repr(secrets) + str(secrets) + f"{secrets}")
    assert (repr(Secrets({})), secrets == SECRETS) == ("<secrets: none>", True)
    with pytest.raises(TypeError):
        json.dumps(secrets)
