import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvlib.location import lookup_altitude

from gnomon.core.workload import Failure
from gnomon.workloads.energy_model.kinds import complete_component, complete_location
from gnomon.workloads.energy_model.place import elevation, standard_offset, time_zone_name


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "hours"),
    [
        (46.95, 7.44, "Europe/Zurich", 1),
        (39.74, -105.18, "America/Denver", -7),
        (-33.87, 151.21, "Australia/Sydney", 10),
        (28.61, 77.21, "Asia/Kolkata", 5.5),
        (53.35, -6.26, "Europe/Dublin", 0),
    ],
)
def test_standard_time_of_places(latitude: float, longitude: float, name: str, hours: float) -> None:
    assert time_zone_name(latitude, longitude) == name
    assert standard_offset(name) == hours


def test_an_unknown_zone_is_a_failure() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd"):
        with pytest.raises(Failure, match="IANA"):
            standard_offset(name)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_elevation_is_pvlibs(latitude: float, longitude: float) -> None:
    # On the edge between two cells of the map either is right.
    near = [(latitude + 1e-9 * up, longitude + 1e-9 * right) for up in (-1, 0, 1) for right in (-1, 0, 1)]
    inside = [(north, east) for north, east in near if abs(north) <= 90 and abs(east) <= 180]
    assert elevation(latitude, longitude) in {lookup_altitude(north, east) for north, east in inside}


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_has_a_zone(latitude: float, longitude: float) -> None:
    assert -12 <= standard_offset(time_zone_name(latitude, longitude)) <= 14


def test_without_the_map_the_message_says_what_to_give() -> None:
    code = (
        "import sys; sys.modules['h5py'] = None\n"
        "from gnomon.workloads.energy_model.place import elevation\n"
        "from gnomon.core.workload import Failure\n"
        "try: elevation(46.9, 7.4)\n"
        "except Failure as failure: print(failure.message)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "give it [m]" in shown
    assert "pip install '.[pv]' in a clone of Gnomon" in shown


def test_pvlib_itself_is_not_imported() -> None:
    code = (
        "import sys\nfrom gnomon.workloads.energy_model.place import elevation\n"
        "print(elevation(46.9, 7.4), 'pvlib' in sys.modules, 'pandas' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.endswith("False False\n")


def test_a_location_is_completed() -> None:
    got = complete_location({"name": "Bern", "lat": 46.95, "lng": 7.44, "note": "kept"})
    assert got["latitude"] == 46.95
    assert (got["timeZone"], got["timeZoneName"]) == (1, "Europe/Zurich")
    assert got["elevation"] == pytest.approx(540, abs=150)
    assert got["note"] == "kept"


def test_a_given_elevation_stays_and_a_given_zone_does_not() -> None:
    got = complete_location(
        {"name": "Bern", "latitude": 46.95, "longitude": 7.44, "elevation": 0, "timeZone": 9}
    )
    assert got["elevation"] == 0
    assert got["timeZone"] == 1


def test_a_component_has_both_names() -> None:
    assert complete_component({"name": "a", "properties": {}})["model"] == "a"
    assert complete_component({"model": "b", "properties": {}})["name"] == "b"
