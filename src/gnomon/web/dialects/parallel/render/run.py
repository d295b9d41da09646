"""The run: how one task stands.

All keys of the vendor's objects are always there, with null where there is nothing: whoever reads them by name finds
them, and the vendor's models take null for absent. Keys of our own appear only where they have something to say.
"""

import json
from collections.abc import Mapping, Sequence

from gnomon.core.task import Json, Question, Task, TaskError
from gnomon.web.dialects.parallel.origin import RunWarning, read_origin
from gnomon.web.dialects.parallel.status import ACTIVE, Word, show
from gnomon.web.ids import group_id, in_words_of_runs, reference, run_id
from gnomon.web.moment import moment


def run(task: Task, *, opted_in: bool = False, further: Sequence[RunWarning] = ()) -> dict[str, Json]:
    """Write a task as a run; to a client that opted in, one that has asked says so, and what it asked.

    `further` warnings come after those of the request.
    """
    word = show(task, opted_in=opted_in)
    origin, name = read_origin(task), run_id(task.id)
    shown: dict[str, Json] = {
        "run_id": name,
        "interaction_id": name,
        "status": word,
        "is_active": word in ACTIVE,
        "processor": origin.processor,
        "created_at": moment(task.created_at),
        "modified_at": moment(task.updated_at),
        "warnings": [_warning(each) for each in (*origin.warnings, *further)] or None,
        "error": _error(task, word),
        "metadata": metadata(task.metadata),
        "taskgroup_id": None if task.group_id is None else group_id(task.group_id),
    }
    if word == "action_required" and task.question is not None:
        shown["action"] = _action(task.question)
    return shown


def metadata(attached: Json) -> dict[str, Json] | None:
    """Write what was attached; what is neither text nor number nor boolean, which another door let in, as JSON."""
    if not isinstance(attached, Mapping):
        return None
    return {
        name: value if isinstance(value, str | int | float) else json.dumps(value)
        for name, value in attached.items()
    }


def _warning(record: RunWarning) -> Json:
    return {"type": record.type, "message": record.message, "detail": record.detail}


def _error(task: Task, word: Word) -> Json:
    if word != "failed":
        return None
    cause = task.error or TaskError(code=str(task.status), message=f"The run is {task.status}.")
    detail = {"code": cause.code, "retryable": cause.retryable}
    return {"ref_id": reference(task.id), "message": in_words_of_runs(cause.message), "detail": detail}


def _action(question: Question) -> Json:
    return {"key": question.key, "question": question.body, "asked_at": moment(question.asked_at)}
