"""Ids and shares: the same answers in Python and DuckDB, held by vectors."""

from __future__ import annotations

import duckdb
import pytest

from kith.ids import bucket, share, stable_id


def test_stable_id__is_the_md5_of_the_parts_joined_by_the_unit_separator() -> None:
    assert stable_id("a") == "0cc175b9c0f1b6a831c399e269772661"
    assert stable_id("a", "b") == "dde141cc50d6118a5ddaae1a01b74f99" != stable_id("ab")
    assert stable_id("a", "b") != stable_id("b", "a")


@pytest.mark.parametrize("parts", [("a",), ("a", "b"), ("Zoë", "naïve", ""), ("x" * 10_000, "1")])
def test_stable_id__is_the_same_in_sql(parts: tuple[str, ...]) -> None:
    joined = " || chr(31) || ".join("?" for _ in parts)
    assert duckdb.execute(f"SELECT md5({joined})", list(parts)).fetchone() == (stable_id(*parts),)


def test_stable_id__refuses_what_is_no_text() -> None:
    with pytest.raises(TypeError):
        stable_id("a", 1)  # type: ignore[arg-type]


def test_bucket__has_its_vectors() -> None:
    assert bucket("u1", "holdout:winback") == int("0x" + _md5("holdout:winback:u1")[:8], 16)
    assert [bucket(name, "salt") for name in ("a", "b", "c")] == [2745884275, 2855285988, 2276093563]


def test_bucket__is_the_same_in_sql() -> None:
    sql = "SELECT ('0x' || md5(? || ':' || ?)[1:8])::BIGINT"
    for name in ("u1", "Zoë", ""):
        assert duckdb.execute(sql, ["salt", name]).fetchone() == (bucket(name, "salt"),)


def test_share__takes_a_tenth() -> None:
    taken = sum(share(str(number), "tenth") < 0.1 for number in range(20_000))
    assert 1_850 < taken < 2_150


def _md5(text: str) -> str:
    from hashlib import md5

    return md5(text.encode()).hexdigest()
