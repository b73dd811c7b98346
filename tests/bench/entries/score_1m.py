"""`score_1m`: a million profiles scored by the champion of a yes or no, with reasons, drift and the commit, against the
bare prediction: read the features, apply the very same model, write ids and scores."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry

PEOPLE = 1_000_000
LEARNED_FROM = 20_000
CUTOFFS = 5
AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
NAME = "churn"

DEFINITION = """
name: churn
description: Probability of no order within 30 days.
model: churn
horizon: 30d
goal: {no_event: Order Completed}
"""

#: Columns of the shape of the real ones: ages, counts in three windows, amounts, some of them unknown.
COUNTS = ("order", "page_view", "product_view", "cart_add", "message_open", "message_click", "active_day")


def prepare(folder: Path) -> None:
    """A home with a published run and a champion; its features are complete at the latest cut-off."""
    import duckdb

    from kith.clock import FixedClock
    from kith.init import initialise
    from kith.run import begin_run, publish_run
    from ml.training import train

    settings = _settings(folder)
    (settings.definitions / "predictions").mkdir(parents=True)
    (settings.definitions / "predictions" / f"{NAME}.yml").write_text(DEFINITION, encoding="utf-8")
    initialise(settings)
    run = begin_run(settings, FixedClock(AS_OF), as_of=AS_OF)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    for statement in _world():
        connection.execute(statement)
    for table in ("feat_profile__activity", "events", "identities"):
        connection.execute(f"COPY {table} TO '{run.path}/{table}.parquet' (FORMAT PARQUET)")
    publish_run(settings, run)
    trained = train(settings, run, NAME)
    if not trained.is_champion:
        raise RuntimeError(f"the bench needs a champion: {trained.reason}")


def _world() -> list[str]:
    """Everybody at the latest cut-off, some at earlier ones; who ordered lately is likelier to order again."""
    counts = ", ".join(
        f"floor(-ln({_chance(f'{name}{days}')}) * {days} / 20) AS {name}_count_{days}d"
        for name in COUNTS
        for days in (7, 30, 90)
    )
    features = f"""
        CREATE TABLE feat_profile__activity AS
        SELECT
            printf('p%07d', person) AS profile_id,
            TIMESTAMP '2026-05-01 08:00' - to_days(CAST(30 * cutoff AS INTEGER)) AS cutoff_at,
            -ln({_chance("age")}) * 200 + 100 AS tenure_days,
            -ln({_chance("recency")}) * 30 AS days_since_last_order,
            floor(-ln({_chance("orders")}) * 5) + 1 AS order_count,
            CASE WHEN {_chance("gap")} < 0.7 THEN -ln({_chance("gap length")}) * 25 END AS mean_gap_days,
            -ln({_chance("amount")}) * 80 AS order_amount,
            {counts}
        FROM (SELECT unnest(range({PEOPLE})) AS person) AS people
        CROSS JOIN (SELECT unnest(range({CUTOFFS})) AS cutoff) AS cutoffs
        WHERE cutoff = 0 OR person < {LEARNED_FROM}"""
    events = """
        CREATE TABLE events AS
        SELECT
            md5(profile_id || cutoff_at) AS event_id,
            profile_id,
            'Order Completed' AS event,
            cutoff_at + to_days(CAST(hash(profile_id) % 29 AS INTEGER)) AS effective_at,
            cutoff_at + to_days(CAST(hash(profile_id) % 29 AS INTEGER)) AS occurred_at,
            '{}' AS properties
        FROM feat_profile__activity
        WHERE cutoff_at < TIMESTAMP '2026-05-01 08:00'
            AND hash(profile_id, cutoff_at, 'answer') / 18446744073709551615.0
            < 1 / (1 + exp(days_since_last_order / 20 - ln(order_count) - order_count_30d / 4))"""
    identities = """
        CREATE TABLE identities AS
        SELECT 'user_id' AS identifier_type, profile_id AS identifier_value, profile_id
        FROM (SELECT DISTINCT profile_id FROM feat_profile__activity)"""
    return [features, events, identities]


def _chance(salt: str) -> str:
    return f"((hash(person, cutoff, '{salt}') % 1000003 + 1) / 1000005.0)"


def _settings(folder: Path) -> Any:
    from kith.settings import load_settings

    return load_settings(home=folder / "home", definitions=folder / "definitions")


def load() -> None:
    """Imports are apart."""
    heavy = ("mlflow.sklearn", "sklearn.ensemble", "sklearn.compose", "sklearn.pipeline", "pyarrow.compute")
    for module in (*heavy, "pandas", "duckdb", "ml.scoring", "ml.binary.scoring", "ml.features"):
        import_module(module)


def reset(folder: Path) -> None:
    """Nothing was scored yet."""
    for room in ("scores", "drift"):
        for commit in (folder / "home" / "lake" / room).glob("*"):
            if commit.name != "0000000000":
                shutil.rmtree(commit)


def ours(folder: Path) -> Mapping[str, Any]:
    """read, scored, explained in words, held against the window of training, committed"""
    from kith.lake import Home, latest_commit
    from kith.run import read_run
    from kith.snapshot import current_snapshot
    from ml.scoring import score

    settings = _settings(folder)
    present = current_snapshot(Home(settings.home))
    done = score(settings, read_run(settings, present.run_id), NAME)
    file = latest_commit(Home(settings.home), "scores").table("scores")
    return {"rows": done.score_count, "file": str(file)}


def baseline(folder: Path) -> Mapping[str, Any]:
    """the same model applied to the same features in one go"""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    from kith.lake import Home
    from kith.snapshot import current_snapshot
    from ml import tracking

    home = Home(_settings(folder).home)
    fitted = tracking.load_champion(home, NAME).fitted
    source = current_snapshot(home).path / "feat_profile__activity.parquet"
    columns = ", ".join(f"CAST(CAST({name} AS FLOAT) AS DOUBLE) AS {name}" for name in fitted.columns)
    frame = (
        duckdb.connect(config={"threads": 2})
        .execute(
            f"SELECT profile_id, {columns} FROM '{source}' WHERE cutoff_at = $1", [AS_OF.replace(tzinfo=None)]
        )
        .df()
    )
    scores = fitted.artefact.predict_proba(frame[list(fitted.columns)])[:, 1]
    file = folder / "plain.parquet"
    pq.write_table(pa.table({"profile_id": frame["profile_id"], "score": scores}), file)
    return {"rows": len(scores), "file": str(file)}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """How many were scored, their sum, and how many got a reason in words."""
    import duckdb

    words = "count(*) FILTER (WHERE contains(reasons, 'words'))" if side == "ours" else "0"
    counted = duckdb.execute(
        f"SELECT count(*), round(sum(score), 3), {words} FROM '{result['file']}'"
    ).fetchone()
    return dict(zip(("rows", "sum", "explained"), counted or (), strict=True))


def agree(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> bool:
    """The same people and scores, and nearly everybody with a reason."""
    same = ours["rows"] == baseline["rows"] == PEOPLE and abs(ours["sum"] - baseline["sum"]) < 0.01
    return same and ours["explained"] > 0.99 * PEOPLE


ENTRY = Entry(
    name="score_1m",
    work=f"{PEOPLE:,} profiles scored by a stack of boosted trees and a line over 26 features, three reasons each",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    load=load,
    reset=reset,
    tell=tell,
    agree=agree,
    further=lambda ours, baseline: {"people": PEOPLE, "explained": ours["explained"]},
)
