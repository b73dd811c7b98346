from datetime import UTC, datetime, timedelta

import pytest

import ml.training
from kith.clock import FixedClock
from kith.run import begin_run
from ml import tracking
from ml.contract import NotTrainable
from ml.model_runs import ModelRun, append_run, last_training
from ml.predictions import find_prediction
from ml.training import TrainingResult, train_if_due

TRAINED_AT = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def asked(settings, home, monkeypatch):
    """Records a training of `TRAINED_AT`, then answers whether a run asks for another."""
    monkeypatch.setattr(ml.training, "train", lambda *_: TrainingResult("churn", True, True, "trained"))

    def is_trained(after, *, champion="1", was_champion=True, version=None):
        monkeypatch.setattr(tracking, "champion_version", lambda home, model: champion)
        current = find_prediction(settings, "churn").version
        append_run(
            home,
            ModelRun(
                model="churn",
                model_version="1",
                mlflow_run_id="r",
                definition_version=version or current,
                as_of=TRAINED_AT,
                horizon_days=30,
                train_rows=1,
                test_rows=1,
                test_cutoff_at=TRAINED_AT.replace(tzinfo=None),
                candidate="logistic sigmoid",
                metrics={"auc": 0.7},
                is_champion=was_champion,
                reason="better",
            ),
        )
        as_of = TRAINED_AT + after
        return train_if_due(settings, begin_run(settings, FixedClock(as_of), as_of=as_of), "churn").is_trained

    return is_trained


def test_train_if_due__waits_for_seven_days(asked):
    assert not asked(timedelta(days=7, microseconds=-1))
    assert asked(timedelta(days=7))


def test_train_if_due__waits_too_after_a_model_that_did_not_pass_the_gate(asked):
    assert not asked(timedelta(days=1), champion=None, was_champion=False)


def test_train_if_due__trains_when_the_champion_is_lost_or_the_definition_changed(asked):
    assert asked(timedelta(days=1), champion=None)
    assert asked(timedelta(days=1), version="another")


def test_train_if_due__trains_first_of_all(settings, home, monkeypatch):
    assert last_training(home, "churn") is None
    monkeypatch.setattr(ml.training, "train", lambda *_: TrainingResult("churn", True, True, "trained"))
    assert train_if_due(settings, begin_run(settings, FixedClock(TRAINED_AT)), "churn").is_trained


def test_train_if_due__tells_of_a_refusal_and_lets_the_run_go_on(settings, monkeypatch, caplog):
    def refuse(*_):
        raise NotTrainable("12 rows in the test window, at least 200 are needed")

    monkeypatch.setattr(ml.training, "train", refuse)
    result = train_if_due(settings, begin_run(settings, FixedClock(TRAINED_AT)), "churn")
    assert (result.is_trained, result.reason) == (
        False,
        "12 rows in the test window, at least 200 are needed",
    )
