"""Native requests to commands of the core, or a list of complaints."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.ports import TaskQuery
from gnomon.core.task import Json, Status

LONGEST_WAIT = 55
"""Proxies commonly give up an idle connection after 60 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a submission asks for."""

    kind: str
    input: Json


def order(body: Json) -> Order:
    """Read a submission.

    Raises
    ------
    Invalid
        When the body is not of the form.
    """
    if not isinstance(body, dict):
        raise Invalid([Complaint((), 'Send an object: {"kind": ..., "input": ...}.', "type")])
    complaints = [
        Complaint((key,), f"There is no field '{key}'.", "unknown_field") for key in body.keys() - _FIELDS
    ]
    if not isinstance(body.get("kind"), str):
        complaints.append(
            Complaint(("kind",), "Name the kind of work; GET /gnomon/v1/workloads lists them.", "missing")
        )
    if complaints:
        raise Invalid(complaints)
    return Order(kind=body["kind"], input=body.get("input", {}))


_FIELDS = {"kind", "input"}


def in_body(invalid: Invalid) -> Invalid:
    """Say of complaints about a kind's input where they are in the body that was sent."""
    return Invalid(
        [c if c.loc == ("kind",) else replace(c, loc=("input", *c.loc)) for c in invalid.complaints]
    )


def query(workspace: str, given: Mapping[str, str]) -> TaskQuery:
    """Read the filters of a list.

    Raises
    ------
    Invalid
        When a filter is unknown or out of range.
    """
    complaints = [
        Complaint((name,), f"There is no filter '{name}'.", "unknown_filter")
        for name in given.keys() - _FILTERS
    ]
    statuses = set(given["status"].split(",")) if "status" in given else set()
    if unknown := statuses - set(Status):
        words = ", ".join(Status)
        complaints.append(
            Complaint(("status",), f"No such status: {', '.join(sorted(unknown))}. Use {words}.", "enum")
        )
    limit = _whole(given, "limit", 50, 1, 200, complaints)
    if complaints:
        raise Invalid(complaints)
    return TaskQuery(
        workspace=workspace,
        statuses=frozenset(Status(word) for word in statuses) or None,
        kinds=frozenset(given["kind"].split(",")) if "kind" in given else None,
        limit=limit,
        cursor=given.get("cursor"),
        with_result=True,
    )


_FILTERS = {"status", "kind", "limit", "cursor"}


def span(given: Mapping[str, str]) -> tuple[int, int]:
    """Read which events to list: above which number, and how many.

    Raises
    ------
    Invalid
        When a number is out of range.
    """
    complaints: list[Complaint] = []
    after = _whole(given, "after", 0, 0, 2**53, complaints)
    limit = _whole(given, "limit", 100, 1, 1000, complaints)
    if complaints:
        raise Invalid(complaints)
    return after, limit


def patience(prefer: str) -> float | None:
    """Read `Prefer: wait=N` (RFC 7240), capped at `LONGEST_WAIT` seconds; None when there is no such preference."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})\b", prefer)
    return min(float(found[1]), LONGEST_WAIT) if found else None


def _whole(
    given: Mapping[str, str], name: str, default: int, low: int, high: int, complaints: list[Complaint]
) -> int:
    text = given.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= 16 and low <= int(text) <= high:
        return int(text)
    complaints.append(Complaint((name,), f"'{name}' must be a whole number from {low} to {high}.", "range"))
    return default
