"""A kind of model that is no classifier: plain files, amounts, and a lake table of its own."""

import json
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kith.lake.tables
import ml.evaluation
import ml.predictions
import ml.scoring
import ml.training
from kith.lake import LakeTable, commits, latest_commit
from kith.warehouse import Warehouse
from ml.contract import AMOUNT, Criterion, Evidence, Fitted, Learned, Lesson, Model, NotTrainable, Scores
from ml.evaluation import evaluate
from ml.hashing import hash_of
from ml.scoring import score
from ml.training import train

pytestmark = pytest.mark.whole

SPENDERS = LakeTable(
    room="spenders",
    name="spenders",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("as_of", pa.timestamp("us")),
            ("spend_rank", pa.int64()),
        ]
    ),
    people=("profile_id",),
)


@dataclass(frozen=True)
class Rate:
    """Orders expected of a person for each order so far."""

    rate: float

    def save(self, folder):
        (folder / "rate.json").write_text(json.dumps({"rate": self.rate}))


class Repeats(Model):
    """So many orders come as a share of those before."""

    meaning = "orders expected in the next 30 days"
    scale = AMOUNT
    criteria = (Criterion("error", is_higher_better=False),)
    tables = (SPENDERS,)
    error = 0.0

    def counts(self, lesson: Lesson, until) -> dict[str, int]:
        with Warehouse(lesson.settings) as warehouse:
            warehouse.attach_snapshot(lesson.run.snapshot)
            select = "SELECT profile_id, count(*) AS n FROM events WHERE effective_at < ? GROUP BY ALL ORDER BY ALL"
            return {
                row["profile_id"]: row["n"] for row in warehouse.rows(select, [until.replace(tzinfo=None)])
            }

    def learn(self, lesson: Lesson) -> Learned:
        cutoff = lesson.as_of - timedelta(days=30)
        before, all_orders = self.counts(lesson, cutoff), self.counts(lesson, lesson.as_of)
        if len(before) < 20:
            raise NotTrainable(f"{len(before)} people, at least 20 are needed")
        known = np.array(list(before.values()))
        came = np.array([all_orders[each] for each in before]) - known

        def judge(fitted: Fitted) -> dict[str, float]:
            return {"error": float(np.abs(came - fitted.artefact.rate * known).mean()) + self.error}

        fitted = Fitted(Rate(came.sum() / known.sum()), metadata={"people": len(before)})
        never = float(np.abs(came).mean()) + 1
        evidence = Evidence([cutoff], cutoff, len(before), len(before), hash_of(list(before), known))
        return Learned(fitted, "rate", evidence, judge(fitted), {"never": {"error": never}}, judge)

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        counts = self.counts(lesson, lesson.as_of)
        people, orders = list(counts), np.array(list(counts.values()))
        ranks = pa.table({"profile_id": people, "spend_rank": np.argsort(np.argsort(-orders)) + 1})
        return Scores(people, orders * fitted.artefact.rate, tables={"spenders": ranks})

    def load(self, folder):
        return Rate(**json.loads((folder / "rate.json").read_text()))


@pytest.fixture
def kind(monkeypatch):
    """Stands for the model file that churn's definition names."""
    model = Repeats()
    for module in (ml.training, ml.scoring, ml.evaluation, ml.predictions):
        monkeypatch.setattr(module, "find_model", lambda name: model)
    monkeypatch.setattr(Repeats, "terms", ml.predictions.plugin("ml.models", "churn", Model).terms)
    declared = (*kith.lake.tables.lake_tables(), SPENDERS)
    monkeypatch.setattr(kith.lake.tables, "lake_tables", lambda: declared)
    return model


def test_own_kind__is_kept_as_plain_files_and_scores_with_them_again(build_run, shop, settings, home, kind):
    run = build_run(shop)
    trained = train(settings, run, "churn")
    assert trained.is_champion, trained.reason
    kept = {path.name for path in (home.mlflow / "artifacts").rglob("*") if path.is_file()}
    assert {"rate.json", "served.py", "MLmodel"} <= kept
    assert not [name for name in kept if name.endswith((".pkl", ".pickle"))]

    assert score(settings, run, "churn").reason == "scored"
    scores = pq.read_table(latest_commit(home, "scores").table("scores")).to_pylist()
    ranks = pq.read_table(latest_commit(home, "spenders").table("spenders")).to_pylist()
    assert len(scores) == len(ranks) == len({each["profile_id"] for each in scores})
    assert max(each["score"] for each in scores) > 1
    assert {(each["model"], each["model_version"]) for each in ranks} == {("churn", "1")}
    assert {each["as_of"] for each in ranks} == {each["as_of"] for each in scores}


def test_own_kind__passes_the_same_gate(build_run, shop, settings, home, kind):
    run = build_run(shop)
    assert train(settings, run, "churn").is_champion
    again = train(settings, run, "churn")
    assert again.reason.startswith("no better than the champion")
    kind.error = 10.0
    worse = train(settings, run, "churn")
    assert worse.reason.startswith("no better than the baseline never")
    assert len(commits(home, "models")) == 3


def test_own_kind__is_backtested_at_earlier_times(build_run, shop, settings, kind):
    run = build_run(shop)
    windows = evaluate(settings, run, "churn", windows=2).windows
    assert [run.as_of - each.as_of for each in windows] == [timedelta(0), timedelta(days=30)]
    assert all(each.metrics["error"] < each.metrics["baseline_error"] for each in windows)
