"""What is told of a place in a body: the place once, and no credentials."""

import re
from collections.abc import Sequence
from typing import Final

_CREDENTIALS: Final = re.compile(r"(?<![^\s/'\"])[^\s/?#'\"]*@")
_QUOTED: Final = re.compile(r"'([^']+)'")
_LOOK_AHEAD: Final = 2048
"""Characters beyond those that are shown, in which the end of a password is looked for."""


def placed(place: Sequence[str | int], message: str) -> str:
    """Write a message with its place before it, or in it where it begins with the member's name."""
    whole = ".".join(map(str, place))
    named = _QUOTED.match(message)
    if named and (whole == named[1] or whole.endswith(f".{named[1]}")):
        return f"'{whole}'{message[named.end() :]}"
    return f"{whole}: {message}" if whole else message


def guarded(text: str, longest: int) -> str:
    """Write the beginning of a text without the user names and passwords of addresses in it."""
    return _CREDENTIALS.sub("***@", text[: longest + _LOOK_AHEAD])[:longest]
