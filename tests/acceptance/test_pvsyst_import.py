"""The seed page's import, edit and rerun script, as it is printed but for host, key and paths."""

import json
import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from pvsyst_files import INVERTER, MODULE, project, variant

from gnomon.workloads.pvsyst_import.component import read, write

from .plant import COMPONENTS, year
from .server import Server, running

SCRIPT = """\
import_result=$(curl -sS -X POST "$DALY_API_BASE_URL/projects/import" \\
  -H "Authorization: Bearer $DALY_TOKEN" \\
  -F "files=@/path/MyProject.PRJ" \\
  -F "files=@/path/Variant.VC")

energy_model_id=$(printf '%s' "$import_result" | jq -r '.energyModels[0].energyModelId')

curl -sS "$DALY_API_BASE_URL/energymodels/$energy_model_id?include=inputs" \\
  -H "Authorization: Bearer $DALY_TOKEN"

curl -sS -X PUT "$DALY_API_BASE_URL/energymodels/$energy_model_id" \\
  -H "Authorization: Bearer $DALY_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d @edited-energy-model-input.json

curl -sS -X POST "$DALY_API_BASE_URL/energymodels/$energy_model_id/run?async=true" \\
  -H "Authorization: Bearer $DALY_TOKEN"
"""
EDIT = """
curl -sS "$DALY_API_BASE_URL/energymodels/$energy_model_id?include=inputs" -H "Authorization: Bearer $DALY_TOKEN" |
  jq '.inputs | .blocks[0].layout.tilt = 12' > edited-energy-model-input.json
"""
NO_JQ = """
jq() { python3 -c '
import json, sys
read = json.load(sys.stdin)
if "energyModelId" in sys.argv[-1]:
    print(read["energyModels"][0]["energyModelId"])
else:
    read["inputs"]["blocks"][0]["layout"]["tilt"] = 12
    print(json.dumps(read["inputs"]))' "$@"; }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    with running(tmp_path_factory.mktemp("import") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> httpx.Client:
    with server.daly(timeout=60) as client:
        yield client


def script(folder: Path, *more: Path) -> str:
    """Put the paths into the page's script, and the edit that it leaves to the reader."""
    text = SCRIPT.replace("/path/", f"{folder}/")
    first = f'{folder}/Variant.VC"'
    text = text.replace(first, " \\\n  ".join([first, *(f'-F "files=@{path}"' for path in more)]))
    return text.replace("\ncurl -sS -X PUT", f"{EDIT}\ncurl -sS -X PUT")


def run(server: Server, client: httpx.Client, folder: Path, text: str) -> list[dict[str, object]]:
    """Run a script as a user would, and return what it printed."""
    if not _has_jq():
        text = NO_JQ + text
    token = client.headers["Authorization"].removeprefix("Bearer ")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={"DALY_API_BASE_URL": server.url, "DALY_TOKEN": token, "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in re.sub(r"\}\{", "}\n{", done.stdout).splitlines() if line.strip()]


def _has_jq() -> bool:
    return subprocess.run(["bash", "-c", "command -v jq"], capture_output=True, check=False).returncode == 0


def await_task(client: httpx.Client, number: int) -> dict[str, object]:
    limit = time.monotonic() + 60
    while (task := client.get(f"/tasks/{number}").json())["status"] not in ("completed", "failed"):
        assert time.monotonic() < limit
        time.sleep(0.05)
    return task


def test_the_pages_script_imports_edits_and_reruns_one_row(
    server: Server, client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "MyProject.PRJ").write_bytes(project())
    (tmp_path / "Variant.VC").write_bytes(variant())
    parts = [COMPONENTS / MODULE, COMPONENTS / INVERTER]
    assert client.post("/locations", json={"name": "Before", "latitude": 46.95, "longitude": 7.44}).is_success
    before = client.get("/energymodels").json()
    fetched, saved, rerun = run(server, client, tmp_path, script(tmp_path, *parts))
    number = rerun["energyModelId"]
    assert number not in [row["id"] for row in before]
    assert (fetched["energyModelId"], fetched["status"], fetched["revision"]) == (number, "draft", "v0001")
    assert (saved["energyModelId"], saved["status"], saved["revision"]) == (number, "draft", "v0002")
    assert saved["inputs"]["blocks"][0]["layout"]["tilt"] == 12
    assert rerun == {
        "result": "success",
        "message": "Energy model queued for processing",
        "energyModelId": number,
        "revision": "v0003",
        "projectId": saved["projectId"],
        "globalProjectId": saved["globalProjectId"],
        "taskDetails": {"taskId": rerun["taskDetails"]["taskId"], "executionMode": "async_queued"},
    }
    # The page's two files hold no weather: the run says so, and what to do.
    failed = await_task(client, rerun["taskDetails"]["taskId"])
    assert failed["status"] == "failed"
    place = client.get(f"/projects/{saved['projectId']}").json()["locationId"]
    assert f"post a weather record linked to locationId {place}" in failed["errorMessage"]
    assert client.post("/weatherdata", json={"locationId": place, **year()}).is_success
    done = client.post(f"/energymodels/{number}/run").json()
    assert (done["energyModelId"], done["revision"]) == (number, "v0004")
    assert done["annualProductionMWh"] > 100
    block = saved["inputs"]["blocks"][0]
    numbers = {"module": block["dcInputs"][0]["moduleId"], "inverter": block["inverterId"]}
    for name, kind in ((MODULE, "module"), (INVERTER, "inverter")):
        back = write(kind, client.get(f"/{kind}s/{numbers[kind]}").json())
        assert read(back.encode(), kind, name) == read((COMPONENTS / name).read_bytes(), kind, name)


def test_the_two_files_of_the_page_alone_make_a_draft_that_waits(
    server: Server, client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "MyProject.PRJ").write_bytes(project())
    (tmp_path / "Variant.VC").write_bytes(variant())
    fetched, refused, unrun = run(server, client, tmp_path, script(tmp_path))
    assert [wait["kind"] for wait in fetched["waitsFor"]] == ["inverter", "module", "weather"]
    for answer in (refused, unrun):
        told = " ".join(each["msg"] for each in answer["detail"])
        assert INVERTER in told
        assert MODULE in told
    model = client.get(f"/energymodels/{fetched['energyModelId']}").json()
    assert (model["status"], model["revision"]) == ("draft", "v0001")
