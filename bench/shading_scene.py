"""Time the shading engine on fields of trackers and fixed tables over rolling terrain.

    python bench/shading_scene.py [--tables 50 500 5000] [--kind tracker fixed] [--processes 2] [--rays 40000]

Each field is computed for the whole default grid of sun positions and for the views of sky and ground, positions and
states shared by processes. Beside it a ray caster asks the same question of the same field at a sample of the same
positions: trimesh with embreex where these are installed, else a plain one in NumPy that tries every ray against
every table. Its time is what it would take for as many rays per table as bring its error to 0.01 of a table's area.
"""

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from gnomon.pv import shade
from gnomon.pv.shade.frame import frame_of, towards_sun, turned
from gnomon.pv.shade.shadow import incidence

NOTHING = shade.Obstructions(triangles=np.empty((0, 3, 3)))
TRACKING = shade.Tracking(max_angle=60.0, backtrack=True)
STATES = (-60.0, -45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one process computes: positions begin:end:step of the grid, or one state of the views."""

    tables: shade.Tables
    tracking: shade.Tracking
    begin: int = 0
    step: int = 1
    state: float | None = None


def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return rolling ground with slopes up to about 8 percent. [m]."""
    return 6.0 * np.sin(x / 140.0) * np.cos(y / 170.0) + 3.0 * np.sin(y / 90.0 + x / 210.0)


def field(
    count: int, *, is_tracker: bool, length: float = 60.0, width: float = 2.4, gcr: float = 0.4
) -> shade.Tables:
    """Return about equal numbers of rows and columns of meters, each table with its ends on the ground."""
    columns = max(round(np.sqrt(count * width / gcr / length)), 1)
    rows = -(-count // columns)
    line, place = np.divmod(np.arange(count), columns)
    pitch = width / gcr
    if is_tracker:
        begin = np.stack((line * pitch, place * (length + 1.0)), axis=1)
        along = np.array([0.0, 1.0])
    else:
        begin = np.stack((place * (length + 1.0), line * pitch), axis=1)
        along = np.array([1.0, 0.0])
    ends = [begin, begin + along * length]
    ends = [np.column_stack((end, height(end[:, 0], end[:, 1]) + 1.5)) for end in ends]
    tilt = 0.0 if is_tracker else np.radians(25.0)
    across = np.array([along[1], -along[0], 0.0]) * np.cos(tilt) + np.array([0.0, 0.0, -np.sin(tilt)])
    half = across * (width / 2.0)
    corners = np.stack((ends[0] + half, ends[1] + half, ends[1] - half, ends[0] - half), axis=1)
    assert rows * columns >= count
    return shade.Tables(
        corners=corners,
        is_tracker=np.full(count, is_tracker),
        axis_point=ends[0],
        axis_vector=ends[1] - ends[0],
        transverse_diodes=np.full(count, 3),
        strings_per_length=np.full(count, 2),
    )


def compute(share: Share) -> tuple[float, float, int]:
    """Return seconds of the processor, the mean share lost, and the peak memory in MB."""
    start = time.process_time()
    if share.state is not None:
        view = shade.sky_views(share.tables, NOTHING, (share.state,))
        found = float(view.sky.mean())
    else:
        zenith, azimuth = shade.grid().positions()
        part = slice(share.begin, None, share.step)
        shares = shade.cast(share.tables, NOTHING, share.tracking, zenith[part], azimuth[part])
        found = float(shares.direct[shares.incidence > 0].mean())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return time.process_time() - start, found, peak


def naive(tables: shade.Tables, rays: int) -> tuple[float, int, str]:
    """Return seconds and rays of a ray caster on one position, and its name."""
    frame = frame_of(tables, NOTHING)
    sun = towards_sun(np.array([75.0]), np.array([130.0]))[0]
    corners = turned(frame, shade.rotations(tables, TRACKING, np.array([75.0]), np.array([130.0]))[0])
    lit = np.flatnonzero(incidence(corners, frame.front, sun) > 0)
    draw = np.random.default_rng(1)
    table = draw.choice(lit, rays)
    a, b = draw.random((2, rays, 1))
    first, along, across = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 0]
    origin = first[table] + a * along[table] + b * across[table]
    try:
        import trimesh
        from trimesh.ray.ray_pyembree import RayMeshIntersector
    except ImportError:
        start = time.process_time()
        hits(origin, table, sun, first, along, across)
        return time.process_time() - start, rays, "every ray against every table"
    vertices = corners.reshape(-1, 3)
    faces = (np.arange(len(corners))[:, None, None] * 4 + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    start = time.process_time()
    caster = RayMeshIntersector(trimesh.Trimesh(vertices, faces, process=False))
    caster.intersects_any(origin + 1e-3 * sun, np.tile(sun, (rays, 1)))
    return time.process_time() - start, rays, "embree"


def hits(
    origin: np.ndarray,
    table: np.ndarray,
    sun: np.ndarray,
    first: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
) -> np.ndarray:
    """Return which rays towards the sun meet a table that is not their own."""
    met = np.zeros(len(origin), dtype=bool)
    normal = np.cross(along, across)
    for other in range(len(first)):
        t = ((first[other] - origin) @ normal[other]) / (sun @ normal[other])
        place = origin + t[:, None] * sun - first[other]
        a = np.cross(place, across[other]) @ normal[other] / (normal[other] @ normal[other])
        b = np.cross(along[other], place) @ normal[other] / (normal[other] @ normal[other])
        met |= (t > 1e-6) & (a >= 0) & (a <= 1) & (b >= 0) & (b <= 1) & (table != other)
    return met


def measure(count: int, kind: str, processes: int, rays: int) -> None:
    tables = field(count, is_tracker=kind != "fixed")
    tracking = replace(TRACKING, terrain_aware=kind == "terrain")
    positions = len(shade.grid().positions()[0])
    parts = processes * 4
    work = [Share(tables=tables, tracking=tracking, begin=begin, step=parts) for begin in range(parts)]
    looks = [
        Share(tables=tables, tracking=tracking, state=state)
        for state in (STATES if kind != "fixed" else (0.0,))
    ]
    with ProcessPoolExecutor(processes) as pool:
        start = time.perf_counter()
        cast = list(pool.map(compute, work))
        middle = time.perf_counter()
        views = list(pool.map(compute, looks))
        end = time.perf_counter()
    cast_seconds, view_seconds = (sum(one[0] for one in part) for part in (cast, views))
    each = 1e6 * cast_seconds / (count * positions)
    taken, cast_rays, caster = naive(tables, max(rays // max(count // 50, 1), 2000))
    # 2500 rays bring the standard error of a share of a half to 0.01.
    alike = taken / cast_rays * 2500 * count * positions
    print(
        f"{kind:8} {count:5} tables  {positions} positions {middle - start:7.1f} s wall {cast_seconds:7.1f} s cpu "
        f"{each:6.1f} us per table and position  views {end - middle:6.1f} s wall {view_seconds:6.1f} s cpu  "
        f"peak {max(one[2] for one in cast + views)} MB  lost {np.mean([one[1] for one in cast]):.4f} "
        f"sky {np.mean([one[1] for one in views]):.4f}  ratio to {caster}: {alike / cast_seconds:.0f}",
        flush=True,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--tables", type=int, nargs="+", default=[50, 500, 5000])
    arguments.add_argument(
        "--kind", nargs="+", default=["tracker", "fixed"], choices=("tracker", "terrain", "fixed")
    )
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--rays", type=int, default=40_000)
    given = arguments.parse_args()
    for kind in given.kind:
        for count in given.tables:
            measure(count, kind, given.processes, given.rays)


if __name__ == "__main__":
    main()
