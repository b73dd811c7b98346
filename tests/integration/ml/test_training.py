from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

import ml.training
from kith.clock import FixedClock
from kith.lake import commits, latest_commit
from kith.run import begin_run
from ml import tracking
from ml.binary.model import BinaryModel
from ml.binary.split import split_by_time
from ml.contract import NotTrainable
from ml.features import read_features
from ml.lessons import lesson_of
from ml.models.churn import plugin as churn
from ml.predictions import find_prediction
from ml.scoring import score
from ml.training import train, train_if_due

pytestmark = pytest.mark.whole

#: Says the same of everybody.
BLUNT = HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=2, learning_rate=1e-9)


def test_train__keeps_what_it_learned_and_scoring_finds_it_by_its_alias(build_run, shop, settings, home):
    run = build_run(shop)
    result = train_if_due(settings, run, "churn")
    assert result.is_champion, result.reason
    assert result.metrics["auc"] > result.metrics["baseline_auc"]
    assert len(result.reliability) == 10

    recorded = pq.read_table(latest_commit(home, "models").table("model_runs")).to_pylist()
    figures = {row["metric"]: row["metric_value"] for row in recorded}
    assert {"auc", "pr_auc", "log_loss", "brier", "calibration_error", "lift_at_10", "base_rate"} <= set(
        figures
    )
    assert figures["auc"] == result.metrics["auc"]
    assert {row["test_cutoff_at"] for row in recorded} == {
        run.as_of.replace(tzinfo=None) - timedelta(days=30)
    }
    assert {(row["is_champion"], row["model_version"], row["horizon_days"]) for row in recorded} == {
        (True, "1", 30)
    }
    artifacts = {path.name for path in (home.mlflow / "artifacts").rglob("*") if path.is_file()}
    assert {
        *("calibration.png", "gain.png", "precision_recall.png", "strengths.png", "reliability.json"),
        *("strengths.json", "definition.json", "baselines.json", "model.skops", "MLmodel"),
    } <= artifacts

    scored = score(settings, run, "churn")
    rows = pq.read_table(latest_commit(home, "scores").table("scores")).to_pylist()
    assert scored.score_count == len(rows) > 500
    assert all(0 <= row["score"] <= 1 and row["model_version"] == "1" for row in rows)
    assert {row["as_of"] for row in rows} == {run.as_of.replace(tzinfo=None)}
    assert sum(row["reasons"] != "[]" for row in rows) > len(rows) * 0.9

    assert train_if_due(settings, run, "churn").reason.startswith("next training is due at 2026-05-08T08:00")
    assert score(settings, run, "churn").commit is None
    assert [len(commits(home, room)) for room in ("models", "scores")] == [1, 1]

    early = begin_run(settings, FixedClock(run.as_of), as_of=run.as_of - timedelta(days=30))
    assert "over the past" in train_if_due(settings, early, "churn").reason
    assert "over the past" in score(settings, early, "churn").reason


def test_gate__keeps_the_champion_when_the_next_model_is_worse(build_run, shop, settings, home, monkeypatch):
    run = build_run(shop)
    assert train(settings, run, "churn").is_champion
    same = train(settings, run, "churn")
    assert same.reason.startswith("no better than the champion")

    blunt = BinaryModel(churn.meaning, churn.baselines, lambda inputs, seed: {"blunt": BLUNT})
    monkeypatch.setattr(ml.training, "find_model", lambda name: blunt)
    worse = train(settings, run, "churn")
    assert "calibration error" in worse.reason or "no better than the baseline" in worse.reason
    assert (same.is_champion, worse.is_champion) == (False, False)
    assert (same.model_version, worse.model_version) == ("2", "3")
    assert tracking.champion_version(home, "churn") == "1"
    assert score(settings, run, "churn").model_version == "1"


PLANTED = {
    "a copy of the label": (
        "ALTER TABLE feat ADD COLUMN visits DOUBLE; UPDATE feat SET visits = orders_next_30d_label",
        "leak: visits alone tells the answer",
    ),
    "a label that isn't called so": (
        "ALTER TABLE feat ADD COLUMN visits DOUBLE; UPDATE feat SET visits = "
        "CASE WHEN is_label_known AND md5_number(profile_id) % 4 > 0 THEN orders_next_30d_label ELSE 0 END",
        "leak: visits tells the answer .* is the same for all at the latest cut-off",
    ),
    "a window that reaches past the cut-off": (
        "UPDATE feat SET order_count_30d = order_count_30d + (orders_next_30d_label > 0)::INTEGER "
        "WHERE is_label_known AND md5_number(profile_id) % 4 = 0",
        "leak: order_count_30d of profile .* only .* 'Order Completed' known",
    ),
    "a time after the cut-off": (
        "UPDATE feat SET days_since_last_order = -1 WHERE profile_id = 'p0003'",
        "leak: days_since_last_order is negative",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_train__refuses_a_planted_leak(build_run, shop, settings, home, fault):
    change, reason = PLANTED[fault]
    run = build_run(shop, change=change)
    with pytest.raises(NotTrainable, match=reason):
        train(settings, run, "churn")
    result = train_if_due(settings, run, "churn")
    assert not result.is_trained
    assert result.reason.startswith("leak: ")
    assert commits(home, "models") == []


@pytest.mark.parametrize(
    ("cutoffs", "change", "reason"),
    [
        (2, "", "1 cut-offs with known answers, at least 2"),
        (13, "DELETE FROM feat WHERE profile_id > 'p0100'", "rows in the .* window, at least 200"),
        (
            13,
            "DELETE FROM feat WHERE orders_next_30d_label = 0",
            "0 yes and .* at least 30 of each",
        ),
        (13, "DELETE FROM feat", "0 cut-offs"),
    ],
)
def test_train__says_with_counts_when_there_is_too_little(
    build_run, shop, settings, home, cutoffs, change, reason
):
    run = build_run(shop, cutoffs=cutoffs, change=change)
    with pytest.raises(NotTrainable, match=reason):
        train(settings, run, "churn")
    assert not train_if_due(settings, run, "churn").is_trained
    assert score(settings, run, "churn").reason == "no model has passed the gate yet"
    assert commits(home, "models") == commits(home, "scores") == []


@pytest.fixture
def lesson(build_run, shop, settings):
    """The lesson of a published run, of then or of an earlier time."""
    run = build_run(shop)

    def given(earlier=timedelta(0), **terms):
        found = lesson_of(settings, run, find_prediction(settings, "churn"), as_of=run.as_of - earlier)
        body = found.terms.model_copy(update=terms)
        return replace(found, definition=replace(found.definition, body=body))

    return given


def test_learn__gives_equal_models_for_equal_inputs(lesson):
    first, second = (churn.learn(lesson()) for _ in range(2))
    assert first.metrics == second.metrics
    assert first.evidence == second.evidence
    assert (first.calibration.scores == second.calibration.scores).all()


def test_learn__judges_the_champion_as_it_judges_itself(lesson):
    learned = churn.learn(lesson())
    assert learned.judge(learned.fitted) == learned.metrics


def test_learn__notes_a_hash_of_the_rows_it_learned_from(lesson):
    assert churn.learn(lesson()).evidence.data_hash != churn.learn(lesson(timedelta(30))).evidence.data_hash


def test_learn__never_uses_rows_whose_answers_were_not_known_at_the_next_window(lesson):
    then = lesson(timedelta(days=30))
    split = split_by_time(read_features(then), then.terms)
    assert split.train.rows.cutoffs.max().item() + timedelta(days=30) <= split.test_cutoff.item()


def test_read_features__hides_answers_that_came_after_as_of(lesson):
    then = lesson(timedelta(days=45))
    table = read_features(then)
    known = table.cutoffs[table.label == table.label]
    assert known.max().item() == then.run.as_of.replace(tzinfo=None) - timedelta(days=90)
    assert table.cutoffs.max().item() <= then.as_of.replace(tzinfo=None)


def test_read_features__takes_a_stable_sample_of_profiles_above_the_maximum(lesson):
    whole, small = lesson(), lesson(maximum_rows=2_000)
    everybody, first, second = (read_features(each) for each in (whole, small, small))
    assert 1_700 < len(first) < 2_300 < len(everybody)
    assert (first.profiles == second.profiles).all()
    assert len(read_features(small, at=small.as_of)) == len(read_features(whole, at=small.as_of))
