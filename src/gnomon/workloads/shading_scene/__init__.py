"""Shading scenes: three-dimensional geometry in, shares of light and diodes lost by the sun's place out."""

from gnomon.core.workload import Workload
from gnomon.workloads.shading_scene.kinds import RESOURCE_KINDS

WORKLOADS: tuple[Workload, ...] = ()

__all__ = ["RESOURCE_KINDS", "WORKLOADS"]
