import numpy as np
import pytest

from ml.lifetime.gaps import gaps_of
from ml.lifetime.purchases import known_before, purchases_of
from ml.next_order.waiting import days_until_next, features_of

LINES = [
    ("ann", 0, 1.0), ("ann", 10, 1.0), ("ann", 40, 1.0), ("ann", 50, 1.0),
    ("bob", 5, 1.0), ("bob", 59, 1.0), ("bob", 60, 1.0),
    ("cem", 20, 1.0),
    ("dee", 52, 1.0),
]  # fmt: skip


@pytest.fixture
def purchases():
    return purchases_of(*zip(*LINES, strict=True))


def test_days_until_next__end_with_the_day_of_the_order(purchases):
    history = known_before(purchases, 50)
    assert days_until_next(purchases, history, 10).tolist() == [1, 10, np.inf]
    assert days_until_next(purchases, history, 9).tolist() == [1, np.inf, np.inf]


def test_gaps__are_of_the_past_alone(purchases):
    gaps = gaps_of(known_before(purchases, 50))
    assert gaps.count.tolist() == [2, 0, 0]
    assert gaps.median[0] == 20
    assert gaps.latest[0] == 30
    assert gaps.deviation[0] == 10
    assert np.isnan(gaps.median[1:]).all()
    assert np.isnan(gaps.deviation[1:]).all()
    assert gaps.silent.tolist() == [10, 45, 30]


def test_gaps__have_the_middle_of_many(shop):
    gaps = gaps_of(known_before(shop, 250))
    history = known_before(shop, 250)
    for who in (0, 11, 200):
        days = np.sort(history.purchases.day[history.purchases.customer == who])
        if len(days) > 1:
            assert gaps.median[who] == np.median(np.diff(days))
            assert gaps.deviation[who] == pytest.approx(np.std(np.diff(days))) or len(days) == 2


def test_features__say_the_same_whatever_comes_later(shop):
    later = purchases_of(
        np.append(shop.customers[shop.customer], "c001"),
        np.append(shop.day, 200),
        np.append(shop.amount, 9e6),
    )
    one, other = (features_of(known_before(each, 200), 30) for each in (shop, later))
    assert one.equals(other)
    assert {"median_gap_days", "silent_of_median_gap", "expected_purchases"} <= set(one.columns)
