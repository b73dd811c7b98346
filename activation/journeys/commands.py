"""`kith journeys`: what is defined, where it stands, what is wrong with it."""

from __future__ import annotations

import click

from kith.cli import Output, with_output
from kith.errors import KithError
from kith.settings import load_settings


@click.group()
def journeys() -> None:
    """Campaigns and journeys: one YAML each under activation/definitions/campaigns."""


@journeys.command("list")
@with_output()
def list_journeys(out: Output) -> None:
    """Every campaign with its audience, launch and message."""
    from activation.journeys.report import defined

    out.rows(defined(load_settings()))


@journeys.command()
@click.argument("name", required=False)
@with_output()
def status(out: Output, name: str | None) -> None:
    """How many entered, and what was decided for them, by reason."""
    from activation.journeys.report import standing

    out.rows(standing(load_settings(), name))


@journeys.command()
@with_output()
def lint(out: Output) -> None:
    """Check campaigns, caps, their templates and segments. Exit 1 if anything is wrong."""
    from activation.journeys.lint import lint as find

    findings = find(load_settings())
    out.rows([{"where": each.where, "problem": each.problem, "way_out": each.way_out} for each in findings])
    if findings:
        raise KithError(f"{len(findings)} to put right, see above")
