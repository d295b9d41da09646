"""What a regular expression of a client may cost: Python's engine can take for ever over a short one."""

import re
from functools import cache
from typing import Final

LONGEST_PATTERN: Final = 300
LONGEST_TEXT: Final = 2_000
"""Characters of a text that is held against a pattern at all."""
MOST_WAYS: Final = 5_000_000
"""Ways to lay a pattern over a text that may be tried: about a second."""
_MOST_REPEATS: Final = 1_000
_MOST_WAYS_OF_ONE: Final = 20
_DOUBTED: Final = re.compile(r"(?<!\\)[\[&~|]|(?<=-)-")
_TOKEN: Final = re.compile(
    r"""(?P<escape>\\.) | (?P<set>\[\^?+\]?+(?:\\.|[^\]\\])*\]) | (?P<open>\((?:\?(?:[:=!]|<[=!]|P?<\w+>))?)
    | (?P<close>\)) | (?P<bar>\|) | (?P<repeat>[*+?][?+]?|\{\d*(?:,\d*)?\}[?+]?) | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)


class Costly(ValueError):
    """A pattern may take too long; the text says what of it, and what to do."""


class _Weighing:
    """The cost of a pattern, gathered from left to right."""

    def __init__(self) -> None:
        self.open = [False]
        """For each group that is open whether something in it varies."""
        self.closed = False
        """Whether what was read last is a group in which something varies."""
        self.wide = 0
        """Repetitions without a small bound."""
        self.narrow = 1
        """Ways that choices and optional parts multiply to."""

    def read(self, kind: str, word: str) -> None:
        closed, self.closed = self.closed, False
        if kind == "escape" and word[1] in "123456789k":
            raise Costly("It refers back to a group; write out what it means.")
        if word == "[":
            raise Costly("It opens a set and does not close it.")
        if kind == "open":
            self.open.append(False)
        elif kind == "close" and len(self.open) > 1:
            self.closed = self.open.pop()
            self.open[-1] |= self.closed
        elif kind == "bar":
            self.narrow *= 2
            self.open[-1] = True
        elif kind == "repeat":
            self._repeat(word, is_nested=closed)

    def _repeat(self, word: str, *, is_nested: bool) -> None:
        if word[0] != "?" and is_nested:
            raise Costly(
                "It repeats what is itself repeated or a choice; repeat a set such as [a-z] instead."
            )
        fewest, _, most = word.rstrip("?+").strip("{}").partition(",")
        if word[0] == "{" and max(int(fewest or 0), int(most or 0)) > _MOST_REPEATS:
            raise Costly(f"It repeats more than {_MOST_REPEATS} times.")
        ways = {"?": 2, "*": 0, "+": 0}.get(word[0], _ways(fewest, most) if "," in word else 1)
        self.open[-1] |= ways != 1
        self.wide += not ways
        self.narrow *= ways or 1


def _ways(fewest: str, most: str) -> int:
    """Count the lengths that a repetition may have; 0 for many."""
    ways = int(most) - int(fewest or 0) + 1 if most else 0
    return max(ways, 1) if most and ways <= _MOST_WAYS_OF_ONE else 0


def _written(token: re.Match[str]) -> str:
    """Write a token so that Python has no doubt: in its sets, marks of other dialects are to be escaped."""
    return _DOUBTED.sub(r"\\\g<0>", token[0][1:-1]).join("[]") if token["set"] else token[0]


@cache
def weigh(pattern: str) -> tuple[re.Pattern[str], int, int]:
    """Compile a pattern; return it with its wide repetitions and the ways through its choices.

    Raises
    ------
    Costly
        When it is no pattern that this server reads, or none whose cost can be bounded.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise Costly(f"It is longer than {LONGEST_PATTERN} characters.")
    weighing = _Weighing()
    for token in _TOKEN.finditer(pattern):
        weighing.read(str(token.lastgroup), token[0])
    if weighing.narrow > MOST_WAYS:
        raise Costly("It has too many choices and optional parts; write fewer.")
    try:
        return re.compile(_TOKEN.sub(_written, pattern)), weighing.wide, weighing.narrow
    except (re.error, OverflowError, RecursionError) as error:
        raise Costly(f"It cannot be read ({error}).") from error


def matches(pattern: str, text: str) -> bool:
    """Say whether a pattern is found in a text; what would cost too much to find out is none."""
    try:
        compiled, wide, narrow = weigh(pattern)
    except Costly:
        return False
    length = max(len(text), 2)
    if length > LONGEST_TEXT or narrow * length ** (wide + (not pattern.startswith("^"))) > MOST_WAYS:
        return False
    return compiled.search(text) is not None
