"""Importing PVsyst projects through the door: drafts, what they wait for, repeats, refusals."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pvsyst_files import INVERTER, MODULE, Sub, project, variant, weather_csv
from server import serving

from gnomon.core.access import KeyRole

PLANT = Path(__file__).parents[3] / "examples" / "plant"
PARTS = {MODULE: "modules", INVERTER: "inverters"}


@asynccontextmanager
async def daly(folder: Path, **patience: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(folder / "data", sync_wait=20.0, **patience) as served:
        headers = {"Authorization": f"Bearer {served.founded.keys[KeyRole.API]}"}
        async with httpx.AsyncClient(base_url=served.address, headers=headers, timeout=30) as client:
            yield client


def form(*files: tuple[str, bytes], part: str = "files") -> list[tuple[str, tuple[str, bytes, str]]]:
    return [(part, (name, content, "application/octet-stream")) for name, content in files]


def component(name: str) -> tuple[str, bytes]:
    return name, (PLANT / name).read_bytes()


async def sent(client: httpx.AsyncClient, *files: tuple[str, bytes], **headers: str) -> Any:
    answer = await client.post("/projects/import", files=form(*files), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_whole_project_becomes_a_model_that_runs(tmp_path: Path) -> None:
    files = [("My.PRJ", project()), ("My.VC0", variant()), ("Bern_SYN.csv", weather_csv())]
    async with daly(tmp_path) as client:
        got = await sent(client, *files, component(MODULE), component(INVERTER))
        (row,) = got["energyModels"]
        assert (row["status"], row["revision"], row["waitsFor"]) == ("draft", "v0001", [])
        assert row["id"] == row["energyModelId"]
        assert got["project"]["locationId"] == got["location"]["id"]
        assert [len(got[name]) for name in ("modules", "inverters", "weatherData")] == [1, 1, 1]
        assert got["filesProcessed"] == [*(name for name, _ in files), MODULE, INVERTER]
        assert got["taskDetails"]["taskId"] == 1
        number = row["energyModelId"]
        fetched = (await client.get(f"/energymodels/{number}?include=inputs")).json()
        assert fetched["status"] == "draft"
        assert fetched["inputs"]["projectId"] == got["project"]["id"]
        ran = await client.post(f"/energymodels/{number}/run")
        assert ran.status_code == 200, ran.text
        assert ran.json()["revision"] == "v0002"
        assert ran.json()["annualProductionMWh"] > 100


async def test_what_was_assumed_stays_with_the_model(tmp_path: Path) -> None:
    files = [("My.PRJ", project()), ("My.VC0", variant()), ("Bern_SYN.csv", weather_csv())]
    async with daly(tmp_path) as client:
        (row,) = (await sent(client, *files, component(MODULE), component(INVERTER)))["energyModels"]
        path = f"/energymodels/{row['energyModelId']}"
        inputs = (await client.get(f"{path}?include=inputs")).json()["inputs"]
        whole = await client.put(path, json={"energyModelId": row["id"], "inputs": inputs})
        put = await client.put(path, json=inputs)
        ran = await client.post(f"{path}/run")
        shown = (await client.get(path)).json()
    assert row["warnings"]
    assert (whole.status_code, len(whole.json()["detail"])) == (422, 1)
    assert "under 'inputs'" in whole.json()["detail"][0]["msg"]
    assert row["warnings"] == put.json()["importWarnings"] == shown["importWarnings"]
    assert not any("importWarnings" in line for line in ran.json()["taskDetails"]["warnings"])
    assert not set(row["warnings"]) & set(shown["taskDetails"]["warnings"])


async def test_a_draft_says_what_it_waits_for_and_is_refused_until_it_is_there(tmp_path: Path) -> None:
    async with daly(tmp_path) as client:
        got = await sent(client, ("My.PRJ", project()), ("Variant.VC", variant()))
        (row,) = got["energyModels"]
        assert {(wait["kind"], wait["file"], wait["at"]) for wait in row["waitsFor"]} == {
            ("inverter", INVERTER, "blocks[0].inverterId"),
            ("module", MODULE, "blocks[0].dcInputs[0].moduleId"),
            ("weather", "Bern_SYN.MET", "weatherData"),
        }
        number = row["energyModelId"]
        shown = (await client.get(f"/energymodels/{number}")).json()
        assert shown["waitsFor"] == row["waitsFor"]
        refused = await client.post(f"/energymodels/{number}/run")
        assert refused.status_code == 422
        told = {".".join(map(str, each["loc"])): each["msg"] for each in refused.json()["detail"]}
        assert INVERTER in told["body.blocks.0.inverterId"]
        assert MODULE in told["body.blocks.0.dcInputs.0.moduleId"]
        inputs = (await client.get(f"/energymodels/{number}?include=inputs")).json()["inputs"]
        for name, path in PARTS.items():
            answer = await client.post(f"/{path}", files=form(component(name), part="file"))
            assert answer.status_code == 200
        place = got["location"]["id"]
        days = {
            "ghi": [100.0] * 8760,
            "dhi": [50.0] * 8760,
            "temperature": [9.0] * 8760,
            "windSpeed": [1.0] * 8760,
        }
        assert (await client.post("/weatherdata", json={"locationId": place, **days})).status_code == 200
        inputs["blocks"][0]["inverterId"] = 1
        inputs["blocks"][0]["dcInputs"][0]["moduleId"] = 1
        put = await client.put(f"/energymodels/{number}", json=inputs)
        assert put.status_code == 200, put.text
        assert "waitsFor" not in put.json()["inputs"]
        assert not put.json().get("waitsFor")
        ran = await client.post(f"/energymodels/{number}/run")
        assert ran.status_code == 200, ran.text
        assert (ran.json()["energyModelId"], ran.json()["revision"]) == (number, "v0003")


async def test_an_archive_of_variants_each_makes_a_model_and_a_repeat_makes_none(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("Projects/My.PRJ", project())
        archive.writestr("__MACOSX/Projects/._My.PRJ", b"\0")
        for count in range(3):
            archive.writestr(f"Projects/My.VC{count}", variant(Sub(strings=18 * (count + 1))))
        archive.writestr("Projects/My.VC9", b"PVObject_=pvVCalcul\r\nbroken")
        archive.writestr(f"ComposPV/{MODULE}", component(MODULE)[1])
    async with daly(tmp_path) as client:
        files = [("all.zip", held.getvalue())]
        got = await sent(client, *files, **{"Idempotency-Key": "once"})
        assert [row["variant"] for row in got["energyModels"]] == [f"Projects/My.VC{i}" for i in range(3)]
        assert any("My.VC9: is not read" in warning for warning in got["warnings"])
        again = await client.post("/projects/import", files=form(*files), headers={"Idempotency-Key": "once"})
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == got
        assert len((await client.get("/energymodels")).json()) == 3
        task = (await client.get("/tasks/1")).json()
        assert (task["taskType"], task["status"], task["progress"]) == ("pvsyst_project", "completed", 100.0)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("bad.zip", b"no archive")], "bad.zip: is no readable ZIP archive"),
        ([component(MODULE)], "neither a project (.PRJ) nor a variant (.VC*)"),
        ([("old.PRJ", b"\0\1\2binary")], "old.PRJ: is not read"),
    ],
)
async def test_files_that_make_no_project_are_refused_and_say_why(
    tmp_path: Path, files: list[tuple[str, bytes]], words: str
) -> None:
    async with daly(tmp_path) as client:
        answer = await client.post("/projects/import", files=form(*files))
        assert answer.status_code == 422
        assert words in answer.json()["detail"][0]["msg"]
        assert (await client.get("/projects")).json() == []


async def test_a_body_without_files_is_refused(tmp_path: Path) -> None:
    async with daly(tmp_path) as client:
        plain = await client.post("/projects/import", json={})
        empty = await client.post("/projects/import", files=form(("a.PRJ", b"x"), part="wrong"))
        single = await client.post("/projects/import", files=form(("a.PRJ", project()), part="file"))
    assert (plain.status_code, empty.status_code, single.status_code) == (415, 422, 200)
    assert empty.json()["detail"][0]["loc"] == ["body", "files"]
