"""Scores that may not be used any more are withdrawn, and segments take their fallback."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from kith.errors import KithError
from kith.lake import commits, latest_commit
from kith.warehouse import Warehouse
from ml import tracking
from ml.contract import Fitted, Scores
from ml.model_runs import ModelRun, append_run
from ml.predictions import find_model, find_prediction
from ml.scoring import WITHDRAWN, score, score_or_withdraw

pytestmark = pytest.mark.whole

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def champion(monkeypatch):
    """Makes somebody champion, nobody, or one that fails."""

    def crown(version="1", fails=False):
        found = version and tracking.Champion(version, Fitted(None))

        def given(_self, fitted, lesson):
            if fails:
                raise KithError("the champion of churn needs the features shoe_size")
            return Scores(["p1", "p2"], np.array([0.9, 0.1]))

        monkeypatch.setattr(tracking, "champion_version", lambda home, model: version)
        monkeypatch.setattr(tracking, "load_champion", lambda home, model: found)
        monkeypatch.setattr(type(find_model("churn")), "score", given)

    return crown


@pytest.fixture
def scored(build_run, shop, settings):
    """The outcome of a scoring so many days after the first."""

    def at(days):
        return score_or_withdraw(settings, build_run(shop, as_of=AS_OF + timedelta(days=days)), "churn")

    return at


def judged(home, settings, as_of, reason="better", is_champion=True):
    definition = find_prediction(settings, "churn")
    known = dict.fromkeys(("model_version", "mlflow_run_id", "candidate"), "1")
    counts = dict.fromkeys(("horizon_days", "train_rows", "test_rows"), 1)
    run = ModelRun(
        model="churn",
        definition_version=definition.version,
        as_of=as_of,
        test_cutoff_at=as_of.replace(tzinfo=None),
        metrics={"auc": 0.7},
        is_champion=is_champion,
        reason=reason,
        **known,
        **counts,
    )
    append_run(home, run)


def usable(settings) -> dict[str, float]:
    """The scores that segments read: those of the latest scoring that are numbers."""
    from activation.segments.world import _lay_scores

    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("scores")
        warehouse.connection.execute("CREATE TEMP TABLE aliases (alias_id VARCHAR, profile_id VARCHAR)")
        _lay_scores(warehouse, AS_OF + timedelta(days=900))
        rows = warehouse.rows("SELECT profile_id, score FROM scores_at WHERE model = 'churn'")
        return {row["profile_id"]: row["score"] for row in rows}


def test_scores__are_withdrawn_when_the_champion_is_gone(settings, home, champion, scored):
    champion()
    assert scored(0).score_count == 2
    assert usable(settings) == {"p1": 0.9, "p2": 0.1}
    champion(version=None)
    gone = scored(1)
    assert (gone.score_count, gone.reason) == (0, "no model has passed the gate yet")
    [nobody] = pq.read_table(latest_commit(home, "scores").table("scores")).to_pylist()
    assert (nobody["profile_id"], nobody["score"], nobody["model"]) == ("", None, "churn")
    assert usable(settings) == {}


def test_scores__are_withdrawn_once_and_come_back_with_a_champion(settings, home, champion, scored):
    champion()
    scored(0)
    champion(version=None)
    assert [bool(scored(day).commit) for day in (1, 2, 3)] == [True, False, False]
    champion(version="2")
    assert scored(4).model_version == "2"
    assert usable(settings) == {"p1": 0.9, "p2": 0.1}
    assert len(commits(home, "scores")) == 3


def test_scores__of_a_champion_that_nobody_judged_for_long_are_withdrawn(settings, home, champion, scored):
    champion()
    judged(home, settings, AS_OF)
    assert scored(0).reason == "scored"
    lasts = find_prediction(settings, "churn").body.lasts.days
    assert scored(lasts - 1).reason != "expired"
    assert usable(settings)
    old = scored(lasts)
    assert old.reason == f"version 1 was judged for the last time 2026-05-01, {lasts} days ago or more"
    assert usable(settings) == {}


def test_scores__of_a_champion_that_fails_are_withdrawn_and_the_run_goes_on(
    build_run, shop, settings, home, champion, scored
):
    champion()
    scored(0)
    champion(fails=True)
    broken = scored(1)
    assert broken.reason == "failed: the champion of churn needs the features shoe_size"
    assert latest_commit(home, "scores").meta[WITHDRAWN] == broken.reason
    assert usable(settings) == {}
    with pytest.raises(KithError, match="shoe_size"):
        score(settings, build_run(shop, as_of=AS_OF + timedelta(days=2)), "churn")


def test_scores__nobody_had_are_not_withdrawn(settings, home, champion, scored):
    champion(version=None)
    assert scored(0).commit is None
    assert commits(home, "scores") == []


def test_scores__of_a_retired_champion_tell_why(settings, home, champion, scored):
    champion()
    scored(0)
    champion(version=None)
    judged(home, settings, AS_OF, "calibration error 0.1; the champion …, and is retired", is_champion=False)
    assert scored(1).reason.endswith("and is retired")
