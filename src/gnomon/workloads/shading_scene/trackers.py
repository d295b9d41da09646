"""What is asked of a scene's trackers against what is built: the built axes win, and differences are told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.workloads.shading_scene.fields import Notes
from gnomon.workloads.shading_scene.gcr import Density
from gnomon.workloads.shading_scene.layout import Scene
from gnomon.workloads.shading_scene.tracking import TrackingOrder, read_tracking

_TURNED_AWAY = 5.0  # degrees between the axis that is asked for and the one that is built
_OFF = 0.1  # of the ratio of width and pitch


def asked_and_built(
    asked: Mapping[str, Any] | None, scene: Scene, found: Density, notes: Notes
) -> tuple[TrackingOrder, Scene]:
    """Return how the trackers turn, and the scene; what differs from the request is told."""
    order = read_tracking(asked, (), Notes()) if asked is not None else TrackingOrder()
    if not scene.is_tracker.any():
        if asked is not None:
            notes.warn("trackingParameters: not used, no table of the scene is a tracker")
        return TrackingOrder(), scene
    if scene.max_rotation is not None and (asked is None or asked.get("maxAngle") is None):
        limit = min(max(scene.max_rotation, 0.0), 90.0)
        order = replace(order, max_angle=limit)
        notes.warn(f"maxAngle: not given; {limit:g} degrees, as the file has it")
    elif asked is None:
        notes.warn(
            f"trackingParameters: not given; trackers turn by up to {order.max_angle:g} degrees, and back by the "
            "gcr of the geometry"
        )
    _tell_axis(order, scene, found, notes)
    _tell_gcr(order, found, notes)
    return order, scene


def _tell_axis(order: TrackingOrder, scene: Scene, found: Density, notes: Notes) -> None:
    axes = scene.axis_vector[scene.is_tracker]
    built = float(np.median(np.degrees(np.arctan2(axes[:, 0], axes[:, 1]))))
    if order.azimuth is not None:
        apart = abs((order.azimuth - built + 90.0) % 180.0 - 90.0)
        if apart > _TURNED_AWAY:
            notes.warn(
                f"azimuth: {order.azimuth:g} is asked for, the tables' axes lie at {built % 360.0:.0f}, as used"
            )
    if order.axis_tilt is not None and abs(abs(order.axis_tilt) - abs(found.axis_tilt)) > _TURNED_AWAY:
        notes.warn(
            f"axisTilt: {order.axis_tilt:g} is asked for, the tables' axes lie at {found.axis_tilt:.1f}, as used"
        )


def _tell_gcr(order: TrackingOrder, found: Density, notes: Notes) -> None:
    if order.gcr is None or found.gcr is None or order.terrain_aware or not order.backtrack:
        return
    if abs(order.gcr - found.gcr) > _OFF * found.gcr:
        notes.warn(
            f"gcr: {order.gcr:g} is asked for, the tables stand at {found.gcr:.3f}; trackers turn back by the first"
        )
