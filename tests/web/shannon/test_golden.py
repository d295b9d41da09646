"""Each response, state by state, and each refusal: kept as golden files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fixed_records import ANSWER, NOW, REPORT, STANDINGS
from fixed_tasks import APPROVAL, ASKED, GIVEN, OTHERS, PLAN, SPENT, STEERED, completed, task
from golden import check

from gnomon.core.brief import GUIDANCE_LEFT_OUT
from gnomon.core.errors import (
    Complaint,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    QuotaExceeded,
    ReservationBusy,
    Unauthenticated,
    Unavailable,
)
from gnomon.core.ports import Given
from gnomon.core.task import Json, Status
from gnomon.web.auth import NOT_OURS
from gnomon.web.dialects.shannon.origin import Origin
from gnomon.web.dialects.shannon.render.control import control_state, not_steered, steered
from gnomon.web.dialects.shannon.render.errors import body_of, headers_of, of_key, status_of
from gnomon.web.dialects.shannon.render.question import approval
from gnomon.web.dialects.shannon.render.review import review
from gnomon.web.dialects.shannon.render.task import query_of, summary
from gnomon.web.dialects.shannon.render.task import task as write
from gnomon.web.problems import BadRequest, InvalidQuery, TooLarge, UnsupportedMedia

GOLDEN = Path(__file__).parent / "golden"
FULL = Origin(
    mode="supervisor",
    query=ASKED,
    skill="brief",
    warnings=("'role' changes nothing. There are no roles here.",),
)
CONTEXT = {"audience": "children", "force_research": True}
TEXT = {**REPORT, "basis": ANSWER["basis"], "engine": "extractive"}
UNGUIDED = {**TEXT, "truncated": [GUIDANCE_LEFT_OUT]}
GUIDED = replace(FULL, guides=("the skill 'brief'", "context 'audience'"))
CUT = {**ANSWER, "engine": "local:qwen3", "truncated": ["founded: not looked at by the model."]}
OWN_RESULT = {"type": "json", "content": {"result": 7, "citations": "none"}}
PLANT: Json = {"summary": {"annual_energy_mwh": 412.3}}
S = Status

TASKS = {
    f"task-{status}{'-begun' if has_begun and (status, False) in STANDINGS else ''}": write(
        task(status, has_begun=has_begun), GIVEN
    )
    for status, has_begun in STANDINGS
    if status is not S.COMPLETED
} | {
    "task-paused-opted-in": write(task(S.PAUSED), GIVEN, opted_in=True),
    "task-approval": write(task(S.WAITING, question=APPROVAL), GIVEN),
    "task-with-everything": write(
        task(S.RUNNING, asked=FULL, usage=SPENT, stage="reading"),
        replace(GIVEN, wording={"query": ASKED, "context": CONTEXT}),
    ),
    "task-failed-with-usage": write(task(S.FAILED, usage=SPENT), GIVEN),
    "task-completed-text": write(completed(TEXT, usage=SPENT), GIVEN),
    "task-completed-unguided": write(replace(completed(UNGUIDED), origin=GUIDED.write()), GIVEN),
    "task-completed-no-model": write(completed(TEXT), GIVEN),
    "task-completed-unknown-price": write(completed(TEXT, usage=replace(SPENT, cost_usd=None)), GIVEN),
    "task-completed-json": write(completed(CUT), GIVEN),
    "task-completed-own-result": write(completed(OWN_RESULT), GIVEN),
    "task-completed-plain-text": write(completed("Founded in 1843."), GIVEN),
    "task-completed-plain-number": write(completed(1843), GIVEN),
    "task-of-another-door": write(
        completed(PLANT, asked=None, kind="energy_model", session_id=None, session_turn=None),
        Given(input={"name": "Tavora Norte", "blocks": []}),
    ),
}
SUMMARIES = {
    "summary-running": summary(task(S.RUNNING), ASKED),
    "summary-completed": summary(task(usage=SPENT), ASKED),
    "summary-unknown-price": summary(task(usage=replace(SPENT, cost_usd=None)), ASKED),
    "summary-paused-opted-in": summary(task(S.PAUSED), ASKED, opted_in=True),
    "summary-of-another-door": summary(task(asked=None, kind="energy_model"), "Tavora Norte"),
}
PAUSING = task(S.RUNNING, pause_requested_at=NOW, pause_told=STEERED)
STATES = {
    "control-running": control_state(task(S.RUNNING), None),
    "control-pausing": control_state(PAUSING, NOW),
    "control-paused": control_state(task(S.PAUSED, pause_told=STEERED), NOW),
    "control-cancelling": control_state(
        task(S.CANCELLING, cancel_requested_at=NOW, cancel_told=STEERED), None
    ),
    "control-cancelled": control_state(task(S.CANCELLED, cancel_requested_at=NOW), None),
    "control-completed-first": control_state(task(cancel_requested_at=NOW, cancel_told=STEERED), None),
}
STEERINGS = {
    "steered-pause": steered(task(S.RUNNING), "Pause signal sent"),
    "steered-too-late": not_steered(task(), "Task has already ended: completed"),
}
ASKED_FOR = {
    "approval-decision": approval(task(S.WAITING, question=APPROVAL)),
    "approval-review": approval(task(S.WAITING, question=PLAN)),
    "approval-question": approval(task(S.WAITING, question=OTHERS)),
}
REVIEWS = {
    "review-reviewing": review(PLAN, "reviewing", ASKED),
    "review-approved": review(PLAN, "approved", ASKED),
    "review-bare": review(replace(PLAN, body={"kind": "review", "plan": "One step."}), "reviewing", ASKED),
}


def answered(error: Exception, key: str = "") -> Json:
    told = of_key(error, key)
    status = int(status_of(told))
    headers = dict(sorted(headers_of(told).items()))
    return {"status": status, "headers": headers, "body": body_of(told, status, "req_0123456789abcdef")}


ERRORS: dict[str, Json] = {
    "error-unreadable": answered(BadRequest("The body is empty; send a JSON document.")),
    "error-invalid": answered(Invalid([Complaint(("query",), "Query is required")])),
    "error-invalid-twice": answered(
        Invalid([Complaint(("query",), "Query is required"), Complaint(("mode",), "Invalid mode")])
    ),
    "error-parameter": answered(InvalidQuery([Complaint(("query", "limit"), "Invalid limit parameter")])),
    "error-no-key": answered(Unauthenticated("Send a key of this server in the header 'x-api-key'.")),
    "error-vendors-key": answered(Unauthenticated(NOT_OURS), "sk_test_123456"),
    "error-forbidden": answered(Forbidden("This key lacks the scope 'write'.")),
    "error-not-found": answered(NotFound("Task not found")),
    "error-conflict": answered(Conflict("Task tsk_01jz8k5w3v9m2q4x7c6t1r0f8e is completed.")),
    "error-busy": answered(ReservationBusy()),
    "error-gone": answered(Gone("Events before 7 were trimmed.")),
    "error-too-large": answered(TooLarge("The body is larger than 32 bytes.")),
    "error-media": answered(UnsupportedMedia("Send JSON.")),
    "error-requests": answered(
        QuotaExceeded("This key has made its 600 requests of a minute.", quota="requests", retry_after=7)
    ),
    "error-active": answered(QuotaExceeded("The workspace has 50 tasks.", quota="active_tasks")),
    "error-unavailable": answered(Unavailable()),
    "error-unforeseen": answered(RuntimeError("secret")),
}
ALL: dict[str, Any] = {**TASKS, **SUMMARIES, **STATES, **STEERINGS, **ASKED_FOR, **REVIEWS, **ERRORS}


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_answer_is_the_golden_one(request: pytest.FixtureRequest, name: str) -> None:
    check(GOLDEN / f"{name}.json", ALL[name], request)


@pytest.mark.parametrize(
    ("given", "query"),
    [
        (Given(input="How many?"), "How many?"),
        (Given(input={"input": {"year": 2023}, "effort": 1}), '{"year": 2023}'),
        (Given(input={"question": "Why?"}), "Why?"),
        (Given(input=[1, 2]), "[1, 2]"),
        (Given(input={"values": ["x" * 300]}), '{"values": ["' + "x" * 186 + "…"),
        (Given(input=None), "energy_model"),
    ],
)
def test_the_query_of_another_doors_task_is_what_comes_nearest(given: Given, query: str) -> None:
    assert query_of(task(asked=None, kind="energy_model"), given) == query


def test_an_error_of_ours_tells_no_secret() -> None:
    assert "secret" not in str(ERRORS["error-unforeseen"])
