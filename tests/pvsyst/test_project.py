import pytest

from gnomon.pvsyst.project import read_project
from gnomon.pvsyst.site import read_site
from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import PvsystError

from . import written
from .written import PROJECT


def test_a_project_tells_its_place_weather_and_albedo() -> None:
    got = read_project(parse(PROJECT.encode()))
    assert (got.name, got.version, got.client, got.author) == ("A plant", "8.0.1", "Client", "Author")
    assert (got.weather_file, got.weather_file_date) == ("California_SYN.MET", "28/08/24 13:36")
    assert got.albedo == (*(0.2,) * 11, 0.3)
    assert got.site is not None
    assert (got.site.name, got.site.time_zone, got.site.albedo) == ("California", -8, (0.2,) * 12)
    assert (got.temp_design_min, got.temp_oper_min, got.temp_oper, got.temp_oper_max) == (-10, 20, 50, 60)
    assert got.overload_limit == 0.03
    assert (got.transposition, got.ac_losses_reference) == ("CircSolSeparate", "STC")


def test_what_no_field_takes_is_named_with_its_path_and_line() -> None:
    got = read_project(parse(PROJECT.encode()))
    assert [(key.path, key.key, key.value) for key in got.unread] == [
        ("", "Flags", "$00080010"),
        ("PrintSettings", "PrintCoverPage", "True"),
        ("SitePrj", "Comment", "California;United States;North_America;"),
        ("SitePrj", "Flags", "$0006283F"),
        ("SitePrj", "YrToYrVar", "6.1"),
        ("", "DiscrOrientDiff", "6.0"),
    ]
    assert [key.is_display for key in got.unread] == [False, True, False, False, False, False]
    lines = PROJECT.splitlines()
    assert all(key.line and lines[key.line - 1].strip() == f"{key.key}={key.value}" for key in got.unread)


def test_a_site_file_has_monthly_values_in_twelve() -> None:
    got = read_site(parse(written.site("").encode())).site
    assert got.ghi is not None
    assert (len(got.ghi), got.ghi[0], got.ghi[-1]) == (12, 65.5, 65.1)
    assert got.relative_humidity is not None
    assert max(got.relative_humidity) < 1
    assert got.temp_air is not None
    assert got.wind_speed is not None


def test_monthly_sums_in_an_unknown_unit_are_left_unread() -> None:
    got = read_site(parse(written.site("", UnitsDisp="MJ_m2_d").encode()))
    assert got.site.ghi is None
    left = {key.key: key.reason for key in got.unread}
    assert left["UnitsDisp"] == "is a unit of which no sample is known"
    assert {"GlobalH", "DiffuseH", "Extraterr"} < set(left)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("Latitude", "91", "outside -90 to 90"),
        ("Longitude", "east", "not a number"),
        ("TimeZone", "-8h", "not a number"),
        ("Albedo", "0.2,0.2,", "2 values are not one, twelve, or thirteen"),
        ("Albedo", "20", "a month is outside 0 to 1"),
        ("Albedo", ",", "0 values"),
    ],
)
def test_a_value_that_cannot_be_is_left_unread_with_the_reason(key: str, value: str, words: str) -> None:
    got = read_site(parse(written.site("", **{key: value}).encode()))
    (left,) = [found for found in got.unread if found.key == key]
    assert left.value == value
    assert words in left.reason


def test_a_repeated_key_is_told() -> None:
    text = written.site("").replace("Latitude=", "Latitude=12\nLatitude=")
    got = read_site(parse(text.encode()))
    assert got.site.latitude == 12
    (left,) = [found for found in got.unread if found.key == "Latitude"]
    assert (left.value, left.reason) == ("37.8357", "is repeated; the first was used")


@pytest.mark.parametrize(("read", "what"), [(read_project, "a project"), (read_site, "a site")])
def test_another_file_is_refused(read: object, what: str) -> None:
    assert callable(read)
    with pytest.raises(PvsystError, match=f"pvVCalcul, not {what}"):
        read(parse(written.FULL.encode()))
