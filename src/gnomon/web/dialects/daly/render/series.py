"""Stored columns under the wire's names."""

from collections.abc import Mapping

from gnomon.core.task import Json
from gnomon.web.dialects.daly.render.energy_model import BASE_COLUMNS, LOSS_PREFIX, camel
from gnomon.web.series import Columns


def render_base(columns: Columns) -> Mapping[str, Json]:
    """Keep the six base series."""
    return {BASE_COLUMNS[name]: _plain(name, columns) for name in BASE_COLUMNS if name in columns}


def render_all(columns: Columns) -> Mapping[str, Json]:
    """Keep every series, and the losses apart."""
    plain = {name for name in columns if not name.startswith(LOSS_PREFIX)}
    named = {BASE_COLUMNS.get(name, camel(name)): _plain(name, columns) for name in columns if name in plain}
    return {**named, **_losses(columns)}


def render_base_with_losses(columns: Columns) -> Mapping[str, Json]:
    """Keep the six base series and the losses of each moment."""
    return {**render_base(columns), **_losses(columns)}


def _losses(columns: Columns) -> Mapping[str, Json]:
    losses = {
        # A step is called here as in `losses`: its name is not translated.
        name.removeprefix(LOSS_PREFIX): column
        for name, column in columns.items()
        if name.startswith(LOSS_PREFIX)
    }
    return {"lossBreakdown": losses} if losses else {}


def _plain(name: str, columns: Columns) -> Json:
    # Milliseconds are stored as floats, which hold them exactly, and shown as the integers they are.
    return columns[name].astype("int64") if name == "date" else columns[name]
