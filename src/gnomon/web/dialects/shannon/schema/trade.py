"""Agents, tools and skills."""

from typing import Any, Final

from gnomon.web.dialects.shannon.schema.task import (
    AT,
    FREE,
    NAME,
    QUERY,
    SESSION,
    STATUS,
    SWITCH,
    TASK_ID,
    URL,
)
from gnomon.web.forms import ANY, COUNT, FLAG, MOMENT, NUMBER, TEXT, Schema, many, maybe, record, told

_TEXTS: Schema = {"type": "array", "items": TEXT}
_SESSION: Schema = {"type": ["string", "null"]}
_TAKES: Final = {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}
_AGENT: dict[str, Any] = {
    "id": "research",
    "name": "Research",
    "description": "Answers a question from documents and the web.",
    "category": "research",
    "tool": "research",
    "input_schema": {"type": "object", "required": ["input"]},
    "output_schema": {"type": "object"},
}
_TOOL: dict[str, Any] = {
    "name": "web_search",
    "description": "Search the web with the providers that are set.",
    "category": "search",
    "parameters": _TAKES,
}
_SKILL: dict[str, Any] = {
    "name": "plain-brief",
    "version": "1.0.0",
    "category": "writing",
    "description": "Answers in short plain sentences.",
    "requires_tools": [],
    "dangerous": False,
    "enabled": True,
}
_TOOL_MEMBERS: dict[str, Schema] = {
    **dict.fromkeys(("name", "description", "category"), TEXT),
    "parameters": FREE,
}
_SKILL_MEMBERS: dict[str, Schema] = {
    **dict.fromkeys(("name", "version", "category", "description"), TEXT),
    "requires_tools": _TEXTS,
    "dangerous": told(FLAG, "It takes a key with the scope `ops`."),
    "enabled": FLAG,
}
_HASH: dict[str, Any] = {"content_hash": "0" * 64}
_WHOLE: dict[str, Any] = {**_SKILL, "author": "", "content": "Be brief.", "metadata": _HASH}

SCHEMAS: dict[str, Schema] = {
    "Agent": record(
        {
            **dict.fromkeys(("id", "name", "description", "category", "tool"), TEXT),
            "input_schema": told(FREE, "JSON Schema of what it takes."),
            "output_schema": told(FREE, "JSON Schema of what it gives."),
        },
        _AGENT,
    ),
    "AgentList": record({"agents": many("Agent"), "count": COUNT}, {"agents": [_AGENT], "count": 1}),
    "AgentCall": {
        "type": "object",
        "properties": {
            "input": told({"type": ["object", "null"]}, "What its `input_schema` asks for."),
            "session_id": _SESSION,
            "stream": told(SWITCH, "Be told where the stream is."),
        },
        "examples": [{"input": {"input": QUERY}, "session_id": SESSION}],
    },
    "AgentStarted": record(
        {
            **dict.fromkeys(("task_id", "workflow_id"), NAME),
            "agent_id": TEXT,
            "status": {"const": "STATUS_CODE_OK"},
            "created_at": MOMENT,
            "stream_url": TEXT,
        },
        {
            "task_id": TASK_ID,
            "workflow_id": TASK_ID,
            "agent_id": "research",
            "status": "STATUS_CODE_OK",
            "created_at": AT,
            "stream_url": URL,
        },
        optional=("stream_url",),
    ),
    "Tool": record(_TOOL_MEMBERS, _TOOL),
    "ToolList": {**many("Tool"), "examples": [[_TOOL]]},
    "ToolDetail": record(
        {
            **_TOOL_MEMBERS,
            "version": TEXT,
            "output_schema": FREE,
            "timeout_seconds": told(COUNT, "How long a call waits."),
        },
        {**_TOOL, "version": "1", "output_schema": {"type": "object"}, "timeout_seconds": 28},
    ),
    "ToolCall": {
        "type": "object",
        "properties": {
            "arguments": told({"type": ["object", "null"]}, "What its `parameters` ask for."),
            "session_id": told(_SESSION, "Kept with the task; a call is no turn of the session."),
        },
        "examples": [{"arguments": {"query": QUERY}}],
    },
    "ToolCalled": record(
        {
            "success": FLAG,
            "output": ANY,
            **dict.fromkeys(("text", "error"), maybe(TEXT)),
            "metadata": record({"task_id": NAME, "workflow_id": NAME, "status": STATUS}),
            "execution_time_ms": maybe(COUNT),
            "usage": record({"tokens": COUNT, "cost_usd": NUMBER}, optional=("cost_usd",)),
        },
        {
            "success": True,
            "output": {"results": []},
            "text": '{"results": []}',
            "error": None,
            "metadata": {
                "task_id": TASK_ID,
                "workflow_id": TASK_ID,
                "status": "TASK_STATUS_COMPLETED",
            },
            "execution_time_ms": 120,
            "usage": {"tokens": 0, "cost_usd": 0.0},
        },
    ),
    "Skill": record(_SKILL_MEMBERS, _SKILL),
    "SkillList": record(
        {"skills": many("Skill"), "count": COUNT, "categories": _TEXTS},
        {"skills": [_SKILL], "count": 1, "categories": ["writing"]},
    ),
    "SkillDetail": record(
        {
            "skill": record({**_SKILL_MEMBERS, "author": TEXT, "content": TEXT, "metadata": FREE}),
            "metadata": FREE,
        },
        {"skill": _WHOLE, "metadata": _HASH},
    ),
    "SkillVersions": record(
        {"name": TEXT, "versions": many("Skill"), "count": COUNT},
        {"name": "plain-brief", "versions": [_SKILL], "count": 1},
    ),
}
