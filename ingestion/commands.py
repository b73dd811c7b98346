"""`kith import`, `kith held`, `kith quarantine`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kith.cli import Output, with_output
from kith.settings import Settings, load_settings

STAGES = 5


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", required=True, type=click.Path(path_type=Path), help="How rows become events.")
@with_output()
def import_file(out: Output, file: Path, mapping: Path) -> None:
    """Import a CSV, Parquet or JSON lines file through a mapping, in one commit.

    Rows in = rows landed + rows set aside. The same file under the same mapping lands once.
    """
    from ingestion.imports import import_events
    from ingestion.verdicts import reasons
    from kith.clock import system_clock
    from kith.errors import KithError

    settings = _ready()
    with out.progress(f"import {file.name}", STAGES) as advance:
        done = import_events(settings, file, mapping, system_clock(settings).now(), lambda stage: advance(1))
    if done.already_in:
        out.note(f"{file.name} was imported before (it is in: {done.already_in}); nothing new landed")
    out.summary(_summary(done))
    if done.rows_held and done.verdict:
        raise KithError(
            f"the batch is held: {reasons(done.verdict)}", where=file.name,
            way_out=f"see 'kith held list', then 'kith held release {done.batch_id}' or 'discard'",
        )  # fmt: skip


def _summary(done: Any) -> dict[str, Any]:
    counts = {
        "source": done.source,
        "rows_in": done.rows_in,
        "rows_landed": done.rows_landed,
        "rows_set_aside": done.rows_quarantined + done.rows_held,
        "rows_quarantined": done.rows_quarantined,
        "rows_held": done.rows_held,
        "rows_left_out": done.rows_left_out,
        "events_landed": 0 if done.rows_held else sum(done.events.values()),
    }
    return {**counts, **{f"events: {name}": count for name, count in done.events.items()}, "commit": done.commit}


def _ready() -> Settings:
    from kith.init import initialise, is_initialised

    settings = load_settings()
    if not is_initialised(settings):
        initialise(settings)
    return settings
