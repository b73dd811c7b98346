import pytest
from scipy import stats

from kith.ids import share
from measurement.sample_ratio import SUSPICIOUS, sample_ratio_p_value


def test_sample_ratio__equals_the_chi_square_test():
    expected = stats.chisquare([880, 120], [900, 100]).pvalue
    assert sample_ratio_p_value(880, 120, 0.1) == pytest.approx(expected, rel=1e-9)


def test_sample_ratio__trusts_an_honest_split_and_catches_a_lossy_one():
    held = [share(f"p{number}", "campaign") < 0.1 for number in range(20_000)]
    honest = sample_ratio_p_value(held.count(False), held.count(True), 0.1)
    lossy = sample_ratio_p_value(held.count(False), held.count(True) * 4 // 5, 0.1)
    assert honest is not None
    assert lossy is not None
    assert lossy < SUSPICIOUS < 0.01 < honest


@pytest.mark.parametrize(("treated", "holdout", "fraction"), [(0, 0, 0.1), (40, 2, 0.1), (500, 3, 0.0)])
def test_sample_ratio__says_nothing_of_too_few(treated, holdout, fraction):
    assert sample_ratio_p_value(treated, holdout, fraction) is None
