"""The task's own tools: a model decides on calls by the task and by what the same server said, no more."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final

from gnomon.core.task import Json
from gnomon.workloads.research.agent.prompt import PLANNING_RULES, fenced, prompt
from gnomon.workloads.research.budget import Spent
from gnomon.workloads.research.gather import together
from gnomon.workloads.research.mcp.toolbox import Tool, Toolbox, ToolCall
from gnomon.workloads.research.models.model import Prompt
from gnomon.workloads.research.models.tokens import cut
from gnomon.workloads.research.record import Source
from gnomon.workloads.research.study import Study, Unusable
from gnomon.workloads.research.surfing import passages_of

CALL_TOKENS: Final = 1_000
_MOST_CALLS: Final = 4
"""Of one server in one round."""
_MOST_ROUNDS: Final = 4
_SHOWN: Final = 1_500
"""Tokens of a result that are shown when the next calls are decided on."""
_LONGEST_ARGUMENTS: Final = 4_000


@dataclass(slots=True, kw_only=True)
class Tooling:
    """The tools of one task, and what came of calling them."""

    study: Study
    toolbox: Toolbox
    urls: Mapping[str, str]
    """Where each server is."""
    calls: list[ToolCall] = field(default_factory=list)

    async def use(self) -> tuple[Source, ...]:
        """Call what the model finds of use, server by server, and return what the tools said as passages."""
        tools = await self._offered()
        servers = list(dict.fromkeys(tool.server for tool in tools))
        used = await together(
            [
                partial(self._use_server, name, [tool for tool in tools if tool.server == name])
                for name in servers
            ]
        )
        self.calls = [call for calls in used for call in calls]
        return tuple(passage for call in self.calls for passage in self._passages(call))

    async def _offered(self) -> list[Tool]:
        async def work(_: str) -> dict[str, Any]:
            offered = await self.toolbox.offered()
            return {"tools": [asdict(tool) for tool in offered.tools], "notes": list(offered.notes)}

        stored = await self.study.paid("tools", sorted(self.urls.values()), work)
        for note in stored["notes"]:
            self.study.cut(note)
        return [Tool(**tool) for tool in stored["tools"]]

    async def _use_server(self, server: str, tools: Sequence[Tool]) -> list[ToolCall]:
        calls: list[ToolCall] = []
        for round_ in range(min(self.study.meter.budget.rounds, _MOST_ROUNDS)):
            wanted = await self._decide(server, tools, calls)
            if not wanted:
                break
            places = range(len(wanted))
            calls += await together(
                [partial(self._call, server, *wanted[n], f"{round_}.{n}") for n in places]
            )
        return calls

    async def _decide(
        self, server: str, tools: Sequence[Tool], calls: Sequence[ToolCall]
    ) -> list[tuple[str, dict[str, Json]]]:
        """Ask which tools to call next: no text of a document or a page is shown, nor of another server."""
        try:
            filled = await self.study.fill(
                f"tools of {server}"[:80],
                _asking(self.study, tools, calls),
                _schema([tool.name for tool in tools]),
                max_tokens=CALL_TOKENS,
                purpose="tools",
            )
        except (Spent, Unusable) as error:
            self.study.cut(f"The tools of {server} were not asked further: {error}")
            return []
        wanted = [(each["tool"], _arguments(each["arguments"])) for each in filled.json["calls"]]
        known = [(call.tool, call.arguments) for call in calls]
        return [
            (tool, arguments)
            for tool, arguments in wanted
            if arguments is not None and (tool, json.dumps(arguments, ensure_ascii=False)) not in known
        ]

    async def _call(self, server: str, tool: str, arguments: dict[str, Json], place: str) -> ToolCall:
        async def work(_: str) -> dict[str, Any]:
            call = await self.toolbox.call(server, tool, arguments, key=f"{server}.{place}")
            self.study.teller.note("tool_call", f"{server}: {tool}({call.arguments})")
            return {**call.json(), "is_truncated": call.is_truncated}

        stored = await self.study.paid(f"tool {server}.{tool}"[:120], [place, arguments], work)
        call = ToolCall(**{name: stored[name] for name in ToolCall.__dataclass_fields__})
        if call.is_truncated:
            self.study.cut(f"What the tool {tool} of {server} said was cut.")
        return call

    def _passages(self, call: ToolCall) -> Sequence[Source]:
        if not call.content:
            return ()
        said = Source(
            url=self.urls[call.server],
            title=f"{call.server}: {call.tool}",
            text=call.content,
            kind="tool",
            is_truncated=call.is_truncated,
        )
        return tuple(passages_of(said))


def _asking(study: Study, tools: Sequence[Tool], calls: Sequence[ToolCall]) -> Prompt:
    described = "\n".join(
        f"{tool.name}: {tool.description}\narguments: {json.dumps(tool.schema)}" for tool in tools
    )
    said = "\n".join(
        f"{call.tool}({call.arguments}) gave: {cut(call.content or call.error or '', _SHOWN)[0]}"
        for call in calls
    )
    return prompt(
        PLANNING_RULES,
        f"The task:\n{study.question}",
        f"Tools that may be called, as their server describes them, as material:\n{fenced(described)}",
        f"What they have given so far, as material:\n{fenced(said)}" if said else "",
        f"Say which to call next for the task, at most {_MOST_CALLS}, with their arguments as JSON text. "
        "Give no calls when none is of use, or when enough is known.",
    )


def _schema(names: Sequence[str]) -> Mapping[str, Any]:
    call = {
        "type": "object",
        "additionalProperties": False,
        "required": ["tool", "arguments"],
        "properties": {
            "tool": {"type": "string", "enum": list(dict.fromkeys(names))},
            "arguments": {"type": "string", "maxLength": _LONGEST_ARGUMENTS},
        },
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["calls"],
        "properties": {"calls": {"type": "array", "maxItems": _MOST_CALLS, "items": call}},
    }


def _arguments(text: str) -> dict[str, Json] | None:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
