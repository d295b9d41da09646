"""Where models lie on this machine."""

from collections.abc import Mapping
from pathlib import Path

from gnomon.workloads.research.models.model import ModelFailure
from gnomon.workloads.research.models.pull import RECIPES


def models_folder(env: Mapping[str, str]) -> Path:
    """Return the folder that models are kept in: GNOMON_MODELS, or one in the user's cache."""
    given = env.get("GNOMON_MODELS")
    if given:
        return Path(given)
    cache = env.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "gnomon" / "models"


def require_known(named: str, env: Mapping[str, str]) -> None:
    """Refuse a name that is neither a path, nor that of a model that lies here or can be pulled.

    Raises
    ------
    ModelFailure
        When it is none of these.
    """
    known = [recipe.name for recipe in RECIPES.values() if recipe.is_language_model]
    if _is_path(named) or named in known or _pulled(named, env):
        return
    raise ModelFailure(
        "model_missing",
        f"There is no model {named!r}. Known by name: {', '.join(known)}; "
        f"`gnomon models pull {known[0]}` fetches it. local:PATH takes any GGUF file.",
    )


def find_gguf(named: str, env: Mapping[str, str]) -> Path:
    """Return the GGUF file of a path, or of the name of a model that has been pulled.

    Raises
    ------
    ModelFailure
        When there is none.
    """
    if _is_path(named):
        path = Path(named).expanduser()
        if path.is_file():
            return path.resolve()
        raise ModelFailure("model_missing", f"There is no model file {named}; give the path of a GGUF file.")
    found = _pulled(named, env)
    if not found:
        raise ModelFailure(
            "model_missing",
            f"There is no model {named} on this machine: `gnomon models list` shows what can be pulled, "
            f"`gnomon models pull {named}` does it, and local:PATH takes any GGUF file.",
        )
    return found[0].resolve()


def _is_path(named: str) -> bool:
    path = Path(named).expanduser()
    return path.suffix == ".gguf" or len(path.parts) > 1


def _pulled(named: str, env: Mapping[str, str]) -> list[Path]:
    """List the GGUF files of a model that lies in the folder of models; none for no name at all."""
    return sorted((models_folder(env) / named).glob("*.gguf")) if named else []
