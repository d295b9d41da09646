"""Stored columns under the wire's names."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from gnomon.core.task import Json
from gnomon.web.dialects.daly.render.energy_model import BASE_COLUMNS, LOSS_PREFIX, camel, camel_keys
from gnomon.web.series import Columns, Shape

OWN_COLUMNS: Mapping[str, str] = {
    **BASE_COLUMNS,
    "direct_shading_factor": "DirectShadingFactor",
    "shadow_height": "ShadowHeight",
    "shaded_diode_fraction": "ShadedDiodeFraction",
}
"""Series that the contract names in its own way; the rest is translated word by word."""

CLIPPED = frozenset({"mppt_voltage_clip_loss", "mppt_current_clip_loss", "inverter_dc_clip_loss"})
"""Sums over steps of the losses, which the contract calls so."""


def render_base(columns: Columns) -> Mapping[str, Json]:
    """Keep the six base series."""
    return {BASE_COLUMNS[name]: _plain(name, columns) for name in BASE_COLUMNS if name in columns}


def render_all(columns: Columns) -> Mapping[str, Json]:
    """Keep every series, and the losses apart."""
    plain = [name for name in columns if not _is_loss(name)]
    named = {OWN_COLUMNS.get(name, camel(name)): _plain(name, columns) for name in plain}
    return {**named, **_losses(columns)}


def render_base_with_losses(columns: Columns) -> Mapping[str, Json]:
    """Keep the six base series and the losses of each moment."""
    return {**render_base(columns), **_losses(columns)}


def _losses(columns: Columns) -> Mapping[str, Json]:
    losses = {
        # A step is called here as in `losses`: its name is not translated.
        name.removeprefix(LOSS_PREFIX): column
        for name, column in columns.items()
        if _is_loss(name)
    }
    return {"lossBreakdown": losses} if losses else {}


def _is_loss(name: str) -> bool:
    return name.startswith(LOSS_PREFIX) or name in CLIPPED


def local_time(section: Mapping[str, Json]) -> Shape:
    """Return what shows the section of the site's own time with every moment of the series in it."""
    return partial(_with_dates, section)


def _with_dates(section: Mapping[str, Json], columns: Columns) -> Mapping[str, Json]:
    minutes = round(60 * section["utc_offset_h"])
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = (columns["date"].astype("int64") + 60_000 * minutes).astype("datetime64[ms]")
    texts = np.datetime_as_string(local.astype("datetime64[s]")).tolist()
    dates = [f"{text}{sign}{hours:02d}:{rest:02d}" for text in texts]
    return {**camel_keys(dict(section)), "dateLocal": dates}


def _plain(name: str, columns: Columns) -> Json:
    # Milliseconds are stored as floats, which hold them exactly, and shown as the integers they are.
    return columns[name].astype("int64") if name == "date" else columns[name]
