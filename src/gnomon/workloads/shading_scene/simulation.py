"""The run of a scene: read it, share its positions out, and put the result together."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.core.fold import marked_blob
from gnomon.core.task import Json
from gnomon.core.workload import Child, ChildResult, Context, Failure, Split
from gnomon.workloads.shading_scene import arrays, shd
from gnomon.workloads.shading_scene.canonical import read_scene
from gnomon.workloads.shading_scene.cast import DIRECTIONS, Columns, compute, together, with_gcr
from gnomon.workloads.shading_scene.document import SOURCES, warnings_of
from gnomon.workloads.shading_scene.fields import Notes
from gnomon.workloads.shading_scene.gcr import Density, density
from gnomon.workloads.shading_scene.grid import expected_positions, rotation_states
from gnomon.workloads.shading_scene.layout import Scene
from gnomon.workloads.shading_scene.outcome import Told, result_of
from gnomon.workloads.shading_scene.pvc import read_pvc
from gnomon.workloads.shading_scene.share import Piece, share_out
from gnomon.workloads.shading_scene.trackers import asked_and_built
from gnomon.workloads.shading_scene.tracking import TrackingOrder, camel, read_tracking
from gnomon.workloads.shading_scene.xml import NotReadable

PIECE_KIND = "shading_scene_positions"
_LARGEST_FILE = 128 << 20
_MOST_WARNINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A scene read and measured.

    Attributes
    ----------
    canonical
        Its canonical JSON as bytes, when it came from a file.
    order
        What is asked of its trackers; None without any.
    """

    scene: Scene
    canonical: bytes | None
    order: TrackingOrder
    density: Density
    warnings: tuple[str, ...]


def run(given: Json, ctx: Context) -> Json | Split:
    """Compute a scene; a large one is split by positions of the sun.

    Raises
    ------
    Failure
        If it cannot be read; the message names the table and what to give instead.
    """
    started = time.monotonic()
    ctx.progress(0, "parsing")
    ctx.emit({"positions": {"expected": expected_positions()}})
    ready = prepare(given, ctx)
    pieces = share_out(
        len(ready.scene.names),
        len(ready.scene.triangles),
        expected_positions(),
        len(rotation_states(ready.scene, ready.order)),
        DIRECTIONS,
    )
    ctx.progress(2, "shading")
    if len(pieces) > 1:
        return _split(ready, pieces, ctx)
    columns = compute(ready.scene, ready.order, pieces[0], _watch(ctx, 2, 95))
    ctx.progress(95, "saving")
    return _result(ready, [columns], time.monotonic() - started, ctx)


def run_piece(given: Json, ctx: Context) -> Json:
    """Compute some positions, or views at some rotations, of a scene that is stored."""
    started = time.monotonic()
    scene = arrays.load_scene(ctx.get(given["scene"]))
    order = TrackingOrder.of_json(given["tracking"])
    piece = Piece(positions=range(*given["positions"]), states=tuple(given["states"]))
    ctx.progress(0, "shading")
    columns = compute(scene, order, piece, _watch(ctx, 0, 100))
    return {"columns": ctx.put(arrays.dump(columns)), "seconds": round(time.monotonic() - started, 2)}


def join(_: Json, children: Sequence[ChildResult], state: Json, ctx: Context) -> Json:
    """Make the result of the children's pieces: the same as of a run in one."""
    ctx.progress(96, "saving")
    known = json.loads(ctx.get(state["known"]))
    scene = arrays.load_scene(ctx.get(state["scene"]))
    ready = Ready(
        scene=scene,
        canonical=None if state["canonical"] is None else ctx.get(state["canonical"]),
        order=TrackingOrder.of_json(known["tracking"]),
        density=Density(**known["density"]),
        warnings=tuple(known["warnings"]),
    )
    return _result(ready, _fetched(children, ctx), sum(child.result["seconds"] for child in children), ctx)


def _fetched(children: Sequence[ChildResult], ctx: Context) -> list[Columns]:
    columns: list[Columns] = []
    for child in children:
        ctx.checkpoint()
        columns.append(arrays.load(ctx.get(child.result["columns"])))
    return columns


def _split(ready: Ready, pieces: Sequence[Piece], ctx: Context) -> Split:
    scene, tracking = ctx.put(arrays.dump_scene(ready.scene)), ready.order.as_json()
    children = (
        Child(
            kind=PIECE_KIND,
            input={
                "scene": scene,
                "tracking": tracking,
                "positions": [piece.positions.start, piece.positions.stop],
                "states": list(piece.states),
            },
        )
        for piece in pieces
    )
    known = {
        "tracking": tracking,
        "density": {name: getattr(ready.density, name) for name in Density.__dataclass_fields__},
        "warnings": list(ready.warnings),
    }
    state = {
        "scene": scene,
        "canonical": None if ready.canonical is None else ctx.put(ready.canonical),
        "known": ctx.put(json.dumps(known).encode()),
    }
    return Split(children=tuple(children), state=state)


def _watch(ctx: Context, start: float, stop: float) -> Callable[[float], None]:
    """Return what is called while an attempt computes: it tells progress, and gives way."""

    def done(share: float) -> None:
        ctx.checkpoint()
        ctx.progress(start + (stop - start) * share, "shading")

    return done


def _result(ready: Ready, columns: Sequence[Columns], seconds: float, ctx: Context) -> Json:
    outcome = together(ready.scene, columns)
    ctx.checkpoint()
    told = Told(
        scene_blob=None if ready.canonical is None else ctx.put(ready.canonical),
        order=ready.order if ready.scene.is_tracker.any() else None,
        density=ready.density,
        warnings=ready.warnings,
        seconds=seconds,
    )
    return result_of(ready.scene, outcome, told, ctx.put)


def prepare(given: Json, ctx: Context) -> Ready:
    """Read and measure a scene.

    Raises
    ------
    Failure
        If it cannot be read, or holds nothing to compute.
    """
    document = _whole(given, ctx)
    notes = Notes(warnings=warnings_of(document))
    canonical = _canonical(document, notes, ctx)
    scene = read_scene(json.loads(canonical) if document.get("file") else document["sceneJson"], notes)
    tracking = _tracking(document, ctx, notes)
    if scene is None or notes.complaints:
        raise Failure("invalid_scene", "; ".join(complaint.message for complaint in notes.all_complaints()))
    found = density(scene)
    order, scene = asked_and_built(tracking, scene, found, notes)
    return Ready(
        scene=scene,
        canonical=canonical if document.get("file") else None,
        order=with_gcr(order, found.gcr),
        density=found,
        warnings=_few(notes.warnings),
    )


def _whole(given: Json, ctx: Context) -> Mapping[str, Any]:
    """Return the document with the members that stand apart put back."""
    if not isinstance(given, Mapping):
        raise Failure("invalid_scene", "give a JSON object with sceneJson or file")
    marks = {key: name for key, value in given.items() if (name := marked_blob(value)) is not None}
    document = {**given, **{key: json.loads(ctx.get(name)) for key, name in marks.items()}}
    sources = [key for key in SOURCES if document.get(key) is not None]
    if sources == ["shadingTable"]:
        raise Failure(
            "nothing_to_compute", "shadingTable: it is computed already; a scene with it needs no run"
        )
    if len(sources) != 1:
        raise Failure("invalid_scene", f"give one of {', '.join(SOURCES)}")
    return document


def _canonical(document: Mapping[str, Any], notes: Notes, ctx: Context) -> bytes:
    """Return the canonical JSON of a scene that came as a file; nothing for others."""
    file = document.get("file")
    if not file:
        return b""
    content = ctx.get(file["blob"])
    if len(content) > _LARGEST_FILE:
        words = f"file: {len(content) >> 20} MB; send at most {_LARGEST_FILE >> 20} MB, a part of the plant"
        raise Failure("file_too_large", words)
    if file.get("type") == "shd":
        raise Failure("unmapped_format", shd.refusal(content))
    try:
        read_diodes = file.get("readDiodes")
        scene, warnings = read_pvc(content, read_diodes=read_diodes is None or read_diodes)
    except NotReadable as error:
        raise Failure("unreadable_file", f"{file.get('filename') or 'file'}: {error}") from error
    notes.warnings += warnings
    return json.dumps(scene, separators=(",", ":"), allow_nan=False).encode()


def _tracking(document: Mapping[str, Any], ctx: Context, notes: Notes) -> Mapping[str, Any] | None:
    """Return what is asked of the trackers: by the newest tracking input, or else by the document."""
    pinned = [each for each in ctx.references if each.kind == "tracking_input"]
    if pinned:
        asked: Mapping[str, Any] = max(pinned, key=lambda each: each.number).document
    elif document.get("trackingParameters"):
        asked = document["trackingParameters"]
    else:
        return None
    read_tracking(asked, ("trackingParameters",), notes)
    return camel(asked)


def _few(warnings: Sequence[str]) -> tuple[str, ...]:
    told = tuple(dict.fromkeys(warnings))
    return (
        told
        if len(told) <= _MOST_WARNINGS
        else (*told[:_MOST_WARNINGS], f"... and {len(told) - _MOST_WARNINGS} more")
    )
