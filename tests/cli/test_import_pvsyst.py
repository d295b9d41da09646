"""`gnomon import-pvsyst`: the mapped models and the report, for people and for machines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pvsyst_files import INVERTER, MODULE, Sub, circuit, project, variant, weather_csv

from gnomon.cli.commands import gnomon
from gnomon.workloads.pvsyst_import.component import read

PLANT = Path(__file__).parents[2] / "examples" / "plant"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "My project"
    place.mkdir()
    (place / "My.PRJ").write_bytes(project())
    (place / "My.VC0").write_bytes(
        variant(Sub(strings=40, inverters=6), wiring=circuit((1, 2, 6), (1, 4, 7)))
    )
    return place


def call(*arguments: object) -> Result:
    return CliRunner().invoke(gnomon, ["import-pvsyst", *map(str, arguments)])


def test_blocks_and_report_are_shown_and_what_is_awaited(folder: Path) -> None:
    got = call(folder / "My.PRJ", folder / "My.VC0", PLANT / MODULE)
    assert got.exit_code == 3, got.output
    for words in (
        "Location Bern: 46.95, 7.44, 540 m",
        "Project Field of Bern",
        "PV Array, 6 strings each",
        "PV Array, 7 strings each",
        f"waits for {INVERTER} (inverter, blocks[1].inverterId)",
        "PQualityModP=-0.5 %: losses.moduleQuality, a gain",
        "LIDLoss=1.5 %: losses.lid",
        "Flags=$00100400",
    ):
        assert words in got.output, got.output


def test_machines_get_documents_and_report(folder: Path, tmp_path: Path) -> None:
    written = tmp_path / "out.json"
    for name in (MODULE, INVERTER):
        (folder / name).write_bytes((PLANT / name).read_bytes())
    (folder / "Bern_SYN.csv").write_bytes(weather_csv())
    got = call("--json", "--output", written, folder)
    assert got.exit_code == 0, got.output
    found = json.loads(got.output)
    assert found == json.loads(written.read_text("utf-8"))
    (model,) = found["models"]
    assert [(row["inverters"], row["strings"], row["modules"]) for row in model["blocks"]] == [
        (2, 6, 26),
        (4, 7, 26),
    ]
    assert sum(row["dcPowerkW"] for row in model["blocks"]) == pytest.approx(40 * 26 * 0.55)
    assert model["waitsFor"] == []
    assert {note["fate"] for note in model["mapped"]} == {"mapped"}


def test_a_short_report_counts_its_keys(folder: Path) -> None:
    got = call("--short", folder)
    assert "Without a field in the model: " in got.output
    assert "LIDLoss" not in got.output


def test_files_that_are_no_project_fail_and_say_why(tmp_path: Path) -> None:
    (tmp_path / "a.PRJ").write_bytes(b"hello")
    got = call(tmp_path / "a.PRJ")
    assert got.exit_code == 1
    assert "neither a project (.PRJ) nor a variant (.VC*)" in got.output
    assert "a.PRJ: is not read" in got.output
    assert call(tmp_path / "nowhere.PRJ").exit_code == 2


def test_the_pages_example_is_as_the_page_says() -> None:
    got = call("--short", PLANT.parent / "pvsyst", PLANT)
    assert got.exit_code == 3, got.output
    for words in (
        "East field",
        "West field",
        "waits for Bern_SYN.MET (weather, weatherData)",
        "4 files read, 1 model.",
    ):
        assert words in got.output
    assert "inverterId" not in got.output


def test_components_are_written_back_and_come_back_the_same(folder: Path, tmp_path: Path) -> None:
    back = tmp_path / "back"
    first = json.loads(call("--json", "--write", back, folder, PLANT / MODULE, PLANT / INVERTER).output)
    assert sorted(file.name for file in back.iterdir()) == sorted((MODULE, INVERTER))
    again = json.loads(call("--json", folder, back).output)
    assert again["models"][0]["blocks"] == first["models"][0]["blocks"]
    for name, kind in ((MODULE, "module"), (INVERTER, "inverter")):
        assert read((back / name).read_bytes(), kind, name) == read((PLANT / name).read_bytes(), kind, name)
    refused = call("--write", back, folder, PLANT / MODULE)
    assert refused.exit_code == 1
    assert "is there already; give another folder" in refused.output
