"""Texts become vectors of their meaning, on the CPU, with a small model that stands in a folder."""

import ctypes
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

FOLDER: Final = "minilm"
"""Where the model stands below the folder of models: all-MiniLM-L6-v2, as `model.onnx` and `tokenizer.json`."""
NAME: Final = "all-MiniLM-L6-v2"
DIMENSIONS: Final = 384
LONGEST: Final = 256
"""Tokens of one text; the model was trained on no more, and what comes after is left out."""
_BATCH: Final = 2
"""Texts at a time: 32 took 1.1 GB and half as long again, on one core."""
IDLE: Final = 300.0
"""Seconds without a text after which the model is let go of; to load it again takes half a second."""
REMEDY: Final = "install it with: pip install '.[semantic]' in a clone of Gnomon"


class NoEmbedder(Exception):
    """Embedding is not possible here; the message says what is missing, and the remedy."""


def models_folder() -> Path:
    """Return the folder of models: `GNOMON_MODELS`, else `gnomon/models` in the user's cache."""
    chosen = os.environ.get("GNOMON_MODELS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(cache) / "gnomon" / "models"


def find_embedder(folder: Path | None = None, *, threads: int = 1, idle: float = IDLE) -> "Embedder | None":
    """Find the model that stands in a folder of models; None where there is none, or no runtime for it."""
    place = (folder or models_folder()) / FOLDER
    if not (place / "model.onnx").is_file() or not (place / "tokenizer.json").is_file():
        return None
    try:
        return Embedder(place, threads=threads, idle=idle)
    except NoEmbedder:
        return None


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The model in memory: 150 MB of it."""

    tokenizer: Any
    session: Any


class Embedder:
    """Makes vectors of unit length: the nearer two meanings, the larger the product of their vectors.

    The model is loaded by the first text, and let go of when none has come for a while: a process that embeds now and
    then takes little memory otherwise.
    """

    def __init__(self, path: Path, *, threads: int = 1, idle: float = IDLE) -> None:
        """Look whether the model of a folder can be opened.

        Raises
        ------
        NoEmbedder
            When a library or a file is missing.
        """
        for library, file in (("tokenizers", "tokenizer.json"), ("onnxruntime", "model.onnx")):
            _look_for(library)
            _present(path / file)
        self._path = path
        self._threads = threads
        self._idle = idle
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._used_at = 0.0

    @property
    def is_loaded(self) -> bool:
        """Say whether the model is in memory."""
        return self._loaded is not None

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Return one vector of `DIMENSIONS` for each text, in their order."""
        import numpy as np

        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        if not texts:
            return vectors
        loaded = self._load()
        # Texts of like length share a batch, so that little is padded.
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        for begin in range(0, len(order), _BATCH):
            batch = order[begin : begin + _BATCH]
            vectors[batch] = _embed_batch(loaded, [texts[n] for n in batch])
        return vectors

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors as plain lists: an `Embed` of `ranking`."""
        vectors: list[list[float]] = self.embed(texts).tolist()
        return vectors

    def _load(self) -> _Loaded:
        with self._lock:
            self._used_at = time.monotonic()
            if self._loaded is None:
                tokenizer = _open_tokenizer(self._path / "tokenizer.json")
                self._loaded = _Loaded(tokenizer, _open_model(self._path / "model.onnx", self._threads))
                _give_memory_back()  # a third of what loading takes
                threading.Thread(target=self._let_go_when_idle, name="embedder", daemon=True).start()
            return self._loaded

    def _let_go_when_idle(self) -> None:
        while (rest := self._rest()) > 0:
            time.sleep(rest)
        _give_memory_back()

    def _rest(self) -> float:
        """Return how long the model is kept yet; where that is not at all, let go of it."""
        with self._lock:
            rest = self._used_at + self._idle - time.monotonic()
            if rest <= 0:
                self._loaded = None
            return rest


def _embed_batch(loaded: _Loaded, texts: Sequence[str]) -> "Vectors":
    import numpy as np

    tokens = [loaded.tokenizer.encode(text).ids for text in texts]
    ids = np.zeros((len(texts), max(map(len, tokens))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for n, each in enumerate(tokens):
        ids[n, : len(each)], mask[n, : len(each)] = each, 1
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    (hidden,) = loaded.session.run(None, given)
    mean = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    unit: Vectors = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _look_for(library: str) -> None:
    if find_spec(library) is None:
        raise NoEmbedder(f"embedding needs {library}; {REMEDY}")


def _open_tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(_present(path).read_text(encoding="utf-8"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    return tokenizer


def _open_model(path: Path, threads: int) -> Any:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it would keep the most that it has ever needed
    options.enable_mem_pattern = False
    # A thread that waits for work must not keep a core busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(_present(path)), options, providers=["CPUExecutionProvider"])


def _give_memory_back() -> None:
    """Have the C library (glibc) return to the system what is free."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


def _present(path: Path) -> Path:
    if not path.is_file():
        raise NoEmbedder(
            f"{path.name} is missing in {path.parent}; fetch it with: gnomon models pull {FOLDER}"
        )
    return path
