"""`kith campaigns estimate|launch` and `kith journeys estimate|launch`: before and at the launch."""

from __future__ import annotations

from pathlib import Path

import click

from activation.journeys.control_commands import WHO, rim
from kith.cli import Output, with_output
from kith.settings import load_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("estimate")
@click.argument("file", type=_FILE)
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 92), help="How far it looks.")
@with_output()
def estimate_file(out: Output, file: Path, days: int) -> None:
    """Before the launch of FILE: reach after each gate, sends by channel and day, cost, expected effect."""
    from dataclasses import asdict

    from activation.journeys.backtest import load_rehearsal
    from activation.journeys.estimating import estimate

    settings = load_settings()
    found = estimate(settings, load_rehearsal(settings, file), days)
    if out.is_json:
        out.summary(asdict(found))
        return
    single = {name: value for name, value in asdict(found).items() if isinstance(value, str | int)}
    out.summary(single, title=f"{found.name} before its launch")
    for title, rows in (
        ("reach after each gate", found.reach),
        ("sends by day", found.sends),
        ("cost", found.costs),
        ("expected effect", found.effect),
    ):
        if rows:
            out.rows(rows, title=title)
    if not found.effect:
        out.note("No uplift model speaks of these people: what the messages bring can't be told before.")


@click.command("launch")
@click.argument("name")
@WHO
@with_output()
def launch_definition(out: Output, name: str, by: str | None) -> None:
    """Let NAME go live: its file says so from now on, and the next run plans it."""
    from dataclasses import asdict

    from activation.journeys.launching import launch

    settings, who, now = rim(by)
    out.summary(asdict(launch(settings, name, who, now)))


@click.group()
def campaigns() -> None:
    """Campaigns before and at their launch; everything else is under 'kith journeys'."""


campaigns.add_command(estimate_file)
campaigns.add_command(launch_definition)
