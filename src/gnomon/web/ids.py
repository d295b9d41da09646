"""The spellings of the 128 bits that name a task or a group: the core's own, Parallel's and Shannon's."""

import re
import uuid

from gnomon.core.task import crockford

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PLAIN = str.maketrans(_CROCKFORD, "0123456789abcdefghijklmnopqrstuv")
_BITS = "[0-7][0-9a-hjkmnp-tv-z]{25}"
_NATIVE = re.compile(rf"(?:tsk|grp)_{_BITS}")
_RUN = re.compile(r"trun_([0-9a-f]{32})")
_GROUP = re.compile(r"tgrp_([0-9a-f]{32})")
_SHANNON = re.compile(f"(?:task_|tsk_)({_BITS})", re.IGNORECASE)
_OWN_TASK = re.compile(rf"(?<![0-9A-Za-z_])(?P<noun>[Tt]ask )?(?P<id>tsk_{_BITS})(?![0-9a-z])")
_OWN_GROUP = re.compile(rf"(?<![0-9A-Za-z_])grp_{_BITS}(?![0-9a-z])")


def run_id(task_id: str) -> str:
    """Name the run that a task is shown as.

    >>> run_id("tsk_01jz8k5w3v9m2q4x7c6t1r0f8e")
    'trun_0197d132f07b4d057274ec3683803d0e'
    """
    return f"trun_{_bits(task_id):032x}"


def group_id(native: str) -> str:
    """Name a group."""
    return f"tgrp_{_bits(native):032x}"


def find_task_id(name: str) -> str | None:
    """Return the id of the task that a run's name stands for; None when no run can have that name."""
    return _find(_RUN, name, "tsk_")


def find_group_id(name: str) -> str | None:
    """Return a group's own id; None when no group can have that name."""
    return _find(_GROUP, name, "grp_")


def shannon_id(task_id: str) -> str:
    """Name a task as Shannon's clients see it.

    >>> shannon_id("tsk_01jz8k5w3v9m2q4x7c6t1r0f8e")
    'task_01jz8k5w3v9m2q4x7c6t1r0f8e'
    """
    return f"task_{task_id[4:]}"


def in_words_of_shannon(text: str) -> str:
    """Name tasks where the core's words name them by their own ids.

    >>> in_words_of_shannon("Task tsk_01jz8k5w3v9m2q4x7c6t1r0f8e is completed.")
    'Task task_01jz8k5w3v9m2q4x7c6t1r0f8e is completed.'
    """
    return _OWN_TASK.sub(lambda found: f"{found['noun'] or ''}{shannon_id(found['id'])}", text)


def _find_shannon(name: str) -> str | None:
    match = _SHANNON.fullmatch(name)
    return None if match is None else f"tsk_{match[1].lower()}"


def own(name: str) -> str:
    """Return the id that the core knows a task or a group by; any other text as it is.

    >>> own("trun_0197d132f07b4d057274ec3683803d0e")
    'tsk_01jz8k5w3v9m2q4x7c6t1r0f8e'
    """
    return find_task_id(name) or find_group_id(name) or _find_shannon(name) or name


def own_in_path(path: str) -> str:
    """Return a path whose segments name tasks and groups as the core does."""
    if not any(mark in path for mark in ("/trun_", "/tgrp_", "/task_")):
        return path
    return "/".join(map(own, path.split("/")))


def in_words_of_runs(text: str) -> str:
    """Name runs and groups of runs where the core's words name its tasks and groups by their own ids.

    >>> in_words_of_runs("Task tsk_01jz8k5w3v9m2q4x7c6t1r0f8e is completed.")
    'Run trun_0197d132f07b4d057274ec3683803d0e is completed.'
    """
    told = _OWN_TASK.sub(_as_run, text)
    return _OWN_GROUP.sub(lambda found: group_id(found[0]), told)


def _as_run(found: re.Match[str]) -> str:
    noun = {"Task ": "Run ", "task ": "run "}.get(found["noun"], "")
    return noun + run_id(found["id"])


def reference(task_id: str) -> str:
    """Return the UUID by which an error refers to a run: the same bits as its name.

    >>> reference("tsk_01jz8k5w3v9m2q4x7c6t1r0f8e")
    '0197d132-f07b-4d05-7274-ec3683803d0e'
    """
    return str(uuid.UUID(int=_bits(task_id)))


def _find(form: re.Pattern[str], name: str, prefix: str) -> str | None:
    match = form.fullmatch(name)
    return None if match is None else prefix + crockford(int(match[1], 16), 26)


def _bits(native: str) -> int:
    if _NATIVE.fullmatch(native) is None:
        raise ValueError(f"'{native}' is not an id of a task or a group.")
    return int(native[4:].translate(_PLAIN), 32)
