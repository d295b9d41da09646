"""Where models lie on this machine."""

from collections.abc import Mapping
from pathlib import Path

from gnomon.workloads.research.models.model import ModelFailure


def models_folder(env: Mapping[str, str]) -> Path:
    """Return the folder that models are kept in: GNOMON_MODELS, or one in the user's cache."""
    given = env.get("GNOMON_MODELS")
    if given:
        return Path(given)
    cache = env.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "gnomon" / "models"


def find_gguf(named: str, env: Mapping[str, str]) -> Path:
    """Return the GGUF file of a path, or of the name of a model that has been pulled.

    Raises
    ------
    ModelFailure
        When there is none.
    """
    path = Path(named).expanduser()
    if path.suffix == ".gguf" or len(path.parts) > 1:
        if path.is_file():
            return path.resolve()
        raise ModelFailure("model_missing", f"There is no model file {named}; give the path of a GGUF file.")
    found = sorted((models_folder(env) / named).glob("*.gguf"))
    if not found:
        raise ModelFailure(
            "model_missing",
            f"There is no model {named} on this machine: `gnomon models list` shows what can be pulled, "
            f"`gnomon models pull {named}` does it, and local:PATH takes any GGUF file.",
        )
    return found[0].resolve()
