"""What an import saves: locations with their weather, components, projects, and a draft model for each variant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gnomon.pvsyst import Horizon, PvsystVariant, Site, parse, read_variant
from gnomon.workloads.pvsyst_import.mapping.model import Around, Mapped, model
from gnomon.workloads.pvsyst_import.mapping.place import (
    Place,
    choose_weather,
    is_near,
    place,
    tell_other,
    tell_weather_site,
)
from gnomon.workloads.pvsyst_import.mapping.unused import tell_unused
from gnomon.workloads.pvsyst_import.report import Note, Report, gathered
from gnomon.workloads.pvsyst_import.shelf import ProjectFile, Shelf, VariantFile, WeatherFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """A model to save.

    Attributes
    ----------
    variant : str
        The variant's file.
    project, place : int or None
        Which of the plan's it belongs to; a model at its project's place names the project alone.
    weather : str or None
        The weather file that it waits for; None where weather came along.
    """

    variant: str
    mapped: Mapped
    project: int | None
    place: int | None
    weather: str | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlan:
    """A project to save, at one of the plan's places."""

    document: dict[str, Any]
    place: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentPlan:
    """A module or an inverter to save, under its file's name in small letters."""

    kind: str
    key: str
    path: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that an import saves, in the order of saving."""

    places: tuple[Place, ...]
    components: tuple[ComponentPlan, ...]
    projects: tuple[ProjectPlan, ...]
    models: tuple[ModelPlan, ...]
    processed: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Draft:
    """What a plan is put together in."""

    places: list[Place] = field(default_factory=list)
    projects: list[ProjectPlan] = field(default_factory=list)
    models: list[ModelPlan] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """Paths of the sites, horizons and weather files that count for something."""

    def settle(self, wanted: Place | None) -> int | None:
        """Return which place a wanted one is, a new one if none fits."""
        if wanted is None:
            return None
        for index, known in enumerate(self.places):
            if known.takes(wanted):
                self.places[index] = known.with_more_of(wanted)
                return index
        self.places.append(wanted)
        return len(self.places) - 1


def plan(shelf: Shelf) -> Plan:
    """Return what to save of the files that were read."""
    draft = _Draft()
    for owner, variants in _by_project(shelf):
        _plan_project(draft, shelf, owner, variants)
    tell_unused(shelf, draft.used)
    return Plan(
        places=tuple(draft.places),
        components=tuple(_components(shelf)),
        projects=tuple(draft.projects),
        models=tuple(draft.models),
        processed=tuple(shelf.processed),
        notes=gathered(shelf.report.notes),
    )


def _components(shelf: Shelf) -> Iterator[ComponentPlan]:
    for kind, held in (("module", shelf.modules), ("inverter", shelf.inverters)):
        for key, found in held.items():
            yield ComponentPlan(kind=kind, key=key, path=found.file.path, document=found.document)


def _by_project(shelf: Shelf) -> Iterator[tuple[ProjectFile | None, list[VariantFile]]]:
    """Yield each project with its variants: those of its name (`NAME.PRJ`, `NAME.VC0`), and all if it is alone."""
    owners: Sequence[ProjectFile | None] = shelf.projects or [None]
    left = sorted(shelf.variants, key=lambda each: each.file.path.lower())
    if len(owners) == 1:
        yield owners[0], left
        return
    for owner in owners:
        assert owner is not None
        own = [each for each in left if each.file.stem.lower() == owner.file.stem.lower()]
        left = [each for each in left if each not in own]
        if owner is owners[-1] and left:
            for each in left:
                shelf.report.inside(each.file.path).assumed(
                    "", "", f"bears the name of no project; it was put to {owner.file.name}"
                )
            own, left = own + left, []
        yield owner, own


def _plan_project(
    draft: _Draft, shelf: Shelf, owner: ProjectFile | None, variants: Sequence[VariantFile]
) -> None:
    project = owner.project if owner else None
    said = Report(owner.file.path if owner else "")
    said.notes = shelf.report.notes
    site = _project_site(draft, shelf, owner, said)
    begun = len(draft.models)
    for each in variants:
        _plan_model(draft, shelf, owner, each, site)
    home = next((found.place for found in draft.models[begun:] if found.place is not None), None)
    if home is None and site is not None:
        name = _project_name(owner, variants)
        home = draft.settle(place(site, name, _loose_horizon(draft, shelf), None, said))
    elif home is not None and project is not None and project.site is not None:
        tell_other(project.site, draft.places[home], said.inside("SitePrj"))
    if project is not None:
        _tell_project(owner, said)
    if home is None:
        said.unmapped(
            "", "", "no latitude and longitude are known, so no project is saved; give the models a location"
        )
        return
    draft.projects.append(_project(owner, variants, home, draft.places[home]))


def _project_name(owner: ProjectFile | None, variants: Sequence[VariantFile]) -> str:
    if owner is not None:
        return owner.project.name or owner.file.stem or "PVsyst project"
    return (variants[0].file.stem if variants else "") or "PVsyst project"


def _project(owner: ProjectFile | None, variants: Sequence[VariantFile], home: int, at: Place) -> ProjectPlan:
    details = {
        "source": "PVsyst",
        "file": owner.file.name if owner else None,
        "version": owner.project.version if owner else None,
        "client": owner.project.client if owner else None,
        "variants": [each.file.name for each in variants],
    }
    document: dict[str, Any] = {
        "name": _project_name(owner, variants),
        "projectDetails": {key: value for key, value in details.items() if value is not None},
    }
    if at.time_zone is not None:
        document["timezoneOverride"] = at.time_zone
    return ProjectPlan(document=document, place=home)


def _tell_project(owner: ProjectFile | None, said: Report) -> None:
    assert owner is not None
    project = owner.project
    if project.name is not None:
        said.mapped("Comment", project.name, "project.name")
    for key, text in (
        ("Version", project.version),
        ("ClientDesignation", project.client),
        ("UserDesignation", project.author),
        ("MeteoFileDate", project.weather_file_date),
    ):
        if text is not None:
            said.unmapped(
                key, text, "tells of the project's making; version and client are kept in projectDetails"
            )
    if project.weather_file is not None:
        said.unmapped(
            "MeteoFileName", project.weather_file, "each variant names its own weather, which counts"
        )
    limits = {
        "DesignTempMin": project.temp_design_min,
        "TempOperMin": project.temp_oper_min,
        "TempOper": project.temp_oper,
        "TempOperMax": project.temp_oper_max,
        "LimOverloadLoss": project.overload_limit,
    }
    for key, value in limits.items():
        if value is not None:
            said.unmapped(key, value, "counts for the sizing in PVsyst, not for the yield")
    for key, text in (
        ("TranspositionAlgorithm", project.transposition),
        ("ACLossesRef", project.ac_losses_reference),
    ):
        if text is not None:
            said.unmapped(key, text, "each variant says it itself, which counts")


def _project_site(draft: _Draft, shelf: Shelf, owner: ProjectFile | None, said: Report) -> Site | None:
    if owner is not None and owner.project.site is not None and owner.project.site.latitude is not None:
        return owner.project.site
    if shelf.sites:
        file, found = shelf.sites[0]
        draft.used.add(file.path)
        said.assumed("SitePrj", None, f"is missing; the site of {file.name} was taken")
        return found.site
    return None


def _loose_horizon(draft: _Draft, shelf: Shelf) -> Horizon | None:
    """Return the only horizon file; no variant says that it counts."""
    if len(shelf.horizons) != 1:
        return None
    file, found = shelf.horizons[0]
    draft.used.add(file.path)
    return found


def _plan_model(
    draft: _Draft, shelf: Shelf, owner: ProjectFile | None, each: VariantFile, project_site: Site | None
) -> None:
    said = Report(each.file.path)
    variant = _with_latitude(each, project_site)
    site = _variant_site(variant, project_site, said)
    horizon = variant.horizon
    told = said.inside("MeteoSimul")
    weather = choose_weather(variant.weather, shelf.weathers, told)
    loose = _loose_horizon(draft, shelf) if horizon is None else None
    if loose is not None:
        words = "is kept with the location; the variant has none, so shading.farShading is false: set it to use it"
        said.assumed("Horizon", shelf.horizons[0][0].name, words)
    name = each.file.stem
    wanted = place(site, name, horizon or loose, weather, said.inside("SiteSimul")) if site else None
    at = draft.settle(wanted)
    _tell_weather_site(draft, variant, wanted, weather, told)
    around = Around(
        project=owner.project if owner else None,
        modules=shelf.modules,
        inverters=shelf.inverters,
        has_horizon=horizon is not None and wanted is not None and wanted.horizon is not None,
        circuit=variant.inverter_groups,
    )
    mapped = model(variant, _model_name(each, variant), around, said)
    draft.models.append(
        ModelPlan(
            variant=each.file.path,
            mapped=mapped,
            project=len(draft.projects) if at is not None else None,
            place=at,
            weather=None if weather else (variant.weather and variant.weather.file_name) or "",
            notes=gathered(said.notes),
        )
    )


def _tell_weather_site(
    draft: _Draft, variant: PvsystVariant, at: Place | None, weather: WeatherFile | None, said: Report
) -> None:
    own = variant.weather.site if variant.weather else None
    if own is not None and at is not None:
        tell_other(own, at, said.inside("SiteMet"))
    if weather is not None and at is not None:
        draft.used.add(weather.file.path)
        tell_weather_site(weather, at, said)


def _with_latitude(each: VariantFile, project_site: Site | None) -> PvsystVariant:
    """Return the variant with its azimuths turned by the project's latitude, where it has none of its own."""
    own = each.variant.site
    if project_site is None or (own is not None and own.latitude is not None):
        return each.variant
    return read_variant(parse(each.file.content), latitude=project_site.latitude)


def _variant_site(variant: PvsystVariant, project_site: Site | None, said: Report) -> Site | None:
    own = variant.site
    if own is None or own.latitude is None or own.longitude is None:
        if project_site is not None:
            said.assumed("SiteSimul", None, "is missing; the project's site was taken")
        return project_site
    if project_site is not None and not is_near(own, project_site):
        there = f"{project_site.latitude:g}, {project_site.longitude:g}"
        words = f"differs from the project's, {there}; the variant's was used"
        said.assumed("SiteSimul", (own.latitude, own.longitude), words)
    return own


def _model_name(each: VariantFile, variant: PvsystVariant) -> str:
    return f"{each.file.name}: {variant.name}" if variant.name else each.file.name
