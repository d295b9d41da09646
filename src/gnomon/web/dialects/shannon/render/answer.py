"""The answer of a completed task, as its last events give it."""

import json
from collections.abc import Mapping

from gnomon.core.task import Json, Task, Usage
from gnomon.web.dialects.shannon.render.event import Answer, usage_metadata


def answer(task: Task) -> Answer:
    """Return what a completed task, read with its result, answers with."""
    return Answer(text=_text_of(task.result), metadata=usage_metadata(task.usage or Usage()))


def _text_of(result: Json) -> str:
    content = result.get("content", result) if isinstance(result, Mapping) else result
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
