"""The child's side without a process: frames, the pace of progress, what JSON can hold."""

import json
import zlib
from functools import partial
from math import inf, nan

import pytest
from engine_trades import WORKLOADS, add, echo, io_echo
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.workload import Child, Split, Workload
from gnomon.engine.child.context import PACE, Pace
from gnomon.engine.child.ending import find_not_json, raised, returned
from gnomon.engine.child.pipe import Decoder, encode, to_json
from gnomon.engine.registry import gather

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
FRAMES = st.lists(st.tuples(st.dictionaries(st.text(), JSON, max_size=3), st.binary(max_size=50)), max_size=5)


@given(FRAMES, st.integers(1, 40))
def test_frames_survive_any_cutting_of_the_stream(frames, length):
    stream = b"".join(encode(message, content) for message, content in frames)
    decoder = Decoder()
    pieces = [stream[at : at + length] for at in range(0, len(stream), length)]
    found = [(frame.message, frame.content) for piece in pieces for frame in decoder.feed(piece)]
    assert found == frames


@given(JSON | st.recursive(st.floats() | st.binary() | st.text(st.characters()), st.lists))
def test_a_place_is_named_exactly_when_json_refuses(value):
    try:
        to_json(value)
    except (ValueError, TypeError):
        assert find_not_json(value, "result")
    else:
        assert not find_not_json(value, "result")


def test_only_known_blobs_are_named():
    known, stranger = "a" * 64, "b" * 64
    [frame] = Decoder().feed(returned(1, [known, stranger], lambda: {known}))
    assert frame.content.decode().split() == [known]
    split = Split(children=(Child(kind="k", input=[known, stranger]),))
    [frame] = Decoder().feed(returned(1, split, lambda: {known}))
    assert frame.message["children"][0]["blobs"] == [known]


def test_a_split_that_is_not_json_says_where():
    [frame] = Decoder().feed(returned(1, Split(children=(Child(kind="k", input={"a": inf}),)), set))
    assert frame.message["code"] == "invalid_result"
    assert "children[0].a is inf" in frame.message["message"]


def test_progress_keeps_its_pace():
    told, now = [], [0.0]
    pace = Pace(lambda percent, stage: told.append((percent, stage)), clock=lambda: now[0])
    for percent in range(100):
        now[0] += PACE / 10
        pace.say(percent, None)
    assert len(told) == 10
    pace.say(nan, "new")
    pace.say(50, "new")
    pace.catch_up()
    assert told[-1] == (None, "new")
    now[0] += PACE
    pace.catch_up()
    pace.catch_up(at_once=True)
    assert told[-2:] == [(None, "new"), (50, "new")]


@pytest.mark.parametrize(("percent", "said"), [(-1, 0), (0, 0), (99.5, 99.5), (1000, 100), (inf, 100)])
def test_progress_stays_between_nothing_and_all(percent, said):
    told = []
    Pace(lambda *words: told.append(words)).say(percent, None)
    assert told == [(said, None)]


def _local():
    def inner(order, ctx):
        return None

    return inner


def _one_argument(order):
    return None


def _keyword_only(order, *, ctx):
    return None


def _any_arguments(*arguments):
    return None


def _more_with_defaults(order, ctx, more=None):
    return None


@pytest.mark.parametrize(
    ("workload", "words"),
    [
        (Workload(kind="echo", run=echo), "Two workloads have the kind 'echo'"),
        (Workload(kind="new", run=lambda order, ctx: 1), "cannot be imported"),
        (Workload(kind="new", run=_local()), "cannot be imported"),
        (Workload(kind="new", run=io_echo), "must be a plain function"),
        (Workload(kind="new", run=echo, where="io"), "must be a coroutine function"),
        (Workload(kind="new", run=echo, where="gpu"), "use 'cpu' or 'io'"),
        (Workload(kind="new", run=partial(echo, {})), "cannot be imported"),
        (Workload(kind="new", run=add), r"cannot be called as the run of 'new' is: run\(input, ctx\)"),
        (Workload(kind="new", run=_one_argument), "cannot be called as the run"),
        (Workload(kind="new", run=_keyword_only), "cannot be called as the run"),
        (Workload(kind="new", run=echo, join=echo), r"join\(input, children, state, ctx\)"),
    ],
)
def test_a_workload_that_no_child_could_run_is_refused_at_start(workload, words):
    with pytest.raises(ValueError, match=words) as refused:
        gather([*WORKLOADS, workload])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("function", [_any_arguments, _more_with_defaults, zlib.crc32])
def test_a_function_that_can_be_called_is_taken(function):
    assert gather([Workload(kind="new", run=function)])["new"].run is function


def test_json_is_written_as_every_reader_understands_it():
    assert json.loads(to_json({"a": (1, "ü")})) == {"a": [1, "ü"]}


def test_a_traceback_in_the_log_is_headed_by_its_attempt(capsys):
    try:
        int("seven")
    except ValueError as error:
        frame = raised(
            1,
            error,
            title="attempt 2 of task tsk_1 (k)",
            package=__name__.partition(".")[0],
            may_stop=False,
            may_park=False,
            known=set,
        )
    [told] = Decoder().feed(frame)
    header, first, *_, last = capsys.readouterr().err.splitlines()
    assert header == "attempt 2 of task tsk_1 (k) failed:"
    assert first == "Traceback (most recent call last):"
    assert last.startswith("ValueError: ")
    assert "(test_child.py, line " in told.message["message"]
