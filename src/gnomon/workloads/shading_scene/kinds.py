"""The nouns of near shading: a scene, and how its trackers move."""

from gnomon.core.resource import ResourceKind
from gnomon.workloads.shading_scene import document
from gnomon.workloads.shading_scene.tracking import FIELDS, METHODS

_TRACKING = {
    "gcr": {"type": "number"},
    "azimuth": {"type": "number"},
    "axisTilt": {"type": "number"},
    "backTracking": {"type": "boolean"},
    "maxAngle": {"type": "number"},
    "terrainAware": {"type": "boolean"},
    "terrainAwareDiodeThreshold": {"type": ["number", "null"]},
    "terrainAwareMethod": {"enum": [*METHODS, None]},
}
assert tuple(_TRACKING) == FIELDS

SCENE_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"]},
        "sceneSource": {"type": ["string", "null"]},
        "sceneJson": {"type": ["object", "null"]},
        "file": {
            "type": ["object", "null"],
            "properties": {
                "blob": {"type": "string"},
                "filename": {"type": ["string", "null"]},
                "type": {"enum": list(document.FILE_TYPES)},
                "readDiodes": {"type": ["boolean", "null"]},
            },
        },
        "trackingParameters": {"type": ["object", "null"]},
        "shadingTable": {"type": ["object", "null"]},
    },
}
RESOURCE_KINDS = (
    ResourceKind(
        kind="shading_scene",
        schema=SCENE_SCHEMA,
        check=document.check_scene,
        gathers=("tracking_input",),
        needs_result=document.needs_result,
    ),
    ResourceKind(
        kind="tracking_input",
        schema={
            "type": "object",
            "required": ["shadingSceneId", "gcr"],
            "properties": {"shadingSceneId": {"type": "integer", "minimum": 1}, **_TRACKING},
        },
        check=document.check_tracking_input,
        references=document.scene_of,
    ),
)
