"""Bodies about workspaces, organizations and invites."""

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json
from gnomon.core.tenancy import Role
from gnomon.web.dialects.daly.wire.resources import read_object
from gnomon.web.problems import BadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvite:
    """Whom to invite, as what, and to which workspace."""

    role: Role
    email: str | None
    workspace: int | None
    """None: the one that the request is made in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """An invite's token, and what its new user is called."""

    token: str
    name: str | None


def read_identifier(body: Json) -> str:
    """Read what a new workspace is called; raises `Invalid`."""
    return _text(read_object(body), "identifier", "Give 'identifier', what the workspace is called.")


def read_change(body: Json, field: str) -> str:
    """Read the one field that may change.

    Raises
    ------
    BadRequest
        When it is not there.
    Invalid
        When it is no text.
    """
    document = read_object(body)
    if field not in document:
        raise BadRequest(f"There is nothing to change; send '{field}'.")
    return _text(document, field, f"Give '{field}' as a text.")


def read_role(body: Json) -> Role:
    """Read what a user is to be.

    Raises
    ------
    BadRequest
        When nothing is there.
    Invalid
        When it is no role.
    """
    document = read_object(body)
    if "role" not in document:
        raise BadRequest("There is nothing to change; send 'role'.")
    return _role(document["role"])


def read_invite(body: Json) -> NewInvite:
    """Read an invite; raises `Invalid`."""
    document = read_object(body)
    role = _role(document.get("role", Role.MEMBER.value))
    email = None if document.get("email") is None else _text(document, "email", "Give 'email' as a text.")
    workspace = None if document.get("workspace_id") is None else read_workspace(document)
    return NewInvite(role=role, email=email, workspace=workspace)


def read_acceptance(body: Json) -> Acceptance:
    """Read an invite's token; raises `Invalid`."""
    document = read_object(body)
    field = "invite_token" if "token" not in document and "invite_token" in document else "token"
    token = _text(document, field, f"Give '{field}', which the invite came with.")
    name = None if document.get("name") is None else _text(document, "name", "Give 'name' as a text.")
    return Acceptance(token=token, name=name)


def read_workspace(body: Json) -> int:
    """Read which workspace is meant: its number, or that as text; raises `Invalid`."""
    given = read_object(body).get("workspace_id")
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 19:
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool):
        raise Invalid([Complaint(("workspace_id",), "Give 'workspace_id', a workspace's number.", "missing")])
    return given


def merged(saved: Json, patch: Json) -> Json:
    """Lay a patch over a document, object by object; null takes a member away (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    document = dict(saved) if isinstance(saved, dict) else {}
    for name, value in patch.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = merged(document.get(name), value)
    return document


def _role(named: Json) -> Role:
    if not isinstance(named, str) or named not in set(Role):
        words = ", ".join(Role)
        raise Invalid([Complaint(("role",), f"Give one of {words}.", "enum")])
    return Role(named)


def _text(document: Mapping[str, Json], field: str, remedy: str) -> str:
    value = document.get(field)
    if not isinstance(value, str) or not value:
        raise Invalid([Complaint((field,), remedy, "missing" if value is None else "string_type")])
    return value
