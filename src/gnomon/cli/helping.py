"""How `--help` is laid out: options under headings, and sentences that are not cut."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

_NO_LIMIT = 1000


class Sections(click.Command):
    """A command whose options stand under headings; those of no heading come last."""

    def __init__(self, *given: Any, headings: Mapping[str, Sequence[str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self._headings = headings

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, heading by heading."""
        rows = {str(option.name): option.get_help_record(ctx) for option in self.get_params(ctx)}
        for heading, names in self._headings.items():
            _write(formatter, heading, [rows.pop(name) for name in names])
        _write(formatter, "Other", list(rows.values()))


def _write(formatter: click.HelpFormatter, heading: str, rows: Sequence[tuple[str, str] | None]) -> None:
    with formatter.section(heading):
        formatter.write_dl([row for row in rows if row is not None])


class Sentences(click.Group):
    """A group that shows the first sentence of each command whole."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with what they do."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, self.commands[name].get_short_help_str(_NO_LIMIT))
                    for name in self.list_commands(ctx)
                ]
            )
