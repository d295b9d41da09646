"""Time series as bytes: one uncompressed npz a block, the same bytes for the same numbers."""

import io
import zipfile
from collections.abc import Mapping

import numpy as np

from gnomon.pv.arrays import FloatArray

Columns = Mapping[str, FloatArray]

# Zip members carry a date; this is the earliest one they can.
_DATE = (1980, 1, 1, 0, 0, 0)


def dump(columns: Columns) -> bytes:
    """Return the columns as an npz file of float64 arrays; equal columns give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, column in columns.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), _npy(column))
    return buffer.getvalue()


def _npy(column: FloatArray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(column, dtype=np.float64), allow_pickle=False)
    return buffer.getvalue()


def load(content: bytes) -> dict[str, FloatArray]:
    """Return the columns of an npz file, in their order."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
