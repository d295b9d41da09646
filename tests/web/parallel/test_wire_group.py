"""Groups: what is attached, and batches that are taken whole or not at all."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from wires import PROCESSORS, run_with, told

from gnomon.core.errors import Complaint, Invalid
from gnomon.web.dialects.parallel.processors import UnknownProcessor
from gnomon.web.dialects.parallel.wire.group import read_batch, read_group


def batch(body: Any, *, is_lenient: bool = False) -> Any:
    return read_batch(body, processors=PROCESSORS, is_lenient=is_lenient)


def refused(body: Any) -> list[Complaint]:
    with pytest.raises(Invalid) as caught:
        batch(body)
    return list(caught.value.complaints)


@pytest.mark.parametrize(
    ("body", "metadata"),
    [
        *(({}, None), ({"metadata": None}, None), ({"metadata": {}}, {})),
        *(({"metadata": {"a": 1}}, {"a": 1}), ({"later": 1}, None)),
    ],
)
def test_a_group_has_metadata(body: Any, metadata: Any) -> None:
    assert read_group(body) == metadata


@pytest.mark.parametrize(
    "body", [None, [], {"metadata": []}, {"metadata": {"a": []}}, {"metadata": {"a" * 17: 1}}]
)
def test_a_wrong_group_is_refused(body: Any) -> None:
    with pytest.raises(Invalid):
        read_group(body)


def test_runs_come_in_order_with_the_default_where_they_have_no_spec() -> None:
    first, second, third = batch(
        {
            "inputs": [
                run_with(input="1"),
                run_with(input="2", task_spec={"output_schema": {"type": "auto"}}),
                run_with(input="3", task_spec=None, metadata={"n": 3}),
            ],
            "default_task_spec": {"output_schema": "a poem"},
        }
    )
    assert [one.task_input["input"] for one in (first, second, third)] == ["1", "2", "3"]
    assert [one.task_input["output"]["type"] for one in (first, second, third)] == ["text", "auto", "text"]
    assert first.wording["task_spec"] == {"output_schema": "a poem"}
    assert third.metadata == {"n": 3}


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        (None, ()),
        ({}, ("inputs",)),
        ({"inputs": {}}, ("inputs",)),
        ({"inputs": []}, ("inputs",)),
        ({"inputs": [run_with()] * 1001}, ("inputs",)),
        ({"inputs": [run_with(), 3]}, ("inputs", 1)),
        ({"inputs": [run_with(), run_with(metadata={"a" * 17: ""})]}, ("inputs", 1, "metadata", "a" * 17)),
        ({"inputs": [run_with()], "default_task_spec": {}}, ("default_task_spec", "output_schema")),
        (
            {"inputs": [run_with()], "default_task_spec": {"output_schema": {"type": "xml"}}},
            ("default_task_spec", "output_schema"),
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(body: Any, loc: tuple[str | int, ...]) -> None:
    (complaint,) = refused(body)
    assert complaint.loc == loc


def test_a_default_that_is_left_out_is_told_to_every_run() -> None:
    body = {"inputs": [run_with()] * 2, "default_task_spec": {"output_schema": {"type": "xml"}}}
    for order in batch(body, is_lenient=True):
        assert order.task_input["output"] == {"type": "auto"}
        assert "left out" in told(order)[0]


def test_complaints_are_bounded() -> None:
    assert len(refused({"inputs": [{}] * 1000})) == 20


def test_an_unknown_processor_is_told_with_its_place() -> None:
    with pytest.raises(UnknownProcessor, match="There is no processor 'turbo'") as caught:
        batch({"inputs": [run_with(), run_with(processor="turbo"), run_with(processor="nitro")]})
    places = [complaint.loc for complaint in caught.value.complaints]
    assert places == [("inputs", 1, "processor"), ("inputs", 2, "processor")]


def test_an_unknown_processor_hides_no_fault_of_another_input() -> None:
    found = refused({"inputs": [run_with(processor="turbo"), run_with(), {}]})
    assert found[0].loc == ("inputs", 0, "processor")
    assert {complaint.loc[1] for complaint in found} == {0, 2}


@pytest.mark.parametrize(
    ("inputs", "remedy"),
    [
        ([run_with()] * 1001, "up to 1000 items, not 1001; send the rest in another call"),
        ([], "send at least 1 item"),
    ],
)
def test_the_size_of_a_batch_is_told_with_its_remedy(inputs: Any, remedy: str) -> None:
    (found,) = refused({"inputs": inputs})
    assert found.loc == ("inputs",)
    assert found.message.startswith("'inputs' ")
    assert remedy in found.message


def counted(about: Callable[[], Any]) -> tuple[Any, int]:
    """Do something, and count the calls of functions that it takes."""
    calls = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return about(), calls
    finally:
        sys.setprofile(before)


def test_the_work_of_a_batch_grows_no_faster_than_its_runs() -> None:
    properties = {f"a{n}": {"type": "string"} for n in range(20)}
    schema = {"type": "object", "properties": properties}
    spec = {"output_schema": {"json_schema": schema}, "input_schema": {"json_schema": schema}}
    inputs = [run_with(input={f"a{n}": 1 for n in range(20)})] * 1000

    def read(count: int) -> tuple[Any, int]:
        return counted(lambda: batch({"inputs": inputs[:count], "default_task_spec": spec}))

    read(1)  # what is only done once in a process
    orders, calls = read(1000)
    assert calls <= 10.5 * read(100)[1]
    assert calls < 300 * read(1)[1], "the spec is read for each run anew"
    assert len(orders) == 1000
    assert all(any("does not match" in text for text in told(order)) for order in orders)
