from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gnomon.core.group import group_id as new_group_id
from gnomon.core.task import crockford, task_id
from gnomon.web.ids import (
    find_group_id,
    find_task_id,
    group_id,
    in_words_of_runs,
    own_in_path,
    reference,
    run_id,
)

LAST = (1 << 128) - 1
bits = st.integers(0, LAST)


@given(value=bits)
@example(value=0)
@example(value=LAST)
def test_a_task_and_its_run_name_each_other(value: int) -> None:
    native = "tsk_" + crockford(value, 26)
    assert run_id(native) == f"trun_{value:032x}"
    assert find_task_id(run_id(native)) == native
    assert UUID(reference(native)).int == value


@given(value=bits)
def test_a_group_and_its_name_name_each_other(value: int) -> None:
    native = "grp_" + crockford(value, 26)
    assert find_group_id(group_id(native)) == native
    assert find_task_id(group_id(native)) is None
    assert find_group_id(run_id("tsk_" + native[4:])) is None


@given(
    name=st.one_of(
        st.text(max_size=40),
        st.from_regex(r"t(run|grp)_[0-9a-fA-F]{30,34}\n?", fullmatch=True),
        st.from_regex(r"t(run|grp)_\d{32}", fullmatch=True),  # digits of all alphabets
    )
)
def test_only_the_canonical_spelling_is_a_name(name: str) -> None:
    found = find_task_id(name)
    assert found is None or run_id(found) == name
    found = find_group_id(name)
    assert found is None or group_id(found) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "trun_", "run_id", "0" * 32, "trun_" + "0" * 31, "trun_" + "0" * 33, "trun_" + "A" * 32),
        *("trun_" + "0" * 32 + "\n", "TRUN_" + "0" * 32, "tgrp_" + "0" * 32, "tsk_" + "0" * 26),
        *("trun_0x" + "0" * 30, "trun_-" + "0" * 31, "trun_0_" + "0" * 30, "trun_ " + "0" * 31),
        "trun_" + "\N{ARABIC-INDIC DIGIT ZERO}" * 32,
    ],
)
def test_what_no_run_is_called(name: str) -> None:
    assert find_task_id(name) is None


@pytest.mark.parametrize(
    "native",
    ["", "tsk_1", "tsk_8" + "0" * 25, "tsk_" + "0" * 25 + "l", "tsk_" + "0" * 27, "trun_" + "0" * 32],
)
def test_what_no_task_is_called_has_no_name(native: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        run_id(native)


@given(at=st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1)), chance=st.integers(0, LAST))  # noqa: DTZ001  # hypothesis takes them without a zone
def test_ids_as_the_house_makes_them_have_names(at: datetime, chance: int) -> None:
    moment = at.replace(tzinfo=UTC)
    assert find_task_id(run_id(task_id(moment, chance))) == task_id(moment, chance)
    assert find_group_id(group_id(new_group_id(moment, chance))) == new_group_id(moment, chance)


TASK, GROUP = "tsk_01jz8k5w3v9m2q4x7c6t1r0f8e", "grp_01jz8k5w3v9m2q4x7c6t1r0f8e"
BITS = "0197d132f07b4d057274ec3683803d0e"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"Task {TASK} is done.", f"Run trun_{BITS} is done."),
        (f"of task {TASK} in group {GROUP}.", f"of run trun_{BITS} in group tgrp_{BITS}."),
        (f"'{TASK}'", f"'trun_{BITS}'"),
        (f"mytsk_{TASK[4:]} {TASK}0", f"mytsk_{TASK[4:]} {TASK}0"),
        ("Nothing of that kind.", "Nothing of that kind."),
    ],
)
def test_the_cores_words_are_told_in_words_of_runs(told: str, shown: str) -> None:
    assert in_words_of_runs(told) == shown


@given(path=st.text(max_size=60))
@example(path=f"/gnomon/v1/tasks/{TASK}")
@example(path=f"/gnomon/v1/tasks/xtrun_{BITS}")
def test_other_paths_stay_as_they_are(path: str) -> None:
    assert own_in_path(path) == path


def test_a_path_may_name_a_run_and_a_group() -> None:
    path = f"/groups/tgrp_{BITS}/tasks/trun_{BITS}/events"
    assert own_in_path(path) == f"/groups/{GROUP}/tasks/{TASK}/events"
