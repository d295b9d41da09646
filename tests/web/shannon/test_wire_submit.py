"""What a submission may say, by table."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.core.brief import LONGEST_GUIDANCE
from gnomon.core.errors import Invalid
from gnomon.core.workload import Workload
from gnomon.web.dialects.shannon.modes import EFFORTS, Modes
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID
from gnomon.web.dialects.shannon.wire.submit import SkillText, TaskOrder, named_skill, read_task


def never(*_: Any) -> None:
    raise AssertionError


WORKLOADS = {
    one.kind: one
    for one in (Workload(kind="research", run=never, takes_brief=True), Workload(kind="echo", run=never))
}
MODES = Modes(["simple=echo"], WORKLOADS)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SKILL = SkillText(name="brief", text="Be brief.")


def taken(skill: SkillText | None = None, **members: Any) -> TaskOrder:
    return read_task({"query": "How many?", **members}, modes=MODES, skill=skill)


def refused(body: Any) -> str:
    with pytest.raises(Invalid) as caught:
        read_task(body, modes=MODES)
    return caught.value.complaints[0].message


@pytest.mark.parametrize(
    ("members", "effort"),
    [
        ({}, 3),
        ({"mode": "standard"}, 3),
        ({"mode": " COMPLEX "}, 6),
        ({"mode": "supervisor"}, 6),
        ({"mode": ""}, 3),
        ({"context": {"mode": "complex"}}, 6),
        ({"mode": "complex", "research_strategy": "quick"}, 2),
        ({"context": {"research_strategy": "Academic"}}, 7),
        ({"research_strategy": "deep", "context": {"research_strategy": "quick"}}, 6),
    ],
)
def test_the_effort_follows_from_mode_and_strategy(members: Any, effort: int) -> None:
    assert taken(**members).task_input["effort"] == effort


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"query": ""}, "Query is required"),
        ({"query": "  \n"}, "Query is required"),
        ({"query": None}, "Query is required"),
        ({"query": 5}, "Invalid request body: 'query' must be a string."),
        ({"context": "x"}, "Invalid request body: 'context' must be an object."),
        ({"context": []}, "Invalid request body: 'context' must be an object."),
        ({"session_id": "a b"}, NO_SESSION_ID),
        ({"session_id": "x" * 129}, NO_SESSION_ID),
        ({"session_id": 7}, NO_SESSION_ID),
        ({"mode": "fast"}, "Invalid mode (allowed: simple, standard, complex, supervisor)"),
        ({"mode": 1}, "Invalid request body: 'mode' must be a string."),
        ({"model_tier": "huge"}, "Invalid model_tier (allowed: small, medium, large)"),
        ({"context": {"model_tier": "huge"}}, "Invalid model_tier (allowed: small, medium, large)"),
        (
            {"research_strategy": "slow"},
            "Invalid research_strategy (allowed: quick, standard, deep, academic)",
        ),
        ({"max_iterations": 0}, "max_iterations out of range (1..50)"),
        ({"max_iterations": 51}, "max_iterations out of range (1..50)"),
        ({"context": {"max_iterations": "51"}}, "max_iterations out of range (1..50)"),
        ({"max_iterations": 1.5}, "Invalid request body: 'max_iterations' must be a whole number."),
        ({"max_iterations": "many"}, "Invalid request body: 'max_iterations' must be a whole number."),
        ({"max_iterations": True}, "Invalid request body: 'max_iterations' must be a whole number."),
        ({"max_concurrent_agents": 21}, "max_concurrent_agents out of range (1..20)"),
        (
            {"context": {"disable_ai": "yes"}, "model_tier": "small"},
            "disable_ai=true conflicts with model_tier/model_override",
        ),
        ({"context": {"disable_ai": "perhaps"}}, "Invalid request body: 'disable_ai' must be true or false."),
        ({"enable_verification": [1]}, "Invalid request body: 'enable_verification' must be true or false."),
        ({"context": {"token_budget": 0}}, "token_budget must be 1 or more"),
    ],
)
def test_what_is_wrong_is_told_in_the_vendors_words(members: Any, told: str) -> None:
    assert refused({"query": "x", **members}) == told


def test_a_provider_that_nobody_knows_is_named() -> None:
    told = refused({"query": "x", "provider_override": "acme"})
    assert told.startswith("Invalid provider_override: acme (allowed: openai, anthropic, google, ")


@pytest.mark.parametrize("place", ["top", "context"])
def test_attachments_are_refused_with_the_remedy(place: str) -> None:
    given = {"attachments": [{"name": "a.pdf"}]}
    told = refused({"query": "x", **(given if place == "top" else {"context": given})})
    assert "gnomon documents add DIR" in told
    assert taken(context={"attachments": []}).task_input["input"] == "How many?"


@pytest.mark.parametrize("body", [None, [], "x", 3])
def test_a_body_is_an_object(body: Any) -> None:
    assert refused(body) == "Invalid request body: send a JSON object."


def test_a_mode_behind_which_nothing_stands_is_refused() -> None:
    with pytest.raises(Invalid, match="Nothing stands behind the mode 'standard'"):
        read_task({"query": "x"}, modes=Modes([], {}))


def test_unknown_members_and_nulls_are_left_out_of_account() -> None:
    plain = taken()
    assert taken(later=1, mode=None, model_tier=None, session_id=None, context=None) == plain
    assert plain.origin.warnings == ()
    assert plain.wording == {"query": "How many?"}


def test_circumstances_become_guidance_and_settings_do_not() -> None:
    context = {
        "audience": "children",
        "limits": {"pages": 2},
        "force_research": "true",
        "research_strategy": "quick",
        "nothing": "",
    }
    order = taken(context=context, skill=SKILL)
    assert order.task_input["guidance"] == 'Be brief.\n\naudience: children\nlimits: {"pages": 2}'
    assert order.terms("s", NOW).session_context == context
    assert (order.origin.skill, order.origin.warnings) == ("brief", ())


def test_a_circumstance_stays_on_its_line() -> None:
    assert taken(context={"note": "one\ntwo\n  three"}).task_input["guidance"] == "note: one two three"


def test_too_much_guidance_is_cut_and_told() -> None:
    order = taken(context={"note": "x" * LONGEST_GUIDANCE})
    assert len(order.task_input["guidance"]) == LONGEST_GUIDANCE
    assert "the rest was left out" in order.origin.warnings[0]


@pytest.mark.parametrize(
    ("context", "review"),
    [
        ({"require_review": True}, (True, 900.0)),
        ({"require_review": "true", "review_timeout": "60"}, (True, 60.0)),
        ({"review_plan": "Manual", "review_timeout": 9000}, (True, 900.0)),
        ({"review_plan": "auto"}, (None, None)),
        ({"require_review": "false"}, (None, None)),
    ],
)
def test_a_review_is_asked_for(context: Any, review: Any) -> None:
    told = taken(context=context).task_input
    assert (told.get("review"), told.get("review_seconds")) == review


def test_budgets_become_limits_of_the_work() -> None:
    context = {"token_budget": "5000", "max_budget_per_run_usd": 0.5, "timeout_seconds": 60}
    assert taken(context=context).task_input["budget"] == {
        "tokens": 5000,
        "cost_usd": 0.5,
        "seconds": 54.0,
    }


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"model_tier": "small"}, ["model_tier"]),
        ({"provider_override": "OpenAI"}, ["provider_override"]),
        ({"context": {"force_swarm": True, "role": "analyst"}}, ["force_swarm", "role"]),
        ({"context": {"force_swarm": "false", "template": ""}}, []),
        ({"context": {"enable_citations": "false"}, "enable_verification": True}, ["enable_citations"]),
        ({"max_iterations": 5}, ["max_iterations"]),
    ],
)
def test_what_changes_nothing_is_told(members: Any, named: list[str]) -> None:
    warnings = taken(**members).origin.warnings
    assert [warning.split("'")[1] for warning in warnings] == named


def test_a_workload_that_takes_no_briefs_is_given_query_and_context() -> None:
    assert taken(mode="simple").task_input == {"query": "How many?"}
    order = taken(mode="simple", context={"unit": "m"}, skill=SKILL)
    assert order.task_input == {"query": "How many?", "context": {"unit": "m"}}
    assert (order.kind, order.origin.is_brief) == ("echo", False)
    assert "is not told the skill" in order.origin.warnings[0]


@pytest.mark.parametrize("mode", ["simple", "standard"])
@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        ({}, None),
        ({"timeout_seconds": 60}, 60),
        ({"context": {"timeout_seconds": "90"}}, 90),
        ({"timeout_seconds": 60, "context": {"timeout_seconds": 90}}, 60),
        ({"timeout_seconds": 1e11}, None),
    ],
)
def test_a_timeout_is_the_tasks_deadline_in_every_mode(mode: str, members: Any, seconds: int | None) -> None:
    deadline = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert taken(mode=mode, **members).terms("s", NOW).deadline_at == deadline


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"require_review": True}, "require_review"),
        ({"context": {"require_review": "true"}}, "require_review"),
        ({"context": {"review_plan": "Manual"}}, "review_plan"),
    ],
)
def test_a_review_of_what_makes_no_plan_is_refused_with_the_remedy(asked: Any, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        taken(mode="simple", **asked)
    (complaint,) = caught.value.complaints
    assert complaint.loc == (name,)
    assert complaint.message == (
        f"{name}: what runs in the mode 'simple' makes no plan to review; leave it out, or use a mode that does "
        "(standard, complex, supervisor)."
    )


def test_a_review_is_refused_where_no_mode_has_one() -> None:
    with pytest.raises(Invalid, match="leave it out, or ask its operator for research"):
        read_task({"query": "x", "require_review": True}, modes=Modes(["*=echo"], WORKLOADS))


def test_limits_that_a_mode_does_not_take_are_told_one_by_one() -> None:
    asked = {"token_budget": 5, "max_budget_usd": 1, "research_strategy": "deep", "timeout_seconds": 60}
    assert taken(mode="simple", context=asked).origin.warnings == (
        "'token_budget' changes nothing. What runs in this mode takes no budget.",
        "'max_budget_usd' changes nothing. What runs in this mode takes no budget.",
        "'research_strategy' changes nothing. What runs in this mode is no research.",
    )
    assert taken(context=asked).origin.warnings == ()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"skill": " brief "}, "brief"),
        ({"context": {"skill": "brief"}}, "brief"),
        ({"skill": 5}, None),
        ({"skill": ""}, None),
        ({"context": 5}, None),
        ([], None),
    ],
)
def test_the_skill_is_named(body: Any, name: str | None) -> None:
    assert named_skill(body) == name


_NAMES = st.sampled_from(
    [
        *("query", "mode", "session_id", "skill", "model_tier", "max_iterations", "disable_ai"),
        *("review_timeout", "token_budget", "attachments", "role", "free"),
    ]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(_NAMES | st.just("context"), _VALUES, max_size=6))
@settings(max_examples=200)
def test_every_body_is_taken_or_refused(body: dict[str, Any]) -> None:
    named_skill(body)
    with suppress(Invalid):
        order = read_task(body, modes=MODES)
        assert order.origin.mode in EFFORTS
        assert order.origin.query.strip()


def test_what_guides_the_work_is_named() -> None:
    order = taken(SKILL, context={"audience": "children", "mode": "standard", "empty": ""})
    assert order.origin.guides == ("the skill 'brief'", "context 'audience'")
