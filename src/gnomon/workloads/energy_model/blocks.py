"""A run's input and the documents it refers to, gathered into what can be simulated anywhere.

The gathered work holds everything: a child that gets a range of its blocks needs nothing else, and the same
numbers come out however the blocks are shared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.core.workload import Failure, Pinned
from gnomon.pv.availability import Availability, Outage
from gnomon.pv.horizon import Horizon
from gnomon.pv.plant import AcSystem, Block, Interconnection, Losses, Thermal
from gnomon.pv.weather import Site
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model import draft, horizon, place
from gnomon.workloads.energy_model.block_rules import far_shaded, has
from gnomon.workloads.energy_model.catalogue import Catalogue
from gnomon.workloads.energy_model.defaults import of_workspace
from gnomon.workloads.energy_model.inputs import pv_inputs, pv_mount, pv_shading
from gnomon.workloads.energy_model.options import Availability as GivenAvailability
from gnomon.workloads.energy_model.options import PlantOptions, Settings
from gnomon.workloads.energy_model.record import Monthly
from gnomon.workloads.energy_model.rules import snow_of
from gnomon.workloads.energy_model.scene import scenes_of
from gnomon.workloads.energy_model.wording import place_text
from gnomon.workloads.energy_model.work import Object, Work

# A month under snow may lose all; the laboratory's losses stay below one, for something must enter the next step.
_MOST_SOILING = 1 - 1e-12


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
    zone = at.time_zone_name or _zone_there(at)
    offset = at.time_zone if at.time_zone is not None else place.standard_offset(zone)
    override = _zone_override(given, pinned)
    weather, weather_from = _weather_document(given, where, pinned)
    return Surroundings(
        place=at,
        elevation=at.elevation if at.elevation is not None else place.elevation(at.latitude, at.longitude),
        utc_offset=_offset(override) if override is not None else offset,
        time_zone_name=zone if override is None else _zone_name(override),
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
    places = [f"locationId {each.number}" for each in pinned if each.kind == "location"]
    link = places[0] if places else "the location"
    file = draft.file_awaited(given, "weather")
    known = f"; the imported variant names {file}" if file else ""
    raise Failure(
        "no_weather",
        f"no weather: give weatherData in the input, or post a weather record linked to {link}{known}",
    )


def _zone_override(given: Object, pinned: Sequence[Pinned]) -> float | str | None:
    own = _settings(given).time_zone_override
    if own is not None:
        return own
    projects = [doc.Project.model_validate(each.document) for each in pinned if each.kind == "project"]
    return projects[0].time_zone_override if projects else None


def _settings(given: Object) -> Settings:
    return Settings.model_validate(given.get("settings") or {})


def _offset(zone: float | str) -> float:
    return place.standard_offset(zone) if isinstance(zone, str) else zone


def _zone_there(at: doc.Place) -> str:
    """Return the zone at the coordinates, or the hours that are given where they are not its standard time."""
    zone = place.time_zone_name(at.latitude, at.longitude)
    differs = at.time_zone is not None and at.time_zone != place.standard_offset(zone)
    return _zone_name(at.time_zone) if differs and at.time_zone is not None else zone


def _zone_name(zone: float | str) -> str:
    """Return a zone's name; hours have none but themselves, as in UTC+05:30."""
    if isinstance(zone, str):
        return zone
    hours, minutes = divmod(round(60 * abs(zone)), 60)
    return f"UTC{'-' if zone < 0 else '+'}{hours:02d}:{minutes:02d}"


def _only(pinned: Sequence[Pinned], kind: str) -> Object:
    found: Object | None = next((each.document for each in pinned if each.kind == kind), None)
    if found is None:
        raise Failure("no_location", f"no {kind} is known for this input; give location with its coordinates")
    return found


def gather(
    given: Object, around: Surroundings, pinned: Sequence[Pinned], read: Callable[[str], bytes]
) -> Work:
    """Gather what a run simulates; `read` gives the blobs that results of scenes name.

    Raises
    ------
    Failure
        If a block asks for a horizon or a model for snow, and place or weather have none.
    """
    for complaint in snow_of(around.weather, given):
        raise Failure("invalid_input", complaint.message)
    site = Site(
        latitude=around.place.latitude,
        longitude=around.place.longitude,
        altitude=around.elevation,
        utc_offset=around.utc_offset,
    )
    return Work(
        site=site,
        soiling=tuple(min(loss, _MOST_SOILING) for loss in _soiling(given, around, of_workspace(pinned))),
        settings=given.get("settings") or {},
        horizon=_horizon(given, around.place),
        blocks=tuple(given["blocks"]),
        modules=_documents(pinned, "module"),
        inverters=_documents(pinned, "inverter"),
        scenes=scenes_of(pinned, read),
    )


def _documents(pinned: Sequence[Pinned], kind: str) -> dict[str, Object]:
    return {str(each.number): each.document for each in pinned if each.kind == kind}


def _horizon(given: Object, at: doc.Place) -> horizon.Points | None:
    wanted = next(far_shaded(given), None)
    if wanted is None:
        return None
    if at.far_shading is None:
        raise Failure(
            "no_horizon",
            f"{place_text(wanted)}: the location has no horizon; give its farShading with "
            f"{horizon.ELEVATIONS} [degrees], or set farShading false",
        )
    return _profile(at.far_shading)


def _profile(far: Any) -> horizon.Points:
    try:
        return horizon.profile(far)
    except ValueError as error:
        raise Failure("invalid_input", f"the location's farShading: {error}") from error


def lacks_soiling(given: Object, around: Surroundings) -> bool:
    """Tell whether neither a run nor its weather nor its location says how dirty the modules are."""
    said = given.get("soiling"), around.weather.get("soiling"), around.place.soiling
    return all(each is None for each in said)


def _soiling(given: Object, around: Surroundings, defaults: Object) -> tuple[float, ...]:
    """Return the monthly soiling: the run's own, the weather's, the location's, the workspace's, or none."""
    for found in (given.get("soiling"), around.weather.get("soiling")):
        if found is not None:
            return Monthly.model_validate(found).values()
    if around.place.soiling is not None:
        return around.place.soiling.values()
    return Monthly.model_validate(defaults["soiling"]).values() if has(defaults, "soiling") else (0.0,) * 12


def pv_blocks(work: Work) -> list[Block]:
    """Return all blocks of the work as the laboratory's records.

    Raises
    ------
    PvsystError, ValueError
        If a component's properties are wrong; checked documents are not.
    """
    catalogue = Catalogue(work)
    return [pv_block(work, index, catalogue) for index in range(len(work.blocks))]


def pv_block(work: Work, index: int, catalogue: Catalogue | None = None) -> Block:
    """Return one block of the work, as `pv_blocks` does; the catalogue of the work saves reading it again."""
    catalogue = catalogue or Catalogue(work)
    block = doc.Block.model_validate(work.blocks[index])
    settings = work.options()
    if block.layout is None:
        raise Failure("invalid_input", "layout: give how the modules stand")
    return Block(
        name=block.name or "",
        inputs=pv_inputs(work, block, catalogue, f"blocks[{index}]"),
        inverter=catalogue.inverter(block.inverter_id),
        mount=pv_mount(block.layout, work),
        losses=_losses(block.losses, work.soiling, settings),
        thermal=Thermal(u_c=block.losses.u_c, u_v=block.losses.u_v),
        ac_system=_ac_system(block.ac_system),
        shading=pv_shading(block.shading, work),
        horizon=Horizon.around(work.horizon) if block.shading.far and work.horizon else None,
        albedo=block.albedo.values(),
        circumsolar_as_beam=settings.circumsolar_as_beam,
        spectral=not settings.ignore_spectral_correction,
        power_sharing=settings.power_sharing or "independent_equal",
        mppt_fraction=block.ac_system.mppt_fraction or 1.0,
        sub_hourly_clipping=settings.sub_hourly_clipping.variability if settings.sub_hourly_clipping else 0.0,
        snow_strings=settings.snow.strings_along_slope if settings.snow and settings.snow.model else None,
    )


def _losses(losses: doc.DcLosses, soiling: tuple[float, ...], settings: Settings) -> Losses:
    snow = settings.snow.monthly if settings.snow else None
    return Losses(
        soiling=soiling,
        snow=tuple(min(loss, _MOST_SOILING) for loss in snow.values()) if snow else (0.0,) * 12,
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
    mv = _medium_voltage(ac_system.mv, losses.mv)
    return AcSystem(
        mv_ohmic_loss=mv.ohmic_loss,
        mv_transformer_loss=mv.transformer_loss,
        number_of_inverters=ac_system.inverters,
        ac_ohmic=losses.ac_ohmic,
        no_load_loss=transformer.no_load_loss,
        load_loss=transformer.load_loss,
    )


def _medium_voltage(*places: doc.MediumVoltageLosses | None) -> doc.MediumVoltageLosses:
    """Return what the contract's two places give together; where both give one field they agree."""
    given = [each.model_dump(by_alias=True, exclude_unset=True) for each in places if each is not None]
    return doc.MediumVoltageLosses.model_validate({key: each[key] for each in given for key in each})


def interconnection(plant: PlantOptions) -> Interconnection:
    """Return where the plant meets the grid, in W."""
    return Interconnection(
        limit=None if plant.poi_limit_mw is None else 1e6 * plant.poi_limit_mw,
        limit_at_inverters=plant.limit_at_inverters,
        availability=pv_availability(plant.availability) if plant.availability else None,
        continuous_use=1e3 * (plant.constant_auxiliary_kw or 0.0),
        continuous_threshold=1e3 * (plant.constant_auxiliary_threshold_kw or 0.0),
        proportional_use=(plant.proportional_auxiliary_w_per_kw or 0.0) / 1e3,
        proportional_threshold=1e3 * (plant.proportional_auxiliary_threshold_kw or 0.0),
    )


def pv_availability(given: GivenAvailability) -> Availability:
    """Return when and how far the plant stands still: the losses beside what is available."""
    return Availability(
        monthly=tuple(1.0 - left for left in given.monthly.values()) if given.monthly else (0.0,) * 12,
        outages=tuple(
            Outage(start=each.start / 1e3, end=each.stop / 1e3, share=1.0 - each.available)
            for each in given.periods
        ),
    )
