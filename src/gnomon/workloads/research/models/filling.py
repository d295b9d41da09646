"""How JSON for a schema is got out of a model: what to ask next, given what it has said so far."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gnomon.core.task import Json
from gnomon.workloads.research.models.json_text import NotJson, faults, read_object
from gnomon.workloads.research.models.model import Mode, ModelFailure, Prompt, Reply
from gnomon.workloads.research.models.mould import mould
from gnomon.workloads.research.models.wire import Call, Role, Said
from gnomon.workloads.research.record import Usage

REPAIRS = 2
LARGER = 2
"""By how much an answer that was cut may be longer the second time."""
_SHOWN = 4000
"""Characters of a faulty answer that are shown to the model again."""
_ASK = (
    "Answer with one JSON object and nothing else: no prose, no code fence. It must be valid for this JSON Schema; "
    "use null where it allows null and you do not know:\n"
)
UNCOUNTED = "The model's server did not count all tokens; usage and cost are incomplete."

CUT = (
    "The model's server counted fewer tokens than the prompt has: it has cut the prompt without saying so. Give it a "
    "larger context (num_ctx of Ollama)."
)


def notes_of(said: Said) -> tuple[str, ...]:
    """Return what to tell about an answer."""
    told = ((not said.is_counted, UNCOUNTED), (said.is_prompt_cut, CUT))
    return tuple(note for is_so, note in told if is_so)


class Filling:
    """One answer on its way to being valid; pure: it is told what was said, and says what to ask."""

    def __init__(
        self, prompt: Prompt, schema: Mapping[str, Any], *, max_tokens: int, ceiling: int, key: str
    ) -> None:
        self._prompt = prompt
        self._schema = schema
        self._mould = mould(schema)
        self._max_tokens = max_tokens
        self._ceiling = ceiling
        self._key = key
        self._asked = 0
        self._repairs = 0
        self._is_larger = False
        self._may_hold = True
        self._is_held = False
        self._since: list[tuple[Role, str]] = []
        self._notes: tuple[str, ...] = ()
        self.usage = Usage()
        self.reply: Reply | None = None

    def call(self, *, takes_schema: bool, takes_loose: bool) -> Call:
        """Return what to ask next of a server that takes schemas, or strict ones alone, or none."""
        self._is_held = self._may_hold and takes_schema and (takes_loose or self._mould.is_strict)
        self._asked += 1
        return Call(
            turns=self._turns(),
            max_tokens=self._max_tokens,
            key=self._key if self._asked == 1 else f"{self._key}#{self._asked}",
            schema=self._mould.schema if self._is_held else None,
            is_strict=self._mould.is_strict,
        )

    def _turns(self) -> Sequence[tuple[Role, str]]:
        system = self._prompt.system
        if not self._is_held:
            system = f"{system}\n\n{_ASK}{json.dumps(self._mould.schema, ensure_ascii=False)}"
        return [("system", system.strip()), ("user", self._prompt.user), *self._since]

    def refuse_schema(self) -> bool:
        """Note that the server has refused the schema; say whether there is another way."""
        was_held, self._may_hold = self._is_held, False
        return was_held

    def take(self, said: Said) -> None:
        """Take what the model has said.

        Raises
        ------
        ModelFailure
            When it has been asked often enough.
        """
        self.usage = self.usage + said.usage
        self._notes = tuple(dict.fromkeys((*self._notes, *notes_of(said))))
        value, wrong = self._read(said)
        if not wrong:
            self.reply = self._accept(said, value)
        elif said.is_truncated:
            self._ask_for_more(said)
        else:
            self._ask_for_repair(said, wrong)

    def _read(self, said: Said) -> tuple[Json, Sequence[str]]:
        try:
            value = self._mould.release(read_object(said.text))
            return value, faults(value, self._schema)
        except NotJson as error:
            return None, [f"/: {error}"]
        except RecursionError:
            return None, ["/: it is nested too deeply"]

    def _accept(self, said: Said, value: Json) -> Reply:
        mode: Mode = "repaired" if self._repairs else "native" if self._is_held else "prompted"
        return Reply(
            text=said.text,
            json=value,
            mode=mode,
            usage=self.usage,
            model=said.model,
            notes=self._notes,
        )

    def _ask_for_more(self, said: Said) -> None:
        larger = min(self._max_tokens * LARGER, self._ceiling)
        if self._is_larger or larger <= self._max_tokens:
            raise ModelFailure(
                "answer_cut",
                f"{said.model} did not finish its JSON within {self._max_tokens} tokens. Ask for fewer or shorter "
                "fields, or set a model that is less wordy.",
            )
        self._is_larger, self._max_tokens = True, larger

    def _ask_for_repair(self, said: Said, wrong: Sequence[str]) -> None:
        if self._repairs >= REPAIRS:
            raise ModelFailure(
                "answer_invalid",
                f"{said.model} did not answer in the wanted schema, also when told what was wrong: {wrong[0]}",
            )
        self._repairs += 1
        told = "\n".join(f"- {fault}" for fault in wrong)
        wanted = json.dumps(self._mould.schema, ensure_ascii=False)
        self._since = [
            ("model", said.text[:_SHOWN] or "(nothing)"),
            ("user", f"That is not what was asked for:\n{told}\n{_ASK}{wanted}"),
        ]
