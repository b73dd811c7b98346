"""How far a long command has come, on standard error: a bar on a terminal, a line now and then elsewhere.

Elsewhere is a log, or a page that shows the command: `label n of m`, which `read_progress` reads again.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

#: A line at most so often, in seconds, and none of what is over before.
PATIENCE = 2.0
_LINE = re.compile(r"(?P<label>.+) (?P<done>\d+) of (?P<total>\d+)")


class Advance(Protocol):
    """So many steps further; `total` where it is known only now."""

    def __call__(self, steps: float, total: float | None = None) -> None: ...


class Progress(NamedTuple):
    """What a line told."""

    label: str
    done: int
    total: int


def read_progress(line: str) -> Progress | None:
    """The progress that the line tells, None if it is another one."""
    found = _LINE.fullmatch(line)
    return Progress(found["label"], int(found["done"]), int(found["total"])) if found else None


@contextmanager
def show_progress(label: str, total: float | None) -> Iterator[Advance]:
    """Yields `advance(steps)`."""
    if not sys.stderr.isatty():
        yield _Lines(label, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda steps, total=None: bar.update(task, advance=steps, total=total)


class _Lines:
    def __init__(self, label: str, total: float | None) -> None:
        self._label, self._total, self._done = label, total, 0.0
        self._told_at = time.monotonic()

    def __call__(self, steps: float, total: float | None = None) -> None:
        self._done += steps
        self._total = total or self._total
        if time.monotonic() - self._told_at < PATIENCE:
            return
        self._told_at = time.monotonic()
        of = f" of {self._total:.0f}" if self._total else ""
        sys.stderr.write(f"{self._label} {self._done:.0f}{of}\n")
        sys.stderr.flush()
