import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.pvsyst.azimuth import clockwise_from_north
from gnomon.pvsyst.horizon import read_horizon_text
from gnomon.pvsyst.tree import PvsystError


@pytest.mark.parametrize(
    ("written", "latitude", "north"),
    [
        *((0, 45, 180), (90, 45, 270), (-90, 45, 90), (180, 45, 0), (-180, 45, 0), (-45, 45, 135)),
        *((0, -45, 0), (90, -45, 270), (-90, -45, 90), (180, -45, 180), (-180, -45, 180), (-45, -45, 45)),
        *((0, 0, 180), (350, 45, 170), (-1e-20, 45, 180), (1e-20, -45, 0)),
    ],
)
def test_zero_is_the_side_of_the_equator(written: float, latitude: float, north: float) -> None:
    assert clockwise_from_north(written, latitude) == pytest.approx(north)


@given(st.floats(-1000, 1000), st.floats(-90, 90))
def test_east_and_west_never_change_sides(written: float, latitude: float) -> None:
    turned = clockwise_from_north(written, latitude)
    assert 0 <= turned < 360
    other = clockwise_from_north(-written, latitude)
    assert (turned + other) % 360 == pytest.approx(0, abs=1e-9) or (turned + other) % 360 == pytest.approx(
        360
    )


@pytest.mark.parametrize("parting", ["\t", " ", ";", ",", ", ", "  ;  "])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_horizon_file_is_azimuths_and_heights(parting: str, newline: str) -> None:
    lines = [
        "# Horizon of the plant",
        "lat: 46.2, lon: 6.1",
        "",
        f"-120{parting}3.5",
        f"0{parting}2",
        f"110{parting}8",
    ]
    got = read_horizon_text("\ufeff" + newline.join(lines))
    assert got.points == ((-120, 3.5), (0, 2), (110, 8))
    assert got.comment == "Horizon of the plant\nlat: 46.2, lon: 6.1"


def test_a_decimal_comma_is_one_where_something_else_parts_the_numbers() -> None:
    assert read_horizon_text("-12,5;3,25\n10,5\t4").points == ((-12.5, 3.25), (10.5, 4))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no point"),
        ("Only words", "holds no point"),
        ("10 20 30", "line 1: '10 20 30' is not an azimuth and a height"),
        ("0 5\n10", "line 2: '10' is not"),
        ("0 95", "line 1: azimuth 0 or height 95"),
        ("400 5", "line 1: azimuth 400"),
    ],
)
def test_what_is_no_horizon_says_where(text: str, words: str) -> None:
    with pytest.raises(PvsystError, match=words):
        read_horizon_text(text)
