import numpy as np
import pytest

from kith.errors import KithError
from ml.lifetime.features import features_of, usual_value
from ml.lifetime.purchases import known_before, outcome_after, purchases_of
from ml.lifetime.windows import longest_window, past_cutoffs

LINES = [
    ("ann", 0, 10.0),
    ("ann", 0, 5.0),  # the same day: one purchase of 15
    ("ann", 14, 20.0),
    ("ann", 28, 40.0),
    ("bob", 7, 30.0),
    ("bob", 8, 80_000.0),
    ("bob", 8, -80_000.0),  # returned whole on the day: no purchase
    ("cem", 21, 0.0),  # free goods: a purchase
    ("cem", 35, 12.0),
    ("dee", 40, 9.0),
]


@pytest.fixture
def purchases():
    return purchases_of(*zip(*LINES, strict=True))


def test_purchases_of__are_days_net_of_returns(purchases):
    assert list(purchases.customers) == ["ann", "bob", "cem", "dee"]
    assert purchases.set_aside == 1
    told = list(
        zip(purchases.customer.tolist(), purchases.day.tolist(), purchases.amount.tolist(), strict=True)
    )
    assert told == [(0, 0, 15), (0, 14, 20), (0, 28, 40), (1, 7, 30), (2, 21, 0), (2, 35, 12), (3, 40, 9)]


@pytest.mark.parametrize("amount", [float("nan"), float("inf")])
def test_purchases_of__refuse_amounts_that_are_no_number(amount):
    with pytest.raises(KithError, match="finite amount"):
        purchases_of(["a"], [1], [amount])


def test_summary__is_the_papers(purchases):
    given = known_before(purchases, 36).summary
    assert given.repeats.tolist() == [2, 0, 1]
    assert given.last_at.tolist() == [4, 0, 2]
    assert given.age.tolist() == [5, 4, 2]
    assert given.spend.tolist() == [30, 0, 12]


def test_history__knows_nothing_of_its_cutoff_and_after(purchases):
    history = known_before(purchases, 28)
    assert history.purchases.day.max() < 28
    assert list(history.purchases.customers) == ["ann", "bob", "cem"]
    assert history.summary.repeats.tolist() == [1, 0, 0]
    changed = purchases_of(*zip(*LINES, ("ann", 28, 1e9), ("eve", 30, 5.0), strict=True))
    again = known_before(changed, 28)
    for name in vars(history.summary):
        assert (getattr(history.summary, name) == getattr(again.summary, name)).all()
    assert features_of(history, 14).equals(features_of(again, 14))
    assert (usual_value(history, 14) == usual_value(again, 14)).all()


def test_history__can_go_back_but_not_on(purchases):
    history = known_before(purchases, 36)
    assert list(history.at(14).purchases.customers) == ["ann", "bob"]
    with pytest.raises(KithError, match="until day 36 can't tell of day 37"):
        history.at(37)
    with pytest.raises(KithError, match="nobody had bought before day 0, 7 purchases came later"):
        known_before(purchases, 0)


def test_outcome_after__is_what_known_customers_did_from_the_cutoff_on(purchases):
    history = known_before(purchases, 28)
    found = outcome_after(purchases, history, 8)
    assert found.purchases.tolist() == [1, 0, 1]
    assert found.value.tolist() == [40, 0, 12]
    assert outcome_after(purchases, history, 7).purchases.tolist() == [1, 0, 0]


def test_features__are_of_the_days_before(purchases):
    found = features_of(known_before(purchases, 36), 14)
    assert found["purchases_30d"].tolist() == [2, 1, 2]
    assert found["value_30d"].tolist() == [60, 30, 12]
    # Bob bought on day 7: within thirty days before day 37, not before day 38.
    assert features_of(known_before(purchases, 37), 14)["purchases_30d"].tolist() == [2, 1, 2]
    assert features_of(known_before(purchases, 38), 14)["purchases_30d"].tolist() == [2, 0, 2]
    assert found["total_value"].tolist() == [75, 30, 12]
    assert found["last_amount"].tolist() == [40, 30, 12]
    assert found["first_amount"].tolist() == [15, 30, 0]
    assert found["greatest_amount"].tolist() == [40, 30, 12]
    assert found["silent_weeks"].tolist() == [1, 4, 0]
    assert found["mean_gap_weeks"].tolist()[::2] == [2, 2]
    assert np.isnan(found["mean_gap_weeks"][1])
    assert found["expected_purchases"].isna().all()  # too few to fit a process to


def test_windows__are_over_by_the_cutoff_and_have_a_past(purchases):
    history = known_before(purchases, 36)
    assert longest_window(history, 10) == 10
    assert longest_window(history, 100) == 18
    assert past_cutoffs(history, 7, 4) == [29]
    with pytest.raises(KithError, match="36 days of history hold no window of 10 days with 28 days before"):
        past_cutoffs(history, 10, 4)
    with pytest.raises(KithError, match="are too few"):
        longest_window(known_before(purchases, 9), 30)
