"""One piece of research on its way: the task, what it may use, what it has used, and what was cut."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final

from gnomon.core.brief import Brief, Purpose
from gnomon.core.task import Json
from gnomon.core.workload import AsyncContext
from gnomon.workloads.research.budget import Meter, Spent
from gnomon.workloads.research.models.model import Model, ModelFailure, Prompt, Reply
from gnomon.workloads.research.record import Usage
from gnomon.workloads.research.telling import Teller
from gnomon.workloads.research.turns import Conversation, Turn, question_text
from gnomon.workloads.research.underway import carried
from gnomon.workloads.research.web.reach import Reach

WRITING_SHARE: Final = 0.8
"""Of the tokens and the money: what may be used before the answer is written."""
_WHOLE: Final = 1.0
_UNUSABLE: Final = ("answer_cut", "answer_invalid")
"""Codes of failings of one answer; with any other the model cannot be asked at all."""
_DIGEST: Final = 16
_LONGEST_TASK: Final = 24_000
"""Characters of a task that a model is told; of a small window about a third."""
_UNPRICED: Final = "What a call of the model cost is not known, so the limit in US dollars could not be held."


@dataclass(slots=True, kw_only=True)
class Study:
    """What every step of one task works with."""

    ctx: AsyncContext
    brief: Brief
    meter: Meter
    teller: Teller
    conversation: Conversation
    model: Model | None = None
    reach: Reach | None = None
    """The web; None for a task that needs nothing of it."""
    extra_words: str = ""
    """What a person has answered to a question of the task, said of its plan, or sent to it on the way."""
    heard: list[str] = field(default_factory=list)
    """The messages that were taken in, in their order."""
    received: int = 0
    """How many messages were looked at, those of no use included."""
    hearings: int = 0
    """How often it was looked for messages."""
    searched: set[str] = field(default_factory=set)
    """The queries that were put to the web; one that is put again costs nothing."""
    feedback: list[str] = field(default_factory=list)
    """What was said of plans that were not approved."""
    is_approved: bool = False
    """A person has approved the plan."""
    cuts: dict[str, None] = field(default_factory=dict)
    tool_calls: list[dict[str, Json]] = field(default_factory=list)
    has_model_answered: bool = False
    """Something in the answer is the model's, if only that it found nothing."""
    counted: set[str] = field(default_factory=set)
    """Keys of the steps whose use stands in the meter: one that comes twice in an attempt was paid once."""
    used_model: str = ""
    """The model that has answered, by the name that its provider gives it."""

    @property
    def is_small(self) -> bool:
        """Say whether the model is one that is asked for nothing that can be done without it."""
        return self.model is not None and self.model.is_small

    @property
    def question(self) -> str:
        """Return what is asked, as text, with what was answered to a question of the task."""
        words, most = question_text(self.brief.input), self._room
        if len(words) > most:
            words = words[:most]
            self.cut(f"Of the task's words the model was told the first {most:,} characters.")
        place = f"Who asks is in: {self.brief.location}" if self.brief.location else ""
        return "\n".join(filter(None, (words, self.extra_words[-most:], place)))

    @property
    def guidance(self) -> str:
        """Return what is to be kept in mind, as much as a prompt has room for."""
        words, most = (self.brief.guidance or "").strip(), self._room
        if len(words) > most:
            self.cut(f"Of the guidance the model was told the first {most:,} characters.")
        return words[:most]

    @property
    def recent(self) -> Sequence[Turn]:
        """Return the newest of the earlier turns for which a prompt has room."""
        kept: list[Turn] = []
        room = self._room
        for turn in reversed(self.conversation.turns):
            room -= len(turn.question) + len(turn.answer)
            if room < 0:
                break
            kept.insert(0, turn)
        return kept

    @property
    def _room(self) -> int:
        """Return how many characters of a prompt the task may have, and how many the conversation."""
        return min(_LONGEST_TASK, self.model.window) if self.model is not None else _LONGEST_TASK

    def add_words(self, words: str) -> None:
        """Add to the task what a person says of it."""
        self.extra_words = "\n".join(filter(None, (self.extra_words, words)))

    def cut(self, sentence: str) -> None:
        """Note what was cut off or left out, and why; each once."""
        self.cuts[sentence] = None

    async def paid(
        self, name: str, material: Json, work: Callable[[str], Awaitable[dict[str, Any]]]
    ) -> Mapping[str, Any]:
        """Do what costs something once over all attempts, under a key made of its name and its material.

        What it used stands under `usage` in its result, so that a later attempt counts it too.
        """
        key = step_key(name, material)
        fresh = False

        async def do() -> dict[str, Any]:
            nonlocal fresh
            result = await work(call_key(self.ctx.task_id, key))
            fresh = True
            self.counted.add(key)
            self.meter.usage += Usage(**result.get("usage", {}))
            return {**result, "at": round(self.meter.seconds, 3)}

        stored: Mapping[str, Any] = await self.ctx.step(key, do)
        if not fresh and key not in self.counted:
            self.counted.add(key)
            self.meter.replay(stored)
        return stored

    async def fill(
        self,
        name: str,
        prompt: Prompt,
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        purpose: Purpose,
        is_last: bool = False,
    ) -> "Filled":
        """Ask the model for JSON, once over all attempts; `purpose` is what its use is told under.

        Raises
        ------
        Spent
            When the budget does not allow it.
        Unusable
            When the answer is not what was asked for.
        ModelFailure
            When the provider does not answer.
        """
        model = self.model
        if model is None:
            raise ModelFailure("no_model", "No model is set.")
        guess = guess_tokens(prompt) + max_tokens
        if guess > model.window:
            raise Unusable(f"the prompt does not fit the model's window of {model.window:,} tokens.")
        share = _WHOLE if is_last else WRITING_SHARE

        async def work(key: str) -> dict[str, Any]:
            async with self.meter.room(guess, share):
                began, seconds = self.meter.seconds, self.meter.seconds_left
                most = self.meter.affordable(max_tokens)
                self.teller.asking(name)
                begin = partial(model.fill, prompt, schema, max_tokens=most, key=key, seconds=seconds + 1)
                is_new.append(True)
                try:
                    reply: Reply = await self.meter.within(
                        carried(self.ctx, key, lambda on_used: begin(on_used=on_used), on_used)
                    )
                except ModelFailure as failure:
                    return self._unusable(failure)
                self.meter.saw(reply.usage.output_tokens, self.meter.seconds - began)
                return reply_json(reply)

        def on_used(usage: Usage) -> None:
            self.teller.used(usage, model.engine, purpose)

        is_new: list[bool] = []
        stored = await self.paid(name, [prompt.system, prompt.user, schema], work)
        if "unusable" in stored:
            raise Unusable(stored["unusable"])
        self.used_model = stored["model"] or self.used_model
        if self.meter.usage.cost_usd is None and self.meter.budget.is_cost_limited:
            self.cut(_UNPRICED)
        for note in stored["notes"]:
            self.cut(note)
        return Filled(json=stored["json"], is_new=bool(is_new))

    def _unusable(self, failure: ModelFailure) -> dict[str, Any]:
        """Keep that an answer was paid for and is of no use; any other failing is the task's."""
        if failure.code not in _UNUSABLE:
            self.meter.usage += failure.usage
            raise failure
        return {"unusable": failure.message, "usage": asdict(failure.usage)}


class Unusable(Exception):
    """A model has not answered as it was asked to, also when told what was wrong, or cannot take in the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a model has answered."""

    json: Json
    is_new: bool
    """It was asked just now; what a step had stored is told to nobody a second time."""


def reply_json(reply: Reply) -> dict[str, Any]:
    """Write a model's reply as a step's result."""
    return {
        "json": reply.json,
        "usage": asdict(reply.usage),
        "model": reply.model,
        "mode": reply.mode,
        "is_truncated": reply.is_truncated,
        "notes": list(reply.notes),
    }


def guess_tokens(prompt: Prompt) -> int:
    """Guess what a prompt takes of the budget, before the provider has counted it."""
    from gnomon.workloads.research.models.tokens import estimate_tokens

    return estimate_tokens(prompt.system) + estimate_tokens(prompt.user)


def step_key(name: str, material: Json) -> str:
    """Name a step by what it does and what it is given: the same key for the same work in every attempt."""
    text = json.dumps(material, sort_keys=True, ensure_ascii=False).encode(errors="replace")
    return f"{name} {hashlib.sha256(text).hexdigest()[:_DIGEST]}"


def call_key(task_id: str, key: str) -> str:
    """Name a call for providers that recognise a repeated one, in characters that a header may have."""
    return re.sub(r"[^A-Za-z0-9._:-]+", "-", f"{task_id}:{key}")


def cut_short(study: Study, spent: Spent, what: Sequence[str]) -> None:
    """Note which parts were left as they are because the budget had ended."""
    named = ", ".join(what[:8]) + (" and others" if len(what) > 8 else "")
    study.cut(f"{named}: not looked at by the model, because {spent} was used up.")
