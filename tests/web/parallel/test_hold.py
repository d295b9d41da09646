"""How long a call for a result is held, by table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams

from gnomon.web.dialects.parallel.hold import Hold, Patience, hold, read_patience
from gnomon.web.problems import InvalidQuery

HOUR = 3600.0


@pytest.mark.parametrize(
    ("asked", "seconds", "is_final"),
    [
        (Patience(), 600, False),
        (Patience(timeout=0), 0, True),
        (Patience(timeout=25), 25, False),
        (Patience(timeout=9999), HOUR, False),
        (Patience(read=600), 595, False),
        (Patience(read=10), 9, False),
        (Patience(read=9999), HOUR, False),
        (Patience(timeout=25, read=600), 25, False),
        # A query that asks for more than the client itself waits for.
        (Patience(timeout=3600, read=600), 595, False),
        (Patience(timeout=30, read=20), 18, False),
        (Patience(timeout=25, tries=2), 25, False),
        # The helper says nothing of its patience: as any other.
        (Patience(is_helper=True), 600, False),
        (Patience(is_helper=True, timeout=7), 7, False),
    ],
)
def test_who_only_waits_is_held_a_little_less_than_its_patience(
    asked: Patience, seconds: float, is_final: bool
) -> None:
    held = hold(asked, age=100, longest=HOUR)
    assert held.seconds == seconds
    assert (held.again is None) is is_final


@pytest.mark.parametrize(
    ("read", "tries", "age", "longest", "expected"),
    [
        # The first call: until it hangs up by itself, however old its run is.
        (2, 0, 0.01, HOUR, Hold(seconds=2.2, again=None)),
        (100, 0, 5000, HOUR, Hold(seconds=101, again=None)),
        # It has hung up at its deadline and comes back: the last word at once.
        (2, 1, 2.5, HOUR, Hold(seconds=0, again=None)),
        (100, 1, 101.5, HOUR, Hold(seconds=0, again=None)),
        # It comes back before its deadline, because the server was started anew: held on.
        (100, 1, 40, HOUR, Hold(seconds=61, again=None)),
        (100, 2, 40, HOUR, Hold(seconds=61, again=None)),
        # No hold is longer than the server's longest, but for the last that the client has.
        (100, 0, 0.1, 30, Hold(seconds=30, again=0.1)),
        (100, 1, 30, 30, Hold(seconds=30, again=0.1)),
        (100, 2, 60, 30, Hold(seconds=41, again=None)),
        (100, 2, 200, 30, Hold(seconds=0, again=None)),
    ],
)
def test_the_helper_is_never_put_off_before_its_deadline(
    read: float, tries: int, age: float, longest: float, expected: Hold
) -> None:
    asked = Patience(read=read, tries=tries, is_helper=True)
    assert hold(asked, age=age, longest=longest) == expected


@given(
    read=st.floats(0.1, 1e5),
    lost=st.lists(st.floats(0.001, 1e5), max_size=2),
    longest=st.floats(0.01, 1e5),
    part=st.floats(0, 0.09),
)
def test_no_final_word_reaches_the_helper_before_its_deadline(
    read: float, lost: list[float], longest: float, part: float
) -> None:
    """Play the client: it hangs up after `read`, comes back after a refusal or a cut, and tries three times."""
    now, deadline = 0.0, read
    # The answer to its submission was that long on its way.
    before = min(part * read, 0.9)
    for tries in range(3):
        held = hold(Patience(read=read, tries=tries, is_helper=True), age=now + before, longest=longest)
        told_at = now + held.seconds
        cut_at = min(now + read, now + lost[tries] if tries < len(lost) else told_at)
        is_told = told_at <= cut_at
        now = min(told_at, cut_at)
        if is_told and held.again is None:
            break
        now += 0.4
    assert now >= deadline


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("", {}, Patience()),
        ("timeout=25", {}, Patience(timeout=25)),
        ("timeout=0.5", {"X-Stainless-Read-Timeout": "600"}, Patience(timeout=0.5, read=600)),
        ("", {"X-Stainless-Timeout": "60"}, Patience(read=60)),
        ("", {"X-Stainless-Read-Timeout": "NaN", "X-Stainless-Retry-Count": "x"}, Patience()),
        ("", {"X-Stainless-Read-Timeout": "-1", "X-Stainless-Retry-Count": "-1"}, Patience()),
        ("", {"X-Stainless-Read-Timeout": "inf", "X-Stainless-Retry-Count": "9" * 99}, Patience()),
        (
            "",
            {
                "X-Stainless-Poll-Helper": "true",
                "X-Stainless-Read-Timeout": "3599.97",
                "X-Stainless-Retry-Count": "2",
            },
            Patience(read=3599.97, tries=2, is_helper=True),
        ),
        ("", {"X-Stainless-Poll-Helper": "no"}, Patience()),
    ],
)
def test_patience_is_read_from_query_and_headers(
    query: str, headers: dict[str, str], expected: Patience
) -> None:
    assert read_patience(QueryParams(query), Headers(headers)) == expected


@pytest.mark.parametrize("text", ["-1", "soon", "nan", "inf", "1e999", "0x10", "1_0", "1;2"])
def test_a_timeout_that_is_none_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        read_patience(QueryParams({"timeout": text}), Headers())
    assert refused.value.complaints[0].loc == ("query", "timeout")
