"""The contract's nouns and the kinds of the house that they name."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A saved thing: its path, its kind, and what its global id is called."""

    path: str
    kind: str
    one: str
    global_id: str
    left_out_of_lists: frozenset[str] = frozenset()


LOCATION = Noun(path="/locations", kind="location", one="location", global_id="globalLocationId")
WEATHER = Noun(
    path="/weatherdata",
    kind="weather",
    one="weather record",
    global_id="globalWeatherDataId",
    left_out_of_lists=frozenset(
        {"ghi", "dhi", "dni", "windSpeed", "temperature", "relativeHumidity", "poa", "date"}
    ),
)
MODULE = Noun(path="/modules", kind="module", one="module", global_id="globalModuleId")
INVERTER = Noun(path="/inverters", kind="inverter", one="inverter", global_id="globalInverterId")
PROJECT = Noun(path="/projects", kind="project", one="project", global_id="globalProjectId")
ENERGY_MODEL = Noun(
    path="/energymodels", kind="energy_model", one="energy model", global_id="globalEnergyModelId"
)
SCENE = Noun(
    path="/shadingscenes",
    kind="shading_scene",
    one="shading scene",
    global_id="globalShadingSceneId",
    left_out_of_lists=frozenset({"sceneJson", "shadingTable"}),
)
TRACKING_INPUT = Noun(
    path="/trackinginputs", kind="tracking_input", one="tracking input", global_id="globalTrackingInputId"
)
"""Set by a route of its scene; it has none of its own."""

WORKSPACE_SETTINGS = "workspace_settings"
"""The kind of a workspace's settings, of which it has one: number 1."""

COMPONENT_FILE = "pvsyst_component"
"""The kind of task that reads a module's or an inverter's file."""

PROJECT_FILES = "pvsyst_project"
"""The kind of task that reads a project's files."""

WEATHER_FETCH = "weather_fetch"
"""The kind of task that asks a provider for the weather of a place."""

TASK_TYPES = frozenset(
    {
        *("energy_model", COMPONENT_FILE, PROJECT_FILES, WEATHER_FETCH),
        *("shading", "shading_scene_create", "workflow"),
    }
)
"""The contract's own words for kinds of tasks, whether this server offers them or not."""

TYPE_OF_KIND: Mapping[str, str] = {SCENE.kind: "shading_scene_create"}
"""What the contract calls the tasks of a kind, where it is not our own word."""

KIND_OF_TYPE: Mapping[str, str] = {"shading_scene_create": SCENE.kind, "shading": SCENE.kind}
"""The kind that a type of the contract asks for; it has two words for one."""
