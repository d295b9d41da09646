"""What a person meets who starts the server: keys, health, refusals, a clean end."""

import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from .server import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    with running(tmp_path_factory.mktemp("serve") / "data") as server:
        yield server


def gnomon(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "gnomon.cli.main", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=30, env=environment or None, check=False
    )


def test_the_first_start_writes_keys_that_only_their_owner_can_read(server: Server) -> None:
    file = server.data / "keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys = server.keys()
    assert keys["workspace_api_key"].startswith("wk_")
    assert keys["user_api_key"].startswith("uk_")
    assert keys["api_key"].startswith("gn_")


def test_no_key_stands_in_clear_beside_the_keys_file(server: Server) -> None:
    secrets = [key.split("_")[-1].encode() for name, key in server.keys().items() if name != "workspace"]
    for file in server.data.rglob("*"):
        if file.is_file() and file.name != "keys.json":
            assert not any(secret in file.read_bytes() for secret in secrets), file


@pytest.mark.parametrize("path", ["/health", "/readiness"])
def test_health_needs_no_key(server: Server, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 200


def test_everything_else_needs_one(server: Server) -> None:
    answer = httpx.get(server.url + "/energymodels")
    assert answer.status_code == 401
    assert "detail" in answer.json()


def test_a_second_server_on_the_same_folder_is_refused(server: Server) -> None:
    second = gnomon("serve", "--data", str(server.data), "--port", "0")
    assert second.returncode == 1
    assert str(server.pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_restart_keeps_the_keys_and_ends_cleanly(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    keys = server.keys()
    assert server.stop() == 0
    server.start()
    try:
        assert server.keys() == keys
        with server.daly() as client:
            assert client.get("/tasks").status_code == 200
    finally:
        assert server.stop() == 0
    assert not server.processes()


def test_no_auth_answers_without_a_key_on_loopback(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--no-auth") as server:
        assert httpx.get(server.url + "/tasks").status_code == 200


def test_no_auth_refuses_any_other_address(tmp_path: Path) -> None:
    refused = gnomon("serve", "--data", str(tmp_path), "--no-auth", "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "--host 127.0.0.1" in refused.stderr


def test_a_module_without_workloads_is_named(tmp_path: Path) -> None:
    refused = gnomon("serve", "--data", str(tmp_path), "--port", "0", "--workload", "json")
    assert refused.returncode == 1
    assert "json has no workloads" in refused.stderr


def test_a_port_that_is_taken_is_named_and_leaves_no_folder(server: Server, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    refused = gnomon("serve", "--data", str(tmp_path / "data"), "--port", port)
    assert refused.returncode == 1
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "--port" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused = gnomon("serve", "--data", str(tmp_path), "--port", "0", "--workload", "nowhere.to_be_found")
    assert refused.returncode == 1
    assert "no module 'nowhere.to_be_found'" in refused.stderr


def test_a_missing_secret_is_not_replaced(tmp_path: Path) -> None:
    with running(tmp_path / "data"):
        pass
    secret = tmp_path / "data" / "secret.key"
    kept = secret.read_text()
    for damage, word in ((None, "missing"), ("what?", "damaged")):
        secret.unlink()
        if damage is not None:
            secret.write_text(damage)
        refused = gnomon("serve", "--data", str(tmp_path / "data"), "--port", "0")
        assert refused.returncode == 1
        assert str(secret) in refused.stderr
        assert word in refused.stderr
        secret.write_text(kept)
    with running(tmp_path / "data") as server, server.daly() as client:
        assert client.get("/tasks").status_code == 200


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "gnomon.db").write_text("not a database, whatever its name says" * 10)
    refused = gnomon("serve", "--data", str(tmp_path), "--port", "0")
    assert refused.returncode == 1
    assert "gnomon.db is not a database of Gnomon" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_nobody_else_reads_the_database(server: Server) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in server.data.glob("gnomon.db*")}
    assert set(modes.values()) == {0o600}, modes


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    assert server.interrupt() == 0
    assert not server.processes()
