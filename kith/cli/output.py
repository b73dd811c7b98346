"""What a command prints: results on standard output as a table or JSON, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from functools import wraps
from typing import Any

import click
import orjson

from kith.cli.progress import Advance, show_progress

Row = Mapping[str, Any]
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY


class Output:
    """Writes results in the chosen format."""

    def __init__(self, style: str = "table") -> None:
        self.style = style

    @property
    def is_json(self) -> bool:
        return self.style == "json"

    def rows(self, rows: Sequence[Row], title: str | None = None) -> None:
        """A list of records."""
        if self.is_json:
            _emit(_json([dict(row) for row in rows]))
        elif self.style == "csv":
            _emit(_csv(rows))
        else:
            _print_table(rows, title)

    def summary(self, values: Row, title: str | None = None) -> None:
        """One record, a line a value."""
        if self.is_json:
            _emit(_json(dict(values)))
        else:
            _print_table(
                [{"what": key, "value": value} for key, value in values.items()], title, header=False
            )

    def line(self, values: Row) -> None:
        """One record as one line of JSON, at once: for a reader that follows a long-running command."""
        sys.stdout.write(orjson.dumps(dict(values), default=_plain, option=_OPTIONS).decode() + "\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """A remark for people, on standard error: never mixed into results."""
        click.echo(text, err=True)

    def progress(self, label: str, total: float | None = None) -> AbstractContextManager[Advance]:
        """How far it has come, on standard error. Yields `advance(steps)`."""
        return show_progress(label, total)


def with_output(*styles: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `--format` (table, json, and what is named) to a command and pass it `out`."""
    choices = click.Choice(["table", "json", *styles])

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option(
            "--format", "style", type=choices, default="table", show_default=True, help="How to print."
        )
        @wraps(command)
        def wrapped(style: str, **options: Any) -> Any:
            return command(out=Output(style), **options)

        return wrapped

    return decorate


def _emit(text: str) -> None:
    sys.stdout.write(text + "\n")


def _json(value: Any) -> str:
    return orjson.dumps(value, default=_plain, option=_OPTIONS | orjson.OPT_INDENT_2).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def _csv(rows: Sequence[Row]) -> str:
    import csv
    import io

    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def _print_table(rows: Sequence[Row], title: str | None, header: bool = True) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, show_header=header, title_justify="left", header_style="bold")
    for column in rows[0] if rows else ("nothing",):
        right = bool(rows) and header and isinstance(rows[0].get(column), (int, float, Decimal))
        table.add_column(str(column), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    width = None if sys.stdout.isatty() else 160
    Console(width=width).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (float, Decimal)):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value)
