import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from collada_writer import document as drawn
from collada_writer import mesh, node
from scene_rows import rows, scene, table

from gnomon.core.blob import name_of
from gnomon.core.workload import Failure, Pinned
from gnomon.engine.local import Log, run_locally
from gnomon.pv.scene import from_json, scene_of_rows
from gnomon.pv.shade import grid as sun_positions
from gnomon.workloads.shading_scene import RESOURCE_KINDS, WORKLOADS, cast, grid, share
from gnomon.workloads.shading_scene.arrays import load
from gnomon.workloads.shading_scene.grid import expected_positions
from gnomon.workloads.shading_scene.share import share_out
from gnomon.workloads.shading_scene.xml import parse

SCENE, POSITIONS = WORKLOADS
SMALL = sun_positions(azimuth_step=30.0, elevations=(2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 90.0))
SHAPE = SMALL.shape()
KINDS = {kind.kind: kind for kind in RESOURCE_KINDS}
FILES = ("table", "shares", "viewer", "results", "tables_results")


@pytest.fixture(autouse=True)
def few_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute fewer positions and directions: these tests are about what is done with them."""
    monkeypatch.setattr(cast, "DIRECTIONS", 60)
    monkeypatch.setattr(grid, "grid", lambda: SMALL)


def run(given: Any, blobs: Path, *pinned: Pinned, log: Log | None = None) -> Any:
    return run_locally(SCENE, given, blobs=blobs, others=[POSITIONS], references=pinned, kinds=KINDS, log=log)


def stored(result: Any, name: str, blobs: Path) -> Any:
    return json.loads((blobs / result[name]).read_bytes())


def order(number: int = 1, **more: Any) -> Pinned:
    document = {"shadingSceneId": 1, "gcr": 0.5, **more}
    return Pinned(kind="tracking_input", number=number, id=str(number), revision=1, document=document)


def test_a_fixed_scene(tmp_path: Path) -> None:
    log = Log()
    result = run(scene(rows(3, tilt=25)), tmp_path, log=log)
    assert result["scene"] is None
    assert result["positions"] == {
        "expected": expected_positions(),
        "completed": expected_positions(),
        "failed": 0,
    }
    assert result["tables"] == ["0/0", "4/0", "8/0"]
    assert result["tracking"] is None
    assert result["summary"]["meanAzimuth"] == pytest.approx(270)
    assert result["summary"]["meanTilt"] == pytest.approx(25)
    assert result["gcrProperties"]["gcr"] == pytest.approx(0.5, abs=1e-5)
    assert log.messages == [{"positions": {"expected": expected_positions()}}]
    assert [stage for _, stage in log.progress][:2] == ["parsing", "shading"]
    assert log.progress == sorted(log.progress, key=lambda each: each[0])

    found = from_json(stored(result, "table", tmp_path))
    assert found.direct_share.shape == SHAPE
    shares = load((tmp_path / result["shares"]).read_bytes())
    assert shares["direct"].shape == shares["diodes"].shape == shares["incidence"].shape == (3, *SHAPE)
    assert shares["sky"].shape == shares["ground"].shape == shares["area"].shape == (3,)
    assert "rotation" not in shares
    west, low = found.azimuth.index(270.0), found.elevation.index(5.0)
    # The first row to the west has nothing before it; the others have.
    assert shares["direct"][0, west, low] == 0
    assert shares["direct"][1, west, low] > 0.3
    assert found.direct_share[west, low] == pytest.approx(shares["direct"][:, west, low].mean(), abs=1e-6)

    results = stored(result, "results", tmp_path)
    assert len(results["sun_positions"]) == expected_positions()
    chosen = results["sun_positions"][west * SHAPE[1] + low]
    assert (chosen["azimuth"], chosen["elevation"]) == (270, 5)
    assert chosen["directShading"] == pytest.approx(found.direct_share[west, low], abs=1e-6)
    each = stored(result, "tables_results", tmp_path)
    assert each["4/0"]["directShading"][west * SHAPE[1] + low] == pytest.approx(
        shares["direct"][1, west, low], abs=1e-4
    )


def test_long_rows_are_as_the_analysis_of_rows_says(tmp_path: Path) -> None:
    result = run(scene(rows(7, tilt=20, length=4000, transverseDiodes=3)), tmp_path)
    shares = load((tmp_path / result["shares"]).read_bytes())
    told = scene_of_rows(
        20, 270, 0.5, 3, azimuth=shares["azimuth"].tolist(), elevation=shares["elevation"].tolist()
    )
    west = (shares["azimuth"] >= 200) & (shares["azimuth"] <= 340)
    middle = shares["direct"][5][west]
    assert np.abs(middle - told.direct_share[west]).max() < 0.02
    assert np.abs(middle - told.direct_share[west]).mean() < 0.001


def test_trackers_turn_as_the_newest_order_says(tmp_path: Path) -> None:
    given = scene(rows(3, tracker=True), modelInputs={"diodesReadIn": True})
    plain = run({**given, "trackingParameters": {"maxAngle": 30}}, tmp_path)
    assert plain["tracking"]["maxAngle"] == 30
    assert plain["tracking"]["gcr"] == pytest.approx(0.5)
    ordered = run(
        given, tmp_path, order(1, maxAngle=10), order(2, maxAngle=40, backTracking=False, azimuth=90)
    )
    assert ordered["tracking"]["maxAngle"] == 40
    assert any("azimuth: 90 is asked for" in warning for warning in ordered["warnings"])
    shares = load((tmp_path / ordered["shares"]).read_bytes())
    assert shares["rotation"].max() == pytest.approx(40)
    assert shares["sky"].shape == shares["ground"].shape == (3, *SHAPE)
    table_ = stored(ordered, "table", tmp_path)
    assert np.array(table_["skyShare"]).shape == SHAPE
    assert all(warning.startswith("is a tracker") is False for warning in ordered["warnings"])


def test_backtracking_takes_the_shadows_away(tmp_path: Path) -> None:
    given = scene(rows(3, tracker=True, length=200))
    with_, without = (
        stored(run({**given, "trackingParameters": {"backTracking": flag}}, tmp_path), "table", tmp_path)
        for flag in (True, False)
    )
    assert np.max(with_["directShare"]) < 0.01
    assert np.max(without["directShare"]) > 0.3


@pytest.mark.parametrize("is_tracker", [False, True])
def test_a_split_run_gives_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_tracker: bool
) -> None:
    given = scene(
        rows(3, tilt=0 if is_tracker else 20, tracker=is_tracker),
        obstructions=[[[5, -3, 0], [7, -3, 0], [6, -3, 8]]],
    )
    whole = run(given, tmp_path)
    monkeypatch.setattr(share, "_WORTH_SPLITTING", 0.0)
    log = Log()
    split = run(given, tmp_path, log=log)
    assert {name: split[name] for name in FILES} == {name: whole[name] for name in FILES}
    assert {**split, "engine": None} == {**whole, "engine": None}


def test_a_collada_file_is_kept_as_canonical_json(tmp_path: Path) -> None:
    plate = [(0, 0, 0), (20, 0, 0), (20, 3, 1), (0, 3, 1)]
    content = drawn(
        [mesh("T", plate, [[0, 1, 2, 3]])],
        [node("table 1", "T"), node("table 2", "T", "<translate>0 7 0</translate>")],
    )
    (tmp_path / name_of(content)).write_bytes(content)
    file = {"blob": name_of(content), "filename": "plant.dae", "type": "pvc", "readDiodes": True}
    result = run({"name": "s", "file": file}, tmp_path)
    canonical = stored(result, "scene", tmp_path)
    assert [each["tableHash"] for each in canonical["tableList"]] == ["table 1", "table 2"]
    assert result["tables"] == ["table 1", "table 2"]
    assert run(scene(canonical["tableList"]), tmp_path)["shares"] == result["shares"]


SHD = b"PVObject_=pvShading\r\n  Version=7.2\r\n  Comment=hall\r\n  NbObj=3\r\nEnd of PVObject pvShading\r\n"


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"name": "s", "shadingTable": {}}, "nothing_to_compute", "needs no run"),
        ({"name": "s"}, "invalid_scene", "give one of sceneJson"),
        (
            scene([{"outline": [[0, 0, 0]] * 4, "tableHash": "T7"}]),
            "invalid_scene",
            "T7 has no area; give its four",
        ),
        (scene([table(0, 0)], obstructions=3), "invalid_scene", "obstructions: give a list"),
    ],
)
def test_failures_name_the_table_and_the_remedy(tmp_path: Path, given: Any, code: str, words: str) -> None:
    with pytest.raises(Failure) as caught:
        run(given, tmp_path)
    assert caught.value.code == code
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("content", "kind", "code", "words"),
    [
        (SHD, "shd", "unmapped_format", "its keys (Version, Comment, NbObj) are unmapped; export the scene"),
        (b"\x00\x01", "shd", "unmapped_format", "none of it can be read as PVsyst text; export the scene"),
        (SHD, "pvc", "unreadable_file", "x.dae: the file is no XML"),
    ],
)
def test_files_that_cannot_be_read_say_what_to_send(
    tmp_path: Path, content: bytes, kind: str, code: str, words: str
) -> None:
    (tmp_path / name_of(content)).write_bytes(content)
    with pytest.raises(Failure) as caught:
        run({"name": "s", "file": {"blob": name_of(content), "filename": "x.dae", "type": kind}}, tmp_path)
    assert caught.value.code == code
    assert words in caught.value.message


def test_members_that_stand_apart_are_put_back(tmp_path: Path) -> None:
    given = scene(rows(2, tilt=10))
    content = json.dumps(given["sceneJson"]).encode()
    (tmp_path / name_of(content)).write_bytes(content)
    apart = {**given, "sceneJson": {"$blob": name_of(content)}}
    assert run(apart, tmp_path)["shares"] == run(given, tmp_path)["shares"]


def test_many_tables_are_named_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnomon.workloads.shading_scene.outcome.MOST_INLINE_TABLES", 1)
    monkeypatch.setattr("gnomon.workloads.shading_scene.outcome.MOST_TABLE_SHARES", 1)
    result = run(scene(rows(2, tilt=10)), tmp_path)
    assert stored(result, "tables", tmp_path) == ["0/0", "4/0"]
    assert result["tables_results"] is None


@pytest.mark.parametrize("tables", [1, 50, 1000, 20_000])
@pytest.mark.parametrize("states", [1, 5])
def test_pieces_make_up_the_work(tables: int, states: int) -> None:
    pieces = share_out(tables, 100, 720, states, 600)
    assert [place for piece in pieces for place in piece.positions] == list(range(720))
    assert [state for piece in pieces for state in piece.states] == list(range(states))
    assert (len(pieces) == 1) == (tables == 1 or (tables == 50 and states == 1))
    assert len(pieces) <= 70


def test_xml_is_read_without_namespaces() -> None:
    root = parse(b'<a:x xmlns:a="u" a:k="1"><b>t</b></a:x>')
    assert (root.tag, root.get("k"), root.findtext("b")) == ("x", "1", "t")
