import numpy as np
import pytest

from ml.features import FeatureTable, is_feature
from ml.leaks import is_constant, separation


@pytest.mark.parametrize(
    ("name", "kind", "learned_from"),
    [
        ("order_count_30d", "BIGINT", True),
        ("order_amount", "DOUBLE", True),
        ("refunded_amount", "DECIMAL(18,4)", True),
        ("is_subscribed", "BOOLEAN", True),
        ("visits", "UBIGINT", True),
        ("profile_id", "VARCHAR", False),
        ("cutoff_at", "TIMESTAMP", False),
        ("country", "VARCHAR", False),
        ("orders_next_30d_label", "BIGINT", False),
        ("is_label_known", "BOOLEAN", False),
        ("label", "DOUBLE", False),
        ("last_order_at", "TIMESTAMP", False),
    ],
)
def test_is_feature__takes_numbers_and_nothing_that_tells_what_came_after(name, kind, learned_from):
    assert is_feature(name, kind) is learned_from


def test_feature_table__gives_columns_in_the_order_asked_for():
    cutoffs = np.array(["2026-05-01"] * 2, dtype="datetime64[us]")
    table = FeatureTable(
        np.array(["a", "b"]), cutoffs, ("x", "y"), np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2)
    )
    assert list(table.frame(("y", "x")).columns) == ["y", "x"]
    assert table.take(np.array([False, True])).column("x").tolist() == [3.0]


def test_separation__is_the_auc_in_the_better_direction():
    answers = np.array([0.0, 0.0, 1.0, 1.0])
    assert separation(answers, np.array([4.0, 3.0, 2.0, 1.0])) == 1
    assert separation(answers, np.array([1.0, 1.0, 1.0, 1.0])) == 0.5
    assert separation(answers, np.array([np.nan, np.nan, 2.0, 1.0])) == 1
    assert separation(answers, np.full(4, np.nan)) == 0.5


def test_is_constant__counts_unknown_as_one_value():
    assert is_constant(np.full(3, np.nan))
    assert is_constant(np.full(3, 2.0))
    assert not is_constant(np.array([1.0, 2.0]))
    assert not is_constant(np.array([1.0, np.nan]))
