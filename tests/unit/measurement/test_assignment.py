import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.errors import KithError
from kith.ids import share
from measurement.assignment import is_holdout, is_holdout_sql, share_sql

#: (id, salt, first 8 hex digits of md5(salt || ':' || id)): the same on every engine, for ever.
VECTORS = [
    ("u1", "winback:holdout", "d3cc0ab1"),
    ("u2", "winback:holdout", "0aa6a854"),
    ("0cc175b9c0f1b6a831c399e269772661", "spring", "c98f7883"),
    ("zoë", "x", "222cc3d9"),
    ("", "", "853ae90f"),
]


@pytest.mark.parametrize(("identifier", "salt", "digits"), VECTORS)
def test_share__equals_its_vectors_in_python_and_sql(identifier, salt, digits):
    expected = int(digits, 16) / 2**32
    in_sql = duckdb.execute(f"SELECT {share_sql('$i', '$s')}", {"i": identifier, "s": salt}).fetchone()
    assert share(identifier, salt) == expected
    assert in_sql == (expected,)


@given(
    st.lists(st.text(st.characters(exclude_characters="\x00", codec="utf-8")), max_size=20), st.floats(0, 1)
)
def test_is_holdout__is_the_same_in_sql(identifiers, fraction):
    rows = duckdb.execute(
        f"SELECT {is_holdout_sql('id', repr('salt'), fraction)} FROM (SELECT unnest($ids) AS id)",
        {"ids": identifiers},
    ).fetchall()
    assert [row[0] for row in rows] == [is_holdout(each, "salt", fraction) for each in identifiers]


def test_is_holdout__takes_its_fraction_and_differs_by_salt():
    ids = [f"p{number}" for number in range(20_000)]
    first = {each for each in ids if is_holdout(each, "a", 0.1)}
    second = {each for each in ids if is_holdout(each, "b", 0.1)}
    assert len(first) == pytest.approx(2_000, abs=130)
    assert len(first & second) == pytest.approx(200, abs=45)


def test_is_holdout__takes_nobody_at_zero_and_everybody_at_one():
    assert not any(is_holdout(f"p{number}", "s", 0) for number in range(1_000))
    assert all(is_holdout(f"p{number}", "s", 1) for number in range(1_000))


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_is_holdout__refuses_what_is_no_fraction(fraction):
    with pytest.raises(KithError, match="no fraction"):
        is_holdout("a", "s", fraction)
