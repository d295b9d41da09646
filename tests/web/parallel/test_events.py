"""Each event: kept as a golden file, read by the vendor's own client; and the statistics that sum a log up."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fixed_records import (
    ANSWER,
    GROUP_ID,
    NOW,
    REPORT,
    TASK_ID,
    WARNING,
    completed,
    failed,
    group,
    origin,
    task,
)
from golden import check
from hypothesis import given
from hypothesis import strategies as st
from parallel import Parallel
from vendor import written

from gnomon.core.brief import NOTES
from gnomon.core.errors import Unavailable
from gnomon.core.event import Event, EventType
from gnomon.core.ports import Given
from gnomon.core.task import Json, Status
from gnomon.web.dialects.parallel.framing import write
from gnomon.web.dialects.parallel.render.errors import body_of
from gnomon.web.dialects.parallel.render.event import (
    Stats,
    group_state,
    is_message,
    message,
    state,
    stats,
    sum_up,
)
from gnomon.web.ids import group_id, run_id

GOLDEN = Path(__file__).parent / "golden/events"
GIVEN = Given(
    input={"input": {"year": 2023}, "output": {"type": "auto"}, "effort": 5},
    wording={"processor": "pro-fast", "metadata": {"unit": "emea"}},
)
MEMBER = {"group_id": GROUP_ID, "metadata": {"row": 4}}


def said(body: Json, number: int = 4) -> Event:
    at = NOW + timedelta(seconds=number)
    return Event(task_id=TASK_ID, number=number, at=at, type=EventType.MESSAGE, body=body)


STATES = {
    "state-queued": state(task(Status.QUEUED, has_begun=False), 0),
    "state-running": state(task(Status.RUNNING, asked=origin(warnings=(WARNING,))), 0),
    "state-completed-text": state(completed(REPORT, origin("text")), 9, has_output=True),
    "state-completed-json": state(completed(ANSWER, origin("auto")), 9, has_output=True),
    "state-completed-bare": state(completed(ANSWER, origin("auto")), 9),
    "state-failed": state(failed(), 9, has_output=True),
    "state-cancelled": state(task(Status.CANCELLED), 9, has_output=True),
    "state-waiting": state(task(Status.WAITING), 5),
    "state-waiting-opted-in": state(task(Status.WAITING), 5, opted_in=True),
    "state-member-with-input": state(task(Status.RUNNING, **MEMBER), 7, given=GIVEN),
}
MESSAGES = {
    **{f"message-{kind}": message(said({"kind": kind, "text": f"A {kind}."})) for kind in NOTES},
    "message-plain": message(said("Just words.")),
    "message-other-name": message(said({"kind": "plan", "message": "Named as the vendor does."})),
    "message-unknown-kind": message(said({"kind": "reasoning", "text": "Hm."})),
    "message-without-text": message(said({"kind": "search", "queries": ["why", "wherefore"]})),
    "message-number": message(said(42)),
}
STATS = {
    "stats-begun": stats(Stats(), 2),
    "stats-with-sources": stats(
        Stats(progress=62.5, considered=40, read=7, sample=("https://example.com/a",)), 31
    ),
}
S = Status
GROUPS = {
    "group-active": group_state(group({(S.RUNNING, True): 2, (S.COMPLETED, True): 1}), 4),
    "group-ended": group_state(group({(S.COMPLETED, True): 3}), 6),
    "group-waiting-opted-in": group_state(group({(S.WAITING, True): 1}), 2, opted_in=True),
}
ERRORS = {"error": body_of(Unavailable("The store is closed."), 503, "req_0123456789abcdef")}
EVENTS: Mapping[str, Json] = {**STATES, **MESSAGES, **STATS, **GROUPS, **ERRORS}
OF_RUNS = [name for name in EVENTS if name not in GROUPS]
both_modes = pytest.mark.parametrize("is_strict", [False, True], ids=["loose", "strict"])


def streaming(events: Sequence[Json], *, is_strict: bool) -> Parallel:
    """Make a client whose every request is answered by these events."""
    body, headers = b"".join(map(write, events)), {"content-type": "text/event-stream; charset=utf-8"}

    def give(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body, headers=headers, request=request)

    return Parallel(
        api_key="key",
        base_url="http://server",
        max_retries=0,
        http_client=httpx.Client(transport=httpx.MockTransport(give)),
        _strict_response_validation=is_strict,
    )


@pytest.mark.parametrize("name", EVENTS)
def test_is_the_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    """If not: look at what changed, then `pytest --update-golden`."""
    check(GOLDEN / f"{name}.json", EVENTS[name], request)


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EVENTS)


@both_modes
def test_the_vendors_models_read_the_events_of_a_run(is_strict: bool) -> None:
    with streaming([EVENTS[name] for name in OF_RUNS], is_strict=is_strict) as client:
        told = [written(event) for event in client.task_run.events(run_id(TASK_ID))]
    assert told == [EVENTS[name] for name in OF_RUNS]


@both_modes
def test_the_vendors_models_read_the_events_of_a_group(is_strict: bool) -> None:
    names = [*GROUPS, *STATES, *ERRORS]
    with streaming([EVENTS[name] for name in names], is_strict=is_strict) as client:
        told = [written(event) for event in client.task_group.events(group_id(GROUP_ID))]
    assert told == [EVENTS[name] for name in names]


@both_modes
def test_the_vendors_models_read_the_runs_of_a_group(is_strict: bool) -> None:
    names = [*STATES, *ERRORS]
    with streaming([EVENTS[name] for name in names], is_strict=is_strict) as client:
        told = [written(event) for event in client.task_group.get_runs(group_id(GROUP_ID))]
    assert told == [EVENTS[name] for name in names]


def changed(number: int, **body: Json) -> Event:
    body = {"status": "running", **body}
    return Event(task_id=TASK_ID, number=number, at=NOW, type=EventType.PROGRESS, body=body)


SOURCES = {"kind": "sources"}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Stats()),
        ([changed(3, progress=10), changed(4, progress=25.5)], Stats(progress=25.5)),
        ([changed(3, progress=10), changed(4)], Stats(progress=10)),
        ([said({"kind": "plan", "progress": 90, "considered": 4})], Stats()),
        ([said("sources"), said(["sources"]), said(None)], Stats()),
        ([said(SOURCES | {"considered": 4})], Stats(considered=4)),
        ([said(SOURCES | {"considered": 4}), said(SOURCES | {"read": 1})], Stats(considered=4, read=1)),
        ([said(SOURCES | {"considered": "4", "read": True, "sample": "x"})], Stats()),
        ([said(SOURCES | {"considered": -4, "read": 1.5, "sample": {}})], Stats()),
        ([said(SOURCES | {"sample": ["a", 1, "b"]})], Stats(sample=("a", "b"))),
        ([said(SOURCES | {"sample": ["a"]}), said(SOURCES | {"sample": []})], Stats(sample=())),
    ],
)
def test_statistics_sum_a_log_up(events: Sequence[Event], expected: Stats) -> None:
    assert sum_up(Stats(), events) == expected


@pytest.mark.parametrize("more", [{}, {"text": "Asked the model."}, {"cost_usd": None}])
def test_what_a_call_of_a_model_used_is_no_word_of_the_workload(more: Mapping[str, Any]) -> None:
    used = {"kind": "usage", "engine": "local:m", "input_tokens": 7, "output_tokens": 2, "cost_usd": 0}
    assert not is_message(said({**used, **more}))
    assert is_message(said({"kind": "search", "text": "Query: usage"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BODIES = JSON | st.fixed_dictionaries(
    {"kind": st.sampled_from([*NOTES, "sources", "odd"]) | JSON},
    optional=dict.fromkeys(("text", "message", "considered", "read", "sample"), JSON),
)


@given(st.lists(BODIES, max_size=5))
def test_whatever_a_workload_says_is_read_by_the_strict_client(bodies: list[Any]) -> None:
    events = [said(body, number) for number, body in enumerate(bodies, 3)]
    shown = [message(event) for event in events if is_message(event)]
    summed = stats(sum_up(Stats(), events), 9)
    with streaming([*shown, summed], is_strict=True) as client:
        *told, last = client.task_run.events(run_id(TASK_ID))
    assert [(event.type, event.message) for event in told] == [
        (each["type"], each["message"]) for each in shown
    ]
    assert written(last) == summed
