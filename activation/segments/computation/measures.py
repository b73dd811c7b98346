"""Each measure as SQL over the marks of an event: one aggregate beside others, or a relation of its own.

`when` is a condition that is never null, `value` a column that may be. Amounts come as whole ten-thousandths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Rendering = Callable[[str, str], str]

#: The largest amount, in ten-thousandths; a sum beyond it stays there.
LARGEST = 10**18 - 1


def _over(function: str) -> Rendering:
    return lambda when, value: f"{function}(CASE WHEN {when} THEN {value} END)"


def _amount(scaled: str) -> str:
    """Ten-thousandths as an amount: an exact product, where a quotient would be a float."""
    whole = f"CAST(CAST({scaled} AS BIGINT) AS DECIMAL(18, 0))"
    return f"CAST({whole} * CAST('0.0001' AS DECIMAL(5, 4)) AS DECIMAL(18, 4))"


def _sum(when: str, value: str) -> str:
    total = f"COALESCE({_over('SUM')(when, value)}, 0)"
    return _amount(f"LEAST(GREATEST({total}, -{LARGEST:d}), {LARGEST:d})")


def _average(when: str, value: str) -> str:
    """Rounded half away from zero, in integers."""
    total, count = _over("SUM")(when, value), _over("COUNT")(when, value)
    rounded = f"SIGN({total}) * ((2 * ABS({total}) + {count}) // (2 * {count}))"
    return _amount(f"CASE WHEN {count} > 0 THEN {rounded} END")


def _at_the_edge(function: str) -> Rendering:
    """The value at the first or last moment at which there is one; of several at that moment the outermost."""

    def rendering(when: str, value: str) -> str:
        pair = f"STRUCT_PACK(moment := effective_at, value := {value})"
        return f"{function}(CASE WHEN {when} AND {value} IS NOT NULL THEN {pair} END).value"

    return rendering


def _different(when: str, value: str) -> str:
    return f"""
    SELECT profile_id, COUNT(*) AS value
    FROM (SELECT DISTINCT profile_id, {value} FROM marks WHERE {when} AND {value} IS NOT NULL) AS seen
    GROUP BY profile_id"""


def _most_frequent(when: str, value: str) -> str:
    """Of equally frequent values the one seen last, of those seen last together the greatest."""
    rank = "STRUCT_PACK(frequency := frequency, moment := moment, value := value)"
    return f"""
    SELECT profile_id, MAX({rank}).value AS value
    FROM (
        SELECT profile_id, {value} AS value, COUNT(*) AS frequency, MAX(effective_at) AS moment
        FROM marks
        WHERE {when} AND {value} IS NOT NULL
        GROUP BY profile_id, {value}
    ) AS counted
    GROUP BY profile_id"""


#: One aggregate over the rows of a profile.
AGGREGATES: Mapping[str, Rendering] = {
    "count": lambda when, _: _over("COUNT")(when, "1"),
    "sum": _sum,
    "average": _average,
    "minimum": lambda when, value: _amount(_over("MIN")(when, value)),
    "maximum": lambda when, value: _amount(_over("MAX")(when, value)),
    "first_time": lambda when, _: _over("MIN")(when, "effective_at"),
    "last_time": lambda when, _: _over("MAX")(when, "effective_at"),
    "first_value": _at_the_edge("MIN"),
    "last_value": _at_the_edge("MAX"),
}

#: A relation (profile_id, value): what would make an aggregate slow beside others (counting what differs).
RELATIONS: Mapping[str, Rendering] = {
    "days": _different,
    "distinct": _different,
    "most_frequent_value": _most_frequent,
}
