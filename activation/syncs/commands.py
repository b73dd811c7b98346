"""`kith syncs`: the warehouse's rows at work in other systems. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import click

from kith.cli import Output, with_output
from kith.errors import KithError
from kith.settings import load_settings


@click.group()
def syncs() -> None:
    """Reverse ETL: keep other systems true to the warehouse."""


@syncs.command("list")
@with_output("csv")
def list_all(out: Output) -> None:
    """Every sync, and what the last look at it found."""
    from activation.syncs.listing import list_syncs

    out.rows(list_syncs(load_settings()))


@syncs.command("diff")
@click.argument("name")
@with_output()
def diff(out: Output, name: str) -> None:
    """A dry run: what the next run would push, and which guard would stop it. Changes nothing."""
    from activation.syncs.listing import diff as look

    found = look(load_settings(), name)
    if out.is_json:
        out.summary(found)
        return
    rows = found.pop("rows")
    out.summary({**found.pop("found"), **found.pop("operations"), **found})
    if rows:
        out.rows(rows, title=f"the first {len(rows)} that differ")


@syncs.command("run")
@click.argument("name")
@click.option("--confirm", is_flag=True, help="Let a large removal pass this once.")
@click.option("--accept-schema", is_flag=True, help="Go on with columns of other types than before.")
@with_output()
def run(out: Output, name: str, confirm: bool, accept_schema: bool) -> None:
    """Push what differs; a run that was killed is taken up where it stood."""
    _run(out, name, confirm, accept_schema)


@syncs.command("retry")
@click.argument("name")
@click.option(
    "--where",
    "conditions",
    multiple=True,
    help="column=value (outcome, detail, operation, row_key); all must hold.",
)
@with_output()
def retry(out: Output, name: str, conditions: tuple[str, ...]) -> None:
    """Take up what the destination refused, as the rows now are, and run."""
    from activation.syncs.reopening import reopen

    count = reopen(load_settings(), name, _conditions(conditions))
    out.note(f"{count} rows taken up again")
    _run(out, name, False, False)


@syncs.command("failed")
@click.argument("name")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@with_output("csv")
def failed(out: Output, name: str, limit: int) -> None:
    """Dead letters: rows that the destination refused or may not have, with the reason."""
    from activation.syncs.listing import dead_letters

    out.rows(dead_letters(load_settings(), name, limit))


@syncs.command("schema")
def schema() -> None:
    """The grammar of a sync as a JSON Schema."""
    import json

    from activation.syncs.grammar import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _run(out: Output, name: str, confirm: bool, accept_schema: bool) -> None:
    from activation.syncs.planning import Consents
    from activation.syncs.running import Engine
    from kith.clock import system_clock

    settings = load_settings()
    with out.progress(f"syncing {name}") as advance:
        engine = Engine(settings, system_clock(settings), told=advance)
        report = engine.run(name, Consents(confirm, accept_schema))
    out.summary(
        {
            "sync": report.sync,
            "state": report.state,
            "run_id": report.run_id,
            **{f"rows_{key}": count for key, count in report.found.items()},
            **report.outcomes,
        }
    )
    if not report.is_well:
        raise KithError(f"{name} is {report.state}: {report.detail}", way_out=_WAYS_OUT[report.state])


_WAYS_OUT = {
    "held": "see 'kith syncs diff', put it right, and run it again",
    "unfinished": "put it right, then 'kith syncs run' goes on where it stood",
}


def _conditions(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if any(not sign for _, sign, _ in pairs):
        raise click.UsageError("--where takes column=value, such as detail=attempts_exhausted")
    return {name.strip(): value.strip() for name, _, value in pairs}
