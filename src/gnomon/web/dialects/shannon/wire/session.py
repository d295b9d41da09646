"""Sessions as clients ask for them: a new title, a path of a file."""

from typing import Final

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.session import LONGEST_TITLE
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.wire.given import read_members
from gnomon.web.problems import InvalidQuery

_LONGEST_PATH: Final = 1000


def read_title(body: Json) -> str:
    """Read a title; its letters are looked at by the house. Raises `Invalid`."""
    title = read_members(body).get("title")
    if not isinstance(title, str) or not title.strip():
        message = f"title is required: 1 to {LONGEST_TITLE} characters"
        raise Invalid([Complaint(("title",), message, "missing")])
    return title


def read_path(text: str | None) -> str:
    """Read a path below the root of a session's files, without slashes at its ends; nothing is the root.

    Raises
    ------
    InvalidQuery
        When it leads elsewhere.
    """
    path = (text or "").strip()
    parts = path.strip("/").split("/") if path.strip("/") else []
    is_wrong = any(part in ("", ".", "..") for part in parts) or "\\" in path or "\0" in path
    if is_wrong or path.startswith("/") or len(path) > _LONGEST_PATH:
        raise InvalidQuery([Complaint(("path",), "Invalid path", "value_error")])
    return "/".join(parts)
