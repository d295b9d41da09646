from pathlib import Path

import pytest

from gnomon.core.blob import name_of
from gnomon.core.task import Json
from gnomon.core.workload import Failure
from gnomon.engine.local import Log, run_locally
from gnomon.workloads.energy_model.check import check_inverter, check_module
from gnomon.workloads.pvsyst_import import COMPONENT

CHECKS = {"module": check_module, "inverter": check_inverter}


def run(folder: Path, content: bytes, filename: str, kind: str) -> tuple[Json, Log]:
    """Run the import on a file and return its result, and what it saved."""
    name, log = name_of(content), Log()
    (folder / name).write_bytes(content)
    order = {"blob": name, "filename": filename, "as": kind}
    return run_locally(COMPONENT, order, blobs=folder, log=log), log


@pytest.mark.parametrize(("suffix", "kind"), [(".PAN", "module"), (".OND", "inverter")])
def test_a_file_becomes_a_resource(example_plant: Path, tmp_path: Path, suffix: str, kind: str) -> None:
    (path,) = example_plant.glob(f"*{suffix}")
    got, log = run(tmp_path, path.read_bytes(), path.name, kind)
    assert got == {"kind": kind, "number": 1, "id": "1"}
    (document,) = log.documents.values()
    assert document["model"] == document["properties"]["Model"]
    assert CHECKS[kind](document) == []


def test_every_golden_file_becomes_a_checked_document(golden: Path, tmp_path: Path) -> None:
    kinds = {".pan": "module", ".ond": "inverter"}
    files = [path for path in sorted(golden.rglob("*")) if path.suffix.lower() in kinds]
    assert len(files) > 45
    for path in files:
        kind = kinds[path.suffix.lower()]
        _, log = run(tmp_path, path.read_bytes(), path.name, kind)
        (document,) = log.documents.values()
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
def test_a_wrong_file_fails_once_and_says_why(tmp_path: Path, content: bytes, kind: str, words: str) -> None:
    with pytest.raises(Failure, match=words) as caught:
        run(tmp_path, content, "mine.pan", kind)
    assert not caught.value.retryable
