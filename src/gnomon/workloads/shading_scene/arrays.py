"""Arrays of a scene as bytes: npz files, the same bytes for the same numbers."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from gnomon.workloads.shading_scene.layout import Scene

# Zip members carry a date; this is the earliest one they can.
_DATE = (1980, 1, 1, 0, 0, 0)
_LEVEL = 1  # of compression: shares are mostly 0 or 1, and more effort gains little
_TOLD = ("names", "origin", "max_rotation")


def dump(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the arrays as a compressed npz file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(
                content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
            )
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return buffer.getvalue()


def load(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays that `dump` wrote."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def dump_scene(scene: Scene) -> bytes:
    """Return a scene as bytes."""
    told = json.dumps({name: getattr(scene, name) for name in _TOLD}).encode()
    columns = {each.name: getattr(scene, each.name) for each in fields(scene) if each.name not in _TOLD}
    return dump({**columns, "told": np.frombuffer(told, dtype=np.uint8)})


def load_scene(content: bytes) -> Scene:
    """Return the scene that `dump_scene` wrote."""
    columns = load(content)
    told = json.loads(columns.pop("told").tobytes())
    return Scene(
        names=_texts(told["names"]),
        origin=(told["origin"][0], told["origin"][1], told["origin"][2]),
        max_rotation=told["max_rotation"],
        **columns,
    )


def _texts(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(names)
