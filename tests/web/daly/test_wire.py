from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sent import block, energy_model

from gnomon.core.errors import Invalid
from gnomon.web.dialects.daly.wire.energy_model import (
    FLAGS,
    deprecations_of,
    name_in,
    read_include,
    read_order,
    refuse_removed,
    schema_mode,
    view_of,
)
from gnomon.web.dialects.daly.wire.resources import read_component, read_location, read_placed, read_update
from gnomon.web.dialects.daly.wire.tasks import read_task_query
from gnomon.web.problems import InvalidQuery, Malformed
from gnomon.workloads.energy_model.document import EnergyModel
from gnomon.workloads.energy_model.notes import deprecations

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


class TestOrder:
    def test_name_is_an_alias(self) -> None:
        order = read_order({"name": "A", "blocks": []})
        assert order.document == {"blocks": [], "output": {"name": "A"}}
        assert name_in(order.document) == "A"

    def test_names_may_agree_but_not_differ(self) -> None:
        assert read_order({"name": "A", "output": {"name": "A"}}).document == {"output": {"name": "A"}}
        with pytest.raises(Invalid, match="differ"):
            read_order({"name": "A", "output": {"name": "B"}})

    @pytest.mark.parametrize(
        ("body", "flags", "warned"),
        [
            ({"blockQuery": True, "blockQueryIndex": 1}, {"blockResults": True, "blockIndex": 1}, 2),
            ({"blockQuery": False, "blockQueryIndex": 1}, {}, 2),
            (
                {"blockQuery": True, "blockQueryIndex": 1, "output": {"blockResults": True, "blockIndex": 1}},
                {"blockResults": True, "blockIndex": 1},
                2,
            ),
            (
                {"blockQuery": True, "blockQueryIndex": 0, "output": {"lossBreakdownTimestamps": True}},
                {"lossBreakdownTimestamps": True, "blockIndex": 0},
                2,
            ),
        ],
    )
    def test_old_selectors_become_the_block_index(
        self, body: dict[str, Any], flags: dict[str, Any], warned: int
    ) -> None:
        order = read_order(body)
        assert order.document.get("output", {}) == flags
        assert not {"blockQuery", "blockQueryIndex"} & order.document.keys()
        assert len(order.warnings) == warned
        assert all("output.blockIndex" in warning for warning in order.warnings)

    @pytest.mark.parametrize(
        "body",
        [
            {"blockQuery": True, "blockQueryIndex": 1, "output": {"blockIndex": 0}},
            {"blockQuery": True},
            {"blockQueryIndex": 1},
            {"blockQuery": None, "blockQueryIndex": 1},
            {"output": {"blockIndex": True, "blockResults": True}},
            {"output": {"blockIndex": "1", "blockResults": True}},
            {"blockQuery": "yes", "blockQueryIndex": 1},
            {"blockQuery": True, "blockQueryIndex": "1"},
            {"blockQuery": True, "blockQueryIndex": True},
            {"output": []},
            [],
            None,
            "x",
        ],
    )
    def test_refuses(self, body: Any) -> None:
        with pytest.raises(Invalid):
            read_order(body)

    @pytest.mark.parametrize("flag", FLAGS)
    @pytest.mark.parametrize("value", [1, 0, "true", "yes", [], 1.0])
    def test_a_flag_is_true_or_false(self, flag: str, value: Any) -> None:
        with pytest.raises(Invalid) as caught:
            read_order({"output": {flag: value, "name": "A"}})
        (complaint,) = caught.value.complaints
        assert complaint.loc == ("output", flag)
        assert flag in complaint.message
        for good in (True, False, None):
            read_order({"output": {flag: good}})

    def test_query_parameter_asks_for_blocks(self) -> None:
        order = read_order({}, blockresults=True)
        assert view_of(order.document).block_series
        assert len(order.warnings) == 1
        assert not view_of(read_order({}, blockresults=False).document).block_series

    def test_caller_keeps_its_body(self) -> None:
        body = energy_model(output={"timeSeries": True}, blockQuery=True, blockQueryIndex=0)
        before = repr(body)
        read_order(body)
        assert repr(body) == before

    @given(
        st.dictionaries(st.sampled_from(["name", "output", "blockQuery", "blockQueryIndex", "blocks"]), JSON)
    )
    def test_reads_again_what_it_has_written(self, body: dict[str, Any]) -> None:
        try:
            order = read_order(body)
        except Invalid:
            return
        assert read_order(order.document).document == order.document
        view_of(order.document)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"blocks": [block(), block()]}, 2),
        ({"location": {"lat": 1, "lng": 2}}, 2),
        ({"blocks": []}, 0),
    ],
)
def test_deprecations_are_those_that_the_run_tells(changes: dict[str, Any], count: int) -> None:
    body = {**energy_model(), **changes}
    told = deprecations_of(body)
    assert len(told) == count
    if body["blocks"] and "location" not in body:
        assert set(told) <= set(deprecations(EnergyModel.model_validate(body)))


def test_losses_by_moment_imply_blocks() -> None:
    assert view_of({"output": {"lossBreakdownTimestamps": True}}).block_series
    assert not view_of({}).block_series


@pytest.mark.parametrize(
    ("blocks", "mode"),
    [
        ([block()], "legacy"),
        ([{"dcInputs": [{}]}], "multi_mppt"),
        ([block(), {"dcInputs": [{}]}], "hybrid"),
        ([block(dcInputs=[{}])], "hybrid"),
    ],
)
def test_schema_mode(blocks: list[Any], mode: str) -> None:
    assert schema_mode({"blocks": blocks}) == mode


@pytest.mark.parametrize("name", ["summary", "fullresults", "debug_block"])
def test_removed_parameters_name_what_to_use(name: str) -> None:
    with pytest.raises(InvalidQuery, match=r"output|include") as caught:
        refuse_removed({name: "1", "async": "true"})
    assert caught.value.complaints[0].loc == ("query", name)
    refuse_removed({"async": "true", "blockresults": "1"})


def test_include() -> None:
    assert read_include(None) == read_include("") == frozenset()
    assert read_include("summary, INPUTS,") == {"summary", "inputs"}
    with pytest.raises(InvalidQuery, match="fulltimeseries"):
        read_include("summary,all")


def query(**given: Any) -> Any:
    standard: dict[str, Any] = dict.fromkeys(("status", "task_type", "created_after", "created_before"))
    paged = {"page": 3, "page_size": 20, "offered": frozenset({"research"})}
    return read_task_query(**{**standard, **paged, **given})


def test_task_filters() -> None:
    asked = query(status="Running", task_type="research", created_after="2026-01-31")
    assert asked.is_started is True
    assert asked.kinds == {"research"}
    assert asked.created_after.isoformat() == "2026-01-31T00:00:00+00:00"
    assert (asked.limit, asked.offset) == (20, 40)
    assert (
        query(created_before="2026-01-31T02:00:00 01:00").created_before.utcoffset().total_seconds() == 3600
    )


@pytest.mark.parametrize(
    "given", [{"status": "done"}, {"status": ""}, {"task_type": "x"}, {"created_after": "soon"}]
)
def test_unknown_filters_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(InvalidQuery) as caught:
        query(**given)
    assert caught.value.complaints[0].loc == ("query", *given)


def test_location_names_and_nested_weather() -> None:
    asked = read_location(
        {"name": "A", "lat": 1, "lng": 2, "latitude": 1, "weatherData": {"ghi": []}, "id": 9}
    )
    assert asked.document == {"name": "A", "latitude": 1, "longitude": 2}
    assert asked.weather == {"ghi": []}
    assert asked.warnings == ("lat and lng are deprecated; use latitude and longitude",)
    assert read_location({"latitude": 1, "longitude": 2}).warnings == ()
    with pytest.raises(Invalid, match="differ"):
        read_location({"lat": 1, "latitude": 2})


@pytest.mark.parametrize("body", [{"locationId": "1"}, {"locationId": True}, {"globalLocationId": 1.5}, []])
def test_location_of_a_document_is_an_id(body: Any) -> None:
    with pytest.raises(Invalid):
        read_placed(body)


def test_the_old_name_of_a_locations_number_counts_and_must_not_differ() -> None:
    assert read_placed({"internallocationid": 2, "locationId": None}).number == 2
    assert read_placed({"internallocationid": 2, "locationId": 2}).document == {"locationId": 2}
    with pytest.raises(Invalid, match="send only 'locationId'"):
        read_placed({"internallocationid": 2, "locationId": 3})
    saved = {"name": "P", "locationId": 1, "globalLocationId": "5"}
    changed = read_update(saved, {"internallocationid": 2})
    assert (changed.number, changed.global_id, changed.document) == (2, None, {"name": "P"})


def test_update_replaces_both_ids_of_a_location() -> None:
    saved = {"name": "P", "locationId": 1, "globalLocationId": "77"}
    assert read_update(saved, {"locationId": 2}).document == {"name": "P", "locationId": 2}
    assert read_update(saved, {"status": "archived"}).global_id == "77"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "A", "properties": {}, "colour": "blue"},
        {"name": "", "properties": {}},
        {"name": "A"},
        {"properties": {}},
        [],
    ],
)
def test_component_takes_the_named_keys_only(body: Any) -> None:
    with pytest.raises(Malformed):
        read_component(body, "module")


@given(JSON)
def test_no_body_breaks_a_reader(body: Any) -> None:
    for read in (read_order, read_location, read_placed, lambda b: read_component(b, "inverter")):
        try:
            read(body)
        except Invalid:
            continue
