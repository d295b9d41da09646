"""`gnomon weather` on files as their makers write them, and on a server that runs."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from gnomon.cli.commands import gnomon
from gnomon.cli.weather import _FORMS
from gnomon.core.access import KeyRole
from gnomon.workloads.energy_model.check import check_weather
from gnomon.workloads.weather_fetch.forms import FORMS

# The whole server and the shapes of files are those of the tests of its rooms.
sys.path.insert(0, str(Path(__file__).parents[1] / "web" / "support"))
sys.path.insert(0, str(Path(__file__).parents[1] / "workloads" / "support"))

from server import serving
from weather_shapes import epw, solaranywhere

CSV = """#TMY hourly data
#Site;Bern
#Latitude;46.95
#Longitude;7.45
#Altitude;560
#Time Zone;1
Year;Month;Day;Hour;Minute;GHI;Tamb;WindVel;GPI
;;;;;W/m2;deg.C;m/s;W/m2
""" + "".join(
    f"2021;1;1;{hour};0;{100 if 6 <= hour < 18 else 0};{hour - 10};2;90\n" for hour in range(24) if hour != 3
)


def command(*words: str | Path, **variables: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "120", "GNOMON_KEY": "", **variables})
    return runner.invoke(gnomon, ["weather", *map(str, words)])


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "bern.csv"
    file.write_text(CSV)
    return file


def test_a_file_is_shown_with_its_gaps_and_sums(csv: Path) -> None:
    shown = command("read", csv)
    assert shown.exit_code == 0, shown.output
    for words in (
        "bern.csv (pvsyst)",
        "Bern, 46.95, 7.45, 560 m, UTC+1 h",
        "2024-12-31 23:00 to 2025-01-01 22:00 UTC, typical year",
        "23 of 60 min, named by their start; 1 missing",
        "GPI",
        "hours of 2025",
        "GHI in all: 1.2 kWh/m2",
    ):
        assert words in shown.output
    (row,) = [line for line in shown.output.splitlines() if line.strip().startswith("2025-01 ")]
    assert row.split() == ["2025-01", "1.2", "█", "1.9", "2.0"]


def test_the_record_is_one_that_the_server_takes(csv: Path, tmp_path: Path) -> None:
    shown = command("read", csv, "--json", tmp_path / "record.json")
    assert shown.exit_code == 0
    record = json.loads((tmp_path / "record.json").read_text())
    assert check_weather(record) == []
    assert sum(record["ghi"]) == 1200
    assert record["provenance"]["format"] == "pvsyst"


def test_every_form_may_be_named() -> None:
    assert set(_FORMS) == set(FORMS)


@pytest.mark.parametrize(
    ("content", "words", "told"),
    [
        (b"a,b\n1,2\n", (), "the form is not known; name it by --format, one of tmy3, epw"),
        (b"a,b\n1,2\n", ("--format", "epw"), "this is no EPW file"),
        (b"14944SIOUX_FALLS SD -6\n 1 2 3\n", ("--format", "tmy3"), "this is no TMY3 file"),
        (CSV.replace("#Time Zone;1\n", "").encode(), (), "Time Zone: the header has none"),
        (CSV.replace("WindVel", "Wind99").encode(), (), "there is no wind_speed"),
        (b"", (), "the form is not known"),
    ],
)
def test_what_is_no_weather_is_told(
    tmp_path: Path, content: bytes, words: tuple[str, ...], told: str
) -> None:
    file = tmp_path / "some.csv"
    file.write_bytes(content)
    shown = command("read", file, *words)
    assert shown.exit_code == 1
    assert told in shown.output
    assert "Error:" not in shown.output.removeprefix("Error:")


def test_what_the_file_lacks_may_be_given(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(CSV.replace("WindVel", "Wind99").replace("#Time Zone;1\n", ""))
    shown = command("read", file, "--wind", "1.5", "--utc-offset", "1")
    assert shown.exit_code == 0, shown.output
    assert "1.5 m/s was assumed" in shown.output


def test_without_the_extra_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pvlib", None)
    file = tmp_path / "bern.epw"
    file.write_bytes(epw())
    shown = command("read", file)
    assert shown.exit_code == 1
    assert "pip install '.[pv]'" in shown.output


async def test_files_are_saved_on_a_server(tmp_path: Path) -> None:
    pytest.importorskip("pvlib", reason="its readers are an extra")
    files = {"bern.epw": epw(), "anywhere.csv": solaranywhere(), "pvsyst.csv": CSV.encode()}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    data = tmp_path / "kept"
    data.mkdir()
    async with serving(tmp_path / "data") as served:
        key = served.founded.keys[KeyRole.API]
        (data / "keys.json").write_text(json.dumps({"api_key": key}))
        (data / "address").write_text(served.address + "\n")
        async with httpx.AsyncClient(
            base_url=served.address, headers={"Authorization": f"Bearer {key}"}
        ) as client:
            for place in ({"latitude": 46.9, "longitude": 7.4}, {"latitude": -33.0, "longitude": 151.0}):
                body = {"name": "Site", "elevation": 500, **place}
                (await client.post("/locations", json=body)).raise_for_status()
            sent = [
                await asyncio.to_thread(command, "upload", tmp_path / name, "--location", "1", "--data", data)
                for name in files
            ]
            astray = await asyncio.to_thread(
                command, "upload", tmp_path / "pvsyst.csv", "--location", "2", "--data", data
            )
            by_key = await asyncio.to_thread(
                command, "upload", tmp_path / "pvsyst.csv", "--location", "2", "--force", "--url", served.address,
                "--name", "Mine", GNOMON_KEY=key,
            )  # fmt: skip
            absent = await asyncio.to_thread(
                command, "upload", tmp_path / "pvsyst.csv", "--location", "9", "--data", data
            )
            wrong = await asyncio.to_thread(
                command,
                "upload",
                tmp_path / "pvsyst.csv",
                "--location",
                "1",
                "--data",
                data,
                GNOMON_KEY="nonsense",
            )
            rows = (await client.get("/weatherdata")).json()
            first = (await client.get("/weatherdata/1")).json()
    assert [each.exit_code for each in sent] == [0, 0, 0], [each.output for each in sent]
    assert "Saved as weather record 1 of Site: 8760 rows." in sent[0].output
    assert by_key.exit_code == 0, by_key.output
    assert "note: the file is of 46.95, 7.45, the location of -33, 151" in by_key.output
    assert astray.exit_code == 1, astray.output
    assert "km away" in astray.output
    assert "--force" in astray.output
    assert (absent.exit_code, "There is no such location." in absent.output) == (1, True)
    assert (wrong.exit_code, "answered 401" in wrong.output) == (1, True)
    assert [(row["name"], row["locationId"]) for row in rows] == [
        ("bern.epw", 1), ("anywhere.csv", 1), ("pvsyst.csv", 1), ("Mine", 2),
    ]  # fmt: skip
    assert (len(first["ghi"]), first["timestampLabel"], first["provenance"]["format"]) == (
        8760,
        "start",
        "epw",
    )


def test_without_a_key_or_a_server_the_remedy_is_told(csv: Path, tmp_path: Path) -> None:
    no_key = command("upload", csv, "--location", "1", "--data", tmp_path)
    assert (no_key.exit_code, "set GNOMON_KEY" in no_key.output) == (1, True)
    address = "http://127.0.0.1:9"
    nobody = command("upload", csv, "--location", "1", "--url", address, GNOMON_KEY="k")
    assert nobody.exit_code == 1
    assert f"No server answers at {address}" in nobody.output
    assert "gnomon serve" in nobody.output
