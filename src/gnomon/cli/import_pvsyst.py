"""`gnomon import-pvsyst`: what an import of PVsyst files would make, and what becomes of every key."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from gnomon.workloads.pvsyst_import.plan import Plan

_AWAITS = 3
_WIDEST = 10_000
_HEADINGS = ("block", "inverters", "strings", "modules", "kWp", "tilt", "azimuth", "module", "inverter")
_FATES = {
    "assumed": "Assumed, because the files are silent or not clear",
    "unmapped": "Without a field in the model",
    "mapped": "Mapped",
}


def import_pvsyst(
    paths: Sequence[Path], *, is_json: bool, output: Path | None, is_short: bool, folder: Path | None = None
) -> int:
    """Read files, show what they make, and return the exit code.

    Raises
    ------
    click.ClickException
        When there is neither a project nor a variant among the files, or one cannot be opened.
    """
    from gnomon.workloads.pvsyst_import.outline import outline
    from gnomon.workloads.pvsyst_import.plan import plan
    from gnomon.workloads.pvsyst_import.project import no_project, read_all

    shelf = read_all(list(_uploads(paths)))
    if not shelf.projects and not shelf.variants:
        raise click.ClickException(no_project(shelf))
    planned = plan(shelf)
    found = outline(shelf, planned)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")
    if folder is not None:
        _write_components(planned, folder)
    if is_json:
        click.echo(text)
    else:
        _show(found, is_short=is_short)
    return _AWAITS if any(model["waitsFor"] for model in found["models"]) else 0


def _write_components(planned: "Plan", folder: Path) -> None:
    """Write the modules and inverters as PAN and OND files; files that are there are left alone."""
    from gnomon.workloads.pvsyst_import.component import write

    for each in planned.components:
        target = folder / each.path.rpartition("/")[2]
        try:
            text = write(each.kind, each.document)
            folder.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\r\n") as opened:
                opened.write(text)
        except FileExistsError as error:
            raise click.ClickException(f"{target} is there already; give another folder") from error
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{target} cannot be written: {error}") from error


def _uploads(paths: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the files, and those in folders, by name and bytes."""
    for path in paths:
        inside = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for each in inside:
            try:
                yield str(each.relative_to(path.parent)), each.read_bytes()
            except OSError as error:
                raise click.ClickException(f"{each} cannot be read: {error.strerror}") from error


def _show(found: Mapping[str, Any], *, is_short: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for each in found["locations"]:
        height = f", {each['elevation']:g} m" if "elevation" in each else ""
        horizon = ", with a horizon" if "farShading" in each else ""
        console.print(
            f"Location {each['name']}: {each['latitude']:g}, {each['longitude']:g}{height}{horizon}",
            markup=False,
        )
    for each in found["projects"]:
        console.print(f"Project {each['name']}", markup=False)
    for model in found["models"]:
        _show_model(console, model, is_short=is_short)
    _show_notes(console, "Files", found["report"])
    files, models = len(found["filesProcessed"]), len(found["models"])
    console.print(f"{files} file{'s' * (files != 1)} read, {models} model{'s' * (models != 1)}.")


def _show_model(console: "Console", model: Mapping[str, Any], *, is_short: bool) -> None:
    console.print()
    console.rule(model["inputs"]["name"], align="left", style="dim")
    _show_blocks(console, model["blocks"])
    for wait in model["waitsFor"]:
        file = wait["file"] or ("a value" if wait["kind"] == "value" else "a file")
        console.print(f"waits for {file} ({wait['kind']}, {wait['at']})", style="yellow", markup=False)
    for fate, heading in _FATES.items():
        notes = model[fate]
        if is_short:
            console.print(f"{heading}: {len(notes)}", style="dim")
        else:
            _show_notes(console, heading, notes)


def _show_blocks(console: "Console", rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for place, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="right" if 0 < place < len(_HEADINGS) - 2 else "left", no_wrap=True)
    for row in rows:
        keys = (
            "name",
            "inverters",
            "strings",
            "modules",
            "dcPowerkW",
            "tilt",
            "azimuth",
            "module",
            "inverter",
        )
        table.add_row(*(Text(_cell(row[key])) for key in keys))
    # A file's name that is cut cannot be looked for: the table is as wide as it needs to be.
    shown, console.width = console.width, _WIDEST
    console.width = max(Measurement.get(console, console.options, table).maximum, shown)
    console.print(table)
    console.width = shown


def _cell(value: Any) -> str:
    if value is None:
        return "?"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _show_notes(console: "Console", heading: str, notes: Sequence[Mapping[str, str]]) -> None:
    from rich.text import Text

    if not notes:
        return
    console.print(f"{heading} ({len(notes)})", style="bold")
    for note in notes:
        named = f"{note['key']}={note['value']}" if note["value"] else note["key"]
        line = Text("  ")
        line.append(f"{note['at']}  ", style="dim")
        line.append(named, style="cyan")
        line.append(f"{': ' if named else ''}{note['said']}")
        console.print(line, soft_wrap=True)
