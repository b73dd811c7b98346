import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from kith.errors import KithError
from ml.lifetime.summary import group, summary_of


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (([1, 2], [0, 3], [5, 5]), "1 of 2 customers have repeat purchases at the time of the first"),
        (([0, 0], [0, 3], [5, 5]), "1 of 2 customers have a last repeat purchase without any"),
        (([1, 2], [6, 7], [5, 5]), "2 of 2 customers have a last purchase outside of their time"),
        (([-1, 2], [1, 2], [5, 5]), "1 of 2 customers have a number of repeat purchases that is no count"),
        (([1.5, 2], [1, 2], [5, 5]), "1 of 2 customers have a number of repeat purchases that is no count"),
        (
            ([np.nan, 2], [1, 2], [5, np.inf]),
            "2 of 2 customers have a count, time or amount that is no number",
        ),
        (([], [], []), "no customers"),
    ],
)
def test_summary_of__counts_what_cannot_be(columns, told):
    with pytest.raises(KithError, match=told):
        summary_of(*(np.array(each, dtype=float) for each in columns))


def test_summary_of__takes_newcomers_last_days_and_returns():
    given = summary_of(np.array([0, 3.0]), np.array([0, 7.0]), np.array([0, 7.0]), np.array([0.0, -5.0]))
    assert len(given) == 2


rows = some.tuples(some.integers(0, 3), some.integers(1, 4), some.integers(4, 6))


@settings(deadline=None)
@given(some.lists(rows, min_size=1, max_size=50))
def test_group__keeps_every_customer_in_a_row_of_its_own_kind(customers):
    table = np.array([(x, last if x else 0, age) for x, last, age in customers], dtype=float)
    found = group(summary_of(*table.T))
    distinct = np.column_stack([found.repeats, found.last_at, found.age])
    assert len(np.unique(table, axis=0)) == len(distinct)
    assert (distinct[found.group_of] == table).all()
    assert (np.bincount(found.group_of) == found.counts).all()
    assert found.customers == len(table)
    assert found.purchases == table[:, 0].sum()
    assert found.repeaters == (table[:, 0] > 0).sum()
