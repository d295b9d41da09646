"""How a scene's trackers are asked to move: read from a document, or what is taken where nothing is said."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_args

from gnomon.pv.shade.tracker import TerrainMethod, Tracking
from gnomon.workloads.shading_scene.fields import Loc, Notes, flag, number, shown, text, unknown

METHODS: tuple[TerrainMethod, ...] = get_args(TerrainMethod)
"""How a terrain-aware tracker looks for its rotation."""
FIELDS = (
    *("gcr", "azimuth", "axisTilt", "backTracking", "maxAngle"),
    *("terrainAware", "terrainAwareDiodeThreshold", "terrainAwareMethod"),
)
_NAMES = {
    "axis_tilt": "axisTilt",
    "backtrack": "backTracking",
    "max_angle": "maxAngle",
    "terrain_aware": "terrainAware",
    "diode_threshold": "terrainAwareDiodeThreshold",
    "method": "terrainAwareMethod",
}
_SNAKE = {
    "axis_tilt": "axisTilt",
    "back_tracking": "backTracking",
    "max_angle": "maxAngle",
    "terrain_aware": "terrainAware",
    "terrain_aware_diode_threshold": "terrainAwareDiodeThreshold",
    "terrain_aware_method": "terrainAwareMethod",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOrder:
    """What is asked of the trackers.

    Attributes
    ----------
    gcr
        Collector width over row pitch for backtracking; None: from the geometry.
    azimuth, axis_tilt
        The axis, for trackers whose tables do not show it; None: from the tables. [degrees]
    max_angle
        Of rotation to either side. [degrees]
    terrain_aware
        Each tracker backtracks by its own neighbours instead of all by one `gcr`.
    diode_threshold
        Share of shaded diodes that a terrain-aware tracker lets pass.
    """

    gcr: float | None = None
    azimuth: float | None = None
    axis_tilt: float | None = None
    backtrack: bool = True
    max_angle: float = 60.0
    terrain_aware: bool = False
    diode_threshold: float = 0.0
    method: TerrainMethod = "balanced"

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> "TrackingOrder":
        """Return what `as_json` wrote."""
        return cls(**{name: told[_NAMES.get(name, name)] for name in cls.__dataclass_fields__})

    def as_json(self) -> dict[str, Any]:
        """Return it under the documents' names."""
        return {_NAMES.get(name, name): value for name, value in asdict(self).items()}


def engine_tracking(order: TrackingOrder) -> Tracking:
    """Return how the engine is to turn the trackers."""
    return Tracking(
        max_angle=order.max_angle,
        backtrack=order.backtrack,
        gcr=order.gcr,
        terrain_aware=order.terrain_aware,
        diode_threshold=order.diode_threshold,
        method=order.method,
    )


def camel(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with the names of form fields (`axis_tilt`) as those of JSON (`axisTilt`)."""
    return {_SNAKE.get(key, key): value for key, value in document.items()}


def read_tracking(document: Mapping[str, Any], at: Loc, notes: Notes) -> TrackingOrder:
    """Read what is asked of the trackers; what is wrong is noted."""
    given = camel(document)
    unknown(given, (*FIELDS, "shadingSceneId", "name"), at, notes)
    told: dict[str, Any] = {
        "gcr": number(given, "gcr", at, notes, low=0.01, high=0.99),
        "azimuth": number(given, "azimuth", at, notes, low=-360, high=360),
        "axis_tilt": number(given, "axisTilt", at, notes, low=-89, high=89),
        "backtrack": flag(given, "backTracking", at, notes),
        "max_angle": number(given, "maxAngle", at, notes, low=0, high=90),
        "terrain_aware": flag(given, "terrainAware", at, notes),
        "diode_threshold": number(given, "terrainAwareDiodeThreshold", at, notes, low=0, high=1),
        "method": _method(given, at, notes),
    }
    return TrackingOrder(**{name: value for name, value in told.items() if value is not None})


def _method(given: Mapping[str, Any], at: Loc, notes: Notes) -> TerrainMethod | None:
    method = text(given, "terrainAwareMethod", at, notes)
    found = next((each for each in METHODS if each == method), None)
    if method is not None and found is None:
        words = f"{shown(method)} is not known; give {' or '.join(METHODS)}"
        notes.complain((*at, "terrainAwareMethod"), words, "choice")
    return found
