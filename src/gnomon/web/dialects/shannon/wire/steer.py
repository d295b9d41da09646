"""What steers a task: a reason, a decision, a word on a plan, a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.service.steering import check_reason
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.wire.given import Given, read_members

LONGEST_FEEDBACK: Final = 10 * 1024
LONGEST_MESSAGE: Final = 32 * 1024
"""Octets of a text."""


def read_reason(body: Json) -> str | None:
    """Read why a task is cancelled, paused or resumed; raises `Invalid`."""
    given = Given(body=read_members(body))
    reason = given.text("reason")
    given.settle()
    check_reason(given.body.get("reason"))  # as it was sent, with the blanks around it
    return reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A yes or a no to what a task has asked."""

    workflow_id: str
    approval_id: str
    is_approved: bool
    feedback: str | None = None
    modified_action: Json = None
    approved_by: str | None = None

    def answer(self, by: str | None) -> Json:
        """Write the answer to an approval; `by` names who decides when the decision does not."""
        named = {
            "feedback": self.feedback,
            "modified_action": self.modified_action,
            "approved_by": self.approved_by or by,
        }
        told = {name: value for name, value in named.items() if value is not None}
        return {"approved": self.is_approved, **told}

    def verdict(self) -> Json:
        """Write the answer to a plan.

        Raises
        ------
        Invalid
            When it is refused without a word on what shall change.
        """
        if self.is_approved:
            return APPROVE
        if self.feedback is None:
            message = "feedback is required to refuse a plan: say what shall change, or cancel the task"
            raise Invalid([Complaint(("feedback",), message, "missing")])
        return say(self.feedback)


def read_decision(body: Json) -> Decision:
    """Read a decision; raises `Invalid`."""
    members = read_members(body)
    given = Given(body=members)
    workflow_id, approval_id = given.text("workflow_id"), given.text("approval_id")
    if not given.complaints and not (workflow_id and approval_id):
        given.refuse("approval_id", "workflow_id and approval_id are required", "missing")
    decision = Decision(
        workflow_id=workflow_id or "",
        approval_id=approval_id or "",
        is_approved=bool(given.flag("approved")),
        feedback=given.text("feedback"),
        modified_action=members.get("modified_action"),
        approved_by=given.text("approved_by"),
    )
    given.settle()
    return decision


APPROVE: Final[Mapping[str, Json]] = {"action": "approve"}


def say(message: str) -> Json:
    """Write what is said of a plan, as the task is told."""
    return {"action": "feedback", "message": message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says of a plan."""

    action: Literal["feedback", "approve"]
    message: str = ""

    def answer(self) -> Json:
        """Write it as the task is told."""
        return APPROVE if self.action == "approve" else say(self.message)


def read_word(body: Json) -> Word:
    """Read what is said of a plan; raises `Invalid`."""
    given = Given(body=read_members(body))
    match given.text("action"):
        case "approve":
            return Word(action="approve")
        case "feedback":
            return Word(action="feedback", message=_message(given, LONGEST_FEEDBACK))
    given.refuse("action", "Invalid action (allowed: feedback, approve)", "enum")
    given.settle()
    raise AssertionError


def read_message(body: Json) -> str:
    """Read a message for the work of a task; raises `Invalid`."""
    return _message(Given(body=read_members(body)), LONGEST_MESSAGE)


def _message(given: Given, longest: int) -> str:
    message = given.text("message")
    if message is None:
        given.refuse("message", "message is required", "missing")
    elif len(message.encode()) > longest:
        given.refuse("message", f"message is longer than {longest // 1024} KB", "too_long")
    given.settle()
    return message or ""


def read_version(text: str | None) -> int | None:
    """Read the version of a plan that a word is meant for; None when none is named.

    Raises
    ------
    Invalid
        When it is no number.
    """
    bare = (text or "").strip().removeprefix("W/").strip('"')
    if bare in ("", "*"):
        return None
    if bare.isascii() and bare.isdigit() and len(bare) <= 9:
        return int(bare)
    raise Invalid([Complaint(("header", "If-Match"), "Invalid If-Match: give the plan's version", "pattern")])
