"""Who is held out: a hash of a stable id, so that everyone who asks gets the same answer for ever.

    share(id, salt) = (first 8 hex digits of md5(salt || ':' || id)) / 2**32,   held out when share < fraction

Python and SQL agree to the last bit: the share is a 32-bit number over a power of two, exact in a double.
"""

from __future__ import annotations

from kith.errors import KithError
from kith.ids import share


def is_holdout(identifier: str, salt: str, fraction: float) -> bool:
    """Whether this id belongs to the held-out `fraction` (0–1) under this salt."""
    return share(identifier, salt) < checked_fraction(fraction)


def share_sql(identifier: str, salt: str) -> str:
    """The share as a DuckDB expression; both arguments are SQL expressions of type text."""
    digits = f"substr(md5({salt} || ':' || {identifier}), 1, 8)"
    return f"(CAST(CAST('0x' || {digits} AS BIGINT) AS DOUBLE) / CAST(4294967296 AS DOUBLE))"


def is_holdout_sql(identifier: str, salt: str, fraction: float) -> str:
    """`is_holdout` as a DuckDB expression over SQL expressions for id and salt."""
    return f"({share_sql(identifier, salt)} < CAST({checked_fraction(fraction)!r} AS DOUBLE))"


def checked_fraction(fraction: float) -> float:
    """The fraction as a float, or an error when it is none."""
    if not 0 <= fraction <= 1:
        raise KithError(f"{fraction} is no fraction", expected="a number from 0 to 1, such as 0.1")
    return float(fraction)
