"""`gnomon ask`: a question to the documents of a data folder, answered in this process."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from gnomon.cli.answer import is_answered, show_answer
from gnomon.core.brief import SOURCES
from gnomon.core.errors import Complaint, GnomonError
from gnomon.core.workload import Failure
from gnomon.engine.local import Log
from gnomon.wiring.inquiry import Inquiry, complaints_about, open_inquiry

if TYPE_CHECKING:
    from types import FrameType

    from gnomon.settings import Settings

FOUND_NOTHING: Final = 3
"""The exit code when the documents do not say it; 1 is for what went wrong."""
_INTERRUPTED: Final = 130
_OF_MODEL: Final = ("planning", "settling", "writing")
"""Stages in which a model, where there is one, is what is waited for."""
_PATIENCE: Final = 0.5
"""Seconds that a thread in the middle of its work is waited for after Ctrl-C."""
_SHOW_CURSOR: Final = "\x1b[?25h"
_NO_DOCUMENTS: Final = (
    "There are no documents to ask. Add some:\n\n"
    "  gnomon documents add PATH          a folder or a file; it is followed from now on\n"
    "  gnomon documents add-starter       the World Factbook, public domain\n"
    "  gnomon ask --documents PATH ...    add and ask at once\n"
    "  gnomon documents list              what is there, and what cannot be read and why\n"
)


def ask(
    settings: "Settings",
    brief: Mapping[str, Any],
    *,
    workspace: str | None = None,
    is_json: bool = False,
    picture: Path | None = None,
    began: float | None = None,
) -> int:
    """Answer a brief, print the answer, and return the exit code.

    The time that it says it took is counted from `began`, by the monotonic clock: from now unless given.

    Raises
    ------
    click.ClickException
        When it cannot be answered.
    """
    entered = time.monotonic()
    if complaints := complaints_about(brief):
        raise click.UsageError("\n".join(map(_told, complaints)))
    try:
        with _ending_at_once(), open_inquiry(settings, workspace) as inquiry:
            _take_in(inquiry, is_shared=workspace is None)
            answer = _work(inquiry, brief)
            seconds = time.monotonic() - (entered if began is None else began)
            if is_json:
                click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
            else:
                _print(inquiry, answer, seconds, brief["input"], picture)
    except KeyboardInterrupt:
        _leave()
    except Failure as failure:
        if failure.code == "not_found":
            click.echo(failure.message, err=True)
            return FOUND_NOTHING
        raise click.ClickException(_failed(failure)) from failure
    except (GnomonError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    return 0 if is_answered(answer) else FOUND_NOTHING


def _take_in(inquiry: Inquiry, *, is_shared: bool) -> None:
    """Read what is new; without anything to look in, say how to add some."""
    settings = inquiry.settings
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn())
    with _progress(*columns) as progress:
        bar = progress.add_task("read", total=None, visible=False)

        def tell(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total, visible=done < total)

        inquiry.take_in(settings.documents, tell, is_shared=is_shared)
    if not inquiry.holdings().documents and not settings.search:
        raise click.ClickException(_NO_DOCUMENTS)


def _work(inquiry: Inquiry, brief: Mapping[str, Any]) -> Mapping[str, Any]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TimeElapsedColumn())
    log, model, shown = Log(), inquiry.settings.model, ""
    with _progress(*columns) as progress:
        bar = progress.add_task("starting", total=100)

        def tell(percent: float, stage: str | None) -> None:
            nonlocal shown
            asked = f" with {model}" if model and stage in _OF_MODEL else ""
            told = f"{stage or 'working'}{asked}{_sources(log.messages)}"
            progress.update(bar, completed=percent, description=told)
            if model and progress.disable and told != shown:
                click.echo(f"{told} ...", err=True)
            shown = told

        log.on_progress = tell
        answer: Mapping[str, Any] = inquiry.ask(brief, log)
    return answer


def _sources(messages: Sequence[Any]) -> str:
    """Say how many sources were read so far."""
    counts = next((each for each in reversed(messages) if each.get("kind") == SOURCES), None)
    return f", {counts['read']} of {counts['considered']} sources read" if counts else ""


@contextmanager
def _progress(*columns: Any) -> Iterator[Progress]:
    """Draw on standard error, where a person is looking: what is printed stays clean for the next command."""
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def _print(
    inquiry: Inquiry, answer: Mapping[str, Any], seconds: float, question: str, picture: Path | None
) -> None:
    console = Console(record=picture is not None, highlight=False)
    show_answer(console, answer, seconds, inquiry.find_file, is_served=inquiry.is_served)
    if picture is not None:
        console.save_svg(str(picture), title=f'gnomon ask "{question}"')


def _failed(failure: Failure) -> str:
    if failure.code != "provider_unavailable":
        return failure.message
    return f"The model did not answer. {failure.message} With --model-fallback extractive it is done without."


def _told(complaint: Complaint) -> str:
    place = ".".join(map(str, complaint.loc[1:]))
    return f"{place}: {complaint.message}" if place else complaint.message


@contextmanager
def _ending_at_once() -> Iterator[None]:
    """Let Ctrl-C end the process soon, also while a thread is in the middle of its work."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: "FrameType | None") -> None:
        timer = threading.Timer(_PATIENCE, _leave)
        timer.daemon = True
        timer.start()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave() -> NoReturn:
    """End without waiting for anybody; the library's file takes no harm of it."""
    if sys.stderr.isatty():
        sys.stderr.write(_SHOW_CURSOR)
    sys.stderr.write("Stopped.\n")
    sys.stderr.flush()
    os._exit(_INTERRUPTED)
