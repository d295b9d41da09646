"""Files and answers as their makers document them become tables with every value at its moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from weather_shapes import as_bytes, epw, light, nsrdb, pvgis_hourly, pvgis_tmy, solaranywhere

from gnomon.pvsyst.meteo import Label, MeteoError, make_record
from gnomon.workloads.weather_fetch.forms import MOST_BYTES, detect, read_form

pvlib = pytest.importorskip("pvlib", reason="its readers are an extra")
DATA = Path(pvlib.__file__).parent / "data"

SHAPES: dict[str, Callable[[], bytes]] = {
    "pvgis_tmy": lambda: as_bytes(pvgis_tmy()),
    "pvgis_hourly": lambda: as_bytes(pvgis_hourly()),
    "nsrdb": nsrdb,
    "epw": epw,
    "solaranywhere": solaranywhere,
    "tmy3": lambda: (DATA / "723170TYA.CSV").read_bytes(),
}


@pytest.mark.parametrize("form", SHAPES)
def test_forms_are_told_by_their_content(form: str) -> None:
    assert detect(SHAPES[form]()) == form


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>", b"a,b\n1,2\n", b"\xff\xfe\x00", b"[1]"])
def test_what_is_of_no_form_is_told(content: bytes) -> None:
    assert detect(content) is None


@pytest.mark.parametrize(
    ("form", "label", "utc_offset", "first"),
    [
        # What the first row of local 2025 is named, and where it stands in its hour.
        ("pvgis_tmy", "middle", 0.0, timedelta(minutes=10, seconds=34)),
        ("nsrdb", "middle", -7.0, timedelta(minutes=30)),
        ("epw", "start", 1.0, timedelta(0)),
        ("solaranywhere", "end", 1.0, timedelta(hours=1)),
        ("tmy3", "end", -5.0, timedelta(hours=1)),
    ],
)
def test_a_typical_year_is_whole_and_its_light_stands_at_its_hour(
    form: str, label: Label, utc_offset: float, first: timedelta
) -> None:
    table = read_form(SHAPES[form](), form)
    assert (table.label, table.site.utc_offset, table.is_typical, table.step) == (
        label,
        utc_offset,
        True,
        3600,
    )
    made = make_record(table)
    start = datetime(2025, 1, 1, tzinfo=UTC) - timedelta(hours=utc_offset) + first
    assert made.document["date"] == [round(start.timestamp() + 3600 * hour) * 1000 for hour in range(8760)]
    if form != "tmy3":
        assert made.document["ghi"] == [light(hour % 24) for hour in range(8760)]
        assert made.document["dhi"] == [light(hour % 24) // 4 for hour in range(8760)]
        assert all("29 February" not in note for note in made.notes)


def test_a_real_typical_year_has_its_sums() -> None:
    # The annual sums of the file's own columns, in kWh/m2, by a spreadsheet.
    table = read_form((DATA / "723170TYA.CSV").read_bytes(), "tmy3")
    document = make_record(table).document
    assert table.site.name == "GREENSBORO PIEDMONT TRIAD INT"
    lines = (DATA / "723170TYA.CSV").read_text().splitlines()
    names, rows = lines[1].split(","), [line.split(",") for line in lines[2:]]
    for ours, theirs in (
        ("ghi", "GHI (W/m^2)"),
        ("temperature", "Dry-bulb (C)"),
        ("windSpeed", "Wspd (m/s)"),
    ):
        column = [float(row[names.index(theirs)]) for row in rows]
        assert sorted(document[ours]) == sorted(column), ours


def test_pvgis_series_keep_their_own_moments_and_leap_day() -> None:
    table = read_form(as_bytes(pvgis_hourly(2020)), "pvgis_hourly")
    made = make_record(table)
    assert (table.label, table.is_typical, len(made.document["date"])) == ("middle", False, 8784)
    assert made.document["date"][0] == round(datetime(2020, 1, 1, 0, 10, tzinfo=UTC).timestamp()) * 1000
    assert made.document["ghi"][12] == light(12) + light(12) // 4
    assert made.document["dhi"][12] == light(12) // 4
    assert "dni" not in made.document
    assert "288 of 8784 hours of light are reconstructed" in made.notes[0]


def test_a_series_of_a_tilted_plane_is_refused() -> None:
    with pytest.raises(MeteoError, match="tilted by 30 degrees"):
        read_form(as_bytes(pvgis_hourly(slope=30)), "pvgis_hourly")


def test_nsrdb_hours_of_a_leap_year() -> None:
    moments = [datetime(2020, 1, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hour) for hour in range(8784)]
    made = make_record(read_form(nsrdb(moments), "nsrdb"))
    assert made.document["date"][0] == round(datetime(2020, 1, 1, 7, 30, tzinfo=UTC).timestamp()) * 1000
    assert len(made.document["ghi"]) == 8784


def test_missing_values_of_nsrdb_are_left_out_and_told() -> None:
    made = make_record(read_form(nsrdb(missing=5), "nsrdb"))
    assert len(made.document["ghi"]) == 8755
    assert made.notes[-1] == "5 of 8760 rows lack a value (5 without temperature) and were left out"


def test_missing_values_of_epw_are_no_measurements() -> None:
    changed = {3: {6: "99.9"}, 4: {21: "999"}, 5: {13: "9999"}, 6: {14: "9999"}, 7: {8: "999"}}
    made = make_record(read_form(epw(changed=changed), "epw"))
    assert len(made.document["ghi"]) == 8757
    assert {"dni", "relativeHumidity"} & made.document.keys() == set()
    assert max(made.document["ghi"]) < 1000


def test_half_hours_of_a_zone_are_kept() -> None:
    made = make_record(read_form(epw(zone=5.5), "epw"))
    assert made.document["date"][0] == round(datetime(2024, 12, 31, 18, 30, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("method", "label"),
    [("End of Period", "end"), ("Start of Period", "start"), ("Center of Period", "middle")],
)
def test_solaranywhere_says_where_its_times_stand(method: str, label: str) -> None:
    assert read_form(solaranywhere(method), "solaranywhere").label == label


def test_solaranywhere_of_an_unknown_method_is_told() -> None:
    table = read_form(solaranywhere("Instantaneous"), "solaranywhere")
    assert table.label == "middle"
    assert "'Instantaneous' is not known" in table.notes[0]


def test_a_file_without_wind_needs_one_to_be_assumed() -> None:
    table = read_form(solaranywhere(wind=""), "solaranywhere")
    with pytest.raises(MeteoError, match="no wind_speed"):
        make_record(table)
    assert set(make_record(table, default_wind=1.0).document["windSpeed"]) == {1.0}


@pytest.mark.parametrize(
    "form", ["pvgis_tmy", "pvgis_hourly", "nsrdb", "epw", "solaranywhere", "tmy3", "pvsyst"]
)
@pytest.mark.parametrize(
    "content",
    [b"", b"<html>no</html>", b"{}", b"[]", b'{"inputs": 1}', b"\xff" * 99, b"a,b,c\n" * 9, b"LOCATION,\n"],
)
def test_data_of_another_form_are_refused_in_words(form: str, content: bytes) -> None:
    with pytest.raises(MeteoError, match=r"this is no|no PVsyst weather file"):
        read_form(content, form)


@pytest.mark.parametrize("form", ["nsrdb", "epw", "tmy3", "solaranywhere"])
def test_a_file_that_was_cut_is_refused_or_read_as_far_as_it_goes(form: str) -> None:
    content = SHAPES[form]()[:-3000]
    try:
        rows = len(read_form(content, form).moments)
    except MeteoError:
        return
    assert 8000 < rows < 8760


def test_too_much_is_not_read() -> None:
    with pytest.raises(MeteoError, match="more than 64 MB"):
        read_form(bytes(MOST_BYTES + 1), "epw")
