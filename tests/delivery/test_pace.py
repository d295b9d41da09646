"""The pace: windows open with quick successes, close with failures, and the counts hold whatever happens."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gnomon.delivery.pace import MOST, SHARE, Pace


def begin(pace: Pace, receiver: str, count: int = 1, *, failing: bool = False) -> None:
    for _ in range(count):
        pace.begin(receiver, is_failing=failing)


def test_an_unknown_receiver_gets_one_share() -> None:
    pace = Pace(100)
    assert pace.rooms() == {}
    begin(pace, "a", SHARE - 1)
    assert (pace.busy(), pace.rooms()) == ([], {"a": 1})
    begin(pace, "a")
    assert (pace.busy(), pace.rooms()) == (["a"], {"a": 0})
    assert pace.end("a", is_failing=False, went_well=False)
    assert (pace.busy(), pace.rooms()) == ([], {"a": 1})


def test_quick_successes_open_the_window_and_failures_close_it() -> None:
    pace = Pace(1000)
    for number in range(1, 13):
        begin(pace, "a")
        pace.end("a", is_failing=False, went_well=True)
        assert pace.rooms() == {"a": SHARE + number}
    for left in (8, None, None):
        begin(pace, "a")
        pace.end("a", is_failing=False, went_well=False)
        assert pace.rooms().get("a") == left


def test_no_receiver_gets_more_than_the_most() -> None:
    pace = Pace(1000)
    for _ in range(1000):
        begin(pace, "a")
        pace.end("a", is_failing=False, went_well=True)
    assert pace.rooms() == {"a": MOST}


def test_only_so_many_receivers_are_remembered() -> None:
    pace = Pace(10)
    for number in range(3000):
        begin(pace, f"r{number}")
        pace.end(f"r{number}", is_failing=False, went_well=True)
    assert len(pace.rooms()) == 1000
    assert "r2999" in pace.rooms()


def test_half_of_the_room_is_kept_from_those_that_fail() -> None:
    pace = Pace(100)
    for number in range(50):
        begin(pace, f"dead{number}", failing=True)
    assert (pace.room, pace.room_for_failing) == (50, 0)
    assert pace.end("dead0", is_failing=True, went_well=False)
    assert (pace.room, pace.room_for_failing) == (51, 1)


def test_a_full_office_says_so() -> None:
    pace = Pace(2)
    for receiver in ("a", "a", "a", "a", "b", "c"):
        begin(pace, receiver)
        pace.end(receiver, is_failing=False, went_well=True)
    begin(pace, "a")
    assert not pace.end("a", is_failing=False, went_well=True)
    begin(pace, "a")
    begin(pace, "b")
    assert pace.end("a", is_failing=False, went_well=True)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=200))
def test_the_counts_are_those_of_what_is_on_its_way(steps: list[tuple[str, bool, bool]]) -> None:
    pace, on_way, failing = Pace(50), Counter[str](), Counter[str]()
    for receiver, begins, flag in steps:
        if begins and pace.room > 0:
            begin(pace, receiver, failing=flag)
            on_way[receiver] += 1
            failing[receiver] += flag
        elif on_way[receiver]:
            is_failing = failing[receiver] > 0
            pace.end(receiver, is_failing=is_failing, went_well=flag)
            on_way[receiver] -= 1
            failing[receiver] -= is_failing
        assert pace.room == 50 - on_way.total()
        assert pace.room_for_failing == max(25 - failing.total(), 0)
        assert set(pace.busy()) <= {name for name, count in on_way.items() if count}
