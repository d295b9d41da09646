"""The files of an import, read: projects, variants, components, sites, horizons and weather, each by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gnomon.pvsyst import (
    Horizon,
    OndInverter,
    PanModule,
    PvsystError,
    PvsystObject,
    PvsystProject,
    PvsystVariant,
    SiteFile,
    decode,
    meteo_csv,
    ond,
    pan,
    parse,
    read_horizon_text,
    read_project,
    read_site,
    read_variant,
)
from gnomon.pvsyst.meteo import MeteoError, MeteoSite, make_record
from gnomon.workloads.pvsyst_import.archive import FileKind, SourceFile
from gnomon.workloads.pvsyst_import.component import document_of
from gnomon.workloads.pvsyst_import.report import Report

Object = dict[str, Any]

_ROOTS: Mapping[str, FileKind] = {
    "pvProject": "project",
    "pvVCalcul": "variant",
    "pvModule": "module",
    "pvGInverter": "inverter",
    "pvSite": "site",
}
_NOT_READ: Mapping[str, str] = {
    "scene": "shading scenes of PVsyst are not read: no public sample of the format is known; the models have no "
    "near shading. Export the scene from the CAD program as DAE and POST it to /shadingscenes/import",
    "meteo": "weather in PVsyst's own format is not read: no public sample of it is known; export it in PVsyst as "
    "a standard CSV file and send that, or post the weather for the location",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """A PRJ file, read."""

    file: SourceFile
    project: PvsystProject


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFile:
    """A variant's file, read."""

    file: SourceFile
    variant: PvsystVariant


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFile:
    """A PAN file: the document that it makes, and what of it the mapping needs."""

    file: SourceFile
    document: Object
    module: PanModule
    tolerance: tuple[float, float] | None
    """Of the nameplate power, low and high [%]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterFile:
    """An OND file: the document that it makes, and what of it the mapping needs."""

    file: SourceFile
    document: Object
    inverter: OndInverter


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherFile:
    """A weather file: the record that it makes, without its location."""

    file: SourceFile
    document: Object
    site: MeteoSite


@dataclass(slots=True)
class Shelf:
    """What was read; components stand under their file names in small letters."""

    projects: list[ProjectFile] = field(default_factory=list)
    variants: list[VariantFile] = field(default_factory=list)
    modules: dict[str, ModuleFile] = field(default_factory=dict)
    inverters: dict[str, InverterFile] = field(default_factory=dict)
    weathers: list[WeatherFile] = field(default_factory=list)
    sites: list[tuple[SourceFile, SiteFile]] = field(default_factory=list)
    horizons: list[tuple[SourceFile, Horizon]] = field(default_factory=list)
    processed: list[str] = field(default_factory=list)
    report: Report = field(default_factory=Report)

    def put(self, file: SourceFile) -> None:
        """Read a file and put it where it belongs; what cannot be read is reported and leaves the others alone."""
        said = Report(file.path)
        said.notes = self.report.notes
        try:
            kind = _PUT[file.kind](self, file, said)
        except (PvsystError, MeteoError) as error:
            said.unmapped("", "", f"is not read: {error}")
        else:
            if kind:
                self.processed.append(file.path)


def _object(shelf: Shelf, file: SourceFile, said: Report) -> bool:
    root = parse(file.content)
    kind = _ROOTS.get(root.type)
    if kind is None:
        raise PvsystError(f"it holds a {root.type}, which no field of an energy model takes")
    if kind != file.kind:
        said.assumed("", "", f"it holds a {root.type} and is read as such, whatever its ending")
    return _OBJECTS[kind](shelf, file, root, said)


def _project(shelf: Shelf, file: SourceFile, root: PvsystObject, said: Report) -> bool:
    project = read_project(root)
    said.unread(project.unread)
    shelf.projects.append(ProjectFile(file=file, project=project))
    return True


def _variant(shelf: Shelf, file: SourceFile, root: PvsystObject, said: Report) -> bool:
    del said  # told with the model that it becomes
    shelf.variants.append(VariantFile(file=file, variant=read_variant(root)))
    return True


def _module(shelf: Shelf, file: SourceFile, root: PvsystObject, said: Report) -> bool:
    document = document_of(root, "module", file.name)
    low, high = (_number(document, key) for key in ("PNomTolLow", "PNomTolUp"))
    found = ModuleFile(
        file=file,
        document=document,
        module=pan.read_module(root),
        # Files leave out a lower end of zero.
        tolerance=None if high is None else (low or 0.0, high),
    )
    return _once(shelf.modules, file, found, said)


def _number(document: Object, key: str) -> float | None:
    value = document["properties"].get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _inverter(shelf: Shelf, file: SourceFile, root: PvsystObject, said: Report) -> bool:
    document = document_of(root, "inverter", file.name)
    found = InverterFile(file=file, document=document, inverter=ond.read_inverter(root))
    return _once(shelf.inverters, file, found, said)


def _once(held: dict[str, Any], file: SourceFile, found: object, said: Report) -> bool:
    first = held.setdefault(file.name.lower(), found)
    if first is not found:
        said.unmapped(
            "", "", f"is another file of the name of {first.file.path}, which is used; rename one of them"
        )
    return first is found


def _site(shelf: Shelf, file: SourceFile, root: PvsystObject, said: Report) -> bool:
    found = read_site(root)
    said.unread(found.unread)
    shelf.sites.append((file, found))
    return True


def _horizon(shelf: Shelf, file: SourceFile, said: Report) -> bool:
    del said
    shelf.horizons.append((file, read_horizon_text(decode(file.content))))
    return True


def _weather(shelf: Shelf, file: SourceFile, said: Report) -> bool:
    table = meteo_csv.read(file.content)
    made = make_record(table)
    for note in made.notes:
        said.assumed("", "", note)
    for each in table.unread:
        said.unmapped(each, "", "no field of a weather record takes it")
    document = {"name": file.stem, **made.document}
    shelf.weathers.append(WeatherFile(file=file, document=document, site=table.site))
    return True


def _kept(shelf: Shelf, file: SourceFile, said: Report) -> bool:
    del shelf
    said.unmapped("", "", _NOT_READ[file.kind])
    return False


_OBJECTS: Mapping[str, Callable[[Shelf, SourceFile, PvsystObject, Report], bool]] = {
    "project": _project,
    "variant": _variant,
    "module": _module,
    "inverter": _inverter,
    "site": _site,
}
_PUT: Mapping[FileKind, Callable[[Shelf, SourceFile, Report], bool]] = {
    **dict.fromkeys(("project", "variant", "module", "inverter", "site"), _object),
    "horizon": _horizon,
    "weather": _weather,
    "scene": _kept,
    "meteo": _kept,
}
