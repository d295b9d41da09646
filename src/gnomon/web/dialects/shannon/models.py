"""The models of the OpenAI-compatible routes: names for how much work an answer may cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gnomon.core.errors import NotFound
from gnomon.core.naming import no_such
from gnomon.web.dialects.shannon.modes import Assigned, Modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of these routes."""

    name: str
    mode: str
    """The mode whose workload answers."""
    strategy: str | None = None
    """The research strategy, whose effort wins over that of the mode."""
    description: str


MODELS: Final[Sequence[Model]] = (
    Model(name="shannon-chat", mode="simple", description="A short answer, soon."),
    Model(
        name="shannon-quick-research",
        mode="standard",
        strategy="quick",
        description="Research of the smallest extent.",
    ),
    Model(
        name="shannon-standard-research",
        mode="standard",
        strategy="standard",
        description="Research of the usual extent.",
    ),
    Model(
        name="shannon-deep-research",
        mode="complex",
        strategy="deep",
        description="Research in several rounds.",
    ),
    Model(
        name="shannon-academic-research",
        mode="complex",
        strategy="academic",
        description="Research in many rounds, with more sources.",
    ),
    Model(
        name="shannon-complex",
        mode="complex",
        description="A question of many parts.",
    ),
)
USUAL: Final = "shannon-chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A model, and what stands behind it."""

    model: Model
    assigned: Assigned


class UnknownModel(NotFound):
    """There is no such model, or nothing stands behind it."""


def require_model(modes: Modes, name: str) -> Offered:
    """Return the model of a name.

    Raises
    ------
    UnknownModel
        When there is none, or nothing stands behind it.
    """
    offered = list_models(modes)
    for one in offered:
        if one.model.name == name:
            return one
    raise UnknownModel(no_such("model", name, (one.model.name for one in offered)))


def list_models(modes: Modes) -> Sequence[Offered]:
    """List the models behind which something stands."""
    pairs = ((model, modes.find(model.mode)) for model in MODELS)
    return [Offered(model=model, assigned=assigned) for model, assigned in pairs if assigned is not None]
