"""Calls of an agent or a tool: what it is given, and in which session."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.session import SESSION_ID
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.wire.given import Given, read_members
from gnomon.web.dialects.shannon.wire.listing import NO_SESSION_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is called with what."""

    given: Mapping[str, Json]
    session_id: str | None
    is_followed: bool = False
    """The caller wants to be told where the stream is."""


def read_call(body: Json, member: str) -> Call:
    """Read a call, whose input stands in the member of that name; raises `Invalid`."""
    given = Given(body=read_members(body))
    task_input = given.body.get(member)
    if task_input is None:
        task_input = {}
    if not isinstance(task_input, Mapping):
        given.refuse(member, f"Invalid request body: '{member}' must be an object.", "type")
    session_id = given.text("session_id")
    if session_id is not None and not SESSION_ID.fullmatch(session_id):
        given.refuse("session_id", NO_SESSION_ID, "pattern")
    is_followed = bool(given.flag("stream"))
    given.settle()
    return Call(given=task_input, session_id=session_id, is_followed=is_followed)


def in_words_of(error: Invalid, member: str) -> Invalid:
    """Return what the house complains of an input with the field named in the words."""
    return Invalid([_named(complaint, member) for complaint in error.complaints])


def _named(complaint: Complaint, member: str) -> Complaint:
    if not complaint.loc or complaint.loc[0] != "input":
        return complaint
    place = ".".join(map(str, (member, *complaint.loc[1:])))
    return replace(complaint, message=f"{place}: {complaint.message}")
