import inspect
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fixed_records import TASK_ID, task
from hypothesis import given
from hypothesis import strategies as st
from parallel.types.shared import ErrorResponse

from gnomon.core import errors
from gnomon.core.errors import Complaint, Invalid, QuotaExceeded, TaskActive
from gnomon.core.service.run import ResourceActive
from gnomon.web import problems
from gnomon.web.dialects.parallel.render.errors import again_in, body_of, headers_of, status_of
from gnomon.web.ids import run_id
from gnomon.web.problems import InvalidQuery, Refusal

MADE: dict[type[Exception], Any] = {
    TaskActive: lambda kind: kind(TASK_ID, "It is active."),
    Invalid: lambda kind: kind([Complaint(("input",), "Say what you want.")]),
}


def kinds() -> Iterator[type[Exception]]:
    for room in (errors, problems):
        for _, kind in inspect.getmembers(room, inspect.isclass):
            if issubclass(kind, errors.GnomonError | Refusal):
                yield kind


def make(kind: type[Exception]) -> Exception:
    special = next((MADE[each] for each in kind.__mro__ if each in MADE), None)
    made: Exception = special(kind) if special else kind()
    return made


each_kind = pytest.mark.parametrize("kind", sorted(set(kinds()), key=str))


@each_kind
def test_every_error_of_the_house_has_an_envelope(kind: type[Exception]) -> None:
    error = make(kind)
    status = status_of(error)
    read = ErrorResponse.model_validate(body_of(error, status, "req_1"), strict=True)
    assert read.error.message
    assert UUID(read.error.ref_id) == UUID(body_of(error, status, "req_1")["error"]["ref_id"])
    headers = headers_of(error, status)
    assert all(isinstance(value, str) for value in headers.values())
    assert ("retry-after-ms" in headers) == (headers["x-should-retry"] == "true")


def test_requests_are_told_apart() -> None:
    one, other = (body_of(Refusal("No."), 400, name)["error"]["ref_id"] for name in ("req_1", "req_2"))
    assert one != other
    assert body_of(Refusal("No."), 400, None)["error"]["ref_id"]


def test_what_broke_in_the_server_is_told_to_its_log_alone() -> None:
    body = body_of(KeyError("the secret"), 500, "req_1")
    assert "secret" not in str(body)
    assert "req_1" in body["error"]["message"]


def test_only_the_allowance_of_tasks_in_flight_costs() -> None:
    quotas = ("", "requests", "streams", "waits", "failures", "keys", "endpoints", "active_tasks")
    found = {quota: status_of(QuotaExceeded(quota=quota)) for quota in quotas}
    assert {quota for quota, status in found.items() if status == 402} == {"active_tasks"}
    assert {status for quota, status in found.items() if quota != "active_tasks"} == {429}


@given(seconds=st.floats(0, 1e6))
def test_a_limit_that_lasts_longer_than_their_client_waits_is_final(seconds: float) -> None:
    headers = headers_of(QuotaExceeded(quota="requests", retry_after=seconds), 429)
    if seconds > 60:
        assert headers["x-should-retry"] == "false"
    else:
        assert headers["x-should-retry"] == "true"
        assert 0 < int(headers["retry-after-ms"]) / 1000 <= 60
        assert seconds <= int(headers["Retry-After"]) <= seconds + 1 or seconds < 1


@given(seconds=st.floats(0, 60))
def test_a_pause_is_never_shorter_than_it_shall_be(seconds: float) -> None:
    headers = again_in(seconds)
    assert max(seconds, 0.001) <= int(headers["retry-after-ms"]) / 1000 < seconds + 0.0011
    assert int(headers["Retry-After"]) >= seconds


@pytest.mark.parametrize(
    ("error", "message", "place"),
    [
        (Invalid([Complaint((), "Send an object.")]), "Send an object.", ["body"]),
        (Invalid([Complaint(("inputs", 3, "input"), "Say it.")]), "inputs.3.input: Say it.", None),
        (
            InvalidQuery([Complaint(("query", "timeout"), "Give seconds.")]),
            "query.timeout: Give seconds.",
            ["query", "timeout"],
        ),
        (
            Invalid([Complaint(("a",), "One."), Complaint(("b",), "Two."), Complaint(("c",), "Three.")]),
            "a: One. (and 2 more)",
            ["body", "a"],
        ),
    ],
)
def test_a_wrong_request_is_told_where_and_what_to_do(error: Invalid, message: str, place: Any) -> None:
    body = body_of(error, 422, "req_1")["error"]
    assert body["message"] == message
    first = body["detail"]["errors"][0]
    assert first["loc"] == (place or ["body", *error.complaints[0].loc])
    assert len(body["detail"]["errors"]) == len(error.complaints)


def test_a_resource_that_is_busy_names_the_run() -> None:
    body = body_of(ResourceActive(task()), 409, "req_1")["error"]
    assert run_id(TASK_ID) in body["message"]
    assert body["detail"] == {"run_id": run_id(TASK_ID)}
