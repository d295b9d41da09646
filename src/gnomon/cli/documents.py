"""`gnomon documents`: the folders that research draws on, beside a running server or without one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gnomon.cli.helping import Sentences

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from gnomon.core.library import Passage
    from gnomon.library.report import Report
    from gnomon.wiring.documents import Documents

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("gnomon-data"),
    show_default=True,
    envvar="GNOMON_DATA",
    show_envvar=True,
    metavar="DIR",
    help="Folder of the server's database; made when absent.",
)
_WORKSPACE = click.option(
    "--workspace", metavar="NAME", help="The workspace that may draw on it. [default: the first one]"
)
_SHARED = click.option("--shared", is_flag=True, help="Every workspace may draw on it.")
_MOST_UNREADABLE = 10
_MOST_NOTES = 50
_NO_OTHERS = "whoever has no other documents"
_WIDEST = 10_000
_LEFT_OUT = {
    "format": "file of other formats",
    "too_large": "file that is too large",
    "link_out": "link out of the folder",
    "no_access": "place without access",
    "name": "file whose name is no text",
}
"""What is told of what was left out; hidden files and folders of tools are nobody's documents."""


@click.group(cls=Sentences, epilog="A server that runs on the same --data sees every change within seconds.")
def documents() -> None:
    """Say which folders research draws on, and look into them."""


@documents.command()
@_DATA
@_WORKSPACE
@_SHARED
@click.option("--label", metavar="TEXT", help="What citations call it. [default: the folder's name]")
@click.argument("path", type=click.Path(path_type=Path, exists=True, resolve_path=True))
def add(data: Path, workspace: str | None, label: str | None, path: Path, *, shared: bool) -> None:
    """Add a folder, or a single file, and read it in; from now on it is watched."""
    with _opened(data, is_made=True) as library:
        place = library.place(workspace, is_shared=shared)
        _add(library, place, path, label or path.name)
        _tell_lag(library, workspace)


@documents.command()
@_DATA
@_WORKSPACE
@_SHARED
@click.argument("path", type=click.Path(path_type=Path))
def remove(data: Path, workspace: str | None, path: Path, *, shared: bool) -> None:
    """Take a folder out of the library; the folder itself stays as it is."""
    with _opened(data) as library:
        removed = library.remove(library.place(workspace, is_shared=shared), path)
        click.echo(
            f"Removed {removed}: nothing of it is found any more. Addresses in old citations still open."
        )


@documents.command(name="list")
@_DATA
def list_folders(data: Path) -> None:
    """List the folders, what is read of them, what waits, and what cannot be read and why."""
    from rich.console import Console

    with _opened(data) as library:
        _show_folders(Console(), library.reports())


@documents.command()
@_DATA
@_WORKSPACE
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 100), help="Passages to show.")
@click.option(
    "--semantic",
    type=click.Choice(["auto", "off"]),
    default="auto",
    show_default=True,
    envvar="GNOMON_SEMANTIC",
    show_envvar=True,
    help="Whether to search by meaning too, when gnomon[semantic] is installed.",
)
@click.argument("query", nargs=-1, required=True)
def search(data: Path, workspace: str | None, limit: int, semantic: str, query: tuple[str, ...]) -> None:
    """Find passages, as research does."""
    from rich.console import Console

    words = " ".join(query)
    with _opened(data, is_semantic=semantic == "auto") as library:
        found = library.search(workspace, words, limit)
        console = Console()
        for number, passage in enumerate(found.passages, 1):
            _show_passage(console, number, passage, words, library.whereabouts(workspace, passage))
        if not found.passages:
            console.print("Nothing of these words is in the library.")
        if found.pending:
            console.print(f"[dim]{found.pending} files are not read yet.[/]")


@documents.command()
@_DATA
@_WORKSPACE
def status(data: Path, workspace: str | None) -> None:
    """Count what a workspace may draw on, and say what was left out of its documents."""
    with _opened(data) as library:
        holdings = library.holdings(workspace)
        for name in ("documents", "passages", "pending", "unreadable", "embedded"):
            click.echo(f"{name}\t{getattr(holdings, name)}")
        _tell_lag(library, workspace)
        for name, note in library.notes(workspace)[:_MOST_NOTES]:
            click.echo(f"note\t{name}\t{note}")
        if (own := library.own_documents(workspace)) is not None and not own.is_drawn_on:
            click.echo(f"left out\t{own.documents} of Gnomon's documentation: there are other documents")


@documents.command()
@_DATA
def add_starter(data: Path) -> None:
    """Fetch the World Factbook (public domain, 3 MB) and add it for every workspace."""
    from gnomon.cli.starter import LABEL, write_starter

    folder = (data / "starter").absolute()
    click.echo("Fetching the World Factbook ...")
    count = write_starter(folder)
    click.echo(f"Wrote {count} documents to {folder}.")
    with _opened(data, is_made=True) as library:
        _add(library, library.place(None, is_shared=True), folder, LABEL)
        _tell_lag(library, None)


def _add(library: "Documents", workspace: str | None, path: Path, label: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console()
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("read", total=None)
        added = library.add(
            workspace, path, label, lambda done, total: progress.update(bar, completed=done, total=total)
        )
    console.print(
        f"{path}: {_count(added.documents, 'document')} can be found now.", highlight=False, soft_wrap=True
    )
    _show_rest(console, added)


def _tell_lag(library: "Documents", workspace: str | None) -> None:
    """Tell how far the server is with indexing what the passages mean, while it goes on."""
    if (held := library.find_lag(workspace)) is not None:
        click.echo(
            f"meaning: {held.embedded} of {held.passages} passages; words alone find until the server has them all"
        )


def _show_folders(console: "Console", reports: "Sequence[tuple[str | None, Report]]") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.measure import Measurement
    from rich.table import Table

    if not reports:
        console.print("The library has no folders yet: gnomon documents add PATH.")
        return
    table = Table(box=SIMPLE_HEAD)
    for heading in ("folder", "label", "for"):
        table.add_column(heading, no_wrap=True)
    for heading in ("documents", "waiting", "unreadable"):
        table.add_column(heading, justify="right")
    for workspace, each in reports:
        counts = (str(each.documents), str(each.pending), str(each.unreadable))
        place = _NO_OTHERS if each.folder.is_own else workspace or "everyone"
        table.add_row(str(each.folder.path), each.folder.label, place, *counts)
    # A path that is cut or broken cannot be copied: the table is as wide as it needs to be.
    shown, console.width = console.width, _WIDEST
    console.width = max(Measurement.get(console, console.options, table).maximum, shown)
    console.print(table)
    for _, each in reports:
        _show_rest(console, each)


def _show_rest(console: "Console", report: "Report") -> None:
    """Show what of a folder cannot be found, and why."""
    from rich.markup import escape

    if report.folder.problem:
        console.print(f"{report.folder.path} cannot be looked through: {report.folder.problem}.")
    if report.pending:
        console.print(
            f"{_count(report.pending, 'file')} of {report.folder.path} not read yet.", highlight=False
        )
    for name, message in report.faults[:_MOST_UNREADABLE]:
        console.print(f"  [yellow]{escape(name)}[/] is not read: {escape(message)}", highlight=False)
    if report.unreadable > _MOST_UNREADABLE:
        console.print(f"  and {report.unreadable - _MOST_UNREADABLE} more that cannot be read.")
    for name, message in report.notes[:_MOST_NOTES]:
        console.print(f"  {escape(name)}: {escape(message)}", highlight=False)
    if len(report.notes) > _MOST_NOTES:
        console.print(f"  and {len(report.notes) - _MOST_NOTES} more notes on what was left out.")
    left_out = [
        f"{_count(number, words)}"
        for why, number in report.folder.skipped.items()
        if (words := _LEFT_OUT.get(why)) is not None
    ]
    if left_out:
        console.print(f"[dim]Left out: {', '.join(left_out)}.[/]", highlight=False)


def _count(number: int, noun: str) -> str:
    first, space, rest = noun.partition(" ")
    return f"{number} {first}{'' if number == 1 else 's'}{space}{rest}"


def _show_passage(console: "Console", number: int, passage: "Passage", words: str, where: str) -> None:
    from rich.text import Text

    from gnomon.wiring.documents import excerpt

    found = excerpt(passage.text, words)
    place = passage.heading if passage.heading.startswith(passage.title) else passage.title
    if place == passage.title and passage.heading:
        place = f"{passage.title} > {passage.heading}"
    page = f", page {passage.page}" if passage.page else ""
    console.print(Text(f"{number}. {place}{page}", style="bold"))
    console.print(Text(f"   {where}", style="cyan"), soft_wrap=True)
    text = Text(passage.text[found.start : found.end])
    for start, end in found.marks:
        text.stylize("bold yellow", start - found.start, end - found.start)
    console.print(text if console.is_terminal else _starred(text))
    console.print()


def _starred(text: "Text") -> "Text":
    """Mark by signs what a terminal shows in colour."""
    from rich.text import Text

    plain = text.plain
    for span in sorted(text.spans, key=lambda each: -each.start):
        plain = f"{plain[: span.start]}**{plain[span.start : span.end]}**{plain[span.end :]}"
    return Text(plain)


@contextmanager
def _opened(data: Path, *, is_semantic: bool = False, is_made: bool = False) -> "Iterator[Documents]":
    """Open the library of a data folder; what the house refuses is told plainly.

    Raises
    ------
    click.ClickException
        When it is refused, or there is no such folder and none is to be made.
    """
    from gnomon.core.errors import GnomonError
    from gnomon.wiring.documents import open_documents

    if not data.exists():
        if not is_made:
            remedy = "Name the server's with --data, or begin one: gnomon documents add PATH."
            raise click.ClickException(f"There is no data folder {data}. {remedy}")
        click.echo(f"Making the data folder {data}; serve it with: gnomon serve --data {data}", err=True)
    try:
        with open_documents(data, is_semantic=is_semantic) as library:
            yield library
    except (GnomonError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
