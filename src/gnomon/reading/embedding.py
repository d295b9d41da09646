"""Texts become vectors of their meaning, on the CPU, with a small model that stands in a folder."""

import os
from collections.abc import Sequence
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
REMEDY: Final = "install it with: pip install 'gnomon[semantic]'"


class NoEmbedder(Exception):
    """Embedding is not possible here; the message says what is missing, and the remedy."""


def models_folder() -> Path:
    """Return the folder of models: `GNOMON_MODELS`, else `gnomon/models` in the user's cache."""
    chosen = os.environ.get("GNOMON_MODELS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(cache) / "gnomon" / "models"


def find_embedder(folder: Path | None = None, *, threads: int = 1) -> "Embedder | None":
    """Open the model that stands in a folder of models; None where there is none, or no runtime for it."""
    place = (folder or models_folder()) / FOLDER
    if not (place / "model.onnx").is_file() or not (place / "tokenizer.json").is_file():
        return None
    try:
        return Embedder(place, threads=threads)
    except NoEmbedder:
        return None


class Embedder:
    """Makes vectors of unit length: the nearer two meanings, the larger the product of their vectors."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Open the model of a folder.

        Raises
        ------
        NoEmbedder
            When a library or a file is missing.
        """
        self._tokenizer = _open_tokenizer(path / "tokenizer.json")
        self._session = _open_model(path / "model.onnx", threads)

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Return one vector of `DIMENSIONS` for each text, in their order."""
        import numpy as np

        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        # Texts of like length share a batch, so that little is padded.
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        for begin in range(0, len(order), _BATCH):
            batch = order[begin : begin + _BATCH]
            vectors[batch] = self._embed_batch([texts[n] for n in batch])
        return vectors

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors as plain lists: an `Embed` of `ranking`."""
        vectors: list[list[float]] = self.embed(texts).tolist()
        return vectors

    def _embed_batch(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np

        tokens = [self._tokenizer.encode(text).ids for text in texts]
        ids = np.zeros((len(texts), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for n, each in enumerate(tokens):
            ids[n, : len(each)], mask[n, : len(each)] = each, 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self._session.run(None, given)
        mean = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: Vectors = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
        return unit


def _open_tokenizer(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as missing:
        raise NoEmbedder(f"embedding needs tokenizers; {REMEDY}") from missing
    tokenizer = Tokenizer.from_str(_present(path).read_text(encoding="utf-8"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    return tokenizer


def _open_model(path: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as missing:
        raise NoEmbedder(f"embedding needs onnxruntime; {REMEDY}") from missing
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it would keep the most that it has ever needed
    # A thread that waits for work must not keep a core busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(_present(path)), options, providers=["CPUExecutionProvider"])


def _present(path: Path) -> Path:
    if not path.is_file():
        raise NoEmbedder(
            f"{path.name} is missing in {path.parent}; fetch it with: gnomon models pull {FOLDER}"
        )
    return path
