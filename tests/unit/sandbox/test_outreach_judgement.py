from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kith.errors import KithError
from sandbox.judgement import channel_affinity, send_time
from sandbox.people import CHANNELS, DAY_CURVES

COUNT = 300
MOMENT = np.datetime64("2026-05-01T08:00:00", "us")


def world():
    """People of the three chronotypes in turn, in Berlin; the first third has turned away."""
    person = np.arange(COUNT)
    habits = SimpleNamespace(
        chronotype=person % 3,
        zone_offset=np.full(COUNT, 2),
        gone_hour=np.where(person < 100, 0, 10**9),
    )
    likes = np.where((person % 2 == 0)[:, None], [0.4, 0.1, 0.1], [0.1, 0.1, 0.4])
    temper = SimpleNamespace(
        open_rate=np.full((COUNT, len(CHANNELS)), 0.5),
        click_rate=likes,
        patience_hours=np.full(COUNT, 5.0),
        mailbox_exists=np.full(COUNT, True),
    )
    people = SimpleNamespace(habits=habits, temper=temper, count=COUNT)
    state = SimpleNamespace(back_until=np.zeros(COUNT, np.int64))
    return SimpleNamespace(shop=SimpleNamespace(people=people), state=state)


def evidence(columns, known=COUNT) -> Any:
    return SimpleNamespace(
        world=world(),
        as_of=datetime(2026, 5, 1, 8, tzinfo=UTC),
        columns=lambda sql: columns,
        whose=lambda profiles: np.where(profiles < known, profiles, -1),
    )


def told_hours(best, zone="Europe/Berlin"):
    return {
        "profile_id": np.arange(COUNT),
        "time_zone": np.full(COUNT, zone, dtype=object),
        "best_hour": best,
        "population_hour": np.full(COUNT, 18),
        "evidence_count": np.arange(COUNT),
    }


def figures(verdict):
    return {(figure.figure, figure.baseline_of): figure for figure in verdict.figures}


def test_send_time__is_perfect_with_the_truth_itself_and_random_is_by_hand():
    best = DAY_CURVES.argmax(axis=1)[np.arange(COUNT) % 3]
    found = figures(send_time.judge(evidence(told_hours(best))))
    hit = found["best-hour hit rate", "an hour drawn at random"]
    ties = [(curve == curve.max()).sum() for curve in DAY_CURVES]
    assert hit.value == 1
    assert hit.baseline == pytest.approx(np.mean(ties) / 24)
    everybody = found["best-hour hit rate", "everybody's best hour"]
    assert everybody.baseline == pytest.approx(1 / 3)
    assert found["share of the best hour's openings", "an hour drawn at random"].value == 1


def test_send_time__reads_each_hour_on_its_own_clock():
    """Berlin's noon is London's eleven in May."""
    best = DAY_CURVES.argmax(axis=1)[np.arange(COUNT) % 3]
    london = figures(send_time.judge(evidence(told_hours(best - 1, "Europe/London"))))
    assert london["best-hour hit rate", "an hour drawn at random"].value == 1


def test_send_time__tells_by_evidence_and_leaves_nobody_out():
    best = DAY_CURVES.argmax(axis=1)[np.arange(COUNT) % 3]
    parts = send_time.judge(evidence(told_hours(best))).tables["by evidence"]
    assert sum(part["people"] for part in parts) == COUNT


def test_send_time__refuses_to_judge_a_few():
    best = np.zeros(COUNT, int)
    with pytest.raises(KithError, match="send times of 99 known people"):
        send_time.judge(evidence(told_hours(best), known=99))


def told_channels(chance):
    """E-mail and push of everybody; `chance` (COUNT × 2)."""
    row = np.repeat(np.arange(COUNT), 2)
    cost = np.tile([0.001, 0.0005], COUNT)
    return {
        "profile_id": row,
        "channel": np.tile(np.array(["email", "push"], dtype=object), COUNT),
        "probability": chance.ravel(),
        "population_probability": np.tile([0.2, 0.1], COUNT),
        "expected_value": 2.0 * chance.ravel() - cost,
        "cost": cost,
        "scored_at": np.full(2 * COUNT, MOMENT),
    }


def test_channel_affinity__has_no_regret_with_the_truth_itself():
    likes_email = np.arange(COUNT) % 2 == 0
    chance = np.where(likes_email[:, None], [0.2, 0.05], [0.05, 0.2])
    found = figures(channel_affinity.judge(evidence(told_channels(chance))))
    best = found["regret per message", "the channel that is best for all"]
    assert best.value == pytest.approx(0)
    assert best.baseline > 0.05
    right = found["share of people given their best channel", "the channel that is best for all"]
    assert (right.value, right.baseline) == (1, 0.5)


def test_channel_affinity__regrets_a_choice_turned_round_more_than_chance():
    likes_email = np.arange(COUNT) % 2 == 0
    chance = np.where(likes_email[:, None], [0.05, 0.2], [0.2, 0.05])
    found = figures(channel_affinity.judge(evidence(told_channels(chance))))
    random = found["regret per message", "a channel drawn at random"]
    assert not random.is_better
    assert random.value == pytest.approx(2 * random.baseline)


def test_channel_affinity__knows_that_who_has_turned_away_clicks_half_as_much():
    table = channel_affinity.judge(evidence(told_channels(np.full((COUNT, 2), 0.1)))).tables["by channel"]
    person = np.arange(COUNT)
    fit = 0.65 + 0.35 * (DAY_CURVES / DAY_CURVES.max(axis=1, keepdims=True)).mean(axis=1)[person % 3]
    mood = np.where(person < 100, 0.5, 1.0)
    rate = np.where(person % 2 == 0, 0.2, 0.05)
    expected = (rate * fit * mood).mean() * (1 - np.exp(-72 / 5))
    assert table[0]["true"] == pytest.approx(expected)


def test_channel_affinity__refuses_to_judge_a_few():
    with pytest.raises(KithError, match="50 known people have a choice"):
        channel_affinity.judge(evidence(told_channels(np.full((COUNT, 2), 0.1)), known=50))
