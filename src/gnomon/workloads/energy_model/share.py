"""How a run's blocks are shared out among children, and what all of them see alike.

The plant's sums are made group by group, and the groups depend on the number of blocks alone: whoever computes a
group, its sum and the order in which the sums are added are the same, down to the last bit.
"""

import itertools

import numpy as np

from gnomon.pv.solarposition import Sun
from gnomon.pv.weather import Site, Weather
from gnomon.workloads.energy_model import series

# Measured: processor seconds for one row of one block, storing included.
SECONDS_PER_ROW = 4.5e-7
# From how many processor seconds on a run is worth how many children: half a second of preparing and joining is
# not shared, and below the first a run in one was as quick. Never an odd number: the last one would leave one of two
# cores idle; two for each core, so that one that is slowed down by others leaves the rest to the other.
WORTH = ((3.0, 4),)
# Each group's sum is stored: few enough to cost little beside the blocks' own series, and a number that two or
# four children share evenly.
_LEAST_GROUPS, _MOST_GROUPS = 4, 16
_BLOCKS_IN_GROUP = 8
# A sheet of so many blocks' details has below a megabyte.
_BLOCKS_IN_SHEET = 64
# Every file waits for the disk twice, however small it is; a reader of one block reads its neighbours too.
_ROWS_IN_BUNDLE = 8 * 8784
_OF_SUN = ("zenith", "apparent_zenith", "azimuth", "dni_extra")


def groups(blocks: int) -> list[range]:
    """Return contiguous groups of about equal size, each of which is summed by itself."""
    full = blocks // (_BLOCKS_IN_GROUP * _LEAST_GROUPS) * _LEAST_GROUPS
    return _cut(blocks, min(blocks, _MOST_GROUPS, max(_LEAST_GROUPS, full)))


def share_out(blocks: int, rows: int) -> list[list[range]]:
    """Return contiguous shares of the groups, each worth a process of its own; one share for a small run."""
    seconds, every = blocks * rows * SECONDS_PER_ROW, groups(blocks)
    children = max((number for least, number in WORTH if seconds >= least), default=1)
    cut = _cut(len(every), min(children, len(every)))
    return [every[share.start : share.stop] for share in cut]


def sheets(group: range) -> list[range]:
    """Return pieces of a group whose details stand in one file."""
    return _pieces(group, _BLOCKS_IN_SHEET)


def bundles(blocks: range, rows: int) -> list[range]:
    """Return pieces of some blocks whose series stand in one file, of a few megabytes whatever the step."""
    return _pieces(blocks, max(1, _ROWS_IN_BUNDLE // rows))


def _pieces(whole: range, size: int) -> list[range]:
    return [range(start, min(start + size, whole.stop)) for start in range(whole.start, whole.stop, size)]


def _cut(count: int, pieces: int) -> list[range]:
    edges = [round(count * i / pieces) for i in range(pieces + 1)]
    return [range(start, stop) for start, stop in itertools.pairwise(edges)]


def dump_seen(weather: Weather, sun: Sun) -> bytes:
    """Return what all blocks see as bytes: weather and sun, computed once for every child."""
    columns = {name: column.astype(np.float64) for name, column in weather.columns().items()}
    columns |= {name: getattr(sun, name) for name in _OF_SUN}
    return series.dump({**columns, "step": np.array([weather.step])})


def load_seen(content: bytes, site: Site) -> tuple[Weather, Sun]:
    """Return the weather and the sun that `dump_seen` wrote, for a site."""
    columns = series.load(content)
    sun = Sun(site=site, **{name: columns.pop(name) for name in _OF_SUN})
    step, label = float(columns.pop("step")[0]), columns.pop("label").astype(np.int64)
    return Weather(step=step, label=label, **columns), sun
