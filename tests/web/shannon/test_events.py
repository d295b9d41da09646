"""Core events as frames: one golden file for each, and what holds of all of them."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shannon
from golden import check
from hypothesis import given
from hypothesis import strategies as st
from shannon_events import EVENTS, NOW, TASK_ID, event
from starlette.datastructures import QueryParams

from gnomon.core.brief import NOTES
from gnomon.core.event import Event, EventType
from gnomon.core.service.stream import ENDS
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.render.event import PARTIAL, PIECE, STREAM_END, Closing, Frame, frames
from gnomon.web.dialects.shannon.render.frame import SSE_NAMES, internal, read_types, sse_data, sse_name
from gnomon.web.dialects.shannon.routes.streams import write
from gnomon.web.dialects.shannon.wire.listening import Cursor, read_cursor
from gnomon.web.ids import shannon_id
from gnomon.web.problems import InvalidQuery

GOLDEN = Path(__file__).parent / "golden"
TEXT = "Founded in 1843 by Ada King, says the register. " * 4 + "\n\nSources:\n1. A - https://example.com/a"
USED = {"tokens_used": 585, "input_tokens": 521, "output_tokens": 64, "cost_usd": 0.0002}
CLOSING = Closing(text=TEXT, metadata={**USED, "model_used": "gpt-5-mini", "provider": "openai"})


def told(happened: Event) -> list[Frame]:
    return list(frames(happened, "research", CLOSING))


def shown(frame: Frame) -> Json:
    data = "[DONE]" if frame.type == STREAM_END else sse_data(frame)
    return {"internal": internal(frame), "sse": {"event": sse_name(frame.type), "data": data}}


def test_every_type_and_every_note_is_looked_at() -> None:
    assert {happened.type for happened in EVENTS.values()} == set(EventType)
    kinds = {happened.body.get("kind") for happened in EVENTS.values() if isinstance(happened.body, dict)}
    assert kinds >= {*NOTES, "sources", "usage"}


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_as_they_were(name: str, request: pytest.FixtureRequest) -> None:
    check(GOLDEN / f"event-{name}.json", [shown(frame) for frame in told(EVENTS[name])], request)


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_gives_frames_in_order_and_its_end_the_last_one(name: str) -> None:
    happened = EVENTS[name]
    found = told(happened)
    assert [frame.part for frame in found] == list(range(len(found))) != []
    assert {(frame.seq, frame.at, frame.workflow_id) for frame in found} == {
        (happened.number, NOW, shannon_id(TASK_ID))
    }
    assert [frame.type == STREAM_END for frame in found] == [False] * (len(found) - 1) + [
        happened.type in ENDS
    ]
    assert all(frame.type == frame.type.upper() and frame.agent for frame in found)
    assert all(re.fullmatch(r"\d+-\d+", frame.stream_id) for frame in found)


@pytest.mark.parametrize("name", EVENTS)
def test_the_vendors_client_reads_each_frame(name: str) -> None:
    reader = shannon.AsyncShannonClient()
    for frame in told(EVENTS[name]):
        raw = reader._parse_sse_event(internal(frame))
        assert (raw.type, raw.id, raw.timestamp) == (frame.type, frame.stream_id, NOW)
        if frame.type == "APPROVAL_REQUESTED":
            assert raw.payload is not None
            assert raw.payload["approval_id"] in ("spend", "which")
        if frame.type != STREAM_END:
            named = {"type": sse_name(frame.type)} | sse_data(frame)
            assert reader._parse_sse_event(named, frame.stream_id).id == frame.stream_id


@pytest.mark.parametrize("name", EVENTS)
def test_the_vendors_command_line_shows_no_blanks_and_no_time_of_its_own(name: str) -> None:
    reader = shannon.AsyncShannonClient()
    for frame in told(EVENTS[name]):
        if frame.type != STREAM_END:
            raw = reader._parse_sse_event({"type": sse_name(frame.type)} | sse_data(frame), frame.stream_id)
            assert (raw.message, raw.timestamp, raw.agent_id) == (frame.message, NOW, frame.agent)
            assert raw.message


@pytest.mark.parametrize(
    "body",
    [{"kind": "result", "text": "Ada King."}, {"kind": "extract", "text": "ceo: Ada King", "field": "ceo"}],
)
def test_the_answer_stands_in_its_own_frames_alone(body: Json) -> None:
    (frame,) = told(event(EventType.MESSAGE, body))
    assert "Ada" not in json.dumps(shown(frame))


def test_names_of_the_vendors_list() -> None:
    known = {member.value for member in shannon.EventType}
    later = {"WARNING", "RESEARCH_PLAN_READY", "RESEARCH_PLAN_UPDATED", "RESEARCH_PLAN_APPROVED"}
    later |= {"REVIEW_USER_FEEDBACK", "error"}
    used = {sse_name(frame.type) for happened in EVENTS.values() for frame in told(happened)}
    assert used <= known | later


@given(text=st.text(max_size=3 * PIECE + 1))
def test_the_pieces_make_the_answer(text: str) -> None:
    found = list(frames(EVENTS["completed"], "research", Closing(text=text, metadata={})))
    pieces = [frame.message for frame in found if frame.type == PARTIAL]
    assert "".join(pieces) == text
    assert all(len(piece) == PIECE for piece in pieces[:-1])
    (whole,) = (frame for frame in found if frame.type == "LLM_OUTPUT")
    assert (whole.message, whole.agent) == (text, "final_output")


@given(words=st.text() | st.dictionaries(st.sampled_from(["kind", "text", "message"]), st.text()))
def test_no_words_break_out_of_their_frame(words: Json) -> None:
    for frame in told(event(EventType.MESSAGE, words)):
        lines = write(frame).decode().splitlines()
        assert [line.partition(":")[0] for line in lines] == ["id", "event", "data", ""]
        assert json.loads(lines[2].removeprefix("data: ")) == sse_data(frame)


@st.composite
def logs(draw: st.DrawFn) -> list[Frame]:
    """Draw the frames of a whole log."""
    chosen = draw(st.lists(st.sampled_from(sorted(EVENTS)), max_size=6))
    middle = [EVENTS[name] for name in chosen if EVENTS[name].type not in ENDS]
    last = draw(st.sampled_from([one for one in EVENTS.values() if one.type in ENDS]))
    happened = [event(one.type, one.body, number) for number, one in enumerate([*middle, last], 1)]
    return [frame for one in happened for frame in told(one)]


@given(log=logs(), chance=st.randoms(use_true_random=False))
def test_who_comes_back_after_any_frame_gets_all_others(log: list[Frame], chance: Any) -> None:
    assert all((a.seq, a.part) < (b.seq, b.part) for a, b in pairwise(log))
    cut = chance.randrange(len(log))
    last = log[cut].stream_id
    cursor = read_cursor(QueryParams({"last_event_id": "0"}), {"last-event-id": last})
    assert [frame for frame in log if cursor.is_before(frame)] == log[cut + 1 :]
    plain = Cursor(seq=log[cut].seq)
    assert [frame for frame in log if plain.is_before(frame)] == [f for f in log if f.seq > log[cut].seq]
    assert cursor.after < log[cut].seq


@pytest.mark.parametrize("text", ["x", "-1", "1-", "-", "1-2-3", "1.5", "٣", "1_0", "1" * 16, "1-x"])
def test_what_was_never_a_cursor_is_refused(text: str) -> None:
    for query, headers in (({"last_event_id": text}, {}), ({}, {"last-event-id": text})):
        with pytest.raises(InvalidQuery, match="last_event_id"):
            read_cursor(QueryParams(query), headers)


def test_a_filter_takes_both_names() -> None:
    assert read_types(None) is None
    assert read_types(" , ") is None
    assert read_types("LLM_OUTPUT,nothing") == {"LLM_OUTPUT", "NOTHING"}
    for type_, name in SSE_NAMES.items():
        assert read_types(name) == read_types(type_) == {type_}
