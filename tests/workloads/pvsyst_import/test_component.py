from pathlib import Path

import pytest
from in_memory import MemoryContext, finish

from gnomon.core.workload import Failure
from gnomon.workloads.energy_model.check import check_inverter, check_module
from gnomon.workloads.pvsyst_import import WORKLOADS

CHECKS = {"module": check_module, "inverter": check_inverter}


@pytest.mark.parametrize(("suffix", "kind"), [(".PAN", "module"), (".OND", "inverter")])
def test_a_file_becomes_a_resource(example_plant: Path, suffix: str, kind: str) -> None:
    (path,) = example_plant.glob(f"*{suffix}")
    ctx = MemoryContext()
    given = {"blob": ctx.put(path.read_bytes()), "filename": path.name, "as": kind}
    got = finish(WORKLOADS, "pvsyst_component", given, ctx)
    assert got == {"kind": kind, "number": 1, "id": "1"}
    ((saved_kind, document),) = ctx.saved.values()
    assert saved_kind == kind
    assert document["model"] == document["properties"]["Model"]
    assert CHECKS[kind](document) == []


def test_every_golden_file_becomes_a_checked_document(golden: Path) -> None:
    kinds = {".pan": "module", ".ond": "inverter"}
    files = [path for path in sorted(golden.rglob("*")) if path.suffix.lower() in kinds]
    assert len(files) > 45
    for path in files:
        kind, ctx = kinds[path.suffix.lower()], MemoryContext()
        given = {"blob": ctx.put(path.read_bytes()), "filename": path.name, "as": kind}
        finish(WORKLOADS, "pvsyst_component", given, ctx)
        ((_, document),) = ctx.saved.values()
        assert CHECKS[kind](document) == [], path.name


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"hello", "module", "mine.pan: this is not a PVsyst file"),
        (b"PVObject_=pvModule\nEnd of PVObject pvModule", "inverter", "holds a pvModule, not an inverter"),
        (b"PVObject_=pvModule\nEnd of PVObject pvModule", "module", "mine.pan: Imp: is missing"),
        (b"\0\1\2", "module", "before 6.40"),
    ],
)
def test_a_wrong_file_fails_once_and_says_why(content: bytes, kind: str, words: str) -> None:
    ctx = MemoryContext()
    given = {"blob": ctx.put(content), "filename": "mine.pan", "as": kind}
    with pytest.raises(Failure, match=words) as caught:
        finish(WORKLOADS, "pvsyst_component", given, ctx)
    assert not caught.value.retryable
    assert not ctx.saved
