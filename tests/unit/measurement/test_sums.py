import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.sums import Sums

VALUES = st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=50)


@given(VALUES)
def test_sums__give_mean_and_variance_of_the_values(values):
    sums = Sums.of(values)
    assert sums.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert sums.variance == pytest.approx(statistics.variance(values), rel=1e-6, abs=1e-6)


@given(VALUES, VALUES)
def test_sums__of_parts_add_up(first, second):
    merged, whole = Sums.of(first).merge(Sums.of(second)), Sums.of(first + second)
    assert merged.count == whole.count
    assert merged.total == pytest.approx(whole.total, abs=1e-6)
    assert merged.squares == pytest.approx(whole.squares, rel=1e-9)


def test_variance__of_equal_values_is_never_negative():
    assert Sums.of([0.1] * 1_000).variance >= 0


def test_sums__refuse_what_no_values_have():
    with pytest.raises(ValueError, match="not the sums"):
        Sums(3, 1.0, -0.5)
