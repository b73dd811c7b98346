"""`kith journeys`: what is defined, where it stands, what is wrong with it, and what people tell it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from activation.journeys.backtest_command import backtest_file
from activation.journeys.control_commands import CONTROLS
from activation.journeys.estimate_command import estimate_file, launch_definition
from activation.journeys.simulate_command import simulate_file
from kith.cli import Output, with_output
from kith.errors import KithError
from kith.settings import load_settings

KINDS = ("journey", "campaign", "cap", "quiet_hours", "holdout", "budget")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def journeys() -> None:
    """Campaigns and journeys: one YAML each under activation/definitions/campaigns and journeys."""


@journeys.command("list")
@with_output()
def list_journeys(out: Output) -> None:
    """Every campaign and journey: its state, who enters, what it sends, how many are in it."""
    from activation.journeys.report import defined

    out.rows(defined(load_settings()))


@journeys.command()
@click.argument("name", required=False)
@click.option("--steps", is_flag=True, help="Where people are, by version and step.")
@with_output()
def status(out: Output, name: str | None, steps: bool) -> None:
    """What was decided for those who entered, by reason; with --steps where they are."""
    from activation.journeys.report import standing, steps_standing

    out.rows((steps_standing if steps else standing)(load_settings(), name))


@journeys.command()
@click.argument("files", nargs=-1, type=FILE)
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@with_output()
def lint(out: Output, files: tuple[Path, ...], strict: bool) -> None:
    """Check FILES, or all campaigns, journeys, caps and their templates. Exit 1 if anything is wrong."""
    from activation.journeys.linting import Severity
    from activation.journeys.linting import lint as find

    found = find(load_settings(), files)
    out.rows(
        [
            {
                "where": each.where,
                "severity": str(each.severity),
                "problem": each.problem,
                "way_out": each.way_out,
                "rule": each.rule,
            }
            for each in found
        ]
    )
    failing = {Severity.ERROR, *([Severity.WARNING] if strict else [])}
    if count := sum(each.severity in failing for each in found):
        raise KithError(f"{count} to put right, see above")


@journeys.command()
@click.option("--kind", type=click.Choice(KINDS), default="journey", show_default=True)
def schema(kind: str) -> None:
    """The grammar as a JSON Schema, for editors."""
    from activation.journeys.deciding.schemas import policy_schema
    from activation.journeys.schemas import SCHEMAS

    click.echo(json.dumps(SCHEMAS[kind]() if kind in SCHEMAS else policy_schema(kind), indent=2))


for control in CONTROLS:
    journeys.add_command(control)
journeys.add_command(backtest_file)
journeys.add_command(estimate_file)
journeys.add_command(simulate_file)
journeys.add_command(launch_definition)
