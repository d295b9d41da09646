"""A run's input and the documents it refers to, gathered into what can be simulated anywhere.

The gathered work holds everything: a child that gets a range of its blocks needs nothing else, and the same
numbers come out however the blocks are shared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.core.workload import Failure, Pinned
from gnomon.pv.mount import FixedMount
from gnomon.pv.plant import AcSystem, Array, Block, DcInput, Interconnection, Losses, Shading, Thermal
from gnomon.pv.weather import Site
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model import place
from gnomon.workloads.energy_model.component import pv_inverter, pv_module

Object = Mapping[str, Any]
# A month under snow may lose all; the laboratory's losses stay below one, for something must enter the next step.
_MOST_SOILING = 1 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a run simulates: the documents of its blocks and components, its site and its soiling."""

    site: Site
    soiling: tuple[float, ...]
    circumsolar_as_beam: bool
    blocks: tuple[Object, ...]
    modules: Mapping[str, Object]
    inverters: Mapping[str, Object]

    def as_json(self, start: int, stop: int) -> dict[str, Any]:
        """Return the work on a range of the blocks as JSON."""
        site = self.site
        return {
            "site": [site.latitude, site.longitude, site.altitude, site.utc_offset],
            "soiling": list(self.soiling),
            "circumsolar_as_beam": self.circumsolar_as_beam,
            "blocks": [dict(block) for block in self.blocks[start:stop]],
            "modules": dict(self.modules),
            "inverters": dict(self.inverters),
        }


def work_of(given: Object) -> Work:
    """Return the work that `Work.as_json` wrote."""
    latitude, longitude, altitude, utc_offset = given["site"]
    return Work(
        site=Site(latitude=latitude, longitude=longitude, altitude=altitude, utc_offset=utc_offset),
        soiling=tuple(given["soiling"]),
        circumsolar_as_beam=given["circumsolar_as_beam"],
        blocks=tuple(given["blocks"]),
        modules=given["modules"],
        inverters=given["inverters"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The place of a run, its weather document, and where that comes from: a record, or a word."""

    place: doc.Place
    elevation: float
    utc_offset: float
    time_zone_name: str
    weather: Object
    weather_from: Object | str


def surroundings(given: Object, pinned: Sequence[Pinned]) -> Surroundings:
    """Find where a run's plant stands and which weather it gets: its own, or the newest at its location.

    Raises
    ------
    Failure
        If there is no weather, or no elevation; the message says what to give.
    """
    where = _place_document(given, pinned)
    at = doc.Place.model_validate(where)
    zone = at.time_zone_name or place.time_zone_name(at.latitude, at.longitude)
    offset = at.time_zone if at.time_zone is not None else place.standard_offset(zone)
    override = _zone_override(given, pinned)
    weather, weather_from = _weather_document(given, where, pinned)
    return Surroundings(
        place=at,
        elevation=at.elevation if at.elevation is not None else place.elevation(at.latitude, at.longitude),
        utc_offset=_offset(override) if override is not None else offset,
        time_zone_name=override if isinstance(override, str) else zone,
        weather=weather,
        weather_from=weather_from,
    )


def _place_document(given: Object, pinned: Sequence[Pinned]) -> Object:
    if given.get("location") is not None:
        inline: Object = given["location"]
        return inline
    return _only(pinned, "location")


def _weather_document(given: Object, where: Object, pinned: Sequence[Pinned]) -> tuple[Object, Object | str]:
    if given.get("weatherData"):
        return given["weatherData"], "inline"
    for each in pinned:
        if each.kind == "weather":
            return each.document, {"number": each.number, "name": each.document.get("name")}
    if where.get("weatherData"):
        return where["weatherData"], "location"
    raise Failure(
        "no_weather",
        "no weather: give weatherData in the input, or post a weather record linked to the location",
    )


def _zone_override(given: Object, pinned: Sequence[Pinned]) -> float | str | None:
    own = _settings(given).time_zone_override
    if own is not None:
        return own
    projects = [doc.Project.model_validate(each.document) for each in pinned if each.kind == "project"]
    return projects[0].time_zone_override if projects else None


def _settings(given: Object) -> doc.Settings:
    return doc.Settings.model_validate(given.get("settings") or {})


def _offset(zone: float | str) -> float:
    return place.standard_offset(zone) if isinstance(zone, str) else zone


def _only(pinned: Sequence[Pinned], kind: str) -> Object:
    found: Object | None = next((each.document for each in pinned if each.kind == kind), None)
    if found is None:
        raise Failure("no_location", f"no {kind} is known for this input; give location with its coordinates")
    return found


def gather(given: Object, around: Surroundings, pinned: Sequence[Pinned]) -> Work:
    """Gather what a run simulates."""
    site = Site(
        latitude=around.place.latitude,
        longitude=around.place.longitude,
        altitude=around.elevation,
        utc_offset=around.utc_offset,
    )
    return Work(
        site=site,
        soiling=tuple(min(loss, _MOST_SOILING) for loss in _soiling(given, around)),
        circumsolar_as_beam=_settings(given).circumsolar_as_beam,
        blocks=tuple(given["blocks"]),
        modules={str(each.number): each.document for each in pinned if each.kind == "module"},
        inverters={str(each.number): each.document for each in pinned if each.kind == "inverter"},
    )


def _soiling(given: Object, around: Surroundings) -> tuple[float, ...]:
    """Return the monthly soiling: the run's own, else the weather's, else the location's, else none."""
    for found in (given.get("soiling"), around.weather.get("soiling")):
        if found is not None:
            return doc.Monthly.model_validate(found).values()
    return around.place.soiling.values() if around.place.soiling else (0.0,) * 12


def pv_block(work: Work, index: int) -> Block:
    """Return a block of the work as the laboratory's record.

    Raises
    ------
    PvsystError, ValueError
        If a component's properties are wrong; checked documents are not.
    """
    block = doc.Block.model_validate(work.blocks[index])
    module_id, array = _array(block)
    module, inverter = _module(work, module_id), _inverter(work, block)
    return Block(
        name=block.name or "",
        inputs=(DcInput(module=pv_module(module, block.aoi), array=array),),
        inverter=pv_inverter(inverter),
        mount=_mount(block),
        losses=_losses(block.losses, work.soiling),
        thermal=Thermal(u_c=block.losses.u_c, u_v=block.losses.u_v),
        ac_system=_ac_system(block.ac_system),
        shading=Shading(near="unlimited" if block.shading.near == "unlimited" else "none"),
        albedo=block.albedo.values(),
        circumsolar_as_beam=work.circumsolar_as_beam,
    )


def block_documents(work: Work, index: int) -> tuple[doc.Module, doc.Inverter, int]:
    """Return a block's module and inverter as documents, and its modules in series."""
    block = doc.Block.model_validate(work.blocks[index])
    module_id, array = _array(block)
    return _module(work, module_id), _inverter(work, block), array.modules_per_string


def _module(work: Work, number: int) -> doc.Module:
    return doc.Module.model_validate(_named(work.modules, "module", number))


def _inverter(work: Work, block: doc.Block) -> doc.Inverter:
    return doc.Inverter.model_validate(_named(work.inverters, "inverter", block.inverter_id))


def _named(documents: Mapping[str, Object], kind: str, number: int) -> Object:
    found = documents.get(str(number))
    if found is None:
        raise Failure(f"no_{kind}", f"{kind} {number} is not known here; post it and refer to its id")
    return found


def _array(block: doc.Block) -> tuple[int, Array]:
    """Return module number and strings; a single DC input means the same as the older array."""
    if block.array is not None and block.module_id is not None:
        array = block.array
        return block.module_id, Array(modules_per_string=array.modules_per_string, strings=array.strings)
    if not block.dc_inputs:
        raise Failure("invalid_input", "array: give stringCount and stringLength")
    dc_input = block.dc_inputs[0]
    return dc_input.module_id, Array(modules_per_string=dc_input.modules_per_string, strings=dc_input.strings)


def _mount(block: doc.Block) -> FixedMount:
    layout = block.layout
    if layout is None or layout.surface_tilt is None or layout.surface_azimuth is None:
        raise Failure("invalid_input", "layout: give tilt and azimuth of the fixed tables")
    return FixedMount(
        surface_tilt=layout.surface_tilt, surface_azimuth=layout.surface_azimuth % 360, gcr=layout.gcr
    )


def _losses(losses: doc.DcLosses, soiling: tuple[float, ...]) -> Losses:
    return Losses(
        soiling=soiling,
        module_quality=losses.module_quality,
        lid=losses.lid,
        mismatch=losses.mismatch,
        string_voltage_mismatch=losses.string_mismatch,
        dc_ohmic=losses.dc_ohmic,
        inverter_auxiliary=losses.inverter_auxiliary,
    )


def _ac_system(ac_system: doc.AcSystem) -> AcSystem:
    losses = ac_system.losses or doc.AcLosses.model_validate({})
    transformer = losses.transformer or doc.Transformer.model_validate({})
    return AcSystem(
        number_of_inverters=ac_system.inverters,
        ac_ohmic=losses.ac_ohmic,
        no_load_loss=transformer.no_load_loss,
        load_loss=transformer.load_loss,
    )


def interconnection(plant: doc.PlantOptions) -> Interconnection:
    """Return where the plant meets the grid, in W."""
    return Interconnection(
        limit=None if plant.poi_limit_mw is None else 1e6 * plant.poi_limit_mw,
        continuous_use=1e3 * (plant.constant_auxiliary_kw or 0.0),
        continuous_threshold=1e3 * (plant.constant_auxiliary_threshold_kw or 0.0),
        proportional_use=(plant.proportional_auxiliary_w_per_kw or 0.0) / 1e3,
        proportional_threshold=1e3 * (plant.proportional_auxiliary_threshold_kw or 0.0),
    )
