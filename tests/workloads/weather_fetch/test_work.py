"""The task as it runs: a provider on this machine is asked through the gate, and its weather saved or refused."""

import asyncio
import gzip
import json
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from provider_stub import Stub, providing
from weather_shapes import as_bytes, nsrdb, pvgis_hourly, pvgis_tmy

from gnomon.core.workload import Failure
from gnomon.engine.local import Log, run_locally
from gnomon.outbound.gate import Gate
from gnomon.wiring.schemas import with_schema_check
from gnomon.workloads.energy_model import RESOURCE_KINDS
from gnomon.workloads.weather_fetch import WEATHER_FETCH
from gnomon.workloads.weather_fetch.asking import fetch, gate_for
from gnomon.workloads.weather_fetch.provider import KEY_VARIABLE, USUAL_ADDRESSES, ask_for, read_access

pytest.importorskip("pvlib", reason="its readers are an extra")
KINDS = {kind.kind: kind for kind in RESOURCE_KINDS}
BERN = {"latitude": 46.95, "longitude": 7.45, "utcOffset": 1.0, "locationId": 3, "globalLocationId": "77"}
KEY = "a-secret-key-of-nsrdb"


def run(folder: Path, stub: Stub, order: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the result of a run, and the weather that it saved."""
    settings = {
        "pvgis_url": f"{stub.address}/api",
        "nsrdb_url": f"{stub.address}/solar/",
        "nsrdb_email": "me@example.com",
    }
    log = Log()
    work = with_schema_check(WEATHER_FETCH)
    result = run_locally(work, order, blobs=folder, log=log, kinds=KINDS, settings=settings)
    saved: Any = log.documents.get("weather")
    return result, saved


def refused(folder: Path, stub: Stub, order: dict[str, Any]) -> Failure:
    with pytest.raises(Failure) as raised:
        run(folder, stub, order)
    return raised.value


def test_a_typical_year_of_pvgis_is_saved(tmp_path: Path) -> None:
    with providing(Stub(as_bytes(pvgis_tmy()))) as stub:
        result, saved = run(tmp_path, stub, {"provider": "pvgis", **BERN})
    ((path, query),) = stub.asked
    assert path == "/api/tmy"
    assert query == {
        "lat": "46.95000",
        "lon": "7.45000",
        "outputformat": "json",
        "usehorizon": "0",
        "browser": "0",
    }
    assert (result["kind"], result["rows"]) == ("weather", 8760)
    assert "10.566 min after each hour" in result["warnings"][0]
    assert (saved["name"], saved["weatherDataSource"]) == ("PVGIS tmy", "pvgis")
    assert (saved["locationId"], saved["globalLocationId"]) == (3, "77")
    assert (saved["timestampLabel"], len(saved["date"])) == ("middle", 8760)
    # The year begins at local midnight, an hour before that of Greenwich: its first row was the last of December.
    assert saved["date"][0] == (1735686000 + 634) * 1000
    assert saved["temperature"][:2] == [14.3, 1.0]
    assert saved["provenance"]["asked"] == f"{stub.address}/api/tmy"
    assert saved["provenance"]["notes"] == result["warnings"]


def test_hours_of_pvgis_are_asked_for_a_level_plane(tmp_path: Path) -> None:
    with providing(
        Stub(gzip.compress(as_bytes(pvgis_hourly(2020))), headers={"Content-Encoding": "gzip"})
    ) as stub:
        order = {"provider": "pvgis", **BERN, "dataset": "hourly", "year": 2020, "database": "PVGIS-SARAH3"}
        result, saved = run(tmp_path, stub, {**order, "useHorizon": True})
    ((path, query),) = stub.asked
    assert path == "/api/seriescalc"
    wanted = {"startyear": "2020", "endyear": "2020", "angle": "0", "aspect": "0", "components": "1"}
    assert wanted | {"usehorizon": "1", "raddatabase": "PVGIS-SARAH3"} == {
        name: query[name] for name in (*wanted, "usehorizon", "raddatabase")
    }
    assert result["rows"] == 8784
    assert saved["name"] == "PVGIS 2020"


def test_a_typical_year_of_nsrdb_is_saved_and_its_key_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with providing(Stub(nsrdb())) as stub:
        result, saved = run(tmp_path, stub, {"provider": "nsrdb", "latitude": 40.01, "longitude": -105.26})
    ((path, query),) = stub.asked
    assert path == "/solar/nsrdb-GOES-tmy-v4-0-0-download.csv"
    assert (query["api_key"], query["email"]) == (KEY, "me@example.com")
    assert (query["wkt"], query["names"]) == ("POINT(-105.26000 40.01000)", "tmy")
    assert (query["leap_day"], query["utc"], query["interval"]) == ("false", "false", "60")
    assert result["rows"] == 8760
    assert saved["date"][0] == (1735714800 + 1800) * 1000
    assert "locationId" not in saved
    assert KEY not in json.dumps([result, saved])
    assert "me@example.com" not in json.dumps([result, saved])


def test_hours_of_nsrdb_are_those_of_a_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    order = {
        "provider": "nsrdb",
        "latitude": 40,
        "longitude": -105,
        "dataset": "hourly",
        "year": 2020,
        "interval": 30,
    }
    with providing(Stub(nsrdb())) as stub:
        run(tmp_path, stub, order)
    ((path, query),) = stub.asked
    assert path == "/solar/nsrdb-GOES-aggregated-v4-0-0-download.csv"
    assert (query["names"], query["interval"], query["leap_day"]) == ("2020", "30", "true")


def test_nsrdb_without_a_key_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with providing(Stub(nsrdb())) as stub:
        failure = refused(tmp_path, stub, {"provider": "nsrdb", **BERN})
    assert (failure.code, failure.retryable, stub.asked) == ("not_set_up", False, [])
    assert KEY_VARIABLE in failure.message
    assert "https://developer.nlr.gov/signup/" in failure.message


REFUSED_KEY = {"error": {"code": "API_KEY_INVALID", "message": f"An invalid api_key {KEY} was supplied."}}


@pytest.mark.parametrize(
    ("provider", "stub", "code", "retryable", "words"),
    [
        ("pvgis", Stub(b'{"message": "Location over the sea. Please, select another location", "status": 400}', 400),
         "provider_refused", False, ["400: Location over the sea", "change the place"]),
        ("nsrdb", Stub(as_bytes(REFUSED_KEY), 403),
         "provider_refused", False, ["An invalid api_key ... was supplied", f"set a valid key as {KEY_VARIABLE}"]),
        ("nsrdb", Stub(b'{"errors": ["No data available at the provided location"], "status": 400}', 400),
         "provider_refused", False, ["No data available at the provided location"]),
        ("nsrdb", Stub(b'{"errors": ["Data processing failure."]}'),
         "provider_refused", False, ["Data processing failure"]),
        ("pvgis", Stub(b"busy", 529), "provider_unavailable", True, ["529: busy", "try again later"]),
        ("nsrdb", Stub(b"", 429, {"Retry-After": "90"}), "provider_unavailable", True, ["429", "after 90 s"]),
        ("pvgis", Stub(b"<h1>Bad gateway</h1>", 502), "provider_unavailable", True, ["answered 502; try"]),
        ("pvgis", Stub(b"not here", 404), "provider_refused", False, ["see that --pvgis-url is its address"]),
        ("pvgis", Stub(b"<!doctype html><p>Log in"), "provider_answer", False, ["a web page instead of data"]),
        ("nsrdb", Stub(b"\xef\xbb\xbf <html>"), "provider_answer", False, ["web page", "--nsrdb-url"]),
        ("pvgis", Stub(b"  \n"), "provider_answer", True, ["answered with nothing"]),
        ("pvgis", Stub(b'{"outputs": {}}'), "provider_answer", False, ["no PVGIS typical year"]),
        ("nsrdb", Stub(b"a,b\n1,2\n"), "provider_answer", False, ["no NSRDB (SAM CSV) file"]),
        ("pvgis", Stub(b"", 302, {"Location": "http://10.0.0.1/"}),
         "provider_answer", False, ["redirects (302)", "set --pvgis-url"]),
        ("pvgis", Stub(b"xx", headers={"Content-Encoding": "br"}), "provider_answer", False, ["cannot be read"]),
        ("pvgis", Stub(is_silent=True), "provider_unavailable", True, ["not be reached", "gnomon weather upload"]),
    ],
)  # fmt: skip
def test_what_a_provider_may_say_is_told_with_the_remedy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    stub: Stub,
    code: str,
    retryable: bool,  # given by the table
    words: list[str],
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    stub.asked.clear()
    with providing(stub):
        failure = refused(tmp_path, stub, {"provider": provider, **BERN})
    assert (failure.code, failure.retryable) == (code, retryable), failure.message
    for word in words:
        assert word in failure.message
    assert KEY not in failure.message
    assert len(stub.asked) == 1


def test_without_a_network_the_remedy_is_told(tmp_path: Path) -> None:
    settings = {"pvgis_url": "https://pvgis.invalid/api"}
    with pytest.raises(Failure, match=r"could not be reached.*--pvgis-url.*POST /weatherdata") as raised:
        run_locally(WEATHER_FETCH, {"provider": "pvgis", **BERN}, blobs=tmp_path, settings=settings)
    assert (raised.value.code, raised.value.retryable) == ("provider_unavailable", True)


async def test_more_than_may_be_read_is_not_read() -> None:
    with providing(Stub(b"{" * 5000)) as stub:
        access = read_access({"pvgis_url": stub.address}, {})
        question = ask_for({"provider": "pvgis", **BERN}, access)
        with pytest.raises(Failure, match="more than 4000 bytes"):
            await fetch(question, gate_for(is_own=True), most=4000)


async def test_a_provider_that_is_slow_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    question = ask_for(
        {"provider": "pvgis", **BERN}, read_access({"pvgis_url": f"http://127.0.0.1:{port}"}, {})
    )
    gate = Gate(allow=[ip_network("127.0.0.0/8")], is_http_allowed=True, timeout=0.05)
    try:
        with pytest.raises(Failure) as raised:
            await fetch(question, gate, timeout=0.05)
    finally:
        server.close()
    assert (raised.value.code, raised.value.retryable) == ("provider_unavailable", True)


async def test_the_usual_address_leads_to_public_addresses_alone() -> None:
    # Whatever a name server says of a provider's usual name, nothing private is asked; his own address may be.
    usual, own = gate_for(is_own=False), gate_for(is_own=True)
    for address in USUAL_ADDRESSES.values():
        assert usual.check_url(address) is None
    assert usual.check_url("https://10.0.0.1/api") is not None
    assert own.check_url("http://10.0.0.1/api") is None
    assert gate_for(is_own=True) is own


def test_the_settings_address_is_the_usual_one() -> None:
    from gnomon.settings import Settings

    settings = Settings()
    assert {"pvgis": settings.pvgis_url, "nsrdb": settings.nsrdb_url} == USUAL_ADDRESSES
    assert not read_access({}, {}).is_own("pvgis")


@pytest.mark.parametrize(
    ("order", "place"),
    [
        ({"provider": "nasa"}, ["provider"]),
        ({"provider": "pvgis", "latitude": 91}, ["latitude"]),
        ({"provider": "pvgis", "dataset": "hourly"}, ["year"]),
        ({"provider": "pvgis", "dataset": "hourly", "year": 2001}, ["year"]),
        ({"provider": "nsrdb", "year": 2020, "endYear": 2021}, ["endYear"]),
        ({"provider": "pvgis", "year": 2020, "endYear": 2019}, ["endYear"]),
        ({"provider": "pvgis", "interval": 60}, ["interval"]),
        ({"provider": "nsrdb", "interval": 30}, ["interval"]),
        ({"provider": "pvgis", "database": "PVGIS-ERA5"}, ["database"]),
        ({"provider": "pvgis", "database": "a&b=c"}, ["database"]),
        ({"provider": "nsrdb", "useHorizon": False}, ["useHorizon"]),
        ({"provider": "pvgis", "cloud": 1}, ["cloud"]),
    ],
)
def test_what_makes_no_question_is_complained_of(order: dict[str, Any], place: list[str]) -> None:
    check = with_schema_check(WEATHER_FETCH).check
    assert check is not None
    complaints = check({"latitude": 1.0, "longitude": 2.0, **order})
    assert place[0] in {
        str(part) for complaint in complaints for part in (*complaint.loc, complaint.message)
    } or any(place[0] in complaint.message for complaint in complaints)


def test_without_the_extra_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pvlib", None)
    with providing(Stub(as_bytes(pvgis_tmy()))) as stub:
        failure = refused(tmp_path, stub, {"provider": "pvgis", **BERN})
    assert (failure.code, stub.asked) == ("missing_extra", [])
    assert "pip install '.[pv]'" in failure.message
