"""Time series as bytes: one uncompressed npz a block, the same bytes for the same numbers.

What only people and charts read is stored with seven digits: a large plant's run waits for the disk more than for
anything else. What is added up later, and moments, keep all their digits.
"""

import io
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gnomon.pv.arrays import FloatArray

AnyArray: TypeAlias = FloatArray | npt.NDArray[np.float32]
Columns: TypeAlias = Mapping[str, FloatArray]

# Zip members carry a date; this is the earliest one they can.
_DATE = (1980, 1, 1, 0, 0, 0)


def dump(columns: Mapping[str, AnyArray]) -> bytes:
    """Return the columns as an npz file of float64 or float32 arrays; equal columns give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, column in columns.items():
            kind = "<f4" if column.dtype == np.float32 else "<f8"
            content = _head(kind, column.shape) + column.astype(kind, copy=False).tobytes()
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), content)
    return buffer.getvalue()


def to_read(columns: Columns) -> dict[str, AnyArray]:
    """Return the columns as they are stored to be read, not to be added up; moments stay whole."""
    return {name: column if name == "date" else column.astype(np.float32) for name, column in columns.items()}


@lru_cache(maxsize=64)
def _head(kind: str, shape: tuple[int, ...]) -> bytes:
    """Return what stands before the numbers of an npy file; columns of a run have one length, so one head."""
    buffer = io.BytesIO()
    words = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, words)
    return buffer.getvalue()


def load(content: bytes) -> dict[str, FloatArray]:
    """Return the columns of an npz file, in their order."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name].astype(np.float64, copy=False) for name in archive.files}
