"""Native requests: what is taken, what is refused, and that nothing crashes the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.errors import Invalid
from gnomon.core.task import Status
from gnomon.web.native import wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_an_order_names_its_kind_and_brings_its_input() -> None:
    assert wire.order({"kind": "shout", "input": {"text": "a"}}) == wire.Order(
        kind="shout", input={"text": "a"}
    )


def test_an_order_without_input_brings_an_empty_object() -> None:
    assert wire.order({"kind": "shout"}).input == {}


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ([], ()),
        (None, ()),
        ({}, ("kind",)),
        ({"kind": 1}, ("kind",)),
        ({"kind": "a", "status": "done"}, ("status",)),
    ],
)
def test_a_wrong_order_is_complained_about(body: object, loc: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        wire.order(body)
    assert [complaint.loc for complaint in refused.value.complaints] == [loc]


@given(JSON)
def test_any_json_is_an_order_or_a_complaint(body: object) -> None:
    try:
        made = wire.order(body)
    except Invalid:
        return
    assert isinstance(made.kind, str)


def test_filters_become_a_query() -> None:
    query = wire.query("w", {"status": "running,queued", "kind": "a,b", "limit": "7", "cursor": "c"})
    assert query.statuses == {Status.RUNNING, Status.QUEUED}
    assert query.kinds == {"a", "b"}
    assert (query.workspace, query.limit, query.cursor) == ("w", 7, "c")


@pytest.mark.parametrize(
    "given", [{"status": "done"}, {"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"sort": "a"}]
)
def test_an_unknown_filter_is_refused_not_ignored(given: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        wire.query("w", given)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", None),
        ("respond-async", None),
        ("wait=5", 5),
        ("respond-async, wait=10", 10),
        ("wait=9999", 55),
        ("wait=0", 0),
    ],
)
def test_patience_is_read_and_capped(prefer: str, seconds: float | None) -> None:
    assert wire.patience(prefer) == seconds


@given(st.text())
def test_any_preference_is_answered(prefer: str) -> None:
    seconds = wire.patience(prefer)
    assert seconds is None or 0 <= seconds <= wire.LONGEST_WAIT


@given(st.text(), st.text())
def test_any_span_is_read_or_refused(after: str, limit: str) -> None:
    try:
        start, count = wire.span({"after": after, "limit": limit})
    except Invalid:
        return
    assert start >= 0
    assert 1 <= count <= 1000
