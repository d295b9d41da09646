"""What a brief asks, one question a field: the leaves of its schema with the words to look for each."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gnomon.core.brief import Brief
from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.workloads.research.record import Question
from gnomon.workloads.research.wanted.shape import BadSchema, Schema, Shape, is_object, meaning, read_shape

MOST_WORDS: Final = 40
"""Of one query."""
_MOST_READ: Final = 20_000
"""Characters of an input in which the question is looked for."""
_SHORT: Final = 8
"""Words of an input that are all taken for what it is about."""
_ASKING: Final = ("question", "query", "prompt", "task", "objective", "q", "instruction", "instructions")
_WORD: Final = re.compile(r"[^\W_]+(?:[-.'\u2019&/][^\W_]+)*")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
_SENTENCE: Final = re.compile(r"[^.?!\n]*(?:[.?!](?=\S)[^.?!\n]*)*[.?!]*\s*")
_NAME: Final = re.compile(
    r"\"[^\"\n]{2,80}\"|“[^”\n]{2,80}”|(?:\b[A-Z][\w&'\u2019.-]*[\w]|\b[A-Z]\b|\b\d[\d.,-]*\d|\b\d)"
    r"(?:\s+(?:(?:of|the|de|du|von|van|la|and|&)\s+)?(?:[A-Z][\w&'\u2019.-]*\w|\d+\b))*"
)
_AS_WRITTEN: Final = re.compile(
    r"\([^)]*\)|\bYYYY\S*|\bISO[- ]?\d+\S*|\be\.g\.[^.;]*|\bfor example\b[^.;]*|\bsuch as\b[^.;]*"
    r"|\b(?:as|in) (?:an? )?(?:[\w-]+ ){0,2}(?:format|string|number|integer|list)\b",
    re.IGNORECASE,
)
_EMPTY_WORDS: Final = """
    a an the of in on at to for from by with and or as is are was were be been being has have had do does did it
    its this that these those which who whom whose what when where why how if whether please give tell me us find out
    search look up research provide return list fill extract get information about regarding concerning based
    following given answer field fields value values json schema format string integer boolean number null true false
    null none unknown not available otherwise any all each every should must may can will would could there their
    they he she his her you your i we our into than then also only just such"""
_EMPTY: Final = frozenset(_EMPTY_WORDS.split())


def questions_of(brief: Brief, context: Sequence[str] = ()) -> list[Question]:
    """Make a question of every field that a brief wants, or one of a text.

    `context` holds names that earlier turns were about; they help where the input names nothing itself.

    Raises
    ------
    BadSchema
        When the schema is not one that can be answered.
    """
    around = () if _names_something(brief.input) else context
    if brief.output.type != "json" or not brief.output.schema:
        return [Question(path=(), query=" ".join([asked_of(brief.input), *around]).strip())]
    shape = read_shape(dict(brief.output.schema))
    subject = [*subject_of(brief.input), *around]
    return [_question(leaf, parents, subject) for leaf, parents in _leaves(shape, ())]


def check(task_input: Json) -> Sequence[Complaint]:
    """Find what is wrong with the schema that a brief wants its answer in; for any JSON."""
    wish = task_input.get("output") if isinstance(task_input, dict) else None
    if not isinstance(wish, dict) or wish.get("type") != "json":
        return ()
    place = ("output", "schema")
    if "schema" not in wish:
        text = "An answer in JSON needs its 'schema'; give one, or ask for a text."
        return [Complaint(place, text, "missing")]
    try:
        read_shape(wish["schema"])
    except BadSchema as error:
        found = error.complaint
        return [Complaint((*place, *found.loc), found.message, found.type)]
    return ()


def words_of(name: str) -> list[str]:
    """Split a field's name by case and underscore: `ceoName` and `ceo_name` are both `ceo name`."""
    return [word.lower() if not word.isupper() else word for word in _words(_HUMP.sub(" ", name))]


def cue_of(question: Question) -> list[str]:
    """Return the words of the field itself: its name, what its schema says of it, and the parents' names."""
    names = [str(part) for part in question.path if isinstance(part, str)]
    own = words_of(names[-1]) if names else []
    above = [word for name in names[:-1] for word in words_of(name)]
    return _distinct([*own, *_said(question.schema), *above])


def asked_of(task_input: str | Mapping[str, Json]) -> str:
    """Return what is asked: an input that is short as it stands; of a long one its questions, then its words."""
    text = (task_input if isinstance(task_input, str) else " ".join(_asking(task_input)))[:_MOST_READ]
    if len(text.split()) <= MOST_WORDS:
        return " ".join(text.split())
    sentences = [found[0].strip() for found in _SENTENCE.finditer(text) if found[0].strip()]
    asking = [sentence for sentence in sentences if sentence.endswith("?")]
    return _query(_telling(_words(" ".join([*asking, *sentences]))))


def subject_of(task_input: str | Mapping[str, Json]) -> list[str]:
    """Return the words of what an input is about: its names and numbers, or all its words when they are few."""
    if not isinstance(task_input, str):
        asked = " ".join(_asking(task_input))
        rest = [text for name, text in _texts(task_input) if name.lower() not in _ASKING]
        return _distinct([*_subject(asked), *_telling(_words(" ".join(rest)))])[:MOST_WORDS]
    return _subject(task_input)


def _subject(text: str) -> list[str]:
    text = text[:_MOST_READ]
    words = _distinct(_telling(_words(text)))
    if len(words) <= _SHORT:
        return words
    named = [word for name in _NAME.findall(text) for word in _telling(_words(name))]
    return _distinct(named)[:MOST_WORDS] or words[:_SHORT]


def _names_something(task_input: str | Mapping[str, Json]) -> bool:
    """Say whether an input has a name beyond the first words of its sentences."""
    if not isinstance(task_input, str):
        return any(name.lower() not in _ASKING for name, _ in _texts(task_input))
    sentences = [found[0].strip() for found in _SENTENCE.finditer(task_input[:_MOST_READ])]
    return any(_NAME.search(sentence, 1) for sentence in sentences if sentence)


def _asking(task_input: Mapping[str, Json]) -> list[str]:
    """Find the members of an input that put a question; all its texts when none does."""
    texts = list(_texts(task_input))
    return [text for name, text in texts if name.lower() in _ASKING] or [text for _, text in texts]


def _texts(value: Json, name: str = "", level: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value[:_MOST_READ]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, str(value)
    elif isinstance(value, Mapping) and level < len(_ASKING):
        for inner, each in value.items():
            yield from _texts(each, str(inner), level + 1)
    elif isinstance(value, list) and level < len(_ASKING):
        for each in value:
            yield from _texts(each, name, level + 1)


def _leaves(shape: Shape, above: tuple[Shape, ...]) -> Iterator[tuple[Shape, tuple[Shape, ...]]]:
    if not shape.members:
        yield shape, above
    for member in shape.members:
        yield from _leaves(member, (*above, shape))


def _question(leaf: Shape, above: Sequence[Shape], subject: Sequence[str]) -> Question:
    question = Question(
        path=leaf.path,
        query="",
        schema=leaf.schema,
        is_required=leaf.is_required and all(each.is_required for each in above),
        may_be_null=leaf.may_be_null,
    )
    around = [word for each in above for word in _words(str(each.schema.get("title", ""))) if each.path]
    return Question(
        path=leaf.path,
        query=_query(cue_of(question), subject, around),
        subject=tuple(subject),
        schema=question.schema,
        is_required=question.is_required,
        may_be_null=question.may_be_null,
    )


def _said(schema: Schema) -> list[str]:
    """Return the words of a schema about its field, those of a list's elements with them."""
    meant = meaning(schema)
    said = [meant.get("title", ""), _AS_WRITTEN.sub(" ", meant.get("description", ""))]
    words = _telling(_words(" ".join(said)))
    items = meant.get("items")
    if isinstance(items, dict):
        inner = meaning(items)
        names = inner.get("properties", {}) if is_object(inner) else {}
        words += [*_said(items), *(word for name in names for word in words_of(name))]
    return words


def _query(*parts: Iterable[str]) -> str:
    return " ".join(_distinct(word for part in parts for word in part)[:MOST_WORDS])


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _telling(words: Iterable[str]) -> list[str]:
    return [word for word in words if word.lower() not in _EMPTY]


def _distinct(words: Iterable[str]) -> list[str]:
    first: dict[str, str] = {}
    for word in words:
        first.setdefault(word.lower(), word)
    return list(first.values())
