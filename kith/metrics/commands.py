"""`kith metrics`: what can be measured, and the numbers of the published snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from kith.cli.output import Output, with_output
from kith.errors import KithError, UsageError
from kith.settings import Settings, load_settings
from kith.snapshot import Snapshot

GRAINS = ("day", "week", "month", "quarter", "year")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def metrics() -> None:
    """Numbers that mean the same everywhere: defined in dbt, compiled by MetricFlow, answered by the snapshot."""


@metrics.command("list")
@click.argument("names", nargs=-1)
@click.option("--saved", is_flag=True, help="The saved queries instead.")
@click.option("--run", "run_id", help="Another run's snapshot; the published one by default.")
@click.option(
    "--parsed", is_flag=True, help="Definitions as dbt last parsed the checkout, not the published ones."
)
@with_output("csv")
def list_metrics(out: Output, names: tuple[str, ...], saved: bool, run_id: str | None, parsed: bool) -> None:
    """All metrics (or NAMES): what they count, and by what they can be told."""
    from kith.metrics.columns import short
    from kith.metrics.reading import open_catalogue

    catalogue = open_catalogue(_snapshot(load_settings(), run_id), _definitions(parsed))
    if saved:
        out.rows(
            [
                {
                    "name": each.name,
                    "columns": ", ".join(each.columns),
                    "description": each.problem or each.description,
                }
                for each in catalogue.saved
            ]
        )
        return
    chosen = [catalogue.metric(name) for name in _words(names)] or list(catalogue.metrics)
    out.rows(
        [
            {
                "name": each.name,
                "label": each.label,
                "type": each.type,
                "description": each.description,
                "dimensions": ", ".join(dict.fromkeys(short(name) for name in each.dimensions)),
            }
            for each in chosen
        ]
    )


@metrics.command()
@click.argument("names", nargs=-1, metavar="METRIC[,METRIC]")
@click.option(
    "--by", multiple=True, help="Dimensions: country, channel, currency, day …; see 'kith metrics list'."
)
@click.option(
    "--where", default="", help="A condition over dimensions: \"country = 'GB' and channel != 'email'\"."
)
@click.option("--from", "first", type=_DAY, help="The first day.")
@click.option("--to", "last", type=_DAY, help="The last day; it counts.")
@click.option(
    "--grain", type=click.Choice(GRAINS), help="Told by this period; a period that has begun counts whole."
)
@click.option("--order", multiple=True, help="Columns to order by; -NAME for the greatest first.")
@click.option("--limit", type=click.IntRange(min=0), help="So many rows at most.")
@click.option("--saved", help="A saved query instead, by its name.")
@click.option("--run", "run_id", help="Another run's snapshot; the published one by default.")
@click.option(
    "--parsed", is_flag=True, help="Definitions as dbt last parsed the checkout, not the published ones."
)
@click.option("--explain", is_flag=True, help="Print the SQL instead of running it.")
@with_output("csv")
def query(
    out: Output,
    names: tuple[str, ...],
    saved: str | None,
    run_id: str | None,
    parsed: bool,
    explain: bool,
    **asked: Any,
) -> None:
    """Ask for metrics. Money is always told by its currency: amounts of two are never added.

    \b
    kith metrics query net_revenue,orders --grain month
    kith metrics query conversion_rate --by device,country --where "channel = 'email'"
    kith metrics query --saved revenue_by_day --format csv
    """
    from kith.metrics.reading import answer, compile_question, open_catalogue

    settings = load_settings()
    snapshot = _snapshot(settings, run_id)
    definitions = _definitions(parsed)
    catalogue = open_catalogue(snapshot, definitions)
    if saved:
        _refuse_more(names, asked)
        sql = catalogue.saved_query(saved).sql
    else:
        asked["first"], asked["last"] = (_day(asked[name]) for name in ("first", "last"))
        words = {name: _words(asked.pop(name)) for name in ("by", "order")}
        sql = compile_question(snapshot, catalogue, definitions, metrics=_words(names), **words, **asked)
    if explain:
        click.echo(sql)
        return
    out.rows(answer(settings, snapshot, sql))


def _snapshot(settings: Settings, run_id: str | None) -> Snapshot:
    from kith.lake import Home
    from kith.snapshot import current_snapshot, snapshot

    home = Home(settings.home)
    found = snapshot(home, run_id) if run_id else current_snapshot(home)
    if found is None:
        raise KithError("nothing was published yet", where=str(settings.home), way_out="run 'kith run'")
    return found


def _definitions(parsed: bool) -> bytes | None:
    from kith.metrics.definitions import parsed_definitions

    return parsed_definitions(load_settings()) if parsed else None


def _words(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for text in given for word in text.split(",") if word.strip())


def _day(given: datetime | None) -> Any:
    return given.date() if given else None


def _refuse_more(names: tuple[str, ...], asked: dict[str, Any]) -> None:
    if names or any(asked.values()):
        raise UsageError(
            "a saved query is asked as it is", way_out="leave the other options out, or name metrics"
        )
