"""Names of runs and groups: the 128 bits of a task's or a group's own id, in the vendor's spelling."""

import re
import uuid

from gnomon.core.task import crockford

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PLAIN = str.maketrans(_CROCKFORD, "0123456789abcdefghijklmnopqrstuv")
_NATIVE = re.compile(r"(?:tsk|grp)_[0-7][0-9a-hjkmnp-tv-z]{25}")
_RUN = re.compile(r"trun_([0-9a-f]{32})")
_GROUP = re.compile(r"tgrp_([0-9a-f]{32})")


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
