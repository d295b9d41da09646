import pytest
from fixed_records import STANDINGS, group, task
from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.group import Standing
from gnomon.core.task import TRANSITIONS, Status
from gnomon.web.dialects.parallel.render.group import group_status
from gnomon.web.dialects.parallel.render.run import run
from gnomon.web.dialects.parallel.status import ACTIVE, WORDS, Word, asked, count, show, word_of

ENDED = {"completed", "failed", "cancelled"}
RANK = {"queued": 0, "running": 1, "action_required": 1, "cancelling": 2} | dict.fromkeys(ENDED, 3)

standings = pytest.mark.parametrize("standing", STANDINGS, ids=str)
opting = pytest.mark.parametrize("opted_in", [False, True])

TABLE: dict[Standing, Word] = {
    (Status.PENDING, False): "queued",
    (Status.PENDING, True): "running",
    (Status.QUEUED, False): "queued",
    (Status.QUEUED, True): "running",
    (Status.RUNNING, True): "running",
    (Status.WAITING, True): "running",
    (Status.PAUSED, False): "queued",
    (Status.PAUSED, True): "running",
    (Status.CANCELLING, True): "cancelling",
    (Status.COMPLETED, True): "completed",
    (Status.FAILED, False): "failed",
    (Status.FAILED, True): "failed",
    (Status.CANCELLED, False): "cancelled",
    (Status.CANCELLED, True): "cancelled",
    (Status.TIMED_OUT, True): "failed",
    (Status.EXPIRED, False): "failed",
}


def test_the_table() -> None:
    assert {standing: word_of(standing) for standing in STANDINGS} == TABLE
    opted = {standing: word_of(standing, opted_in=True) for standing in STANDINGS}
    assert opted == TABLE | {(Status.WAITING, True): "action_required"}


@standings
@opting
def test_never_steps_back(standing: Standing, opted_in: bool) -> None:
    status, has_begun = standing
    for following in TRANSITIONS[status]:
        starts = has_begun or (following, False) not in STANDINGS
        if (following, starts) in STANDINGS:
            before, after = (word_of(each, opted_in=opted_in) for each in (standing, (following, starts)))
            assert RANK[before] <= RANK[after], (standing, following)


@standings
@opting
def test_a_client_asks_on_while_there_is_something_to_wait_for(standing: Standing, opted_in: bool) -> None:
    status, has_begun = standing
    shown = run(task(status, has_begun=has_begun), opted_in=opted_in)
    assert shown["is_active"] == (shown["status"] in {"queued", "running", "cancelling"})
    asks = opted_in and status is Status.WAITING
    assert shown["is_active"] == (status.is_active and not asks)
    assert (shown["error"] is not None) == (shown["status"] == "failed")
    assert ("action" in shown) == asks


@pytest.mark.parametrize("word", WORDS)
@opting
def test_a_filter_is_the_inverse(word: Word, opted_in: bool) -> None:
    wanted = asked(word, opted_in=opted_in)
    for status, has_begun in STANDINGS:
        is_found = status in wanted.statuses and wanted.is_started in (None, has_begun)
        assert is_found == (show(task(status, has_begun=has_begun), opted_in=opted_in) == word)


@given(
    counts=st.dictionaries(st.sampled_from(STANDINGS), st.integers(1, 1000)),
    opted_in=st.booleans(),
)
def test_a_group_counts_its_runs_as_each_is_shown(counts: dict[Standing, int], opted_in: bool) -> None:
    found = count(counts, opted_in=opted_in)
    assert all(found.values())
    for word in WORDS:
        shown = (many for each, many in counts.items() if word_of(each, opted_in=opted_in) == word)
        assert found.get(word, 0) == sum(shown)
    status = group_status(group(counts), opted_in=opted_in)
    assert status["num_task_runs"] == sum(found.values())
    assert status["is_active"] == any(word in ACTIVE for word in found)
    assert list(found) == [word for word in WORDS if word in found]
