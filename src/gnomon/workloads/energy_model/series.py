"""Time series as bytes: uncompressed npz files, the same bytes for the same numbers.

A few blocks stand in one file, for every file waits for the disk, however small it is. A name in it is
`part/column`; a plain `column` belongs to every part.
"""

import io
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from gnomon.pv.arrays import FloatArray

Columns: TypeAlias = Mapping[str, FloatArray]

# Zip members carry a date; this is the earliest one they can.
_DATE = (1980, 1, 1, 0, 0, 0)


def dump(columns: Columns) -> bytes:
    """Return the columns as an npz file of float64 arrays; equal columns give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, column in columns.items():
            content = _head(column.shape) + column.astype("<f8", copy=False).tobytes()
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), content)
    return buffer.getvalue()


@lru_cache(maxsize=64)
def _head(shape: tuple[int, ...]) -> bytes:
    """Return what stands before the numbers of an npy file; columns of a run have one length, so one head."""
    buffer = io.BytesIO()
    words = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, words)
    return buffer.getvalue()


def bundle(parts: Mapping[str, Columns], alike: Columns) -> bytes:
    """Return the columns of several parts as one npz file; those that all have alike stand in it once."""
    apart = {
        f"{part}/{name}": column
        for part, columns in parts.items()
        for name, column in columns.items()
        if name not in alike
    }
    return dump({**alike, **apart})


def load(content: bytes, part: str = "") -> dict[str, FloatArray]:
    """Return the columns of an npz file, in their order: all plain ones, and those of one part."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {
            name.rpartition("/")[2]: archive[name]
            for name in archive.files
            if name.rpartition("/")[0] in ("", part)
        }
