"""Plugins: found, checked against their schema, and refused when two claim one kind."""

import json
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from gnomon.core.access import ALL_SCOPES, Principal, Workspace
from gnomon.core.errors import Complaint, Unavailable
from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.service import House
from gnomon.core.service.secret import get_webhook_secret
from gnomon.core.task import NewTask
from gnomon.core.workload import Workload
from gnomon.settings import Settings
from gnomon.store.sqlite import SqliteStore
from gnomon.wiring import OpenedServer, SystemClock, load_plugins, open_server, with_schema_check
from gnomon.workloads.energy_model.check import check_weather

SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def run(task_input: object, ctx: object) -> None:
    """Do nothing."""


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("a_plugin")
    monkeypatch.setitem(sys.modules, "a_plugin", module)
    return module


def test_a_module_brings_its_workloads_beside_those_of_the_house(plugin: ModuleType) -> None:
    plugin.WORKLOADS = (Workload(kind="mine", run=run),)  # type: ignore[attr-defined]  # made for the test
    workloads, kinds = load_plugins(["a_plugin"])
    assert {"mine", "energy_model", "pvsyst_component"} <= set(workloads)
    assert {"location", "weather", "module", "inverter", "project", "energy_model"} <= set(kinds)


def test_a_kind_that_is_taken_is_refused(plugin: ModuleType) -> None:
    plugin.WORKLOADS = (Workload(kind="energy_model", run=run),)  # type: ignore[attr-defined]  # made for the test
    with pytest.raises(ValueError, match=r"a_plugin .*'energy_model'"):
        load_plugins(["a_plugin"])


def _local() -> Callable[[object, object], None]:
    def inner(task_input: object, ctx: object) -> None:
        """Do nothing."""

    return inner


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Workload(kind="mine", run=run), r"^a_plugin says WORKLOADS = a Workload; .*\(Workload\(\.\.\.\),\)"),
        ((run,), r"^a_plugin has a function in WORKLOADS\[0\]; it must be a Workload"),
        ([Workload(kind="mine", run=lambda task_input, ctx: None)], "'mine', .* cannot be imported"),
        ([Workload(kind="mine", run=_local())], "'mine', .* cannot be imported"),
        ([Workload(kind="mine", run=run, where="io")], r"must be a coroutine function \(async def\)"),
        ([Workload(kind="mine", run=run, join=run)], r"cannot be called as the join of 'mine'"),
    ],
)
def test_what_cannot_work_is_refused_at_start(plugin: ModuleType, given: object, told: str) -> None:
    plugin.WORKLOADS = given  # type: ignore[attr-defined]  # made for the test
    with pytest.raises(ValueError, match=told) as refused:
        load_plugins(["a_plugin"])
    assert "\n" not in str(refused.value)


def test_a_module_without_workloads_is_refused() -> None:
    with pytest.raises(ValueError, match="json has no workloads"):
        load_plugins(["json"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\ndef (:\n", r"SyntaxError: .* \(.*broken_plugin\.py, line 2\)"),
        ("import json\n\njson.loads('[')\n", r"JSONDecodeError: .* \(.*broken_plugin\.py, line 3\)"),
        ("raise ValueError('one\\ntwo')\n", r"ValueError: one two \(.*broken_plugin\.py, line 1\)"),
        ("from json import nothing\n", r"ImportError: .*'nothing'.* \(.*broken_plugin\.py, line 1\)"),
        ("import sys\nsys.exit(3)\n", r"SystemExit: 3 \(.*broken_plugin\.py, line 2\)"),
        ("import no_such_thing\n", r"it needs the module 'no_such_thing'"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    (tmp_path / "broken_plugin.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=rf"^broken_plugin cannot be imported: .*{told}") as refused:
        load_plugins(["broken_plugin"])
    assert "\n" not in str(refused.value)


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'mine' is not valid"):
        with_schema_check(Workload(kind="mine", run=run, input_schema={"type": "thing"}))


def test_the_schema_speaks_before_the_workloads_own_check() -> None:
    own = Complaint(("n",), "too small")
    checked = with_schema_check(Workload(kind="mine", run=run, input_schema=SCHEMA, check=lambda _: [own]))
    assert checked.check is not None
    assert checked.check({"n": 1}) == [own]
    (found,) = checked.check({"n": "a"})
    assert (found.loc, found.type) == (("n",), "type")
    (missing,) = checked.check({})
    assert missing.type == "required"


def test_a_member_too_many_is_pointed_at_and_told_what_is_meant() -> None:
    inner = {"properties": {"tables": {}, "limit": {}}, "patternProperties": {"^x-": {}}}
    schema = {"type": "object", "properties": {"query": {**inner, "additionalProperties": False}}}
    checked = with_schema_check(Workload(kind="mine", run=run, input_schema=schema))
    assert checked.check is not None
    (found,) = checked.check({"query": {"table": 1, "limit": 2, "x-own": 3}})
    assert (found.loc, found.type) == (("query", "table"), "additionalProperties")
    assert found.message == "There is no member 'table'. Use one of: limit, tables. Did you mean 'tables'?"
    assert len(checked.check({"query": {f"y{n}": n for n in range(100)}})) == 20


async def test_the_rows_of_a_weather_are_limited_by_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNOMON_MAX_WEATHER_ROWS", "105408")  # what stood there before comes back
    many = dict.fromkeys(("ghi", "windSpeed", "temperature"), [0.0] * 9001)
    document = {**many, "date": [3_600_000 * row for row in range(9001)]}
    assert check_weather(document) == []
    async with open_server(Settings(data=tmp_path, port=0, max_weather_rows=9000)):
        assert os.environ["GNOMON_MAX_WEATHER_ROWS"] == "9000"
        (complaint,) = check_weather(document)
    assert complaint.message.startswith("9001 rows; give 2 to 9000; the server's setting --max-weather-rows")


async def test_the_start_warns_of_tasks_that_no_workload_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data=tmp_path, port=0)
    async with open_server(settings):
        pass
    assert not [record for record in caplog.records if record.message == "kind.unserved"]
    hub, now = Hub(), datetime.now(UTC)
    store = SqliteStore.open(tmp_path, hub)
    other = Workspace(id="wsp_other", number=2, identifier="other", created_at=now)
    await store.create_workspace(other, [])
    (first, _) = await store.list_workspaces()
    places = [(first.id, "migrate"), (first.id, "energy_model"), (other.id, "migrate"), (other.id, "audit")]
    for number, (workspace, kind) in enumerate(places):
        await store.submit(Submit(task=NewTask(id=f"tsk_{number}", workspace=workspace, kind=kind), now=now))
    await store.pause(other.id, "tsk_2", now)
    await store.cancel(other.id, "tsk_3", now)
    await store.close()
    async with open_server(settings):
        pass
    (warning,) = [record for record in caplog.records if record.message == "kind.unserved"]
    assert (warning.levelname, warning.kind, warning.tasks) == ("WARNING", "migrate", "1 paused, 1 queued")
    assert "--workload" in warning.cause


async def test_an_older_folder_gets_its_webhook_secrets_at_its_next_start(tmp_path: Path) -> None:
    settings, file = Settings(data=tmp_path, port=0), tmp_path / "keys.json"
    async with open_server(settings):
        pass
    keys = json.loads(file.read_text())
    await found_without_secrets(tmp_path)
    old = {name: text for name, text in keys.items() if name != "webhook_secret"}
    file.write_text(json.dumps(old))
    file.chmod(0o644)
    async with open_server(settings) as opened:
        shown = [await shown_secret(opened.house, space.id) for space in await list_workspaces(opened)]
    told = json.loads(file.read_text())
    assert told == old | {"webhook_secret": shown[0]}
    assert keys["webhook_secret"] != shown[0] != shown[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    async with open_server(settings) as opened:
        assert [await shown_secret(opened.house, s.id) for s in await list_workspaces(opened)] == shown
    assert file.read_bytes() == before


@pytest.mark.parametrize("text", [None, "", "{", "[]", '"gn_live_"', "\xff"])
async def test_a_keys_file_that_is_gone_or_something_else_stays_so(tmp_path: Path, text: str | None) -> None:
    settings, file = Settings(data=tmp_path, port=0), tmp_path / "keys.json"
    async with open_server(settings):
        pass
    await found_without_secrets(tmp_path)
    file.unlink()
    if text is not None:
        file.write_text(text, encoding="latin-1")
    async with open_server(settings) as opened:
        (first, _) = await list_workspaces(opened)
        assert (await shown_secret(opened.house, first.id)).startswith("whsec_")
    assert (file.read_text(encoding="latin-1") if file.exists() else None) == text


async def test_a_crash_before_the_secret_is_stored_leaves_one_that_the_next_start_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, file = Settings(data=tmp_path, port=0), tmp_path / "keys.json"
    async with open_server(settings):
        pass
    await found_without_secrets(tmp_path)

    async def die(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "rotate_workspace_secret", die)
        with pytest.raises(Unavailable):
            await open_server(settings).__aenter__()
    lost = json.loads(file.read_text())["webhook_secret"]
    async with open_server(settings) as opened:
        (first, _) = await list_workspaces(opened)
        kept = await shown_secret(opened.house, first.id)
    assert json.loads(file.read_text())["webhook_secret"] == kept != lost


async def found_without_secrets(data: Path) -> None:
    """Leave two workspaces as an older version has left them."""
    store = SqliteStore.open(data, Hub())
    await store.create_workspace(
        Workspace(id="wsp_other", number=2, identifier="other", created_at=datetime.now(UTC)), []
    )
    await store.close()
    with closing(sqlite3.connect(data / "gnomon.db")) as connection, connection:
        connection.execute("DELETE FROM workspace_secret")


async def list_workspaces(opened: OpenedServer) -> Sequence[Workspace]:
    return await opened.house.store.list_workspaces()


async def shown_secret(house: House, workspace: str) -> str:
    principal = Principal(workspace=workspace, key_id="k", scopes=ALL_SCOPES)
    return (await get_webhook_secret(house, principal)).secret


def test_chance_fills_its_bits_and_repeats_nothing() -> None:
    clock = SystemClock()
    drawn = [clock.chance(80) for _ in range(2000)]
    assert len(set(drawn)) == len(drawn)
    assert max(drawn) < 1 << 80
    assert {clock.chance(1) for _ in range(100)} == {0, 1}
    assert max(drawn).bit_length() > 70
