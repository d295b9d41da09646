"""Each response, state by state: kept as golden files, and read by the vendor's own client."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import parallel
import pytest
from fixed_records import (
    ANSWER,
    GROUP_ID,
    MADE_BY,
    REPORT,
    STANDINGS,
    TASK_ID,
    WARNING,
    completed,
    group,
    origin,
    task,
)
from golden import check
from rig import Tenant
from sent import energy_model
from vendor import client, written

from gnomon.core.errors import (
    Complaint,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    QuotaExceeded,
    ReservationBusy,
    ReservationReused,
    TaskActive,
    Unavailable,
)
from gnomon.core.ports import Added, Given
from gnomon.core.task import Json, Status
from gnomon.web.dialects.parallel.render.errors import body_of, ended_body, headers_of, status_of
from gnomon.web.dialects.parallel.render.given import run_input
from gnomon.web.dialects.parallel.render.group import added
from gnomon.web.dialects.parallel.render.group import group as write_group
from gnomon.web.dialects.parallel.render.output import result
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.ids import run_id
from gnomon.web.problems import BadRequest, InvalidQuery, TooLarge, UnsupportedMedia

GOLDEN = Path(__file__).parent / "golden"
RUN = run_id(TASK_ID)
REQUEST = "req_0123456789abcdef"

RUNS = {
    f"run-{status}{'-begun' if has_begun and (status, False) in STANDINGS else ''}": run(
        task(status, has_begun=has_begun)
    )
    for status, has_begun in STANDINGS
} | {
    "run-waiting-opted-in": run(task(Status.WAITING), opted_in=True),
    "run-completed-opted-in": run(task(Status.COMPLETED), opted_in=True),
    "run-with-everything": run(
        task(
            Status.RUNNING,
            asked=origin("json", warnings=(WARNING,)),
            metadata={"unit": "emea", "row": 4, "share": 0.5, "is_trial": True},
            group_id=GROUP_ID,
        )
    ),
    "run-of-another-door": run(task(Status.RUNNING, asked=None, kind="energy_model")),
}
RESULTS = {
    "result-text": result(completed(REPORT, origin("text"))),
    "result-json": result(completed(ANSWER, origin("json"))),
    "result-auto": result(completed(ANSWER, origin("auto"))),
    "result-auto-text": result(completed(REPORT, origin("auto"))),
    "result-truncated": result(completed({**ANSWER, **MADE_BY}, origin("json", warnings=(WARNING,)))),
    "result-json-as-text": result(completed(ANSWER, origin("text"))),
    "result-plain-text": result(completed("Founded in 1843.", origin("auto"))),
    "result-plain-object": result(completed({"founded": 1843}, origin("json"))),
    "result-plain-number": result(completed(1843, origin("auto"))),
    "result-of-another-door": result(
        completed({"summary": {"annual_energy_mwh": 412.3}, "parts": "0f" * 32}, None)
    ),
}
QUESTION = "What was the GDP of France in 2023?"
SPEC = {"output_schema": {"type": "text", "description": "A number with its unit"}}
FULL = {
    "processor": "pro-fast",
    "metadata": {"unit": "emea"},
    "enable_events": True,
    "task_spec": {"output_schema": {"type": "json", "json_schema": {"type": "object"}}, "input_schema": "A year"},
    "source_policy": {"include_domains": ["example.com"], "after_date": "2024-01-01"},
    "advanced_settings": {"location": "us", "data_sources": {"free": ["pubmed"]}},
    "mcp_servers": [{"type": "url", "name": "registry", "url": "https://example.com/mcp", "allowed_tools": ["find"]}],
    "previous_interaction_id": "trun_0197d132f07b4d057274ec3683803d0d",
    "memory_scope_key": "scope",
    "webhook": {"url": "https://example.com/hook", "event_types": ["task_run.status"]},
}  # fmt: skip
BRIEF = {"input": {"year": 2023}, "output": {"type": "auto"}, "effort": 5}
INPUTS = {
    "input-text": run_input(
        task(asked=origin("text")),
        Given(input={**BRIEF, "input": QUESTION}, wording={"processor": "pro-fast", "task_spec": SPEC}),
    ),
    "input-with-everything": run_input(task(), Given(input=BRIEF, wording=FULL)),
    "input-of-another-door": run_input(
        task(asked=None, kind="energy_model"), Given(input={"blocks": [{"arrays": []}]})
    ),
    "input-list-of-another-door": run_input(task(asked=None, kind="sum"), Given(input=[1, 2])),
}

S = Status
EMPTY = group({}, metadata=None)
ACTIVE = group({(S.PENDING, True): 1, (S.QUEUED, False): 2, (S.RUNNING, True): 3, (S.CANCELLING, True): 1})
WAITING = group({(S.WAITING, True): 1, (S.COMPLETED, True): 2})
ENDED = group(
    {
        (S.COMPLETED, True): 4,
        (S.CANCELLED, False): 1,
        (S.FAILED, True): 1,
        (S.EXPIRED, False): 1,
        (S.TIMED_OUT, True): 1,
    }
)
IDS = [TASK_ID, TASK_ID[:-1] + "f"]
GROUPS = {
    "group-empty": write_group(EMPTY),
    "group-active": write_group(ACTIVE),
    "group-waiting": write_group(WAITING),
    "group-waiting-opted-in": write_group(WAITING, opted_in=True),
    "group-ended": write_group(ENDED),
}
ADDED = {
    "added-first": added(Added(group=group({(S.QUEUED, False): 2}), task_ids=IDS, before=0)),
    "added-later": added(Added(group=ACTIVE, task_ids=IDS, before=12)),
    "added-later-opted-in": added(Added(group=WAITING, task_ids=IDS, before=12), opted_in=True),
}


def answered(error: Exception, status: int | None = None) -> Json:
    known = status or int(status_of(error))
    return {
        "status": known,
        "headers": dict(sorted(headers_of(error, known).items())),
        "body": body_of(error, known, REQUEST),
    }


def ended(status: Status, *, opted_in: bool = False) -> Json:
    body = ended_body(task(status), REQUEST, opted_in=opted_in)
    return {"status": 404, "headers": {"x-should-retry": "false"}, "body": body}


WRONG = [
    Complaint(("task_spec", "output_schema"), "The root must be an object; wrap it in one.", "root_type"),
    Complaint(("metadata", "a very long key indeed"), "A key has at most 16 characters.", "string_too_long"),
]
MANY = QuotaExceeded("The workspace has 100 tasks that have not ended.", quota="active_tasks")
ERRORS = {
    "error-400-json": answered(BadRequest("The body is not JSON.")),
    "error-402-active-tasks": answered(MANY),
    "error-403-scope": answered(Forbidden("This key lacks the scope 'write'.")),
    "error-404-run": answered(NotFound("There is no such run.")),
    "error-404-failed": ended(Status.FAILED),
    "error-404-timed-out": ended(Status.TIMED_OUT),
    "error-404-cancelled": ended(Status.CANCELLED),
    "error-404-action-required": ended(Status.WAITING, opted_in=True),
    "error-409-conflict": answered(Conflict("No question of that key is open.")),
    "error-409-active": answered(TaskActive(TASK_ID, "Wait for the task, or cancel it.")),
    "error-409-busy": answered(ReservationBusy()),
    "error-410": answered(Gone("The events before 40 were trimmed.")),
    "error-412": answered(PreconditionFailed()),
    "error-413": answered(TooLarge("The body is larger than 33554432 bytes.")),
    "error-415": answered(UnsupportedMedia()),
    "error-422-body": answered(Invalid(WRONG)),
    "error-422-query": answered(InvalidQuery([Complaint(("query", "timeout"), "Give seconds from 0 up.")])),
    "error-422-key-reused": answered(ReservationReused()),
    "error-429-requests": answered(QuotaExceeded("Wait, then go on.", quota="requests", retry_after=1.5)),
    "error-429-waits": answered(QuotaExceeded("Close one.", quota="waits", retry_after=5)),
    "error-429-failures": answered(QuotaExceeded("Send a good key.", quota="failures", retry_after=30)),
    "error-429-long": answered(QuotaExceeded("Wait for the next hour.", quota="requests", retry_after=900)),
    "error-500": answered(RuntimeError("a cause that is nobody's business")),
    "error-503": answered(Unavailable()),
}
RESPONSES: Mapping[str, Json] = {**RUNS, **RESULTS, **INPUTS, **GROUPS, **ADDED, **ERRORS}
LATER = {"error-408-again": "0.01", "error-408-final": "0"}
"""What the door says when its time is up, by what its client asked for."""
SAID: Mapping[str, tuple[str, str, dict[str, str]]] = {
    "error-401": ("GET", f"/v1/tasks/runs/{RUN}", {"x-api-key": "", "authorization": ""}),
    "error-401-unknown-key": ("GET", f"/v1/tasks/runs/{RUN}", {"authorization": "Bearer of news"}),
    "error-404-path": ("GET", "/v1/tasks/walks", {}),
    "error-405": ("PUT", "/v1/tasks/runs", {}),
}
"""What a running server says for itself, without a route."""
TELLING = ("Allow", "WWW-Authenticate")
RETRYING = ("Retry-After", "retry-after-ms", "x-should-retry")
PREFIXES = tuple(sorted({name.partition("-")[0] for name in RESPONSES}))

Call = Callable[[parallel.Parallel], Any]
CALLS: Mapping[str, Call] = {
    "run": lambda vendor: vendor.task_run.retrieve(RUN),
    "result": lambda vendor: vendor.task_run.result(RUN),
    "input": lambda vendor: vendor.task_run.retrieve_input(RUN),
    "group": lambda vendor: vendor.task_group.retrieve("tgrp_1"),
    "added": lambda vendor: vendor.task_group.add_runs("tgrp_1", inputs=[]),
}
CLASSES: Mapping[int, type[parallel.APIStatusError]] = {
    400: parallel.BadRequestError,
    401: parallel.AuthenticationError,
    403: parallel.PermissionDeniedError,
    404: parallel.NotFoundError,
    409: parallel.ConflictError,
    422: parallel.UnprocessableEntityError,
    429: parallel.RateLimitError,
    500: parallel.InternalServerError,
    503: parallel.InternalServerError,
}
each_response = pytest.mark.parametrize("name", RESPONSES)
each_body = pytest.mark.parametrize("name", [name for name in RESPONSES if name not in ERRORS])
each_error = pytest.mark.parametrize("name", ERRORS)
both_modes = pytest.mark.parametrize("is_strict", [False, True], ids=["loose", "strict"])


@each_response
def test_is_the_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    """If not: look at what changed, then `pytest --update-golden`."""
    check(GOLDEN / f"{name}.json", RESPONSES[name], request)


@pytest.mark.parametrize(("name", "timeout"), LATER.items())
async def test_a_result_that_is_not_there_yet(
    name: str, timeout: str, site: Tenant, request: pytest.FixtureRequest
) -> None:
    await site.post("/energymodels?async=true", energy_model())
    (task,) = (await site.get("/gnomon/v1/tasks"))["tasks"]
    path = f"/v1/tasks/runs/{run_id(task['id'])}/result?timeout={timeout}"
    answer = await site.client.get(path, headers={"x-request-id": REQUEST})
    told = {key: answer.headers[key] for key in RETRYING if key in answer.headers}
    check(
        GOLDEN / f"{name}.json",
        {"status": answer.status_code, "headers": told, "body": answer.json()},
        request,
    )


@pytest.mark.parametrize("name", SAID)
async def test_what_the_server_says_of_itself(
    name: str, site: Tenant, request: pytest.FixtureRequest
) -> None:
    method, path, headers = SAID[name]
    answer = await site.client.request(method, path, headers={**headers, "x-request-id": REQUEST})
    told = {key: answer.headers[key] for key in (*TELLING, *RETRYING) if key in answer.headers}
    shown = {"status": answer.status_code, "headers": told, "body": answer.json()}
    check(GOLDEN / f"{name}.json", shown, request)
    assert told["x-should-retry"] == "false"
    raise_as_the_vendor(shown)


def raise_as_the_vendor(shown: Mapping[str, Any]) -> None:
    """See that the vendor's client takes an error for what it is."""
    vendor = client(shown["status"], shown["body"], shown["headers"], is_strict=True)
    with pytest.raises(parallel.APIStatusError) as caught:
        vendor.task_run.retrieve(RUN)
    assert type(caught.value) is CLASSES.get(shown["status"], parallel.APIStatusError)
    assert caught.value.body == shown["body"]
    envelope = parallel.types.shared.ErrorResponse.model_validate(shown["body"], strict=True)
    assert envelope.error.message


def test_no_golden_file_is_left_over() -> None:
    ours = {path.stem for path in GOLDEN.glob("*.json") if path.stem.startswith(PREFIXES)}
    assert ours == {*RESPONSES, *LATER, *SAID}


@each_body
@both_modes
def test_the_vendors_models_read_all_of_it(name: str, is_strict: bool) -> None:
    read = CALLS[name.partition("-")[0]](client(200, RESPONSES[name], is_strict=is_strict))
    assert written(read) == RESPONSES[name]


@each_error
def test_the_vendors_client_raises_the_class_of_the_status(name: str) -> None:
    raise_as_the_vendor(ERRORS[name])


@each_error
def test_the_vendors_client_repeats_what_may_be_repeated_and_nothing_else(name: str) -> None:
    repeated = {"error-409-busy", "error-429-requests", "error-429-waits", "error-500", "error-503"}
    shown = ERRORS[name]
    assert (shown["headers"]["x-should-retry"] == "true") == (name in repeated)
    assert ("retry-after-ms" in shown["headers"]) == (name in repeated)


@pytest.mark.parametrize("name", [*RUNS, *(f"result-{form}" for form in ("text", "json"))])
def test_every_key_of_the_vendors_run_is_always_there(name: str) -> None:
    shown = RESPONSES[name].get("run", RESPONSES[name])
    fields = parallel.types.TaskRun.model_fields
    assert {field.alias or key for key, field in fields.items()} == set(shown) - {"action"}
    assert ("action" in shown) == (shown["status"] == "action_required")
