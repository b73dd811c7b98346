"""`kith journeys backtest`."""

from __future__ import annotations

from pathlib import Path

import click

from kith.cli import Output, with_output
from kith.settings import load_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("backtest")
@click.argument("file", type=_FILE)
@click.option(
    "--from", "since", required=True, help="An instant or a day, such as 2026-03-01; counts itself."
)
@click.option("--to", "until", required=True, help="Where the span ends; doesn't count itself.")
@click.option(
    "--series", type=click.Path(dir_okay=False, path_type=Path), help="Write a CSV by day, to be plotted."
)
@with_output()
def backtest_file(out: Output, file: Path, since: str, until: str, series: Path | None) -> None:
    """What the journey or campaign of FILE would have done: entrants, steps, sends by channel and day, drops."""
    from dataclasses import asdict

    from activation.journeys.backtest import backtest, load_rehearsal
    from kith.times import parse_instant

    settings = load_settings()
    rehearsal = load_rehearsal(settings, file)
    begin, end = parse_instant(since, settings.zone), parse_instant(until, settings.zone)
    with out.progress("slices") as advance:
        found = backtest(settings, rehearsal, begin, end, progress=lambda done, of: advance(1, of))
    if series is not None:
        series.write_text(_csv(found.series))
    if out.is_json:
        out.summary(asdict(found))
        return
    out.summary(found.summary(), title=f"{found.journey} over the past")
    tables = {
        "steps": found.steps,
        "sends by day": found.sends,
        "drops": found.drops,
        "also in": found.overlap,
    }
    for title, rows in tables.items():
        if rows:
            out.rows(rows, title=title)
    if found.is_moved:
        out.note("Its own window lies outside the span, so it was opened where the span begins.")


def _csv(rows: object) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=["day", "measure", "of", "count"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()
