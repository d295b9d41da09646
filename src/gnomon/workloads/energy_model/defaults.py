"""The workspace's defaults laid under what a run's document says: never over it, and told field by field."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gnomon.core.task import Json
from gnomon.core.workload import Pinned
from gnomon.workloads.energy_model.block_rules import has, inner
from gnomon.workloads.energy_model.wording import shown
from gnomon.workloads.energy_model.workspace import ENERGY_MODEL

Object = Mapping[str, Any]
KIND = "workspace_settings"
_OF_RUN = ("plant", "settings")
# From a place in the input to the name of a field: "blocks[0].losses.lid" to "losses.lid".
_INDEX = re.compile(r"^blocks\[\d+\]\.((dcInputs\[\d+\]|array)\.)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A document with the workspace's defaults under it.

    Attributes
    ----------
    values
        What was taken from the workspace, by the field.
    places
        In how many places each was taken.
    """

    document: Object
    values: Mapping[str, Json] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Json]:
        """Return the result's list of the fields, each with its value and how many places take it; none for none."""
        fields = [
            {"field": name, "value": value, "places": self.places[name]}
            for name, value in self.values.items()
        ]
        return {"workspace_defaults": fields} if fields else {}

    def is_about_default(self, note: str) -> bool:
        """Tell whether a note says of a default that the run has no use for it: its document does not have it."""
        place, _, rest = note.partition(": ")
        return rest.startswith("not used, ") and _INDEX.sub("", place) in self.values

    def with_soiling(self, months: Json) -> "Laid":
        """Return it with the workspace's soiling among what was taken."""
        return replace(self, values={**self.values, "soiling": months}, places={**self.places, "soiling": 1})

    def note(self) -> str:
        """Return one line about all of them."""
        each = (f"{name} {shown(value)}{_times(self.places[name])}" for name, value in self.values.items())
        return f"from the workspace's settings, where the input says nothing: {', '.join(each)}"


def _times(count: int) -> str:
    return f" ({count} times)" if count > 1 else ""


def defaults_notes(laid: Laid, pinned: Sequence[Pinned]) -> Iterator[str]:
    """Yield what a run took of the workspace's defaults, and what it never can."""
    if laid.values:
        yield laid.note()
    if has(of_workspace(pinned), "albedo"):
        yield f"workspace settings {ENERGY_MODEL}.albedo: not used, every block gives its own"


def left_out(document: Object, pinned: Sequence[Pinned]) -> Iterator[str]:
    """Yield the defaults that do not count in a run: its project says otherwise, or its location has no horizon."""
    places = [each.document for each in pinned if each.kind == "location"]
    if not any(has(place, "farShading") for place in (inner(document, "location"), *places)):
        yield "shading.farShading"
    if any(has(each.document, "timezoneOverride") for each in pinned if each.kind == "project"):
        yield "settings.timeZoneOverride"


def of_workspace(pinned: Sequence[Pinned]) -> Object:
    """Return the workspace's defaults of energy models; an empty object where it has none."""
    return next((inner(each.document, ENERGY_MODEL) for each in pinned if each.kind == KIND), {})


def lay_under(document: Object, defaults: Object, leave_out: Iterable[str] = ()) -> Laid:
    """Return a checked document with defaults wherever it says nothing, except for the fields to leave out.

    Soiling is none of them: that of weather and location comes before the workspace's.
    """
    if not defaults:
        return Laid(document=document)
    layer = _Layer(leave_out)
    of_run = {key: layer.under(inner(document, key), inner(defaults, key), key) for key in _OF_RUN}
    blocks = [_block(block, defaults, layer) for block in document["blocks"]]
    laid = {**document, **{key: value for key, value in of_run.items() if value}, "blocks": blocks}
    return (
        Laid(document=laid, values=layer.values, places=layer.places)
        if layer.values
        else Laid(document=document)
    )


class _Layer:
    """Defaults on their way under documents; it counts what is taken."""

    def __init__(self, leave_out: Iterable[str]) -> None:
        self.values: dict[str, Json] = {}
        self.places: Counter[str] = Counter()
        self._left_out = frozenset(leave_out)

    def under(self, given: Object, defaults: Object, at: str) -> dict[str, Any]:
        """Return an object with those of the defaults that it does not give itself."""
        added = {}
        for key, value in defaults.items():
            name = f"{at}.{key}"
            if value is not None and not has(given, key) and name not in self._left_out:
                added[key] = self.values[name] = value
                self.places[name] += 1
        return {**given, **added}


def _block(block: Object, defaults: Object, layer: _Layer) -> Object:
    laid = dict(block)
    for key in ("losses", "shading", "layout"):
        if has(block, key):
            laid[key] = layer.under(block[key], inner(defaults, key), key)
    laid["acSystem"] = _ac_system(block["acSystem"], inner(defaults, "acSystem"), layer)
    if has(defaults, "aoi"):
        laid = layer.under(laid, {"aoi": defaults["aoi"]}, "block")
    if has(block, "array"):
        laid["array"] = _strings(block["array"], defaults, layer)
    if block.get("dcInputs"):
        laid["dcInputs"] = [_input(each, defaults, layer) for each in block["dcInputs"]]
    return laid


def _input(given: Object, defaults: Object, layer: _Layer) -> Object:
    own = {
        key: layer.under(given[key], inner(defaults, key), key)
        for key in ("layout", "shading")
        if has(given, key)
    }
    return _strings({**given, **own}, defaults, layer)


def _strings(given: Object, defaults: Object, layer: _Layer) -> Object:
    backs = given.get("bifacialInputs")
    if backs is None:
        return given
    return {
        **given,
        "bifacialInputs": layer.under(backs, inner(defaults, "bifacialInputs"), "bifacialInputs"),
    }


def _ac_system(given: Object, defaults: Object, layer: _Layer) -> Object:
    """Return an AC system over its defaults; what is lost at medium voltage may stand in two places of each."""
    plain = {key: value for key, value in defaults.items() if key not in ("losses", "mvLosses")}
    laid = layer.under(given, plain, "acSystem")
    losses = inner(given, "losses")
    wanted = dict(_levels(inner(defaults, "losses"), inner(defaults, "mvLosses")))
    own = layer.under(losses, wanted.pop("", {}), "acSystem.losses")
    for key, under in wanted.items():
        elsewhere = inner(given, key) if key == "mvLosses" else {}
        left = {name: value for name, value in under.items() if not has(elsewhere, name)}
        if added := layer.under(inner(losses, key), left, f"acSystem.losses.{key}"):
            own[key] = added
    return {**laid, "losses": own} if own else laid


def _levels(losses: Object, mv: Object) -> Iterator[tuple[str, Object]]:
    """Yield the plain fields of the AC losses, and those of each object among them."""
    yield "", {key: value for key, value in losses.items() if key not in ("transformer", "mvLosses")}
    yield "transformer", inner(losses, "transformer")
    yield (
        "mvLosses",
        {**inner(losses, "mvLosses"), **{key: value for key, value in mv.items() if value is not None}},
    )
