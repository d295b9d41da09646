"""What a run simulates, whole: documents, site and settings, so that a child that gets it needs nothing else."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.core.workload import Failure
from gnomon.pv.weather import Site
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.blob import KEY
from gnomon.workloads.energy_model.horizon import Points
from gnomon.workloads.energy_model.options import Settings
from gnomon.workloads.energy_model.scene import Scenes

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The documents of a run's blocks and of what they refer to by number, its site, soiling and settings.

    Attributes
    ----------
    horizon
        Points of the location's horizon, None where it has none.
    """

    site: Site
    soiling: tuple[float, ...]
    settings: Object
    horizon: Points | None = None
    blocks: tuple[Object, ...]
    modules: Mapping[str, Object]
    inverters: Mapping[str, Object]
    scenes: Scenes

    def as_json(self, start: int, stop: int, put: Callable[[bytes], str]) -> dict[str, Any]:
        """Return the work on a range of the blocks as JSON; tables of scenes are put apart, each once."""
        site = self.site
        return {
            "site": [site.latitude, site.longitude, site.altitude, site.utc_offset],
            "soiling": list(self.soiling),
            "settings": dict(self.settings),
            "horizon": None if self.horizon is None else [list(point) for point in self.horizon],
            "blocks": [_tables_apart(block, put) for block in self.blocks[start:stop]],
            "modules": dict(self.modules),
            "inverters": dict(self.inverters),
            "scenes": self.scenes.as_json(put),
        }

    def module(self, number: int) -> doc.Module:
        """Return a module's document."""
        return doc.Module.model_validate(_named(self.modules, "module", number))

    def inverter(self, number: int) -> doc.Inverter:
        """Return an inverter's document."""
        return doc.Inverter.model_validate(_named(self.inverters, "inverter", number))

    def options(self) -> Settings:
        """Return the run's settings."""
        return Settings.model_validate(self.settings)


def work_of(given: Object, read: Callable[[str], bytes]) -> Work:
    """Return the work that `Work.as_json` wrote; what it put apart is read when it is needed."""
    latitude, longitude, altitude, utc_offset = given["site"]
    points = given["horizon"]
    return Work(
        site=Site(latitude=latitude, longitude=longitude, altitude=altitude, utc_offset=utc_offset),
        soiling=tuple(given["soiling"]),
        settings=given["settings"],
        horizon=None if points is None else tuple((azimuth, elevation) for azimuth, elevation in points),
        blocks=tuple(given["blocks"]),
        modules=given["modules"],
        inverters=given["inverters"],
        scenes=Scenes(given["scenes"], read),
    )


def _tables_apart(block: Object, put: Callable[[bytes], str]) -> Object:
    """Return a block with marks in the place of the tables in its shading and in that of its inputs."""
    shading, inputs = block.get("shading"), block.get("dcInputs")
    changed = dict(block)
    if isinstance(shading, dict) and isinstance(shading.get("sceneTable"), dict):
        changed["shading"] = shading | {"sceneTable": {KEY: put(json.dumps(shading["sceneTable"]).encode())}}
    if inputs:
        changed["dcInputs"] = [_tables_apart(each, put) for each in inputs]
    return changed


def _named(documents: Mapping[str, Object], kind: str, number: int) -> Object:
    found = documents.get(str(number))
    if found is None:
        words = kind.replace("_", " ")
        raise Failure(f"no_{kind}", f"{words} {number} is not known here; post it and refer to its id")
    return found
