import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gnomon.reading import embedding
from gnomon.reading.embedding import DIMENSIONS, FOLDER, Embedder, NoEmbedder, find_embedder, models_folder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = find_embedder()
    if found is None:
        pytest.skip(f"no model in {models_folder() / FOLDER}: gnomon models pull {FOLDER}")
    return found


def test_nearer_meanings_have_nearer_vectors(embedder: Embedder) -> None:
    asked, near, far = embedder.embed(
        [
            "How many people live in the town?",
            "The village has 412 inhabitants.",
            "Granite is an igneous rock.",
        ]
    )
    assert asked @ near > 0.4 > 0.2 > asked @ far


def test_vectors_have_unit_length_and_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = ["short", "a " * 40, "", *(f"text number {n} " * (n % 4) for n in range(40))]
    vectors = embedder.embed(texts)
    assert vectors.shape == (len(texts), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    # int8 weights make a vector depend a little on the texts of its batch.
    for n in (0, 1, 2, 42):
        assert vectors[n] @ embedder.embed([texts[n]])[0] > 0.97


def test_what_is_beyond_the_longest_is_left_out(embedder: Embedder) -> None:
    same = "harbour " * (embedding.LONGEST - 2)
    long, longer = embedder.embed([same, same + "granite " * 500])
    assert long @ longer == pytest.approx(1.0, abs=1e-4)


def test_no_texts_are_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_called_it_gives_lists(embedder: Embedder) -> None:
    ((first, *rest),) = embedder(["harbour"])
    assert isinstance(first, float)
    assert len(rest) == DIMENSIONS - 1


def test_without_a_model_there_is_no_embedder(tmp_path: Path) -> None:
    assert find_embedder(tmp_path) is None
    with pytest.raises(NoEmbedder, match=r"tokenizer\.json is missing .* gnomon models pull minilm"):
        Embedder(tmp_path)


@pytest.mark.parametrize("library", ["tokenizers", "onnxruntime"])
def test_without_its_libraries_there_is_none_and_the_remedy_is_named(
    library: str, tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    place = models_folder() / FOLDER
    assert find_embedder() is None
    with pytest.raises(NoEmbedder, match=rf"needs {library}; .*'\.\[semantic\]'"):
        Embedder(place)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"GNOMON_MODELS": "/srv/models", "XDG_CACHE_HOME": "/cache"}, Path("/srv/models")),
        ({"XDG_CACHE_HOME": "/cache"}, Path("/cache/gnomon/models")),
        ({"HOME": "/home/me"}, Path("/home/me/.cache/gnomon/models")),
    ],
)
def test_where_models_stand(variables: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GNOMON_MODELS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert models_folder() == folder


def test_importing_loads_no_runtime() -> None:
    """The default path pays neither for NumPy nor for a runtime."""
    code = "import sys, gnomon.reading.embedding, gnomon.reading.ranking; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "onnxruntime", "tokenizers"} & set(loaded)


def test_the_model_is_loaded_by_a_text_and_let_go_of_when_none_comes() -> None:
    embedder = find_embedder(idle=0.0)
    if embedder is None:
        pytest.skip("No embedding model is installed: gnomon models pull minilm.")
    assert not embedder.is_loaded
    first = embedder.embed(["A heron."])
    for thread in threading.enumerate():
        if thread.name == "embedder":
            thread.join(10)
    assert not embedder.is_loaded
    assert (embedder.embed(["A heron."]) == first).all()
