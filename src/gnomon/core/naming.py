"""What to say of a name that is not known: which ones are, and which of them was probably meant."""

import difflib
from collections.abc import Iterable

_LONGEST = 80
_MOST = 30


def no_such(noun: str, name: str, known: Iterable[str]) -> str:
    """Say that there is no thing of that name, what to use instead, and what may have been meant.

    >>> no_such("kind", "shuot", ["shout", "sum"])
    "There is no kind 'shuot'. Use one of: shout, sum. Did you mean 'shout'?"
    """
    names = sorted(known)
    told = f"There is no {noun} '{name[:_LONGEST]}'."
    if not names:
        return f"{told} There is none at all."
    more = ", ..." if len(names) > _MOST else ""
    told += f" Use one of: {', '.join(names[:_MOST])}{more}." if len(names) > 1 else f" Use '{names[0]}'."
    close = difflib.get_close_matches(name[:_LONGEST], names, 1) if len(names) > 1 else []
    return f"{told} Did you mean '{close[0]}'?" if close else told
