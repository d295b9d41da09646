"""A chat, or a prompt, in OpenAI's words: an order, or the parameter that is wrong and what to do about it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

from gnomon.core.brief import LONGEST_GUIDANCE, Wish
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.naming import no_such
from gnomon.core.session import SESSION_ID
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.models import USUAL, Model
from gnomon.web.problems import InvalidQuery, Malformed

WITHOUT_EFFECT: Final = frozenset(
    {
        *("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "stop", "logit_bias"),
        *("max_tokens", "max_completion_tokens", "reasoning_effort", "verbosity", "service_tier", "store"),
        *("prompt_cache_key", "prompt_cache_retention", "safety_identifier", "parallel_tool_calls"),
    }
)
"""Taken, and without effect: models are called as the work needs it."""

_TEXT: Final = Wish(type="text")
_EMPTY: Final[tuple[Json, ...]] = (None, [], {}, False, "")
_REFUSED: Final[Mapping[str, tuple[tuple[Json, ...], str]]] = {
    "n": ((None, 1), "There is one answer to a question; leave 'n' out, or give 1."),
    "tools": (
        _EMPTY,
        "Tools of the client's are not called here; leave them out. The work has tools of its own.",
    ),
    "tool_choice": ((None, "none", "auto"), "Tools of the client's are not called here; leave this out."),
    "functions": (_EMPTY, "Functions of the client's are not called here; leave them out."),
    "function_call": (
        (None, "none", "auto"),
        "Functions of the client's are not called here; leave this out.",
    ),
    "audio": (_EMPTY, "Answers are text; leave 'audio' out."),
    "modalities": ((None, ["text"]), "Answers are text; leave 'modalities' out, or give [\"text\"]."),
    "logprobs": ((None, False), "Probabilities of tokens are not known; leave 'logprobs' out."),
    "top_logprobs": ((None, 0), "Probabilities of tokens are not known; leave 'top_logprobs' out."),
    "prediction": (_EMPTY, "A predicted answer is of no use here; leave 'prediction' out."),
    "best_of": ((None, 1), "There is one answer to a prompt; leave 'best_of' out, or give 1."),
    "echo": ((None, False), "The prompt is not repeated; leave 'echo' out."),
    "suffix": (_EMPTY, "Nothing is inserted before a suffix; leave 'suffix' out."),
}
"""What is refused unless it asks for nothing."""
_SOURCES: Final = re.compile(r"\n\nSources:(?:\n[0-9]+\. [^\n]* - [^\n ]+)+\s*\Z")
"""The list that stands below an answer; the answer without it is what the session remembers."""
_GUIDES: Final = frozenset({"system", "developer"})
_ROLES: Final = (*sorted(_GUIDES), "user", "assistant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What messages come to: the question, what was said before it, and what to keep in mind."""

    question: str
    turns: tuple[Mapping[str, str], ...] = ()
    guidance: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOrder:
    """What was asked for."""

    model: str
    talk: Talk
    wish: Wish = _TEXT
    options: Mapping[str, Json] = field(default_factory=dict)
    """What a client adds to OpenAI's parameters, by the names of the vendor's own routes."""
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    is_streamed: bool = False
    wants_usage: bool = False

    @property
    def is_json(self) -> bool:
        """Say whether the answer shall be JSON."""
        return self.wish.type != "text"

    def task_body(self, model: Model) -> dict[str, Json]:
        """Write it as the body of a task's submission; of the brief, `in_brief` adds the rest."""
        options = self.options
        context = {**(options.get("context") or {})}
        if options.get("role"):
            context["role"] = options["role"]
        usual = None if context.get("research_strategy") else model.strategy
        named = {
            "query": self.talk.question,
            "mode": model.mode,
            "research_strategy": options.get("research_strategy") or usual,
            "model_tier": options.get("model_tier"),
            "context": context,
        }
        return {name: value for name, value in named.items() if value}

    def in_plain(self, task_input: Mapping[str, Json]) -> dict[str, Json]:
        """Add what messages say beside the question for a workload that takes no briefs; raises `Malformed`."""
        if self.is_json:
            text = "What stands behind this model decides on the form of its answer; leave 'response_format' out."
            refuse(("response_format",), text, "unsupported_value")
        named = {"turns": list(self.talk.turns) or None, "guidance": self.talk.guidance}
        return {**task_input, **{name: value for name, value in named.items() if value is not None}}

    def in_brief(self, brief: Mapping[str, Json]) -> dict[str, Json]:
        """Add what messages say beside the question, and what the answer shall be; raises `Malformed`."""
        output = {"type": self.wish.type, "schema": self.wish.schema}
        parts = (self.talk.guidance, brief.get("guidance"))
        guidance = "\n\n".join(part for part in parts if part)
        if len(guidance) > LONGEST_GUIDANCE:
            text = f"System messages and context may have {LONGEST_GUIDANCE:,} characters together."
            refuse(("messages",), text, "too_long")
        named = {"turns": list(self.talk.turns) or None, "guidance": guidance or None}
        more = {name: value for name, value in named.items() if value is not None}
        wanted = {name: value for name, value in output.items() if value is not None}
        return {**brief, "output": wanted, **more}


def read_chat(body: Json) -> ChatOrder:
    """Read a chat; raises `Malformed`, whose complaint names the parameter."""
    given = _object(body)
    return _order(given, read_talk(given.get("messages")))


def read_prompt(body: Json) -> ChatOrder:
    """Read a prompt, or the messages that the vendor's clients send in its place; raises `Malformed`."""
    given = _object(body)
    if given.get("prompt") is None and given.get("messages") is not None:
        return _order(given, read_talk(given["messages"]))
    return _order(given, Talk(question=_prompt(given.get("prompt"))))


def read_session(header: str | None) -> str | None:
    """Read the name of the session that a chat joins; an empty one is none. Raises `InvalidQuery`."""
    if not header:
        return None
    if SESSION_ID.fullmatch(header) is None:
        text = "Give 1 to 128 letters, digits, or any of ':_.-'."
        raise InvalidQuery([Complaint(("header", "X-Session-ID"), text, "pattern")])
    return header


_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("query", "input", "turns", "guidance"), ("messages",)),
    "output": ("response_format",),
    "mode": ("model",),
    "session_id": ("header", "X-Session-ID"),
    "kind": ("shannon_options", "agent"),
}


def in_words_of(order: ChatOrder, error: Invalid) -> Malformed:
    """Return what the house complains of in an order, at the places of the client's body."""
    is_own = "agent" in order.options and "agent_input" in order.options
    return Malformed([replace(one, loc=_place(one.loc, is_own=is_own)) for one in error.complaints])


def _place(loc: tuple[str | int, ...], *, is_own: bool) -> tuple[str | int, ...]:
    if loc[:1] == ("input",):
        loc = loc[1:]
        if is_own:
            return ("shannon_options", "agent_input", *loc)
    if loc[:2] == ("output", "schema"):
        return ("response_format", "json_schema", *loc[1:])
    if loc[:1] and loc[0] in _PLACES:
        return _PLACES[str(loc[0])]
    return ("shannon_options", *loc) if loc else ("messages",)


def _order(given: Mapping[str, Json], talk: Talk) -> ChatOrder:
    for name, (harmless, remedy) in _REFUSED.items():
        if name in given and not _is_one_of(given[name], harmless):
            refuse((name,), remedy, "unsupported_parameter")
    is_streamed = _flag(given, "stream")
    return ChatOrder(
        model=_text(given, "model") or USUAL,
        talk=talk,
        wish=_wish(given.get("response_format")),
        options=_options(given.get("shannon_options")),
        user=_text(given, "user"),
        metadata=_metadata(given.get("metadata")),
        is_streamed=is_streamed,
        wants_usage=_wants_usage(given.get("stream_options"), is_streamed=is_streamed),
    )


def _is_one_of(value: Json, harmless: Sequence[Json]) -> bool:
    return any(type(value) is type(one) and value == one for one in harmless)


def _object(body: Json) -> Mapping[str, Json]:
    if not isinstance(body, dict):
        refuse((), "The body must be a JSON object.", "type")
    return body


def refuse(place: tuple[str | int, ...], remedy: str, word: str = "invalid_value") -> NoReturn:
    """Refuse a parameter; raises `Malformed`."""
    raise Malformed([Complaint(place, remedy, word)])


def read_talk(messages: Json) -> Talk:
    """Read messages: the last one of the user's is the question; raises `Malformed`."""
    if not isinstance(messages, list) or not messages:
        refuse(("messages",), "Give the messages of the chat, the user's question last.", "required")
    guides: list[str] = []
    said: list[tuple[str, str]] = []
    for place, message in enumerate(messages):
        role, text = _message(message, place)
        if role in _GUIDES:
            guides.append(text)
        else:
            said.append((role, text))
    if not said or said[-1][0] != "user":
        refuse(("messages",), "The last message must be the user's: it is the question.")
    if not said[-1][1].strip():
        refuse(("messages", len(messages) - 1, "content"), "The question is empty.")
    guidance = "\n\n".join(text for text in guides if text.strip())
    return Talk(question=said[-1][1], turns=_turns(said[:-1]), guidance=guidance or None)


def _turns(said: Sequence[tuple[str, str]]) -> tuple[Mapping[str, str], ...]:
    """Pair questions with answers; what one side says in several messages is one."""
    turns: list[dict[str, str]] = []
    said = [(role, text if role == "user" else _SOURCES.sub("", text)) for role, text in said]
    last = "assistant"
    for role, text in said:
        if role == "user" and last == "assistant":
            turns.append({"question": text, "answer": ""})
        elif role == "user":
            turns[-1]["question"] += f"\n\n{text}"
        elif not turns:
            turns.append({"question": "", "answer": text})
        else:
            turns[-1]["answer"] = f"{turns[-1]['answer']}\n\n{text}".strip()
        last = role
    return tuple(turns)


def _message(message: Json, place: int) -> tuple[str, str]:
    if not isinstance(message, dict):
        refuse(("messages", place), "A message is an object with 'role' and 'content'.", "type")
    role = message.get("role")
    if role in ("tool", "function") or message.get("tool_calls") or message.get("function_call"):
        text = "Tools of the client's are not called here, and their messages not read; leave them out."
        refuse(("messages", place), text, "unsupported_value")
    if role not in _ROLES:
        refuse(("messages", place, "role"), no_such("role", str(role), _ROLES))
    return role, _content(message.get("content"), place, may_be_none=role == "assistant")


def _content(content: Json, place: int, *, may_be_none: bool) -> str:
    if content is None and may_be_none:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        refuse(("messages", place, "content"), "Give a text, or a list of parts of the type 'text'.", "type")
    return "\n".join(
        _part(part, ("messages", place, "content", number)) for number, part in enumerate(content)
    )


def _part(part: Json, place: tuple[str | int, ...]) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    text = part.get(kind) if isinstance(part, dict) and kind in ("text", "refusal") else None
    if not isinstance(text, str):
        refuse(
            place,
            "Only parts of the type 'text' are read; leave out images, audio and files.",
            "unsupported_value",
        )
    return text


def _prompt(prompt: Json) -> str:
    alone = prompt[0] if isinstance(prompt, list) and len(prompt) == 1 else prompt
    if not isinstance(alone, str) or not alone.strip():
        refuse(("prompt",), "Give one prompt, as text; several prompts and tokens are not taken.")
    return alone


def _wish(wanted: Json) -> Wish:
    if wanted is None:
        return _TEXT
    if not isinstance(wanted, dict):
        refuse(("response_format",), "Give an object with 'type'.", "type")
    kind = wanted.get("type")
    if kind is None or kind == "text":
        return _TEXT
    if kind == "json_object":
        return Wish(type="auto")
    if kind != "json_schema":
        kinds = ("text", "json_object", "json_schema")
        refuse(("response_format", "type"), no_such("format", str(kind), kinds))
    schema = wanted.get("json_schema")
    if not isinstance(schema, dict) or not isinstance(schema.get("schema"), dict):
        refuse(
            ("response_format", "json_schema", "schema"), "Give the JSON Schema of the answer.", "required"
        )
    return Wish(type="json", schema=schema["schema"])


_OPTIONS: Final[Mapping[str, type]] = {
    **dict.fromkeys(("context", "agent_input"), dict),
    **dict.fromkeys(("agent", "role", "research_strategy", "model_tier"), str),
}


def _options(given: Json) -> Mapping[str, Json]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        refuse(("shannon_options",), f"Give an object of {', '.join(_OPTIONS)}.", "type")
    for name, kind in _OPTIONS.items():
        said = "a text" if kind is str else "an object"
        _typed(given, name, kind, said, ("shannon_options",))
    return {name: given[name] for name in _OPTIONS if given.get(name)}


def _metadata(given: Json) -> Mapping[str, str] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        refuse(("metadata",), "Give an object of texts.", "type")
    return given


def _wants_usage(given: Json, *, is_streamed: bool) -> bool:
    if given is None:
        return False
    if not isinstance(given, dict):
        refuse(("stream_options",), "Give an object; 'include_usage' is read.", "type")
    if not is_streamed:
        refuse(("stream_options",), 'This is only for streams; leave it out, or ask with "stream": true.')
    return _flag(given, "include_usage", "stream_options")


def _flag(given: Mapping[str, Json], name: str, *above: str) -> bool:
    return bool(_typed(given, name, bool, "true or false", above))


def _text(given: Mapping[str, Json], name: str) -> str | None:
    text: str | None = _typed(given, name, str, "a text", ())
    return text


def _typed(given: Mapping[str, Json], name: str, kind: type, said: str, above: tuple[str, ...]) -> Any:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        refuse((*above, name), f"Give {said}.", "type")
    return value
