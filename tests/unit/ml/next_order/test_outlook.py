import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ml.next_order.outlook import Outlook, days_ahead, rising


@pytest.fixture
def outlook():
    """Somebody who surely comes on the tenth day, somebody who comes with one half at any time, nobody."""
    return Outlook(np.array([5.0, 10.0, 20.0]), np.array([[0, 1, 1], [0.125, 0.25, 0.5], [0, 0, 0.0]]))


def test_days_ahead__end_with_the_outlook():
    assert days_ahead(30).tolist() == [1, 2, 3, 5, 7, 10, 14, 21, 30]
    assert days_ahead(1).tolist() == [1]
    assert days_ahead(500)[-2:].tolist() == [365, 500]


def test_within__rises_evenly_between_the_days_told(outlook):
    assert outlook.within(5).tolist() == [0, 0.125, 0]
    assert outlook.within(7.5) == pytest.approx([0.5, 0.1875, 0])
    assert outlook.within(20).tolist() == [1, 0.5, 0]
    assert outlook.within(90).tolist() == [1, 0.5, 0]


def test_daily__agrees_with_within(outlook):
    daily = outlook.daily()
    assert daily.shape == (3, 20)
    for day in range(1, 21):
        assert daily[:, day - 1] == pytest.approx(outlook.within(day))


def test_expected_days__count_who_may_not_come_as_the_whole_outlook(outlook):
    assert outlook.expected_days() == pytest.approx([7.5, 15, 20])


def test_quantiles__are_of_all_futures_or_of_those_with_an_order(outlook):
    assert outlook.quantile(0.5) == pytest.approx([7.5, 20, 20])
    assert outlook.quantile(0.25) == pytest.approx([6.25, 10, 20])
    assert outlook.quantile_of_orders(0.5) == pytest.approx([7.5, 10, 20])


def test_rising__mends_what_falls_and_what_is_no_probability():
    assert rising(np.array([[0.2, 0.1, 1.2], [-0.1, 0.3, 0.3]])).tolist() == [[0.2, 0.2, 1], [0, 0.3, 0.3]]


@settings(deadline=None, max_examples=60)
@given(some.lists(some.floats(0, 1), min_size=4, max_size=4), some.floats(0.01, 0.99))
def test_outlook__keeps_to_what_must_hold(chances, share):
    told = Outlook(np.array([1.0, 4.0, 9.0, 16.0]), rising(np.array([chances])))
    assert 0 <= told.expected_days()[0] <= 16
    at = told.quantile_of_orders(share)[0]
    assert 0 <= at <= 16
    if told.chance[0, -1] > 1e-6:
        assert told.within(at)[0] >= share * told.chance[0, -1] - 1e-9
    assert (np.diff(told.daily()[0]) >= -1e-12).all()
