"""How values of each kind are compared: levels of agreement from the strictest to none.

Every level is SQL over `{c}_l` and `{c}_r`, the cleaned values of the two rows (see `cleaning`), and `{p}_l`
and `{p}_r` of the column that the values are at times swapped with.
"""

from __future__ import annotations

from dataclasses import dataclass

EXACT = "exact"


@dataclass(frozen=True)
class Level:
    """One level of agreement; `label` says it in the reason of a pair."""

    label: str
    sql: str


@dataclass(frozen=True)
class Field:
    """A column as the matcher knows it: `key` is its name in SQL, `name` the one in the file."""

    key: str
    name: str
    kind: str
    partner: str | None = None


def _typo(most: int) -> Level:
    label = "one typo" if most == 1 else f"up to {most} typos"
    # Lengths are compared first: the distance costs a hundred times as much, and most pairs are strangers.
    near = f"abs(length({{c}}_l) - length({{c}}_r)) <= {most}"
    return Level(label, f"{near} AND damerau_levenshtein({{c}}_l, {{c}}_r) <= {most}")


def _similar(least: float) -> Level:
    return Level("similar", f"jaro_winkler_similarity({{c}}_l, {{c}}_r) >= {least}")


_SHORT_FORM = Level(
    "short form",
    "length({c}_l) >= 3 AND length({c}_r) >= 3 AND (starts_with({c}_l, {c}_r) OR starts_with({c}_r, {c}_l))",
)
_SAME_PARTS = Level("same parts in another order", "{c}_sorted_l = {c}_sorted_r")
_DAY_MONTH = Level(
    "day and month swapped",
    "left({c}_l, 4) = left({c}_r, 4) AND substr({c}_l, 5, 2) = substr({c}_r, 7, 2)"
    " AND substr({c}_l, 7, 2) = substr({c}_r, 5, 2)",
)
_TWO_PARTS = Level(
    "two of day, month and year",
    "CAST(left({c}_l, 4) = left({c}_r, 4) AS INTEGER)"
    " + CAST(substr({c}_l, 5, 2) = substr({c}_r, 5, 2) AS INTEGER)"
    " + CAST(substr({c}_l, 7, 2) = substr({c}_r, 7, 2) AS INTEGER) >= 2",
)
_LOCAL_PART = Level("same name at another host", "{c}_local_l = {c}_local_r")
_SIMILAR_LOCAL = Level(
    "similar name at the host", "jaro_winkler_similarity({c}_local_l, {c}_local_r) >= 0.88"
)

# Below `exact`, which every kind begins with.
LEVELS: dict[str, tuple[Level, ...]] = {
    "first_name": (_typo(1), _SHORT_FORM, _similar(0.88)),
    "last_name": (_typo(1), _SHORT_FORM, _similar(0.88)),
    "name": (_SAME_PARTS, _typo(2), _similar(0.88)),
    "date": (_typo(1), _DAY_MONTH, _TWO_PARTS, _typo(2)),
    "email": (_typo(2), _LOCAL_PART, _SIMILAR_LOCAL),
    "phone": (_typo(1), _typo(2)),
    "postcode": (_typo(1), _typo(2)),
    "id": (_typo(1), _typo(2)),
    "city": (_typo(1), _typo(2), _similar(0.88)),
    "address": (_typo(2), _SHORT_FORM, _similar(0.88)),
    "code": (_typo(1),),
    "number": (_typo(1),),
    "text": (_typo(2), _similar(0.88)),
}
# A rare value that agrees says more than a common one. Ids and dates are rare by nature.
FREQUENCY = frozenset({"first_name", "last_name", "name", "postcode", "city", "address", "code", "text"})
SWAPPED = Level("swapped", "{c}_l = {p}_r OR {c}_r = {p}_l")


def levels(field: Field) -> list[Level]:
    """All levels of a field but the two at its ends: a value missing, and no agreement."""
    chosen = [Level(EXACT, "{c}_l = {c}_r")]
    if field.partner:
        chosen.append(SWAPPED)
    chosen.extend(LEVELS[field.kind])
    return [Level(each.label, each.sql.format(c=field.key, p=field.partner)) for each in chosen]


def comparison(field: Field) -> dict[str, object]:
    """The comparison in Splink's terms."""
    missing = {
        "sql_condition": f"{field.key}_l IS NULL OR {field.key}_r IS NULL",
        "is_null_level": True,
        "label_for_charts": "missing",
    }
    found: list[dict[str, object]] = [missing]
    for level in levels(field):
        rung: dict[str, object] = {"sql_condition": level.sql, "label_for_charts": level.label}
        if level.label == EXACT and field.kind in FREQUENCY:
            rung["tf_adjustment_column"] = field.key
        found.append(rung)
    found.append({"sql_condition": "ELSE", "label_for_charts": "different"})
    return {"output_column_name": field.key, "comparison_levels": found}
