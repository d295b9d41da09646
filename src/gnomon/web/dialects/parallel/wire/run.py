"""A run: what a client asks for, as the house and the workload are asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from gnomon.core.brief import Brief
from gnomon.core.delivery import NewEndpoint
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.service.hook import Wanted
from gnomon.core.service.task import Terms
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.origin import Origin, RunWarning
from gnomon.web.dialects.parallel.processors import Assigned, Processors
from gnomon.web.dialects.parallel.telling import placed
from gnomon.web.dialects.parallel.wire.doubts import Doubts, Place
from gnomon.web.dialects.parallel.wire.form import read, warn_of_unknown, written
from gnomon.web.dialects.parallel.wire.hooks import read_hooks
from gnomon.web.dialects.parallel.wire.matching import Allowance
from gnomon.web.dialects.parallel.wire.metadata import read_metadata
from gnomon.web.dialects.parallel.wire.servers import Tools, read_servers
from gnomon.web.dialects.parallel.wire.sources import read_data_sources, read_location, read_sources
from gnomon.web.dialects.parallel.wire.spec import NO_SPEC, Spec, held_against, read_spec
from gnomon.web.dialects.parallel.wire.words import RunWords, TaskSpec
from gnomon.web.ids import find_task_id

_SCOPE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PREVIOUS: Final = "previous_interaction_id"
NO_PREVIOUS: Final = (
    "There is no such interaction in this workspace; give the 'interaction_id' of a run of it."
)
_BRIEFS_OWN: Final = (
    *("task_spec", "source_policy", "advanced_settings", "mcp_servers", "memory_scope_key"),
)
"""What a workload that takes no briefs is not told."""
_PLACES: Final[Mapping[str, Place]] = {
    "input": ("input",),
    "output": ("task_spec", "output_schema"),
    "effort": ("processor",),
    "is_fast": ("processor",),
    "sources": ("source_policy",),
    "tools": ("mcp_servers",),
    "location": ("advanced_settings", "location"),
    "data_sources": ("advanced_settings", "data_sources"),
    "memory_scope": ("memory_scope_key",),
}
"""Where in a body the members of a brief come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """A run to make."""

    kind: str
    task_input: Json
    metadata: Json
    origin: Origin
    wording: Json
    secrets: Mapping[str, Json] = field(default_factory=dict, repr=False)
    previous: str | None = None
    """The task whose answer it goes on from."""
    hooks: tuple[Wanted, ...] = ()
    hook_places: tuple[Place, ...] = ()
    """Where in the body each webhook stands."""

    def terms(self, hooks: tuple[NewEndpoint, ...] = ()) -> Terms:
        """Say on what terms it is submitted."""
        return Terms(
            predecessor_id=self.previous,
            hooks=hooks,
            metadata=self.metadata,
            origin=self.origin.write(),
            wording=self.wording,
            secrets=self.secrets,
        )

    def without_previous(self) -> "RunOrder":
        """Return the run without the interaction that it would go on from, with a warning in its place."""
        text = f"{NO_PREVIOUS} The interaction was left out."
        less = replace(self, previous=None, wording=_without(self.wording, (_PREVIOUS,)))
        return less.warned(text, (_PREVIOUS,))

    def without_hooks(self, error: Invalid) -> "RunOrder":
        """Return the run without the webhooks that are complained of, with warnings that say why."""
        order = self
        for complaint in error.complaints:
            order = order.warned(
                f"{complaint.message} The webhook was left out.", self.place_of(complaint.loc)
            )
        wrong = {complaint.loc[1] for complaint in error.complaints if len(complaint.loc) > 1}
        kept = [position for position in range(len(self.hooks)) if wrong and position not in wrong]
        wording = self.wording
        for position, place in enumerate(self.hook_places):
            if position not in kept:
                wording = _without(wording, place[:1])
        return replace(
            order,
            hooks=tuple(self.hooks[position] for position in kept),
            hook_places=tuple(self.hook_places[position] for position in kept),
            wording=wording,
        )

    def warned(self, message: str, place: Place) -> "RunOrder":
        """Return the run with one more warning."""
        warning = RunWarning(type="warning", message=placed(place, message), detail={"loc": list(place)})
        origin = replace(self.origin, warnings=(*self.origin.warnings, warning))
        return replace(self, origin=origin)

    def in_its_words(self, error: Invalid) -> Invalid:
        """Return what the house complains of, at the places of the body."""
        return Invalid([replace(one, loc=self.place_of(one.loc)) for one in error.complaints])

    def place_of(self, loc: Place) -> Place:
        """Return the place in the body for one that the house names: of a webhook, of `after`, or of the input."""
        match loc:
            case ("webhooks", int(position), *_) if position < len(self.hook_places):
                return self.hook_places[position]
            case ("webhooks", *_):
                return ("webhook",)
            case ("after", *_):
                return (_PREVIOUS,)
            case (str(member), *rest) if self.origin.is_brief and member in _PLACES:
                return (*_PLACES[member], *rest)
            case _:
                return loc if self.origin.is_brief else ("input", *loc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How runs are read: the same for all that one call brings."""

    processors: Processors
    is_lenient: bool
    default_spec: Spec = NO_SPEC
    """The spec of a run that has none of its own."""
    allowance: Allowance = field(default_factory=Allowance)


def read_run(body: Json, *, processors: Processors, is_lenient: bool, default_spec: Json = None) -> RunOrder:
    """Read the body of a run; a spec of its own outdoes the default.

    Raises
    ------
    Invalid
        When something is wrong with it; up to 20 complaints, each with its place in the body.
    UnknownProcessor
        When nothing stands behind the processor.
    """
    default = None if default_spec is None else read(TaskSpec, default_spec)
    spec = read_spec(default, ("default_task_spec",), is_lenient=is_lenient)
    return read_in(Manner(processors=processors, is_lenient=is_lenient, default_spec=spec), body)


def read_in(manner: Manner, body: Json) -> RunOrder:
    """Read the body of a run as `read_run` does, and raise what it raises."""
    words = read(RunWords, body)
    assigned = manner.processors.find(words.processor)
    doubts = Doubts(is_lenient=manner.is_lenient)
    warn_of_unknown(words, doubts)
    spec = _spec(words, manner, doubts)
    spec = held_against(spec, words.input, effort=assigned.effort, allowance=manner.allowance, doubts=doubts)
    if not assigned.takes_brief:
        _warn_of_untold(words, spec, assigned, doubts)
    order = _order(words, assigned, spec, doubts)
    doubts.settle()
    return order


def _order(words: RunWords, assigned: Assigned, spec: Spec, doubts: Doubts) -> RunOrder:
    metadata = read_metadata(words.metadata, doubts)
    tools = read_servers(words.mcp_servers or (), doubts)
    brief = _brief(words, assigned, spec, tools, doubts)
    previous = _previous(words, doubts)
    hooks = read_hooks(words.webhook, words.webhook_url, doubts)
    return RunOrder(
        kind=assigned.kind,
        task_input=brief.json() if assigned.takes_brief else words.input,
        metadata=metadata,
        origin=_origin(words, assigned, spec, doubts),
        wording=_wording(words, spec, tools, doubts),
        secrets={"tools": tools.headers} if tools.headers else {},
        previous=previous,
        hooks=tuple(hook.wanted for hook in hooks),
        hook_places=tuple(hook.place for hook in hooks),
    )


def _spec(words: RunWords, manner: Manner, doubts: Doubts) -> Spec:
    if words.task_spec is None:
        return manner.default_spec
    try:
        return read_spec(words.task_spec, ("task_spec",), is_lenient=doubts.is_lenient)
    except Invalid as error:  # the other members shall be complained of as well
        doubts.complaints.extend(error.complaints)
        return NO_SPEC


def _brief(words: RunWords, assigned: Assigned, spec: Spec, tools: Tools, doubts: Doubts) -> Brief:
    settings = words.advanced_settings
    sources = settings.data_sources if settings else None
    return Brief(
        input=words.input,
        output=spec.wish,
        effort=assigned.effort,
        is_fast=assigned.is_fast,
        sources=read_sources(words.source_policy, doubts) if words.source_policy else None,
        tools=tools.servers,
        location=read_location(settings, doubts) if settings else None,
        data_sources=(
            read_data_sources(sources, is_fast=assigned.is_fast, servers=tools.names, doubts=doubts)
            if sources
            else None
        ),
        memory_scope=_memory_scope(words, doubts),
    )


def _memory_scope(words: RunWords, doubts: Doubts) -> str | None:
    key = words.memory_scope_key
    if key is not None and not _SCOPE.fullmatch(key):
        text = "'memory_scope_key' may have 1 to 128 letters, digits, underscores and hyphens."
        doubts.refuse(("memory_scope_key",), text, "pattern")
    return key


def _previous(words: RunWords, doubts: Doubts) -> str | None:
    """Return the task whose run is meant; whether it is there is the house's to say."""
    if words.previous_interaction_id is None:
        return None
    task_id = find_task_id(words.previous_interaction_id)
    if task_id is None:
        complaint = Complaint((_PREVIOUS,), NO_PREVIOUS, "missing_reference")
        doubts.drop([complaint], "The interaction was left out.", part=(_PREVIOUS,))
    return task_id


def _warn_of_untold(words: RunWords, spec: Spec, assigned: Assigned, doubts: Doubts) -> None:
    given = [name for name in _BRIEFS_OWN if getattr(words, name) is not None]
    if spec.wording is not None and "task_spec" not in given:
        given.append("task_spec")
    text = f"The workload behind '{assigned.name}' is told the input alone, and nothing of:"
    doubts.warn_of("warning", text, given)


def _origin(words: RunWords, assigned: Assigned, spec: Spec, doubts: Doubts) -> Origin:
    wants_events = words.enable_events
    return Origin(
        processor=assigned.name,
        output=spec.wish.type,
        enable_events=assigned.tells_events if wants_events is None else wants_events,
        warnings=tuple(doubts.warnings),
        is_brief=assigned.takes_brief,
    )


def _wording(words: RunWords, spec: Spec, tools: Tools, doubts: Doubts) -> Json:
    """Write the body as it was sent: without the input, which the task holds, secrets, and what was left out."""
    given = {name: value for name, value in written(words).items() if name not in ("input", "task_spec")}
    if spec.wording is not None:
        given["task_spec"] = spec.wording
    if words.mcp_servers is not None:
        given["mcp_servers"] = list(tools.wording)
    for place in doubts.left_out:
        given = _without(given, place)
    return given


def _without(wording: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """Write a body without one of its members."""
    name, *inner = place
    kept = {key: value for key, value in wording.items() if key != name}
    return {**kept, str(name): _without(wording[str(name)], tuple(inner))} if inner else kept
