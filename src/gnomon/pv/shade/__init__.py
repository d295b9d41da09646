"""The shading engine: what tables of modules on their real places take from each other's light.

Metres with x east, y north and z up; degrees with the azimuth clockwise from north; every share is a loss.
"""

from gnomon.pv.shade.cast import Shares, cast
from gnomon.pv.shade.sungrid import SunGrid, grid, scene_mean
from gnomon.pv.shade.tables import Obstructions, Tables, areas, table_rows
from gnomon.pv.shade.tracker import Tracking, rotations, spacing
from gnomon.pv.shade.view import Views, sky_views

__all__ = [
    "Obstructions",
    "Shares",
    "SunGrid",
    "Tables",
    "Tracking",
    "Views",
    "areas",
    "cast",
    "grid",
    "rotations",
    "scene_mean",
    "sky_views",
    "spacing",
    "table_rows",
]
