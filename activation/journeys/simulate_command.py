"""`kith journeys simulate`: the sandbox's people take part, so the sandbox does the work, as a command of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from kith.settings import child_environment

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ANY = {"ignore_unknown_options": True}


@click.command("simulate", context_settings=_ANY)
@click.argument("file", type=_FILE)
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 92), help="How far into the future."
)
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def simulate_file(file: Path, days: int, more: tuple[str, ...]) -> None:
    """What FILE will do in a sandbox world, whose people answer, in a copy of its home. Further options are those of
    'kith sandbox simulate'."""
    words = ["sandbox", "simulate", str(file), "--days", str(days), *more]
    done = subprocess.run(
        [sys.executable, "-m", "kith.cli.main", *words], env=child_environment(), check=False
    )
    sys.exit(done.returncode)
