"""For which positions of the sun a scene is computed, and for which rotations its views of the sky."""

from gnomon.pv.shade import SunGrid, grid
from gnomon.workloads.shading_scene.layout import Scene
from gnomon.workloads.shading_scene.tracking import TrackingOrder


def sun_grid() -> SunGrid:
    """Return the positions of the sun of every scene: the engine's grid."""
    return grid()


def expected_positions() -> int:
    """Return how many positions of the sun a scene has."""
    around, upward = sun_grid().shape()
    return around * upward


def rotation_states(scene: Scene, order: TrackingOrder) -> tuple[float, ...]:
    """Return the rotations for which views of sky and ground are computed: five, or one if nothing turns."""
    if not scene.is_tracker.any() or order.max_angle == 0.0:
        return (0.0,)
    half = order.max_angle / 2.0
    return (-order.max_angle, -half, 0.0, half, order.max_angle)
