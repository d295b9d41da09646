"""The conversation that a question stands in: earlier turns, bounded, and what a follow-up takes from them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gnomon.core.brief import Brief
from gnomon.core.task import Json
from gnomon.core.workload import ChildResult

MOST_TURNS: Final = 10
MOST_CHARACTERS: Final = 12_000
LONGEST_QUESTION: Final = 1_000
LONGEST_ANSWER: Final = 3_000
LONGEST_REPLY: Final = 10_000
"""Characters of what a person answers, says of a plan, or sends to a running task."""

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_POINTING: Final = frozenset(
    re.findall(
        r"\w+",
        """it its they them their theirs he him his she her hers this that these those there then one ones former
    latter same also else""",
    )
)
_OPENINGS: Final = re.compile(
    r"^(?:and|but|so|what about|how about|and what|why|when|where|who|which one)\b", re.I
)
_SHORT: Final = 4
"""A question of so few words is taken for one that leans on the one before, when it opens like one."""
_PLAIN: Final = frozenset(
    re.findall(
        r"\w+",
        """a an and are as at be been but by can could did do does for from had has have how i if in into is me
    my of on or our please should so tell than the to us was we were what when where which who whom whose why
    will with would you your about give find list name show much many""",
    )
)
_MOST_WORDS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and what was answered."""

    question: str
    answer: str

    def json(self) -> dict[str, Json]:
        """Write it as a brief and an answer hold it."""
        return {"question": self.question, "answer": self.answer}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The turns that are kept, the oldest first, and what was cut."""

    turns: Sequence[Turn] = ()
    cuts: Sequence[str] = ()

    def then(self, question: str, answer: str) -> list[Json]:
        """Return the turns with one more, bounded, for the next one to go on from."""
        turn = Turn(question=question, answer=answer)
        return [each.json() for each in _bounded([*self.turns, turn]).turns]


def conversation(brief: Brief, predecessor: ChildResult | None) -> Conversation:
    """Gather the earlier turns: what the task before this one kept and added, then those that the brief brings."""
    before = _turns_before(predecessor) if predecessor is not None else []
    given = [Turn(question=turn["question"], answer=turn["answer"]) for turn in brief.turns]
    return _bounded([*before, *(turn for turn in given if turn not in before)])


def question_text(task_input: str | Mapping[str, Json]) -> str:
    """Write what is asked as text: words as they are, named values as `name: value` lines."""
    if isinstance(task_input, str):
        return task_input.strip()
    return "\n".join(f"{name}: {_plain(value)}" for name, value in task_input.items())


def leans(question: str) -> bool:
    """Say whether a question cannot be understood without the one before."""
    words = [word.lower() for word in _WORD.findall(question)]
    if any(word in _POINTING for word in words):
        return True
    return len(words) <= _SHORT and bool(_OPENINGS.match(question.strip()))


def subject(turns: Sequence[Turn]) -> str:
    """Return the words that the latest earlier question was about: its names, or else all that carry meaning."""
    for turn in reversed(turns):
        words = list(_WORD.finditer(turn.question))
        names = [each[0] for place, each in enumerate(words) if _is_name(each[0], place)]
        own = [] if leans(turn.question) else [each[0] for each in words if _carries(each[0])]
        telling = names or own
        if telling:
            return " ".join(dict.fromkeys(telling[:_MOST_WORDS]))
    return ""


def _is_name(word: str, place: int) -> bool:
    if any(letter.isdigit() for letter in word) or (len(word) > 1 and word.isupper()):
        return True
    return word[0].isupper() and (place > 0 or word.lower() not in _PLAIN) and _carries(word)


def _carries(word: str) -> bool:
    return word.lower() not in _PLAIN and word.lower() not in _POINTING


def _turns_before(predecessor: ChildResult) -> list[Turn]:
    result = predecessor.result
    if not isinstance(result, dict):
        return []
    kept = [turn for each in result.get("turns") or () if (turn := _turn(each)) is not None]
    if kept:
        return kept
    asked: Any = predecessor.input
    asked = asked.get("input", asked) if isinstance(asked, dict) else asked
    if not isinstance(asked, str | dict) or "content" not in result:
        return []
    return [Turn(question=question_text(asked), answer=_plain(result["content"]))]


def _turn(value: Json) -> Turn | None:
    if not isinstance(value, dict):
        return None
    question, answer = value.get("question"), value.get("answer")
    if isinstance(question, str) and isinstance(answer, str):
        return Turn(question=question, answer=answer)
    return None


def reply_text(reply: Json) -> str:
    """Read what a person has answered, in whatever form it came."""
    if isinstance(reply, dict) and isinstance(reply.get("text"), str):
        reply = reply["text"]
    return " ".join(_plain(reply).split())[:LONGEST_REPLY]


def answer_text(content: Json) -> str:
    """Write an answer's content as the text of a turn."""
    return _plain(content)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _bounded(turns: Sequence[Turn]) -> Conversation:
    """Keep the newest turns, and so much of each, that a later step can bear."""
    short = [_shortened(turn) for turn in turns]
    kept: list[Turn] = []
    room = MOST_CHARACTERS
    for turn in reversed(short[-MOST_TURNS:]):
        room -= len(turn.question) + len(turn.answer)
        if room < 0:
            break
        kept.insert(0, turn)
    cuts = []
    if len(kept) < len(turns):
        cuts.append(f"The oldest {len(turns) - len(kept)} of {len(turns)} earlier turns were left out.")
    if shortened := sum(turn not in turns for turn in kept):
        cuts.append(f"{shortened} earlier turns were shortened.")
    return Conversation(turns=tuple(kept), cuts=tuple(cuts))


def _shortened(turn: Turn) -> Turn:
    return Turn(question=_cut(turn.question, LONGEST_QUESTION), answer=_cut(turn.answer, LONGEST_ANSWER))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
