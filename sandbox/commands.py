"""`kith sandbox`: the test world, its vendors, and the demo."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kith.cli import Output, with_output
from kith.errors import KithError


@click.group()
def sandbox() -> None:
    """The test world: a shop with people who visit, buy, and answer their mail."""


@sandbox.command()
@click.option("--people", type=int, help="How many people (10,000).")
@click.option("--days", type=int, help="Days of history before launch (120).")
@click.option("--seed", type=int, help="Another seed is another world (7).")
@click.option("--live-days", type=int, help="Days that the world lives on after launch (7).")
@click.option(
    "--vocabulary", help="The trade that it is of: commerce (by default), finance, media or travel."
)
@with_output()
def world(out: Output, **given: Any) -> None:
    """Make the history and land it in KITH_HOME. A world that is there already stays as it is."""
    from sandbox.making import make_world
    from sandbox.settings import load_sandbox_settings

    settings = load_sandbox_settings(**given)
    with out.progress("making the world, days", settings.days) as advance:
        made = make_world(settings, advance)
    out.summary(made.summary())


@sandbox.command()
@click.option("--smtp-port", type=int, help="Port of the mail server (2525); 0 takes a free one.")
@click.option("--latency", type=float, help="Seconds before each answer.")
@click.option("--drop-after-dot", type=float, help="Share of mails that are kept but never answered for.")
@with_output()
def vendors(out: Output, **given: Any) -> None:
    """Run the mailbox providers until Ctrl-C. People answer what they get as the clock goes on."""
    from sandbox.serving import run_vendors
    from sandbox.settings import load_sandbox_settings

    run_vendors(load_sandbox_settings(**given), out.note)


@sandbox.command()
@click.option("--until", required=True, help="An instant, such as 2026-05-03T08:00:30Z, or 'end'.")
@with_output()
def live(out: Output, until: str) -> None:
    """Let the saved world live on: its events land, its people answer. `kith serve` must be running."""
    from kith.clock import VirtualClock
    from kith.lake import Home
    from kith.settings import load_settings
    from kith.times import parse_instant
    from sandbox.calendar import from_hour
    from sandbox.loop import closed_loop
    from sandbox.settings import load_sandbox_settings

    settings, platform = load_sandbox_settings(), load_settings()
    with closed_loop(settings, Home(platform.home), VirtualClock(platform.clock_file)) as loop:
        end = from_hour(loop.world.calendar.end_hour)
        target: datetime = end if until == "end" else parse_instant(until, platform.zone)
        if target > end:
            raise KithError(
                f"the world ends at {end:%Y-%m-%dT%H:%MZ}", way_out="give an earlier --until, or 'end'"
            )
        hours = loop.world.calendar.end_hour - loop.world.state.hour
        with out.progress("living on, hours", hours) as advance:
            loop.advance(target, advance)
        out.summary({"until": target, "events": loop.events, "answers": dict(loop.answers.done)})


@sandbox.command()
@click.option("--people", type=int, help="How many people (10,000).")
@click.option("--days", type=int, help="Days of history before launch (120).")
@click.option("--seed", type=int, help="Another seed is another world (7).")
@click.option("--live-days", type=int, help="Days that the world lives on after launch (7).")
@click.option(
    "--vocabulary", help="The trade that it is of: commerce (by default), finance, media or travel."
)
@click.option("--run-every", type=int, default=24, show_default=True, help="Hours between two runs.")
@click.option("--port", type=int, default=0, help="Port of the API meanwhile; a free one by default.")
@with_output()
def demo(out: Output, run_every: int, port: int, **given: Any) -> None:
    """The whole story: people become profiles, a model, a segment, mail, answers, lift."""
    from dataclasses import asdict

    from sandbox.demo import run_demo
    from sandbox.settings import load_sandbox_settings
    from sandbox.summary import print_summary

    told = run_demo(load_sandbox_settings(**given), out, run_every, port)
    if out.is_json:
        out.summary(asdict(told))
    else:
        print_summary(told)


@sandbox.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 92), help="How far into the future."
)
@click.option(
    "--run-every", type=click.IntRange(1), default=24, show_default=True, help="Hours between two runs."
)
@click.option(
    "--keep", type=click.Path(exists=False, path_type=Path), help="A folder in which the copy stays."
)
@with_output()
def simulate(out: Output, file: Path, days: int, run_every: int, keep: Path | None) -> None:
    """Let the journey or campaign of FILE live for days from now on, in a copy of this world whose people answer."""
    from dataclasses import asdict

    from kith.settings import load_settings
    from sandbox.settings import load_sandbox_settings
    from sandbox.simulation import simulate as live_on

    with out.progress("runs", days * 24 // run_every + 1) as advance:
        found = live_on(load_settings(), load_sandbox_settings(), file, days, run_every, keep, advance)
    if out.is_json:
        out.summary(asdict(found))
        return
    single = {name: value for name, value in asdict(found).items() if isinstance(value, str | int)}
    out.summary(single, title=f"{found.name} in the days to come")
    tables = {"sends by day": found.sends, "drops": found.drops, "answers": found.answers}
    for title, rows in {**tables, "written to against held out": found.results}.items():
        if rows:
            out.rows(rows, title=title)
    if found.is_moved:
        out.note("Its launch lies outside of these days, so it was put to their beginning.")


@sandbox.command()
@click.argument("model", required=False)
@with_output()
def judge(out: Output, model: str | None) -> None:
    """Hold a model's published answers against the hidden truth, or every model's; each figure beside a
    baseline. Writes nothing."""
    from sandbox.judging import judge as judge_models
    from sandbox.judging import told
    from sandbox.settings import load_sandbox_settings

    verdicts = judge_models(load_sandbox_settings(), model)
    if out.is_json:
        out.summary({name: told(verdict) for name, verdict in verdicts.items()})
        return
    for name, verdict in verdicts.items():
        if verdict.figures:
            out.rows([figure.told() for figure in verdict.figures], title=f"{name} against the truth")
        for title, rows in verdict.tables.items():
            out.rows(rows, title=title)
        for note in verdict.notes:
            out.note(f"{name}: {note}")
