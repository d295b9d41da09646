"""One variant to one energy model: its blocks, its plant, its settings, and what it still waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.pvsyst import (
    GridSystem,
    MainArray,
    NearShading,
    Orientation,
    PvsystProject,
    PvsystVariant,
    SubArray,
)
from gnomon.pvsyst.circuit import InverterGroup
from gnomon.workloads.pvsyst_import.mapping.losses import NO_ARRAY, aoi, losses
from gnomon.workloads.pvsyst_import.mapping.months import monthly, tidy
from gnomon.workloads.pvsyst_import.mapping.plane import find_orientation, layout, tell_plane
from gnomon.workloads.pvsyst_import.mapping.strings import Group, circuit_of, groups, share
from gnomon.workloads.pvsyst_import.report import Report
from gnomon.workloads.pvsyst_import.shelf import InverterFile, ModuleFile

USUAL_ALBEDO = 0.2
_MOST = 10**6
_SEPARATE = "CircSolSeparate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A place in a model that takes the number of a saved component: its kind, its file, and the way to the place."""

    kind: str
    file: str
    way: tuple[str | int, ...]

    @property
    def at(self) -> str:
        """Write the way as the API's messages do: `blocks[0].inverterId`."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.way)
        return "".join(parts).removeprefix(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands beside a variant: its project, and the components that came along, by small file name."""

    project: PvsystProject | None
    modules: Mapping[str, ModuleFile]
    inverters: Mapping[str, InverterFile]
    has_horizon: bool
    circuit: tuple[InverterGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A model without the numbers of what it refers to, and where those go."""

    document: dict[str, Any]
    wants: tuple[Want, ...]


def model(variant: PvsystVariant, name: str, around: Around, said: Report) -> Mapped:
    """Return the model of a variant; all that its file says is told in the report."""
    array = variant.array or NO_ARRAY
    blocks: list[dict[str, Any]] = []
    wants: list[Want] = []
    albedo = _albedo(variant, around.project, said)
    for index, sub in enumerate(variant.sub_arrays):
        told = said.inside(f"sub-array {index + 1}{f' {sub.name!r}' if sub.name else ''}")
        for block in _blocks(sub, variant.orientations, array, around, told):
            wants += _wants(sub, len(blocks), told)
            blocks.append({**block, "albedo": albedo})
    if not blocks:
        said.unmapped("PVMainArray", "", "holds no sub-array; the model has no blocks, give them")
    document = {"name": name, "blocks": blocks, **_whole(variant, array, said)}
    _tell_rest(variant, array, said)
    return Mapped(document=document, wants=tuple(wants))


def _albedo(variant: PvsystVariant, project: PvsystProject | None, said: Report) -> dict[str, float]:
    sites = (variant.site, project.site if project else None)
    if project is not None and project.albedo is not None:
        said.mapped("Albedo", project.albedo, "albedo of every block")
        return monthly(project.albedo)
    found = next((site.albedo for site in sites if site is not None and site.albedo is not None), None)
    if found is None:
        said.assumed("Albedo", None, f"is missing; {USUAL_ALBEDO:g} was assumed for all months")
        return monthly((USUAL_ALBEDO,) * 12)
    said.assumed("Albedo", found, "the project has none; the site's was taken")
    return monthly(found)


def _blocks(
    sub: SubArray, planes: tuple[Orientation, ...], array: MainArray, around: Around, said: Report
) -> list[dict[str, Any]]:
    """Return the blocks of a sub-array; one that lacks its numbers is a block all the same, and never lost."""
    module = around.modules.get(file_name(sub.module_file).lower())
    inverter = around.inverters.get(file_name(sub.inverter_file).lower())
    plane = find_orientation(planes, sub.orientation_number, said)
    _tell_sub_array(sub, said)
    part = share(sub, inverter.inverter if inverter else None, said)
    shared = {
        "layout": layout(plane, said) if plane else None,
        "shading": {"farShading": around.has_horizon, "electricalImpact": False},
        "losses": losses(sub, array, module, said),
        "aoi": aoi(sub.iam, said),
    }
    found = groups(sub, circuit_of(around.circuit, sub.number), said) or (None,)
    return [_block(sub, group, part, shared, is_several=len(found) > 1) for group in found]


def _block(
    sub: SubArray, group: Group | None, part: float | None, shared: Mapping[str, Any], *, is_several: bool
) -> dict[str, Any]:
    name = sub.name or f"Sub-array {sub.number or ''}".strip()
    dc_input: dict[str, Any] = {"dcInputId": 1, "mpptIndex": 1}
    ac_system: dict[str, Any] = {"losses": {"acohmicLoss": 0.0}}
    if sub.modules_in_series and sub.modules_in_series <= _MOST:
        dc_input["stringLength"] = sub.modules_in_series
    if group is not None:
        dc_input["stringCount"] = group.strings
        ac_system["numberOfInverters"] = group.inverters
    elif sub.inverters:
        ac_system["numberOfInverters"] = sub.inverters
    if part is not None:
        ac_system["mpptFraction"] = tidy(part)
    named = f"{name}, {group.strings} strings each" if group and is_several else name
    given = {key: value for key, value in shared.items() if value is not None}
    return {"name": named, "dcInputs": [dc_input], **given, "acSystem": ac_system}


def file_name(named: str | None) -> str:
    """Return the file that a key names, without folders."""
    return (named or "").replace("\\", "/").rpartition("/")[2]


def _wants(sub: SubArray, index: int, said: Report) -> list[Want]:
    block = ("blocks", index)
    found = []
    for key, kind, file, way in (
        ("GInverter", "inverter", sub.inverter_file, (*block, "inverterId")),
        ("PVModule", "module", sub.module_file, (*block, "dcInputs", 0, "moduleId")),
    ):
        want = Want(kind=kind, file=file_name(file), way=way)
        found.append(want)
        if file:
            said.mapped(key, file, want.at)
        else:
            said.unmapped(key, None, f"names no file; give {want.at}")
    return found


def _tell_sub_array(sub: SubArray, said: Report) -> None:
    if sub.modules_in_series:
        said.mapped("NModSerie", sub.modules_in_series, "dcInputs.stringLength")
    else:
        said.unmapped("NModSerie", sub.modules_in_series, "is missing or 0; give dcInputs[0].stringLength")
    if None not in (sub.strings, sub.strings_on_orientation) and sub.strings_on_orientation != sub.strings:
        words = f"of {sub.strings} strings; the others' orientation has no key with a public sample: all are on it"
        said.assumed("NStrOrient1", sub.strings_on_orientation, words)
    elif sub.strings_on_orientation is not None:
        said.mapped("NStrOrient1", sub.strings_on_orientation, "all strings lie on the orientation")
    if sub.inverter_inputs is not None:
        said.unmapped("NInvMPPT", sub.inverter_inputs, "PNomAC_InMPPT tells what NInverter counts; not used")
    if sub.power_sharing_inverter is not None:
        words = "the sub-arrays that share an inverter are blocks of their own, each with its share of power"
        said.assumed("PowerSharingInverterId", sub.power_sharing_inverter, words)
    if sub.ac_wire_length:
        words = "the wire's resistance is not in the file; acSystem.losses.acohmicLoss 0 was assumed"
        said.unmapped("ACWireLength", sub.ac_wire_length, words)
        said.unmapped("ACWireNoSect", sub.ac_wire_section, words)
    for key, value in (("AreaSizing", sub.area_sizing), ("PNomSizing", sub.p_sizing)):
        if value is not None:
            said.unmapped(key, value, "what was asked of the sizing; what was built counts")


def _whole(variant: PvsystVariant, array: MainArray, said: Report) -> dict[str, Any]:
    found: dict[str, Any] = {"settings": _settings(variant, array, said)}
    if array.soiling is not None:
        found["soiling"] = monthly([min(max(loss, 0.0), 1.0) for loss in array.soiling])
        said.mapped("SoilingLoss", tuple(100 * loss for loss in array.soiling), "soiling")
    else:
        said.assumed("SoilingLoss", None, "is missing; no soiling was assumed")
        found["soiling"] = monthly((0.0,) * 12)
    plant = _plant(variant.system, said)
    return {**found, "plant": plant} if plant else found


def _settings(variant: PvsystVariant, array: MainArray, said: Report) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if array.uses_spectral is not None:
        found["ignoreSpectralCorrection"] = not array.uses_spectral
        said.mapped("UseSpectralCorr", array.uses_spectral, "settings.ignoreSpectralCorrection, its opposite")
    else:
        found["ignoreSpectralCorrection"] = True
        said.assumed(
            "UseSpectralCorr", None, "is missing; no spectral correction was assumed, PVsyst's default"
        )
    if variant.transposition is not None:
        is_separate = variant.transposition == _SEPARATE
        found["circumsolarAsBeam"] = is_separate
        (said.mapped if is_separate else said.assumed)(
            "TranspositionAlgorithm",
            variant.transposition,
            "settings.circumsolarAsBeam" if is_separate else "circumsolar light was taken as diffuse",
        )
    if variant.uses_perez is False:
        said.unmapped("PerezUsedInSimul", "False", "the model transposes by Perez")
    elif variant.uses_perez:
        said.mapped("PerezUsedInSimul", "True", "the model's transposition")
    return found


def _plant(system: GridSystem | None, said: Report) -> dict[str, Any] | None:
    if system is None:
        return None
    told = said.inside("System")
    if system.kind not in (None, "Grid"):
        told.unmapped("SystemType", system.kind, "only plants on the grid are modelled; taken as one")
    elif system.kind:
        told.mapped("SystemType", system.kind, "a plant on the grid")
    if system.tan_phi:
        told.unmapped("TanPhi", system.tan_phi, "power is active power; a power factor of 1 was assumed")
    if not system.limit:
        return None
    told.assumed(
        "PLimGrid",
        system.limit,
        f"taken as kW: plant.poiLimitMW {system.limit / 1e3:g}; a limit in kVA differs",
    )
    at_inverters = not system.limit_is_separate
    words = f"plant.limitAtInverters {str(at_inverters).lower()}"
    (told.assumed if system.limit_is_separate is None else told.mapped)(
        "LimGrSeparLoss", system.limit_is_separate, words
    )
    return {"poiLimitMW": tidy(system.limit / 1e3), "limitAtInverters": at_inverters}


def _tell_rest(variant: PvsystVariant, array: MainArray, said: Report) -> None:
    for doubt in variant.doubts:
        said.assumed("", "", doubt)
    if variant.shading is not None:
        _tell_shading(variant.shading, variant.system_text, said.inside("Ombrage"))
    if array.transformers:
        words = "the keys of transformer losses have no public sample; ironLoss and copperLoss 0 were assumed"
        said.unmapped("MVNbTransfos", array.transformers, words)
    if variant.ac_losses_reference is not None:
        said.unmapped(
            "ACLossesRef", variant.ac_losses_reference, "no AC losses were found that it could refer to"
        )
    _tell_origin(variant, said)
    said.unread(variant.unread)


def _tell_origin(variant: PvsystVariant, said: Report) -> None:
    """Tell what says where a variant comes from: kept out of the model, and of no effect on it."""
    made = variant.provenance
    for key, value in (
        ("Version", made.version),
        ("VersionSimul", made.simulated_with),
        ("DateCalcul", made.simulated_at),
        ("DateDebS", made.begins),
        ("DateFinS", made.ends),
        ("SimDuration", made.duration),
    ):
        if value is not None:
            said.unmapped(
                key, value, "tells of PVsyst's own simulation; a run covers the hours of its weather"
            )
    if variant.name is not None:
        said.mapped("Comment", variant.name, "name")
    for plane in variant.orientations:
        told = said.inside(f"orientation {plane.number}")
        told.mapped("NoOrient", plane.number, "found by NoOrientation")
        if plane.name is not None:
            told.mapped("Comment", plane.name, "names the orientation, which is found by its number")
        if not any(sub.orientation_number == plane.number for sub in variant.sub_arrays):
            tell_plane(plane, "no sub-array lies on it; left out", told)
    for group in variant.inverter_groups:
        for strings in group.strings:
            if strings.resistance is not None:
                told = said.inside(f"circuit of sub-array {strings.sub_array_number}")
                told.unmapped(
                    "Resistance", 1e3 * strings.resistance, "the sub-array's own, RSCablageCh, counts"
                )


def _tell_shading(shading: NearShading, kind: str | None, said: Report) -> None:
    if shading.scene is not None:
        words = "not read: no public sample tells its keys; no near shading was assumed. Export the scene as DAE and "
        said.unmapped(
            "ListeObjets", f"{len(shading.scene)} characters", f"{words}POST it to /shadingscenes/import"
        )
        if kind is not None:
            said.unmapped("SystemKind", kind, "tells of the scene, which is not read")
    elif kind is not None:
        said.mapped("SystemKind", kind, "no near shading")
    if shading.comment is not None:
        said.mapped("Comment", shading.comment, "names the scene")
    words = "counts with a scene alone, and none is read"
    for key, value in (("FracOmbreMod", shading.string_fraction), ("FracOmbreThin", shading.thin_fraction)):
        if value is not None:
            said.unmapped(key, value, words)
    if shading.flags is not None:
        said.unmapped("Flags", shading.flags, "bits of unknown meaning; nothing was assumed")
