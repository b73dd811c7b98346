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


@click.group()
def held() -> None:
    """Batches that a check refused: list, release, discard."""


@held.command("list")
@with_output()
def list_held(out: Output) -> None:
    """What waits, and what was discarded."""
    from ingestion.held import held_batches
    from ingestion.verdicts import reasons
    from kith.lake import Home

    found = held_batches(Home(_ready().home))
    out.rows([
        {
            "batch_id": each.verdict.batch_id, "source": each.verdict.source, "kind": each.meta.get("kind"),
            "status": each.status, "rows": each.verdict.rows_passed, "at": each.verdict.at,
            "because": reasons(each.verdict),
        }
        for each in found
    ])  # fmt: skip


@held.command("release")
@click.argument("batch_id")
@with_output()
def release_held(out: Output, batch_id: str) -> None:
    """Land a held batch after all."""
    from ingestion.held import release
    from kith.lake import Home

    home = Home(_ready().home)
    out.summary({"batch_id": batch_id, "commit": release(home, batch_id, _last_as_of(home))})


@held.command("discard")
@click.argument("batch_id")
@with_output()
def discard_held(out: Output, batch_id: str) -> None:
    """Give a held batch up; its verdict stays on record."""
    from ingestion.held import discard
    from kith.lake import Home

    out.summary({"batch_id": batch_id, "rows_discarded": discard(Home(_ready().home), batch_id)})


@click.group()
def quarantine() -> None:
    """Rows that broke a row rule: list, replay."""


@quarantine.command("list")
@click.option(
    "--rows", "show_rows", is_flag=True, help="Each row, with its line and reason, instead of counts."
)
@with_output("csv")
def list_quarantine(out: Output, show_rows: bool) -> None:
    """What was set aside, and why."""
    from ingestion.quarantine import quarantine_files
    from kith.lake import Home

    files = quarantine_files(Home(_ready().home))
    counted = [row for each in files for row in (_each(each) if show_rows else _by_reason(each))]
    out.rows(counted)


@quarantine.command("replay")
@click.argument("names", nargs=-1)
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="The mapping of an import, where it is no shipped one."
)
@with_output()
def replay_quarantine(out: Output, names: tuple[str, ...], mapping: Path | None) -> None:
    """Judge set-aside rows again by today's rules; what passes lands."""
    from dataclasses import asdict

    from ingestion.replay import replay
    from kith.clock import system_clock
    from kith.lake import Home

    settings = _ready()
    now = system_clock(settings).now()
    done = replay(settings, names, now, _last_as_of(Home(settings.home)), mapping)
    out.rows([asdict(each) for each in done])


def _by_reason(file: Any) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], int] = {}
    for row in file.rows().select(["reason", "field"]).to_pylist():
        key = (row["reason"], row["field"] or "")
        counts[key] = counts.get(key, 0) + 1
    return [
        {"name": file.name, "file": file.about.get("file"), "reason": reason, "field": name, "rows": count}
        for (reason, name), count in sorted(counts.items())
    ]


def _each(file: Any) -> list[dict[str, Any]]:
    return [
        {"name": file.name, **{key: row[key] for key in ("line", "reason", "field", "detail")},
         "raw": row["raw"].decode("utf-8", errors="backslashreplace")}
        for row in file.rows().to_pylist()
    ]  # fmt: skip


def _last_as_of(home: Any) -> Any:
    from kith.snapshot import current_snapshot

    present = current_snapshot(home)
    return present.as_of if present else None


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
    return {
        **counts,
        **{f"events: {name}": count for name, count in done.events.items()},
        "commit": done.commit,
    }


def _ready() -> Settings:
    from kith.init import initialise, is_initialised

    settings = load_settings()
    if not is_initialised(settings):
        initialise(settings)
    return settings
