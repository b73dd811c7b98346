"""The normal form of an identifier as SQL, and the fate of what is none.

A value that names nobody is counted under the first of these reasons that holds:

    empty            nothing, or blanks alone
    wrong_type       a list, an object or a boolean where a text was due
    too_long         longer than the rules' `longest`
    blocked_value    one of the rules' blocked values
    blocked_pattern  of one of the rules' blocked patterns
    malformed        not of its type's shape: no address, no telephone number

A JSON number is taken as its digits: many systems write telephone numbers and ids so.
"""

from __future__ import annotations

from identity.rules import IdentityRules
from kith.warehouse import Warehouse, literal

# The warehouse joins events to identities by trim() as well: both must take the same value for the same id.
FORMS = {
    "trimmed": "trim({raw})",
    "email": "lower(trim({raw}))",
    "phone": "'+' || regexp_replace(regexp_replace({raw}, '[.]0$|[^0-9]', '', 'g'), '^00', '')",
}
SHAPES = {
    "trimmed": "TRUE",
    "email": "regexp_full_match({value}, '[^@[:space:]]+@[^@[:space:]]+')",
    "phone": "regexp_full_match({value}, '[+][0-9]{{6,15}}') AND NOT regexp_matches({raw}, '[eE][+-]?[0-9]')",
}
STRUCTURE = r"(?s)\s*(\[.*\]|\{.*\}|true|false)\s*"


def fate(raw: str, form: str, rules: IdentityRules) -> str:
    """SQL: why a raw value names nobody, or null if it does, or if there is none."""
    value = FORMS[form].format(raw=raw)
    written = f"lower(trim({raw}))"
    cases = [
        (f"trim({raw}) = ''", "empty"),
        (f"length({raw}) > 2 AND regexp_full_match({raw}, {literal(STRUCTURE)})", "wrong_type"),
        (f"length({value}) > {rules.longest}", "too_long"),
    ]
    if rules.blocked.values:
        values = ", ".join(literal(each.lower()) for each in rules.blocked.values)
        cases.append((f"{written} IN ({values}) OR lower({value}) IN ({values})", "blocked_value"))
    if rules.blocked.patterns:
        pattern = literal("|".join(f"(?:{each})" for each in rules.blocked.patterns))
        cases.append((f"regexp_full_match({value}, {pattern})", "blocked_pattern"))
    cases.append((f"NOT ({SHAPES[form].format(value=value, raw=raw)})", "malformed"))
    chain = " ".join(f"WHEN {test} THEN {literal(reason)}" for test, reason in cases)
    return f"CASE WHEN {raw} IS NULL THEN NULL {chain} END"


def normal_form(raw: str, form: str, rules: IdentityRules) -> str:
    """SQL: an identifier's normal form, or null if it names nobody."""
    return f"CASE WHEN {fate(raw, form, rules)} IS NULL THEN {FORMS[form].format(raw=raw)} END"


def normalise(warehouse: Warehouse, rules: IdentityRules, kind: str, value: str) -> str | None:
    """One value as it would be kept, or None if it names nobody."""
    form = rules.types[kind].form
    return warehouse.value(
        f"SELECT {normal_form('given.raw', form, rules)} FROM (SELECT ? AS raw) AS given", [value]
    )
