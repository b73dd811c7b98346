"""Uplift through the whole life cycle: assignments in the log, a champion in the registry, effects in the lake."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kith.clock import FixedClock
from kith.lake import latest_commit
from kith.run import begin_run, publish_run
from kith.settings import PROJECT
from ml.contract import NotTrainable
from ml.scoring import score
from ml.tables import SCORES
from ml.training import train
from ml.uplift.scoring import UPLIFT

pytestmark = pytest.mark.whole

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
PEOPLE, CAMPAIGNS = 700, 16


def history(effect, seed=1, propensity=0.5):
    """A campaign a week by e-mail to everybody or half of them by chance; a third of the people, who look around
    a lot, order more for it; the others order more often, whatever they get."""
    chance = np.random.default_rng(seed)
    moved = np.arange(PEOPLE) % 3 == 0
    events, orders = [], []
    for week in range(CAMPAIGNS):
        at = (AS_OF - WEEK * (CAMPAIGNS + 1 - week)).replace(tzinfo=None)
        treated = chance.random(PEOPLE) < 0.5
        for person in range(PEOPLE):
            arm = "email" if treated[person] else "control"
            told = {"experiment_id": f"c{week}", "variation_id": arm, "propensity": propensity}
            events.append(("Experiment Viewed", person, at, told))
            looks = 6 if moved[person] else 1
            events += [("Product Viewed", person, at - timedelta(hours=5 + n), {}) for n in range(looks)]
            rate = 0.15 + (effect if treated[person] else 0.0) if moved[person] else 0.7
            if chance.random() < rate:
                orders.append((person, at + timedelta(days=float(chance.uniform(0, 6.5)))))
    now = AS_OF.replace(tzinfo=None)
    events += [
        ("Product Viewed", person, now - timedelta(hours=5 + n), {})
        for person in range(PEOPLE)
        for n in range(6 if moved[person] else 1)
    ]
    return events, orders


def publish(settings, events, orders):
    """A run whose tables hold the history, with the definition that we ship."""
    file = "predictions/uplift.yml"
    (settings.definitions / file).write_bytes((PROJECT / "activation" / "definitions" / file).read_bytes())
    run = begin_run(settings, FixedClock(AS_OF), AS_OF)
    names = [f"p{person:04d}" for person in range(PEOPLE)]
    long_ago = [datetime(2025, 1, 1)] * PEOPLE
    tables = {
        "events": {
            "event": [each[0] for each in events],
            "type": ["track"] * len(events),
            "profile_id": [names[each[1]] for each in events],
            "effective_at": pa.array([each[2] for each in events], pa.timestamp("us")),
            "properties": [json.dumps(each[3]) for each in events],
            "is_machine": [False] * len(events),
        },
        "orders": {
            "profile_id": [names[each[0]] for each in orders],
            "ordered_at": pa.array([each[1] for each in orders], pa.timestamp("us")),
            "is_cancelled": [False] * len(orders),
            "net_amount": [20.0] * len(orders),
        },
        "identities": {
            "profile_id": names,
            "identifier_type": ["user_id"] * PEOPLE,
            "identifier_value": names,
        },
        "consent_history": {
            "identifier_type": ["user_id"] * PEOPLE,
            "identifier_value": names,
            "purpose": ["marketing"] * PEOPLE,
            "channel": ["email"] * PEOPLE,
            "is_granted": [True] * PEOPLE,
            "known_from": pa.array(long_ago, pa.timestamp("us")),
            "known_to": pa.nulls(PEOPLE, pa.timestamp("us")),
        },
        "profile_aliases": {"alias_id": pa.array([], pa.string()), "profile_id": pa.array([], pa.string())},
    }
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), run.path / f"{name}.parquet")
    publish_run(settings, run)
    return run


def test_uplift__finds_whom_a_message_moves_and_says_so(settings, home):
    run = publish(settings, *history(effect=0.4))
    result = train(settings, run, "uplift")
    assert result.is_champion, result.reason
    assert result.metrics["average_effect"] == pytest.approx(0.4 / 3, abs=0.04)
    scored = score(settings, run, "uplift")
    assert scored.score_count == PEOPLE
    rows = pq.read_table(latest_commit(home, UPLIFT.room).table(UPLIFT.name)).to_pydict()
    moved = np.array([int(name[1:]) % 3 == 0 for name in rows["profile_id"]])
    effects = np.array(rows["uplift"])
    assert effects[moved].mean() > effects[~moved].mean() + 0.2
    assert all(rows["is_best"])
    assert set(rows["model_version"]) == {result.model_version}
    scores = pq.read_table(latest_commit(home, SCORES.room).table(SCORES.name)).to_pydict()
    told = [each for text in scores["reasons"] for each in json.loads(text)]
    assert any("points" in each["words"] for each in told)


def test_uplift__that_does_nothing_leaves_no_champion_and_no_scores(settings, home):
    run = publish(settings, *history(effect=0.0))
    result = train(settings, run, "uplift")
    assert not result.is_champion
    assert "baseline" in result.reason
    assert result.metrics["detectable_effect"] > 0
    assert score(settings, run, "uplift").commit is None


def test_uplift__is_not_learned_from_wrong_propensities(settings):
    """Seven in ten were logged for either arm: that adds up to nothing."""
    run = publish(settings, *history(effect=0.4, propensity=0.7))
    with pytest.raises(NotTrainable, match=r"11200 of 11200 assignments don't fit"):
        train(settings, run, "uplift")


def test_uplift__is_not_learned_where_nobody_was_assigned(settings):
    events, orders = history(effect=0.4)
    run = publish(settings, [each for each in events if each[0] != "Experiment Viewed"], orders)
    with pytest.raises(NotTrainable, match="no randomised assignment"):
        train(settings, run, "uplift")
