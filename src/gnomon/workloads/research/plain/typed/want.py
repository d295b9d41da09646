"""What to read for a question: the kind of its value, by its schema and by its words."""

from collections.abc import Sequence
from typing import Final

from gnomon.workloads.research.plain.typed.candidate import Kind, Want
from gnomon.workloads.research.plain.typed.words import NAMES
from gnomon.workloads.research.record import Question
from gnomon.workloads.research.wanted.fields import cue_of, words_of
from gnomon.workloads.research.wanted.shape import Schema, is_list, is_object, meaning

_FORMATS: Final = {
    "date": Kind.DATE,
    "date-time": Kind.MOMENT,
    "email": Kind.EMAIL,
    "idn-email": Kind.EMAIL,
    "uri": Kind.URL,
    "iri": Kind.URL,
    "url": Kind.URL,
}
_BY_WORD: Final = {
    **dict.fromkeys(("date", "day", "birthday", "birthdate", "deadline"), Kind.DATE),
    **dict.fromkeys(("email", "mail", "e-mail"), Kind.EMAIL),
    **dict.fromkeys(("url", "website", "homepage", "link", "uri"), Kind.URL),
    **dict.fromkeys(("phone", "telephone", "tel", "fax", "mobile"), Kind.PHONE),
    **dict.fromkeys(("revenue", "price", "cost", "turnover", "budget", "salary", "population"), Kind.NUMBER),
    **dict.fromkeys(("year", "amount", "length", "height", "weight", "area", "capacity"), Kind.NUMBER),
}
_SCALARS: Final = ("string", "number", "integer", "boolean")


def wants_of(question: Question) -> list[Want]:
    """Return the kinds of value that do for a question, the first the one to prefer."""
    meant = meaning(question.schema)
    options = [meant]
    for word in ("anyOf", "oneOf"):
        if word in meant:
            options = [meaning(each) for each in meant[word] if isinstance(each, dict)]
    if isinstance(meant.get("type"), list):
        options = [{**meant, "type": kind} for kind in meant["type"] if kind != "null"]
    return [_want(question, {**_around(meant), **option}) for option in options]


def _around(schema: Schema) -> Schema:
    return {name: schema[name] for name in ("title", "description") if name in schema}


def _want(question: Question, schema: Schema) -> Want:
    names = [part for part in question.path if isinstance(part, str)]
    name = [word.lower() for word in words_of(names[-1])] if names else []
    words = [word.lower() for word in cue_of(question)]
    about = [word.lower() for word in question.query.split() if word.lower() not in words]
    if "const" in schema:
        schema = {**schema, "enum": [schema["const"]]}
    return Want(kind=_kind(schema, name, words), schema=schema, words=words, name=name, about=about)


def _kind(schema: Schema, name: Sequence[str], words: Sequence[str]) -> Kind:
    kind = schema.get("type", "string")
    if is_object(schema) or is_list(schema) or kind not in _SCALARS:
        return Kind.NOTHING
    if kind == "boolean":
        return Kind.TRUTH
    if "enum" in schema and kind == "string":
        return Kind.CHOICE
    if kind in ("number", "integer"):
        return Kind.NUMBER
    if "format" in schema:
        return _FORMATS.get(schema["format"], Kind.TEXT)
    return _kind_by_words(name, words)


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "sales")) else word


def _kind_by_words(name: Sequence[str], words: Sequence[str]) -> Kind:
    """Read from a text field's words what it holds: the last word of a name says most."""
    if name[-1:] == ["by"]:
        return Kind.NAME
    for word in map(_singular, reversed(name)):
        if word in _BY_WORD:
            return _BY_WORD[word]
        if word in NAMES:
            return Kind.NAME
    if len(name) == 1 and (found := {_BY_WORD[word] for word in words[1:4] if word in _BY_WORD}):
        return found.pop() if len(found) == 1 else Kind.TEXT
    return Kind.NAME if NAMES & set(words[:5]) else Kind.TEXT
