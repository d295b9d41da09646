"""The pace: windows open with quick successes, close with failures, and caps hold whatever happens."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gnomon.delivery.pace import SHARE, Pace


def begin(pace: Pace, endpoint: str, count: int = 1, host: str | None = None, failing: bool = False) -> None:
    for _ in range(count):
        pace.begin(endpoint, host or endpoint, is_failing=failing)


def test_an_unknown_endpoint_gets_one_share() -> None:
    pace = Pace(100)
    begin(pace, "a")
    assert pace.busy() == ["a"]
    assert pace.end("a", is_failing=False, went_well=False)
    assert pace.busy() == []
    assert pace.room == 100


def test_quick_successes_open_the_window_and_a_failure_closes_it() -> None:
    pace = Pace(1000)
    for _ in range(SHARE):
        begin(pace, "a")
        pace.end("a", is_failing=False, went_well=True)
    begin(pace, "a", SHARE)
    assert pace.busy() == []
    begin(pace, "a")
    assert pace.busy() == ["a"]
    pace.end("a", is_failing=False, went_well=False)
    pace.end("a", is_failing=False, went_well=False)
    assert pace.busy() == ["a"]


def test_endpoints_of_one_host_share_its_cap() -> None:
    pace = Pace(1000)
    names = [f"e{n}" for n in range(40)]
    for name in names:
        begin(pace, name, 1, host="one.example")
    for name in names:
        pace.end(name, is_failing=False, went_well=True)
    taken = 0
    while any(name not in pace.busy() for name in names) and taken < 1000:
        name = next(name for name in names if name not in pace.busy())
        begin(pace, name, 1, host="one.example")
        taken += 1
    assert taken <= 64
    assert sorted(pace.busy()) == sorted(set(names) & set(pace._on_way))


def test_half_of_the_room_is_kept_from_those_that_fail() -> None:
    pace = Pace(100)
    for number in range(50):
        begin(pace, f"dead{number}", failing=True)
    assert (pace.room, pace.room_for_failing) == (50, 0)
    pace.end("dead0", is_failing=True, went_well=False)
    assert (pace.room, pace.room_for_failing) == (51, 1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=200))
def test_the_counts_are_those_of_what_is_on_its_way(steps: list[tuple[str, bool, bool]]) -> None:
    pace, on_way, failing = Pace(50), Counter[str](), Counter[str]()
    for endpoint, begins, flag in steps:
        if begins and pace.room > 0:
            begin(pace, endpoint, failing=flag)
            on_way[endpoint] += 1
            failing[endpoint] += flag
        elif on_way[endpoint]:
            is_failing = failing[endpoint] > 0
            pace.end(endpoint, is_failing=is_failing, went_well=flag)
            on_way[endpoint] -= 1
            failing[endpoint] -= is_failing
        assert pace.room == 50 - on_way.total()
        assert pace.room_for_failing == max(25 - failing.total(), 0)
        assert set(pace.busy()) <= {name for name, count in on_way.items() if count}
