"""`kith models`: list, train, score and evaluate predictions on the published snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kith.cli import Output, with_output
from kith.errors import KithError
from kith.settings import Settings, load_settings

if TYPE_CHECKING:
    from kith.run import Run


@click.group()
def models() -> None:
    """Predictions: what each says, how good it is, and whom it scores."""


@models.command("list")
@with_output()
def list_models(out: Output) -> None:
    """Every prediction with its champion and how good that was when it was trained."""
    from ml.overview import overview

    states = overview(load_settings())
    if out.is_json:
        out.rows([vars(each) for each in states])
        return
    shown = (
        "name",
        "champion",
        "challenger",
        "metric",
        "metric_value",
        "baseline_value",
        "calibration_error",
    )
    more = ("score_count", "scored_at", "unusable", "last_training")
    out.rows([{key: getattr(each, key) for key in (*shown, *more)} for each in states], title="Predictions")


@models.command()
@click.argument("name")
@with_output()
def train(out: Output, name: str) -> None:
    """Train on the published features, whether due or not; the gate decides on the champion."""
    from ml.cards import CURVES
    from ml.training import STEPS
    from ml.training import train as train_model

    settings = load_settings()
    with out.progress(f"training {name}", total=STEPS) as advance:
        result = _trainable(lambda: train_model(settings, _run(settings), name, advance))
    kept = ("model", "model_version", "is_champion", "reason", "train_rows", "test_rows")
    summary: dict[str, Any] = {key: getattr(result, key) for key in kept}
    bins = [vars(each) for each in result.reliability]
    if out.is_json:
        out.summary({**summary, "metrics": dict(result.metrics), "reliability": bins})
        return
    metrics = {key: value for key, value in result.metrics.items() if not key.startswith(CURVES)}
    out.summary(summary | metrics, title=f"Training of {name}, judged on the latest window")
    if bins:
        out.rows(bins, title="Reliability: ten bins of equally many people")


@models.command()
@click.argument("name")
@click.option("--version", help="A registered version; the champion by default.")
@click.option("--html", is_flag=True, help="A page instead of Markdown.")
@with_output()
def card(out: Output, name: str, version: str | None, html: bool) -> None:
    """The model card: what it says, how good it was, how it was judged, drift since, limits."""
    from dataclasses import asdict

    from ml.cards import present_card, render_card

    found = present_card(load_settings(), name, version)
    if out.is_json:
        out.summary(asdict(found))
        return
    click.echo(render_card(found, "html" if html else "md"))


@models.command()
@click.argument("name")
@with_output()
def score(out: Output, name: str) -> None:
    """Score everyone the prediction may speak of with its champion."""
    from ml.scoring import score as score_people

    settings = load_settings()
    with out.progress(f"scoring {name}", total=1) as advance:
        result = score_people(settings, _run(settings), name)
        advance(1)
    out.summary({**vars(result), "drift": {each.feature: round(each.index, 4) for each in result.drift}})


@models.command()
@click.argument("name")
@click.option("--as-of", help="Only answers that were known by then; the snapshot's as_of by default.")
@click.option("--windows", default=3, show_default=True, help="How many test windows, the latest first.")
@click.option("--protocol", help="Evaluate on public data instead, by a file of ml/protocols/.")
@click.option("--data", type=Path, help="The folder of public data; ../shared/data by default.")
@with_output()
def evaluate(
    out: Output, name: str, as_of: str | None, windows: int, protocol: str | None, data: Path | None
) -> None:
    """Backtest: train and test by cut-off, each time on what was known then. Writes nothing."""
    if protocol:
        _evaluate_protocol(out, name, protocol, data)
        return
    from kith.times import parse_instant
    from ml.cards import CURVES
    from ml.evaluation import evaluate as backtest

    settings = load_settings()
    until = parse_instant(as_of, settings.zone) if as_of else None
    with out.progress(f"evaluating {name}", total=windows) as advance:
        found = _trainable(lambda: backtest(settings, _run(settings), name, until, windows, advance))
    out.rows(
        [
            {
                "cutoff_at": each.cutoff_at,
                "rows": each.test_rows,
                "train_rows": each.train_rows,
                **{name: value for name, value in each.metrics.items() if not name.startswith(CURVES)},
                "candidate": each.candidate,
            }
            for each in found.windows
        ],
        title=f"{name}: test windows, the latest first",
    )
    if found.stopped:
        out.note(f"no earlier window: {found.stopped}")


@models.command("schema")
def print_schema() -> None:
    """The grammar of a yes or no (churn, propensity, custom) as a JSON Schema, for editors."""
    import json

    from ml.goals import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def _evaluate_protocol(out: Output, name: str, protocol: str, data: Path | None) -> None:
    from ml.protocols.contract import evaluate_protocol, find_protocol

    folder = data or load_settings().project.parent / "shared" / "data"
    with out.progress(
        f"evaluating {name} on {protocol}", total=find_protocol(name, protocol).steps
    ) as advance:
        found = evaluate_protocol(name, protocol, folder, advance)
    if out.is_json:
        out.summary(found.told())
        return
    out.summary(found.figures, title=f"{name} on {protocol}")
    for title, rows in found.tables.items():
        if rows:
            out.rows(rows, title=title)
    out.rows([vars(each) for each in found.checks], title="checks")


def _run(settings: Settings) -> Run:
    """The published run, as its stages saw it."""
    from kith.lake import Home
    from kith.run import read_run
    from kith.snapshot import current_snapshot

    present = current_snapshot(Home(settings.home))
    if present is None:
        raise KithError("nothing was published yet", where=str(settings.home), way_out="run 'kith run'")
    return read_run(settings, present.run_id)


def _trainable(work: Any) -> Any:
    from ml.contract import NotTrainable

    try:
        return work()
    except NotTrainable as refusal:
        raise KithError(f"not trained: {refusal}") from None
