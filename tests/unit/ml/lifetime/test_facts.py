import json

import numpy as np
import pytest

from ml.lifetime.facts import FEWEST, _effects, facts_of, reasons_of
from ml.lifetime.purchases import known_before, purchases_of


@pytest.fixture
def history():
    lines = [(f"p{n:03d}", 0, 20.0) for n in range(100)]
    lines += [(f"p{n:03d}", 10, 40.0) for n in range(50)]
    lines += [(f"p{n:03d}", 30, 60.0) for n in range(25)]
    return known_before(purchases_of(*zip(*lines, strict=True)), 40)


def test_facts__are_those_of_the_purchases(history):
    facts = facts_of(history)
    told = [[round(float(values[row]), 2) for values in facts.values()] for row in (0, 30)]
    assert list(facts)[:3] == ["order_day_count", "days_since_last_order", "average_order_day_amount"]
    assert told == [[3, 10, 40, 40, 15], [2, 30, 30, 40, 10]]
    assert np.isnan(facts["median_gap_days"][50:]).all()


def test_reasons__tell_in_words_what_such_people_are_given(history):
    facts = facts_of(history)
    scores = np.repeat([30.0, 10.0, 0.0], [25, 25, 50])
    told = [json.loads(each) for each in reasons_of(facts, scores, "EUR").to_pylist()]
    first = {each["feature"]: each for each in told[0]}
    assert first["days_since_last_order"]["effect"] == pytest.approx(20)
    assert first["days_since_last_order"]["words"] == "10 days since the last order (usually 35): +20 EUR"
    assert all(each["effect"] < 0 for each in told[99])
    assert len(told) == 100


def test_effects__of_a_handful_alike_say_nothing():
    values = np.append(np.zeros(200), np.full(FEWEST - 1, 9.0))
    assert set(_effects(values, values)[200:]) == {0.0}
    assert _effects(np.append(values, 9.0), np.append(values, 9.0))[-1] > 8
