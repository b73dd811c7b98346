"""`daily_loop_10m`: everything in one command, `kith run`: 10 million events in, 1 million profiles, 200 segments, all
models, 20 journeys, 100,000 mails; beside the bare floors of its stages, each the least work that could do it.

`python -m tests.bench.entries.daily_loop_10m --size 0.01` measures a hundredth of it.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import duckdb

from kith.init import initialise
from kith.lake import Home
from kith.settings import PROJECT, export_environment
from tests.bench.campaign_world import TEMPLATE
from tests.bench.daily_lines import DAYS, FIRST, TOWNS, land_lines
from tests.bench.demo_world import copy_home, enter, mail_sink, set_clock
from tests.bench.floors import bitsets, features, identity, predict, read_dedup, render, sessions
from tests.bench.frame import Entry, run_entry

NAME, PEOPLE, SEGMENTS, JOURNEYS = "daily_loop_10m", 1_000_000, 200, 20
MOST_TIMES_THE_FLOOR = 5.0
_TOLD = "size.json"


def prepare(folder: Path, size: float = 1.0) -> None:
    """The lines as they landed (for ours), and compacted (for the floors)."""
    people = max(int(PEOPLE * size), TOWNS)
    define(folder / "definitions")
    settings = _enter(folder, "pristine")
    initialise(settings)
    events = land_lines(Home(settings.home), people)
    set_clock(settings.home, FIRST + timedelta(days=DAYS))
    (folder / _TOLD).write_text(json.dumps({"events": events, "messages": people // TOWNS * JOURNEYS}))
    copy_home(folder / "pristine", folder / "compacted")
    settings = _enter(folder, "compacted")
    from ingestion.compaction import compact
    from kith.clock import system_clock
    from kith.run import begin_run

    compact(settings, begin_run(settings, system_clock(settings)))


def define(folder: Path) -> None:
    """The project's definitions with segments and journeys of this bench's own."""
    shutil.copytree(PROJECT / "activation" / "definitions", folder)
    for kind in ("segments", "journeys", "campaigns", "syncs", "caps"):
        shutil.rmtree(folder / kind)
        (folder / kind).mkdir()
    for number in range(SEGMENTS):
        (folder / "segments" / f"s{number:03d}.yml").write_text(_segment(number))
    for number in range(JOURNEYS):
        (folder / "journeys" / f"j{number:02d}.yml").write_text(_JOURNEY.format(number=number))
    (folder / "templates" / "sale").mkdir()
    for file, content in TEMPLATE.items():
        (folder / "templates" / "sale" / file).write_text(content)
    (folder / "templates" / "sale" / "template.yml").write_text("defaults: {product: lamp}\n")


_JOURNEY = """name: j{number:02d}
description: Who lives in a town gets a mail, and another one after a week unless they bought.
state: live
enter: {{segment: s{number:03d}, again_after: 30d}}
stop_when: {{event: Order Completed}}
steps:
  - {{send: sale, by: email}}
  - wait: 7d
  - branch: {{if: {{message: sale, was: clicked}}, then: end}}
  - {{send: sale, by: email, id: again}}
"""


def _segment(number: int) -> str:
    """The first are towns; the others mix what people are and what they did."""
    if number < JOURNEYS:
        return f'description: A town.\nwho: {{attribute: city, is: "town {number}"}}\n'
    return (
        "description: Some of the people.\nwho:\n  all:\n"
        f"    - {{event: Product Viewed, count: {{at_least: {number % 5 + 1}}}, within: {7 * (number % 11 + 1)}d}}\n"
        f"    - {{attribute: order_count, at_least: {number % 3}}}\n"
        f"    - none: [{{did: Order Completed, within: {number % 13 + 1}d}}]\n"
    )


def _enter(folder: Path, home: str, port: int = 0) -> Any:
    export_environment(KITH_DEFINITIONS=str(folder / "definitions"))
    return enter(folder / home, port)


def load() -> None:
    """What a process imports before its first run."""
    import great_expectations  # noqa: F401
    import mlflow.sklearn  # noqa: F401
    import sklearn.ensemble  # noqa: F401


def reset(folder: Path) -> None:
    copy_home(folder / "pristine", folder / "home")


def ours(folder: Path) -> Mapping[str, Any]:
    """kith run"""
    sink, port = mail_sink(folder / "mail.jsonl")
    try:
        settings = _enter(folder, "home", port)
        from dagster_project.commands import materialise, stage_seconds

        return {"stages": stage_seconds(materialise(settings, "", None))}
    finally:
        sink.kill()


def baseline(folder: Path) -> Mapping[str, Any]:
    """bare floors: read + dedup, sessions, identity, features, fit + predict, bitsets, render and a socket"""
    connection, told = duckdb.connect(config={"threads": 2}), json.loads((folder / _TOLD).read_text())
    stages: dict[str, float] = {}
    found: dict[str, Any] = {}
    events = f"{folder}/compacted/lake/events/*/*/*.parquet"
    for name, floor in {
        "read_dedup": lambda: read_dedup.run(connection, events),
        "sessions": lambda: sessions.run(connection),
        "identity": lambda: identity.run(connection),
        "features": lambda: features.run(connection),
        "predict": lambda: predict.run(connection),
        "bitsets": lambda: bitsets.run(connection, found["predict"]),
        "render": lambda: render.run(told["messages"]),
    }.items():
        begun = time.perf_counter()
        found[name] = floor()
        stages[name] = round(time.perf_counter() - begun, 3)
    return {"events": found["read_dedup"], "mails": told["messages"], "stages": stages}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a run published, counted once the clock has stopped."""
    if side == "baseline":
        return result
    from kith.settings import load_settings
    from kith.snapshot import current_snapshot
    from kith.warehouse import Warehouse

    settings = load_settings(home=folder / "home")
    present = current_snapshot(Home(settings.home))
    assert present is not None
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(present)
        counts = warehouse.rows(
            """SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM profiles) AS profiles,
                      (SELECT count(*) FROM segments) AS segments, (SELECT count(*) FROM scores) AS scores,
                      (SELECT count(*) FROM messages WHERE outcome = 'accepted') AS mails"""
        )[0]
    return {**result, **counts}


def further(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    counts = {name: ours[name] for name in ("events", "profiles", "segments", "scores", "mails")}
    return {**counts, "seconds_by_stage": ours["stages"], "floor_seconds_by_stage": baseline["stages"]}


def _agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """The same events came in, and a mail went out for each addressee."""
    return one["events"] == other["events"] and one["mails"] == other["mails"]


ENTRY = Entry(
    name=NAME,
    work="10 million events in, 1 million profiles, 200 segments, models, 20 journeys, 100,000 mails",
    prepare=prepare,
    load=load,
    reset=reset,
    ours=ours,
    baseline=baseline,
    target=1 / MOST_TIMES_THE_FLOOR,
    tell=tell,
    agree=_agree,
    further=further,
    rounds=1,
)


@click.command()
@click.option("--size", default=1.0, show_default=True, help="What part of it.")
def main(size: float) -> None:
    """Measure that part alone. The frame finds the entry by its module, and the sides the size by its folder."""
    module: Any = import_module(f"tests.bench.entries.{NAME}")
    module.ENTRY = replace(ENTRY, prepare=partial(prepare, size=size), work=f"{size:g} of: {ENTRY.work}")
    line = run_entry(NAME, lambda text: print(text, file=sys.stderr, flush=True))
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
