"""Shading scenes: three-dimensional geometry in, shares of light and diodes lost by the sun's place out."""

from gnomon.core.task import Visibility
from gnomon.core.workload import Workload
from gnomon.workloads.shading_scene.document import check_scene
from gnomon.workloads.shading_scene.kinds import RESOURCE_KINDS, SCENE_SCHEMA
from gnomon.workloads.shading_scene.simulation import PIECE_KIND, join, run, run_piece

SHADING_SCENE = Workload(
    kind="shading_scene",
    title="Near shading of a scene in three dimensions",
    run=run,
    join=join,
    input_schema=SCENE_SCHEMA,
    check=check_scene,
)
POSITIONS = Workload(
    kind=PIECE_KIND,
    title="Some positions of the sun over a scene",
    run=run_piece,
    visibility=Visibility.INTERNAL,
)
WORKLOADS = (SHADING_SCENE, POSITIONS)

__all__ = ["RESOURCE_KINDS", "WORKLOADS"]
