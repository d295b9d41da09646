"""A workload in memory behaves as it does in a child."""

import pytest
from engine_trades import WORKLOADS

from gnomon.core.errors import Complaint
from gnomon.core.resource import ResourceKind
from gnomon.core.workload import Failure
from gnomon.engine.local import Log, run_locally
from gnomon.engine.registry import gather

KINDS = gather(WORKLOADS)


def run(kind, order, folder, **options):
    return run_locally(KINDS[kind], order, blobs=folder, others=WORKLOADS, **options)


def test_a_split_is_followed_to_its_join(tmp_path):
    children = [{"kind": "follow", "input": {"add": 10**n}, "after": n - 1 if n else None} for n in range(3)]
    result = run("sum_up", {"children": children, "start": 7}, tmp_path)
    assert result == {
        "from": 7,
        "children": [[0, "completed", 1], [1, "completed", 11], [2, "completed", 111]],
    }


def test_a_failed_child_is_seen_by_a_join_that_wants_to(tmp_path):
    children = [{"kind": "fail", "input": {}}, {"kind": "follow", "input": {"add": 1}, "after": 0}]
    assert run("sum_up", {"children": children, "on": "join"}, tmp_path)["children"] == [
        [0, "failed", None],
        [1, "failed", None],
    ]
    with pytest.raises(Failure, match="Child 0 failed: attempt 1"):
        run("sum_up", {"children": children}, tmp_path)


def test_bytes_and_documents_are_kept(tmp_path):
    log = Log()
    result = run("keep", {"pages": 2}, tmp_path, log=log)
    assert (tmp_path / result["file"]).read_bytes() == bytes(range(256)) * 2
    assert (result["same"], log.documents) == (True, {"one": {"name": "one", "file": result["file"]}})


def test_progress_and_messages_are_noted(tmp_path):
    log = Log()
    run("chatter", {}, tmp_path, log=log)
    assert log.progress[-1] == (80, None)
    assert log.messages == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_waiting_work_runs_too(tmp_path):
    assert run("io_echo", {"a": (1, 2)}, tmp_path)["step"] == {"a": [1, 2]}


def test_what_is_too_large_is_refused_here_too(tmp_path):
    with pytest.raises(Failure, match=r"ctx\.put"):
        run("give_nonsense", {"what": "large"}, tmp_path)


@pytest.mark.parametrize("what", ["nan", "set", "key", "surrogate", "circle"])
def test_what_is_not_json_is_refused_here_too(tmp_path, what):
    with pytest.raises(Failure, match="not JSON"):
        run("give_nonsense", {"what": what}, tmp_path)


def test_what_is_saved_is_checked_against_its_kind(tmp_path):
    def check(document):
        return [] if document["name"] == "two" else [Complaint(("name",), "Call it 'two'.")]

    kinds = {"thing": ResourceKind(kind="thing", check=check)}
    with pytest.raises(Failure, match="Call it 'two'"):
        run("keep", {"pages": 1}, tmp_path, kinds=kinds)
    assert run("keep", {"pages": 1}, tmp_path, kinds={"other": kinds["thing"]})["same"]
