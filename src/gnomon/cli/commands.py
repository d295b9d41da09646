"""The commands and their options; each imports what it runs when it runs."""

import dataclasses
import time
import typing
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import click

from gnomon.cli.admin import admin
from gnomon.cli.documents import documents
from gnomon.cli.helping import Sections, Sentences
from gnomon.cli.models import models
from gnomon.cli.weather import weather
from gnomon.core.brief import EFFORTS, USUAL_EFFORT
from gnomon.settings import Settings

_METAVARS = {
    "workload": "MODULE",
    "webhook_allow": "NETWORK",
    "cors_origin": "ORIGIN",
    **dict.fromkeys(("processor", "mode"), "NAME=KIND"),
    "documents": "DIR",
    "skills": "DIR",
    "search": "PROVIDER",
    "fetch_allow": "NETWORK",
}
_FOLDER = click.Path(path_type=Path, file_okay=False)
_EPILOG = "Every option can be given as a variable: --cpu-slots 4 is GNOMON_CPU_SLOTS=4."


HEADINGS = {
    "Server": ("data", "host", "port", "no_auth", "cors_origin", "log_level"),
    "Work": ("workload", "cpu_slots", "io_slots", "lease", "cancel_grace", "sync_wait"),
    "Limits": (
        *("max_body_mb", "max_weather_rows", "rate_limit"),
        *("max_active", "max_streams", "max_waits", "max_endpoints"),
        *("max_schedules", "schedule_spacing", "max_workspaces"),
    ),
    "Signing in": ("supabase_jwks", "supabase_issuer", "supabase_audience", "supabase_secret"),
    "Streams": ("heartbeat", "max_stream_seconds"),
    "Webhooks": (
        *("webhook_schedule", "webhook_timeout", "webhook_concurrency"),
        *("webhook_allow", "webhook_http"),
    ),
    "Parallel API": ("processor", "parallel_validation", "max_hold"),
    "Shannon API": ("mode", "shannon_paused", "skills"),
    "Documents": (
        *("documents", "no_own_documents", "document_links", "document_watch"),
        *("public_url", "semantic"),
    ),
    "Research": (
        *("model", "model_url", "model_concurrency", "model_window", "model_timeout", "model_threads"),
        *("model_fallback", "max_cost"),
        *("search", "fetch_allow", "fetch_http"),
    ),
    "Weather": ("pvgis_url", "nsrdb_url", "nsrdb_email"),
    "Retention": ("keep_events", "keep_deliveries", "keep_gone_documents"),
}
"""Under what each setting stands in the help."""
_ASKED = (
    *("data", "no_own_documents", "public_url", "semantic"),
    *HEADINGS["Research"],
)
"""The settings that a question from the command line heeds, too; --documents may be a file there."""


@click.group(
    cls=Sentences,
    epilog="Start with `gnomon demo`. Once `gnomon serve` runs, its address lists the APIs: tasks of any kind under "
    "/gnomon/v1 (/gnomon/v1/openapi.json), DalyAPI's energy models at the root (/daly/openapi.json), Parallel's task "
    "runs under /v1/tasks (/v1/tasks/openapi.json), Shannon's tasks under /api/v1 and chats under /v1 "
    "(/openapi.json).",
)
@click.version_option(package_name="gnomon")
def gnomon() -> None:
    """Long-running work behind HTTP, with a photovoltaic energy model on board."""


gnomon.add_command(admin)
gnomon.add_command(models)
gnomon.add_command(documents)
gnomon.add_command(weather)


def with_settings(
    names: Collection[str] = (),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command one option for every setting, or for those that are named."""
    hints = typing.get_type_hints(Settings, include_extras=True)

    def give(command: Callable[..., None]) -> Callable[..., None]:
        for field in reversed(dataclasses.fields(Settings)):
            hint, text = typing.get_args(hints[field.name])
            if not names or field.name in names:
                command = _option(field.name, hint, field.default, text)(command)
        return command

    return give


def _option(name: str, hint: Any, default: Any, text: str) -> Callable[..., Any]:
    flag = "--" + name.replace("_", "-")
    shared: dict[str, Any] = {
        "default": default,
        "help": text,
        "envvar": "GNOMON_" + name.upper(),
        "show_default": default not in ((), ""),
        "show_envvar": True,
    }
    if hint is bool:
        return click.option(flag, is_flag=True, **shared)
    if typing.get_origin(hint) is typing.Literal:
        return click.option(flag, type=click.Choice(typing.get_args(hint)), **shared)
    if typing.get_origin(hint) is tuple:
        kind = _FOLDER if Path in typing.get_args(hint) else str
        return click.option(flag, type=kind, multiple=True, metavar=_METAVARS[name], **shared)
    if hint is Path:
        return click.option(flag, type=_FOLDER, metavar="DIR", **shared)
    return click.option(flag, type=hint, **shared)


@gnomon.command(cls=Sections, headings=HEADINGS, epilog=_EPILOG)
@with_settings()
def serve(**values: Any) -> None:
    """Start the server and keep it running.

    The first start on an empty data folder creates a workspace and writes its keys to DIR/keys.json.
    """
    from gnomon.cli.serve import serve as run

    run(_settings(values))


def _settings(values: Mapping[str, Any]) -> Settings:
    try:
        return Settings(**values)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@gnomon.command(
    cls=Sections,
    headings={
        "Answer": ("fields", "schema", "effort", "is_fast", "is_json", "picture"),
        "Documents": ("data", "documents", "workspace", "no_own_documents", "public_url", "semantic"),
        "Research": HEADINGS["Research"],
    },
    epilog="Exit code: 0 answered, 3 the documents do not say it, 1 it failed. What `gnomon serve` takes from the "
    "environment is taken here, too: keys of providers, and every variable above.",
)
@with_settings(_ASKED)
@click.option(
    "--documents",
    type=click.Path(path_type=Path, exists=True, resolve_path=True),
    multiple=True,
    envvar="GNOMON_DOCUMENTS",
    show_envvar=True,
    metavar="PATH",
    help="Folder or file to add and read first; repeatable.",
)
@click.option("--workspace", metavar="NAME", help="Whose documents to ask. [default: the first one's]")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME:TYPE",
    help="Value to find, such as opened:date or 'height:number:Height in metres'; repeatable.",
)
@click.option(
    "--schema",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="JSON Schema that the answer shall have.",
)
@click.option(
    "--effort",
    type=click.IntRange(EFFORTS[0], EFFORTS[-1]),
    default=USUAL_EFFORT,
    show_default=True,
    help="How much work it may cost.",
)
@click.option("--fast", "is_fast", is_flag=True, help="Rather soon than thorough.")
@click.option("--json", "is_json", is_flag=True, help="Print the answer as the API gives it.")
@click.option(
    "--picture", type=click.Path(path_type=Path), metavar="FILE", help="Write what is shown as an SVG, too."
)
@click.argument("question", nargs=-1, required=True)
def ask(
    question: tuple[str, ...],
    fields: tuple[str, ...],
    schema: Path | None,
    effort: int,
    workspace: str | None,
    picture: Path | None,
    *,
    is_fast: bool,
    is_json: bool,
    **values: Any,
) -> None:
    """Answer a question from your documents, with what each answer rests on; no server is needed.

    The documents are those of the data folder, beside a running server or without one. What changed is read first.
    """
    began = time.monotonic()
    from gnomon.cli.ask import ask as run
    from gnomon.cli.wish import read_wish

    if not (words := " ".join(question).strip()):
        raise click.UsageError("Say what you want to know: gnomon ask 'How are webhooks signed?'")
    brief = {
        "input": words,
        "output": read_wish(fields, schema),
        "effort": effort,
        "is_fast": is_fast,
    }
    settings = _settings(values)
    code = run(settings, brief, workspace=workspace, is_json=is_json, picture=picture, began=began)
    click.get_current_context().exit(code)


@gnomon.command(
    name="import-pvsyst",
    epilog="Exit code: 0 every model is complete, 3 a model waits for a file (PAN, OND, weather), 1 nothing could be "
    "read. What is shown is what POST /projects/import saves; see docs/pvsyst-import.md.",
)
@click.option("--json", "is_json", is_flag=True, help="Print documents and report as JSON.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write the JSON to a file, too.",
)
@click.option(
    "--short", "is_short", is_flag=True, help="Count the keys of the report instead of listing them."
)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="FILES..."
)
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the modules and inverters as PAN and OND files, as PVsyst reads them.",
)
def import_pvsyst(
    files: tuple[Path, ...], output: Path | None, folder: Path | None, *, is_json: bool, is_short: bool
) -> None:
    """Show what PVsyst files make: the models of their variants, and what becomes of every key.

    FILES are a project's .PRJ, .VC*, .PAN, .OND, .SIT, .HOR, .MET, .SHD and weather .CSV files, a .ZIP of them, or
    a folder. No server is needed and nothing is saved.
    """
    from gnomon.cli.import_pvsyst import import_pvsyst as run

    code = run(files, is_json=is_json, output=output, is_short=is_short, folder=folder)
    click.get_current_context().exit(code)


@gnomon.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-data"),
    show_default=True,
    envvar="GNOMON_DEMO_DATA",
    show_envvar=True,
    metavar="DIR",
    help="Folder in which the demo's server keeps its database.",
)
@click.option(
    "--blocks", default=20, show_default=True, type=click.IntRange(1, 500), help="Blocks of the plant."
)
@click.option(
    "--picture", type=click.Path(path_type=Path), metavar="FILE", help="Write what is shown as an SVG, too."
)
def demo(data: Path, blocks: int, picture: Path | None) -> None:
    """Run a real plant on real weather through the HTTP API, and show its energy and its losses."""
    from gnomon.cli.demo import demo as run

    run(data, blocks, picture)
