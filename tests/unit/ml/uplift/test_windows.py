import numpy as np
import pytest

from ml.contract import NotTrainable
from ml.uplift.windows import Fewest, split_by_time
from tests.unit.ml.uplift.trials import simulated

FEW = Fewest(rows=10, outcomes=2)


def test_windows__outcomes_learned_from_were_known_before_the_judging_began():
    pairs, _ = simulated(1)
    windows = split_by_time(pairs, 10.0, FEW)
    latest = windows.learn.assigned_at.max() + np.timedelta64(10, "D")
    assert latest <= windows.judge.assigned_at.min()
    assert len(windows.learn) + len(windows.judge) < len(pairs)


def test_windows__a_campaign_is_not_torn_apart():
    pairs, _ = simulated(2)
    windows = split_by_time(pairs, 7.0, FEW)
    assert not set(windows.learn.experiments) & set(windows.judge.experiments)
    assert windows.judge.assigned_at.max() == pairs.assigned_at.max()


def test_windows__refuse_no_assignments_at_all():
    pairs, _ = simulated(3, count=50)
    with pytest.raises(NotTrainable, match="no randomised assignment"):
        split_by_time(pairs.take(np.zeros(50, bool)), 7.0, FEW)


def test_windows__refuse_too_few_with_counts():
    pairs, _ = simulated(4, count=300)
    with pytest.raises(
        NotTrainable, match=r"\d+ treated assignments with \d+ orders in the learning window, at least 500"
    ):
        split_by_time(pairs, 7.0, Fewest(500, 2))


def test_windows__refuse_an_arm_without_orders():
    pairs, _ = simulated(5)
    silent = np.where(pairs.is_treated, pairs.outcome, 0.0)
    pairs.outcome[:] = silent
    with pytest.raises(NotTrainable, match=r"control assignments with 0 orders"):
        split_by_time(pairs, 7.0, FEW)


def test_windows__refuse_a_single_campaign():
    """All at one instant: there is nothing earlier to learn from."""
    pairs, _ = simulated(6, campaigns=1)
    with pytest.raises(NotTrainable, match="0 treated assignments with 0 orders in the learning window"):
        split_by_time(pairs, 7.0, FEW)
