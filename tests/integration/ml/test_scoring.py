from datetime import UTC, datetime

import numpy as np
import pyarrow.parquet as pq
import pytest

from kith.errors import KithError
from kith.lake import commits, latest_commit
from ml import scoring, tracking
from ml.contract import AMOUNT, DAYS, PROBABILITY, Fitted
from ml.scoring import refuse_impossible, score

pytestmark = pytest.mark.whole

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)


class ByRecency:
    """A stand-in for a classifier: the longer silent, the likelier gone."""

    def __init__(self, worst: float = 1.0):
        self.worst = worst

    def predict_proba(self, frame):
        chance = (frame["days_since_last_order"] / 180).to_numpy() * self.worst
        return np.column_stack([1 - chance, chance])


@pytest.fixture
def champion(monkeypatch):
    """Makes a stand-in the champion of this version."""

    def crown(classifier, version="1", columns=("days_since_last_order", "order_count")):
        told = {"strongest_features": ["days_since_last_order"]}
        found = tracking.Champion(version, Fitted(classifier, columns, told))
        monkeypatch.setattr(tracking, "champion_version", lambda home, model: version)
        monkeypatch.setattr(tracking, "load_champion", lambda home, model: found)

    return crown


def test_score__speaks_of_the_population_alone_at_the_latest_cut_off(
    build_run, shop, settings, home, champion
):
    run = build_run(shop)
    champion(ByRecency())
    score(settings, run, "churn")
    rows = pq.read_table(latest_commit(home, "scores").table("scores"))
    expected = shop.execute(
        "SELECT count(*) FROM feat WHERE cutoff_at = $1 AND days_since_last_order <= 180",
        [run.as_of.replace(tzinfo=None)],
    ).fetchone()
    assert rows.num_rows == expected[0]


def test_score__gives_the_feature_that_moves_it_most_as_reason(build_run, shop, settings, home, champion):
    champion(ByRecency())
    score(settings, build_run(shop), "churn")
    rows = pq.read_table(latest_commit(home, "scores").table("scores")).sort_by("score").to_pylist()
    assert '"feature":"days_since_last_order"' in rows[-1]["reasons"]
    assert '"effect":0.' in rows[-1]["reasons"]
    assert '"effect":-0.' in rows[0]["reasons"]


def test_score__never_revises_a_cut_off_not_even_with_a_new_version(
    build_run, shop, settings, home, champion
):
    run = build_run(shop)
    champion(ByRecency())
    assert score(settings, run, "churn").commit
    assert score(settings, run, "churn").reason == "this cut-off was scored already"
    champion(ByRecency(0.9), version="2")
    assert score(settings, run, "churn").commit is None
    later = build_run(shop, as_of=AS_OF.replace(hour=9))
    assert score(settings, later, "churn").model_version == "2"
    assert len(commits(home, "scores")) == 2


def test_score__commits_nothing_when_every_score_is_as_it_was(build_run, shop, settings, home, champion):
    champion(ByRecency())
    day = "UPDATE feat SET days_since_last_order = 30"
    first = score(settings, build_run(shop, change=day), "churn")
    later = build_run(shop, as_of=AS_OF.replace(hour=9), change=day)
    second = score(settings, later, "churn")
    assert first.commit
    assert (second.commit, second.reason) == (None, "every score is as it was")


@pytest.mark.parametrize("worst", [np.nan, np.inf, 1.5, -0.5])
def test_score__refuses_what_is_no_probability_and_writes_nothing(
    build_run, shop, settings, home, champion, worst
):
    champion(ByRecency(worst))
    with pytest.raises(KithError, match="no probability"):
        score(settings, build_run(shop, change="UPDATE feat SET days_since_last_order = 170"), "churn")
    assert commits(home, "scores") == []


def test_score__names_features_that_are_gone(build_run, shop, settings, champion):
    champion(ByRecency(), columns=("days_since_last_order", "shoe_size"))
    with pytest.raises(KithError, match=r"needs the features shoe_size.*kith models train churn"):
        score(settings, build_run(shop), "churn")


def test_score__leaves_out_orders_without_a_person(build_run, shop, settings, champion):
    champion(ByRecency())
    nameless = (
        "INSERT INTO feat BY NAME SELECT * REPLACE ('order:' || profile_id AS profile_id) FROM feat "
        "WHERE cutoff_at = (SELECT max(cutoff_at) FROM feat)"
    )
    run = build_run(shop, change=nameless)
    everyone = shop.execute(
        "SELECT count(*) FROM feat WHERE cutoff_at = $1 AND days_since_last_order <= 180",
        [run.as_of.replace(tzinfo=None)],
    ).fetchone()
    assert score(settings, run, "churn").score_count == everyone[0] / 2


def test_score__of_nobody_says_so(build_run, shop, settings, home, champion):
    champion(ByRecency())
    result = score(settings, build_run(shop, change="DELETE FROM feat WHERE NOT is_label_known"), "churn")
    assert (result.commit, result.reason) == (None, "nobody belongs to its population at this cut-off")
    assert scoring.last_scores(home, "churn") is None


@pytest.mark.parametrize(("scale", "highest"), [(PROBABILITY, 1.0), (AMOUNT, 9e9), (DAYS, 900.0)])
def test_refuse_impossible__lets_pass_what_the_scale_holds(scale, highest):
    refuse_impossible(np.array([0.0, 0.5, highest]), scale)
    with pytest.raises(KithError, match=f"1 of 2 people a score that is no {scale.unit}"):
        refuse_impossible(np.array([0.5, -0.1]), scale)
