"""Queries and headers: how long, from where on, which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams

from gnomon.web.dialects.parallel.wire import query
from gnomon.web.problems import InvalidQuery

NOTHING = QueryParams("")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("", None), ("timeout=", None), ("timeout=0", 0.0), ("timeout=25", 25.0), ("timeout=0.5", 0.5)),
        *(("timeout=1e3", 100.0), ("timeout=600", 100.0), ("beta=true", None)),
    ],
)
def test_a_time_out_is_seconds_up_to_the_longest(text: str, found: float | None) -> None:
    assert query.seconds(QueryParams(text), "timeout", 100.0) == found


@pytest.mark.parametrize(
    "text",
    [
        *("timeout=-1", "timeout=soon", "timeout=nan", "timeout=inf", "timeout=1_0", "timeout=1&timeout=2"),
        "timeout=" + "1" * 33,
    ],
)
def test_a_time_out_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        query.seconds(QueryParams(text), "timeout", 100.0)
    assert refused.value.complaints[0].loc == ("query", "timeout")


@pytest.mark.parametrize(
    ("text", "header", "found"),
    [
        *(("", None, 0), ("last_event_id=", None, 0), ("last_event_id=7", None, 7)),
        *(("last_event_id=7", "9", 7), ("", "9", 9), ("last_event_id=", " 9 ", 9), ("", "", 0)),
    ],
)
def test_a_cursor_is_the_querys_or_the_headers(text: str, header: str | None, found: int) -> None:
    headers = Headers({} if header is None else {"Last-Event-ID": header})
    assert query.cursor(QueryParams(text), headers) == found


@pytest.mark.parametrize("text", ["last_event_id", "-1", "1.0", "٣", "9" * 16, "0x1"])
def test_a_cursor_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="as it was") as refused:
        query.cursor(QueryParams({"last_event_id": text}), {})
    assert refused.value.complaints[0].loc == ("query", "last_event_id")
    with pytest.raises(InvalidQuery) as refused:
        query.cursor(NOTHING, {"last-event-id": text})
    assert refused.value.complaints[0].loc == ("header", "Last-Event-ID")


@pytest.mark.parametrize(
    ("text", "found"),
    [("", True), ("f=", True), ("f=true", True), ("f=True", True), ("f=0", False), ("f=false", False)],
)
def test_flags(text: str, found: bool) -> None:
    assert query.flag(QueryParams(text), "f", default=True) is found


@pytest.mark.parametrize("text", ["f=yes", "f=2", "f=true&f=false"])
def test_a_flag_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        query.flag(QueryParams(text), "f", default=True)


def test_a_filter_is_one_of_seven_words() -> None:
    assert query.status_filter(NOTHING) is None
    assert query.status_filter(QueryParams("status=action_required")) == "action_required"
    with pytest.raises(InvalidQuery, match="Did you mean 'completed'"):
        query.status_filter(QueryParams("status=complete"))


@given(st.text(), st.text())
def test_any_header_of_a_client_is_read_or_ignored(patience: str, count: str) -> None:
    found = query.patience({"x-stainless-read-timeout": patience})
    assert found is None or found > 0
    assert query.tries({"x-stainless-retry-count": count}) >= 0


def test_the_sdks_own_headers() -> None:
    headers = Headers(
        {"X-Stainless-Read-Timeout": "600", "x-stainless-retry-count": "2", "X-Stainless-Poll-Helper": "true"}
    )
    found = (query.patience(headers), query.tries(headers), query.is_executing(headers))
    assert found == (600.0, 2, True)
    assert not query.is_executing({})
