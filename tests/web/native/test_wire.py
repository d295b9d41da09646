"""Native requests: what is taken, what is refused, and that nothing crashes the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from gnomon.core.errors import Invalid
from gnomon.core.task import Status
from gnomon.web.native.wire import ask, read
from gnomon.web.native.wire.tasks import LONGEST_WAIT, Order, Span, TaskFilters, patience
from gnomon.web.problems import InvalidQuery

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_an_order_names_its_kind_and_brings_its_input() -> None:
    order = read(Order, {"kind": "shout", "input": {"text": "a"}})
    assert (order.kind, order.input) == ("shout", {"text": "a"})


def test_an_order_without_input_brings_an_empty_object() -> None:
    assert read(Order, {"kind": "shout"}).input == {}


@pytest.mark.parametrize(
    ("body", "loc", "word"),
    [
        ([], (), "object"),
        (None, (), "object"),
        ({}, ("kind",), "missing"),
        ({"kind": 1}, ("kind",), "string"),
        ({"kind": "a", "status": "done"}, ("status",), "no field"),
    ],
)
def test_a_wrong_order_is_complained_about(body: object, loc: tuple[str, ...], word: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(Order, body)
    (complaint,) = refused.value.complaints
    assert complaint.loc == loc
    assert word in complaint.message


@given(JSON)
def test_any_json_is_an_order_or_a_complaint(body: object) -> None:
    try:
        made = read(Order, body)
    except Invalid:
        return
    assert isinstance(made.kind, str)


def test_filters_become_a_query() -> None:
    query = ask(TaskFilters, QueryParams("status=running,queued&kind=a,b&limit=7&cursor=1-2")).query(
        "w", "abc"
    )
    assert query.statuses == frozenset({Status.RUNNING, Status.QUEUED})
    assert query.kinds == frozenset({"a", "b"})
    assert (query.workspace, query.limit, query.cursor) == ("w", 7, "1-2")


@pytest.mark.parametrize(
    "given", ["status=done", "status=", "limit=0", "limit=201", "limit=x", "sort=a", "limit=1&limit=2"]
)
def test_an_unknown_filter_is_refused_not_ignored(given: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        ask(TaskFilters, QueryParams(given))
    name = given.partition("=")[0]
    assert {complaint.loc[:2] for complaint in refused.value.complaints} == {("query", name)}


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", None),
        ("respond-async", None),
        ("wait=5", 5),
        ("respond-async, wait=10", 10),
        ("wait=9999", 55),
        ("wait=0", 0),
        ("wait=-5", 0),
        ("wait=" + "9" * 400, 55),
        ("wait=soon", None),
    ],
)
def test_patience_is_read_and_capped(prefer: str, seconds: float | None) -> None:
    assert patience(prefer) == seconds


@given(st.text())
def test_any_preference_is_answered(prefer: str) -> None:
    seconds = patience(prefer)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT


@given(st.text(), st.text())
def test_any_span_is_read_or_refused(after: str, limit: str) -> None:
    try:
        span = ask(Span, QueryParams({"after": after, "limit": limit}))
    except Invalid:
        return
    assert span.after >= 0
    assert 1 <= span.limit <= 1000


@pytest.mark.parametrize("value", [2, 2.0])
def test_a_whole_number_of_json_may_have_a_point(value: float) -> None:
    assert read(Order, {"kind": "a", "priority": value}).priority == 2


@pytest.mark.parametrize("value", ["2", 2.5, True, None, 1e300])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        read(Order, {"kind": "a", "priority": value})
