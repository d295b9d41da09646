"""What the document tells of each operation: its answers, its body, its parameters, its refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gnomon.web.dialects.parallel.status import WORDS
from gnomon.web.dialects.parallel.wire.listing import MOST, USUAL
from gnomon.web.openapi import header

Part = Mapping[str, Any]

REFUSALS: Final[Mapping[int, str]] = {
    400: "The request cannot be read.",
    401: "There is no valid key.",
    402: "The workspace has as many tasks in flight as it may have.",
    403: "The key may not do this, or nothing stands behind the processor.",
    404: "The workspace has nothing of that id.",
    408: "The run has not ended; ask again.",
    409: "The run's present state does not allow this, or the same request is being answered.",
    413: "The body is too large.",
    415: "The body's media type or encoding is not supported.",
    422: "The request is not valid.",
    429: "A limit was reached.",
    500: "Something went wrong; the server's log names the request.",
    503: "Nothing can be stored right now, or the server is stopping; try again.",
}
_ALWAYS: Final = (400, 401, 403, 429, 500, 503)
_BODY: Final = (413, 415, 422)
_NO_RESULT: Final = (
    "There is no such run, or it failed or was cancelled and has no result: the detail is the run."
)


def _query(name: str, description: str, **schema: Any) -> Part:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_AFTER: Final = _query(
    "last_event_id",
    "The `event_id` of the last event that you have; the stream goes on after it.",
    type="string",
    pattern="^[0-9]{0,15}$",
)
_AFTER_HEADER: Final = header("Last-Event-ID", "The same; the query wins.", pattern="^[0-9]{0,15}$")
_STATUS: Final = _query(
    "status", "Only runs of this status; an empty word counts as none.", type="string", enum=[*WORDS, ""]
)
_FLAG: Final[Part] = {"type": "boolean", "default": False}
_BETA: Final = header(
    "parallel-beta",
    "Betas, with commas between. `action-required` asks to be shown runs that ask something as `action_required`; "
    "all others are taken and change nothing.",
)
_KEY: Final = header("Idempotency-Key", "The same key and request again make nothing new.", maxLength=255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the document tells of an operation beside what its route says."""

    summary: str
    shows: str
    """The component of its answer; of a stream, of each frame's `data`."""
    statuses: Mapping[int, str]
    body: str | None = None
    is_body_needed: bool = True
    parameters: tuple[Part, ...] = ()
    refusals: tuple[int, ...] = ()
    is_stream: bool = False
    own_words: Mapping[int, str] | None = None
    """Refusals that mean something else here."""

    @property
    def refused(self) -> tuple[int, ...]:
        """List the refusals: its own, and those that any may give."""
        return tuple(sorted({*_ALWAYS, *self.refusals, *(_BODY if self.body else ())}))


_SHOWN: Final = {200: "The run."}
_STEERED: Final = {200: "It is done.", 202: "It will be, within a moment."}

OPERATIONS: Final[Mapping[tuple[str, str], Told]] = {
    ("post", "/runs"): Told(
        summary="Create a run",
        shows="TaskRun",
        statuses={202: "The run; it is never lost."},
        body="TaskRunInput",
        parameters=(_KEY, _BETA),
        refusals=(402, 409),
    ),
    ("get", "/runs"): Told(
        summary="List runs, newest first",
        shows="TaskRunPage",
        statuses={200: "One page."},
        parameters=(
            _STATUS,
            _query("processor", "Only runs of this processor.", type="string"),
            _query("limit", "How many at most.", type="integer", minimum=1, maximum=MOST, default=USUAL),
            _query(
                "cursor",
                "`next_cursor` of the page before.",
                type="string",
                pattern="^(?:[0-9]{1,18}-[0-9]{1,18})?$",
            ),
            _BETA,
        ),
        refusals=(422,),
    ),
    ("get", "/runs/{run_id}"): Told(
        summary="Read a run", shows="TaskRun", statuses=_SHOWN, parameters=(_BETA,), refusals=(404,)
    ),
    ("get", "/runs/{run_id}/input"): Told(
        summary="Read what a run was asked for",
        shows="SubmittedRun",
        statuses={200: "As it was submitted, without secrets."},
        refusals=(404,),
    ),
    ("get", "/runs/{run_id}/result"): Told(
        summary="Wait for a run's result",
        shows="TaskRunResult",
        statuses={200: "The run and what it gave."},
        parameters=(
            _query(
                "timeout",
                "Seconds to wait; left out, as long as the client waits by its own account, else 600.",
                type="number",
                minimum=0,
            ),
            _BETA,
        ),
        refusals=(404, 408, 422),
        own_words={404: _NO_RESULT},
    ),
    ("get", "/runs/{run_id}/events"): Told(
        summary="Follow a run",
        shows="TaskRunEvent",
        statuses={
            200: "The state, the messages so far, the newest statistics, what comes, the closing state."
        },
        parameters=(_AFTER, _AFTER_HEADER, _BETA),
        refusals=(404, 422),
        is_stream=True,
    ),
    ("post", "/runs/{run_id}/cancel"): Told(
        summary="Cancel a run", shows="TaskRun", statuses=_STEERED, parameters=(_BETA,), refusals=(404,)
    ),
    ("post", "/runs/{run_id}/pause"): Told(
        summary="Set a run aside",
        shows="TaskRun",
        statuses=_STEERED,
        parameters=(_BETA,),
        refusals=(404, 409),
    ),
    ("post", "/runs/{run_id}/resume"): Told(
        summary="Let a run go on",
        shows="TaskRun",
        statuses={200: "The run."},
        parameters=(_BETA,),
        refusals=(404, 409),
    ),
    ("post", "/runs/{run_id}/answer"): Told(
        summary="Answer what a run asks",
        shows="TaskRun",
        statuses=_SHOWN,
        body="Reply",
        parameters=(_BETA,),
        refusals=(404, 409),
    ),
    ("post", "/groups"): Told(
        summary="Create a group",
        shows="TaskGroup",
        statuses={200: "The group."},
        body="TaskGroupInput",
        is_body_needed=False,
        parameters=(_KEY, _BETA),
        refusals=(409,),
    ),
    ("get", "/groups/{group_id}"): Told(
        summary="Read a group",
        shows="TaskGroup",
        statuses={200: "The group and how its runs stand."},
        parameters=(_BETA,),
        refusals=(404,),
    ),
    ("post", "/groups/{group_id}/runs"): Told(
        summary="Add runs to a group",
        shows="TaskGroupRunResponse",
        statuses={200: "All of them were added."},
        body="TaskGroupRunsInput",
        parameters=(
            _query(
                "refresh_status",
                "Taken and of no effect: counts are always exact.",
                type="boolean",
                default=True,
            ),
            _KEY,
            _BETA,
        ),
        refusals=(402, 404, 409),
    ),
    ("get", "/groups/{group_id}/runs"): Told(
        summary="Tour the runs of a group",
        shows="TaskGroupRunEvent",
        statuses={200: "A state of each run there is, in the order in which they were added; then the end."},
        parameters=(
            _AFTER,
            _AFTER_HEADER,
            _STATUS,
            _query("include_input", "Tell each run's input.", **_FLAG),
            _query("include_output", "Tell the output of each that has completed.", **_FLAG),
            _BETA,
        ),
        refusals=(404, 422),
        is_stream=True,
    ),
    ("get", "/groups/{group_id}/events"): Told(
        summary="Follow a group",
        shows="TaskGroupEvent",
        statuses={200: "How it stands, the runs that come to rest, and how it stands then."},
        parameters=(
            _AFTER,
            _AFTER_HEADER,
            _query("timeout", "Seconds after which the stream ends.", type="number", minimum=0),
            _BETA,
        ),
        refusals=(404, 422),
        is_stream=True,
    ),
    ("get", "/groups/{group_id}/runs/{run_id}"): Told(
        summary="Read a run of a group",
        shows="TaskRun",
        statuses=_SHOWN,
        parameters=(_BETA,),
        refusals=(404,),
    ),
    ("post", "/groups/{group_id}/cancel"): Told(
        summary="Cancel a group's runs",
        shows="TaskGroup",
        statuses=_STEERED,
        parameters=(_BETA,),
        refusals=(404,),
    ),
}
