"""Tasks, control signals, reviews and approvals, as the document tells of them."""

from collections.abc import Mapping
from typing import Final

from gnomon.web.dialects.shannon.operations.told import INCLUDE, KEY, SESSION, Told, paging, query
from gnomon.web.dialects.shannon.status import PREFIX, SPELLINGS
from gnomon.web.dialects.shannon.wire.listing import MOST, USUAL
from gnomon.web.openapi import header

_TASKS: Final = "/api/v1/tasks"
_ONE: Final = "/api/v1/tasks/{task_id}"
_STATUS: Final = query(
    "status",
    "Only tasks of this status, in any case and with or without the prefix; `PAUSED` shows paused tasks as such.",
    type="string",
    enum=["", *SPELLINGS, *(PREFIX + word for word in SPELLINGS)],
)
_IF_MATCH: Final = header("If-Match", "The version of the plan that is meant.", pattern="^[0-9]{1,9}$")

TASKS: Final[Mapping[tuple[str, str], Told]] = {
    ("post", _TASKS): Told(
        summary="Submit a task",
        shows="Submitted",
        statuses={200: "It is stored, and never lost. `X-Workflow-ID` and `X-Session-ID` name it, too."},
        body="TaskSubmission",
        parameters=(KEY,),
        refusals=(409,),
    ),
    ("post", f"{_TASKS}/stream"): Told(
        summary="Submit a task and be told its stream",
        shows="StreamSubmitted",
        statuses={201: "It is stored; `Link` names its stream, too."},
        body="TaskSubmission",
        parameters=(KEY,),
        refusals=(409,),
    ),
    ("get", _TASKS): Told(
        summary="List tasks, newest first",
        shows="TaskPage",
        statuses={200: "One page, and how many there are in all."},
        parameters=(*paging(MOST, USUAL), _STATUS, SESSION, INCLUDE),
    ),
    ("get", _ONE): Told(
        summary="Read a task",
        shows="Task",
        statuses={200: "The task; `ETag` is its version."},
        parameters=(INCLUDE,),
        refusals=(404,),
    ),
    ("get", f"{_ONE}/stream"): Told(
        summary="Find a task's stream",
        shows=None,
        statuses={307: "`Location` is the stream, with the same `types` and `last_event_id`."},
        parameters=(
            query("types", "Types of events, with commas between.", type="string"),
            query("last_event_id", "The last event that you have.", type="string"),
        ),
        refusals=(404,),
    ),
    ("post", f"{_ONE}/cancel"): Told(
        summary="Cancel a task",
        shows="Steered",
        statuses={202: "It stops within its grace; `success` is false of a task that ended otherwise."},
        body="Reason",
        is_body_needed=False,
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("post", f"{_ONE}/pause"): Told(
        summary="Set a task aside",
        shows="Steered",
        statuses={202: "It is set aside at its next checkpoint."},
        body="Reason",
        is_body_needed=False,
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("post", f"{_ONE}/resume"): Told(
        summary="Let a task go on",
        shows="Steered",
        statuses={202: "It goes on."},
        body="Reason",
        is_body_needed=False,
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("get", f"{_ONE}/control-state"): Told(
        summary="Read how a task is being steered",
        shows="ControlState",
        statuses={200: "Whether it is paused or cancelled, since when, by whom and why."},
        refusals=(404,),
    ),
    ("get", f"{_ONE}/review"): Told(
        summary="Read a task's plan",
        shows="Review",
        statuses={200: "The plan that waits, or the one that was approved; `ETag` is its version."},
        refusals=(404,),
    ),
    ("post", f"{_ONE}/review"): Told(
        summary="Approve a task's plan, or say what shall change",
        shows="Reviewed",
        statuses={200: "The next plan, which is waited for up to a minute; or that this one was approved."},
        body="ReviewWord",
        parameters=(_IF_MATCH,),
        refusals=(404, 409),
    ),
    ("get", "/api/v1/approvals"): Told(
        summary="List what tasks ask",
        shows="ApprovalPage",
        statuses={200: "One page. Not the vendor's."},
        parameters=(*paging(MOST, USUAL), SESSION),
    ),
    ("post", "/api/v1/approvals/decision"): Told(
        summary="Decide what a task asks",
        shows="Decided",
        statuses={200: "The decision was recorded, now or before."},
        body="Decision",
        parameters=(KEY,),
        refusals=(404, 409),
    ),
    ("post", "/api/v1/swarm/{workflow_id}/message"): Told(
        summary="Tell a task's work something",
        shows="Sent",
        statuses={200: "It is kept, and taken in at the work's next step."},
        body="Message",
        parameters=(KEY,),
        refusals=(404, 409),
    ),
}
