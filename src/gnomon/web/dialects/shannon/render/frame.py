"""Frames as the wire has them: the vendor's internal events, and the names and data of its server-sent ones."""

from collections.abc import Callable, Mapping
from typing import Final

from gnomon.core.task import Json
from gnomon.web.dialects.shannon.render.event import PARTIAL, STREAM_END, Frame
from gnomon.web.moment import moment

DONE: Final = "[DONE]"
"""What the last server-sent event says instead of JSON."""

_NAMES: Mapping[str, str] = {
    PARTIAL: "thread.message.delta",
    "LLM_OUTPUT": "thread.message.completed",
    "ERROR_OCCURRED": "error",
    STREAM_END: "done",
}
_STEERED: Final = frozenset(
    f"WORKFLOW_{word}" for word in ("PAUSING", "PAUSED", "RESUMED", "CANCELLING", "CANCELLED")
)
SSE_NAMES: Mapping[str, str] = {
    **_NAMES,
    **{name: name.lower().replace("_", ".") for name in sorted(_STEERED)},
}
"""The names of those that are called otherwise in server-sent events."""
_INTERNAL: Mapping[str, str] = {name: type_ for type_, name in SSE_NAMES.items()}


def internal(frame: Frame) -> dict[str, Json]:
    """Write a frame as the vendor's services tell it to each other, and its web socket to everybody."""
    told = {
        "workflow_id": frame.workflow_id,
        "type": frame.type,
        "agent_id": frame.agent,
        "message": frame.message,
        "timestamp": moment(frame.at),
        "seq": frame.seq,
        "stream_id": frame.stream_id,
    }
    return told if frame.payload is None else {**told, "payload": frame.payload}


def sse_name(type_: str) -> str:
    """Name a server-sent event."""
    return SSE_NAMES.get(type_, type_)


def sse_data(frame: Frame) -> dict[str, Json]:
    """Write the data of a server-sent event; that of the last one is `DONE`."""
    if frame.type in _STEERED:
        return _shown(frame)
    return _DATA.get(frame.type, internal)(frame)


def _delta(frame: Frame) -> dict[str, Json]:
    return {"delta": frame.message, **_shown(frame), **_placed(frame)}


def _response(frame: Frame) -> dict[str, Json]:
    told = {"response": frame.message, **_shown(frame), **_placed(frame)}
    return {**told, "metadata": frame.payload} if frame.payload else told


def _shown(frame: Frame) -> dict[str, Json]:
    """Write what the vendor's client reads of any event: without them it shows a blank, and its own time."""
    return {
        "workflow_id": frame.workflow_id,
        "agent_id": frame.agent,
        "message": frame.message,
        "timestamp": moment(frame.at),
    }


def _placed(frame: Frame) -> dict[str, Json]:
    return {"seq": frame.seq, "stream_id": frame.stream_id}


_DATA: Mapping[str, Callable[[Frame], dict[str, Json]]] = {PARTIAL: _delta, "LLM_OUTPUT": _response}


def read_types(text: str | None) -> frozenset[str] | None:
    """Read which frames a client asks for, by internal names or those of server-sent events; None: all.

    >>> sorted(read_types("LLM_OUTPUT, workflow.paused"))
    ['LLM_OUTPUT', 'WORKFLOW_PAUSED']
    """
    words = [word.strip() for word in (text or "").split(",")]
    return frozenset(_INTERNAL.get(word, word.upper()) for word in words if word) or None
