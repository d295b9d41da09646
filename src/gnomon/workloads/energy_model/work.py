"""What a run simulates, whole: documents, site and settings, so that a child that gets it needs nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.core.workload import Failure
from gnomon.pv.weather import Site
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.horizon import Points
from gnomon.workloads.energy_model.options import Settings

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
    scenes: Mapping[str, Object]

    def as_json(self, start: int, stop: int) -> dict[str, Any]:
        """Return the work on a range of the blocks as JSON."""
        site = self.site
        return {
            "site": [site.latitude, site.longitude, site.altitude, site.utc_offset],
            "soiling": list(self.soiling),
            "settings": dict(self.settings),
            "horizon": None if self.horizon is None else [list(point) for point in self.horizon],
            "blocks": [dict(block) for block in self.blocks[start:stop]],
            "modules": dict(self.modules),
            "inverters": dict(self.inverters),
            "scenes": dict(self.scenes),
        }

    def module(self, number: int) -> doc.Module:
        """Return a module's document."""
        return doc.Module.model_validate(_named(self.modules, "module", number))

    def inverter(self, number: int) -> doc.Inverter:
        """Return an inverter's document."""
        return doc.Inverter.model_validate(_named(self.inverters, "inverter", number))

    def scene_table(self, number: int) -> Object:
        """Return the table of a shading scene.

        Raises
        ------
        Failure
            If the scene is not known, or has no table.
        """
        table: Object | None = _named(self.scenes, "shading_scene", number).get("shadingTable")
        if table is None:
            raise Failure("no_shading_table", f"shading scene {number} has no shadingTable; give it one")
        return table

    def options(self) -> Settings:
        """Return the run's settings."""
        return Settings.model_validate(self.settings)


def work_of(given: Object) -> Work:
    """Return the work that `Work.as_json` wrote."""
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
        scenes=given["scenes"],
    )


def _named(documents: Mapping[str, Object], kind: str, number: int) -> Object:
    found = documents.get(str(number))
    if found is None:
        words = kind.replace("_", " ")
        raise Failure(f"no_{kind}", f"{words} {number} is not known here; post it and refer to its id")
    return found
