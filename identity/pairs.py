"""Identifiers and pairs of them, out of the event log.

Each event names its identifiers; the most believed of them is the hub, and each other one is paired with it.
An alias event pairs the id that it leaves behind as well. Everything is keyed by type and value, with the
first time it landed and how many rows bear it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.rules import COLUMNS, IdentityRules
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal

# The warehouse joins events to identities by trim() as well: both must take the same value for the same id.
FORMS = {
    "trimmed": "trim({raw})",
    "email": "lower(trim({raw}))",
    "phone": "'+' || regexp_replace(regexp_replace({raw}, '[^0-9]', '', 'g'), '^00', '')",
}
SHAPES = {
    "trimmed": "{value} <> ''",
    "email": "regexp_full_match({value}, '[^@[:space:]]+@[^@[:space:]]+')",
    "phone": "regexp_full_match({value}, '[+][0-9]{{6,15}}')",
}
PREVIOUS = "previous"


@dataclass(frozen=True)
class Bearing:
    """One place in an event at which an identifier may stand: a column of the table `bearings`."""

    column: str
    kind: str
    raw: str
    form: str


def extract_pairs(warehouse: Warehouse, rules: IdentityRules, as_of: datetime, events: str) -> None:
    """Leave two tables in the warehouse, made of the rows of `events` that count before `as_of`:

    - `nodes(node, kind, value, first_received_at)`, `node` dense from 0, `kind` the position of the type;
    - `pairs(position, left_node, right_node, first_received_at, edge_count)`, `position` dense from 0 and
      the left node believed no less than the right.
    """
    bearings = _bearings(rules)
    run = warehouse.connection.execute
    raw = ", ".join(f"{each.raw} AS {each.column}" for each in bearings)
    columns = ", ".join(f"{normal_form(each.column, each.form, rules)} AS {each.column}" for each in bearings)
    # Rows that bear the same are one before any of it is looked at: a visit's pages name one device.
    run(
        f"""
        CREATE OR REPLACE TEMP TABLE bearings AS
        SELECT {columns}, first_received_at, edge_count
        FROM (
            SELECT {raw}, MIN(received_at) AS first_received_at, COUNT(*) AS edge_count
            FROM {events} WHERE effective_at < ? GROUP BY ALL
        ) AS written
        """,
        [to_utc_naive(as_of)],
    )
    run(f"CREATE OR REPLACE TEMP TABLE borne AS {_borne(bearings, rules)}")
    run(_NODES)
    run(_PAIRS)


def _bearings(rules: IdentityRules) -> list[Bearing]:
    """Every place in order of belief; the id that an alias leaves behind comes last."""
    places = [
        (name, _raw(path), rules.types[name].form)
        for name in rules.ordered
        for path in rules.types[name].paths
    ]
    left_behind = (
        PREVIOUS,
        "CASE WHEN type = 'alias' THEN previous_id END",
        rules.types[rules.previous_id].form,
    )
    return [Bearing(f"place_{number}", *place) for number, place in enumerate([*places, left_behind])]


def _raw(path: str) -> str:
    head, _, rest = path.partition(".")
    if head in COLUMNS:
        return head
    steps = "".join(f'."{step}"' for step in rest.split("."))
    return f"json_extract_string({head}, {literal('$' + steps)})"


def normal_form(raw: str, form: str, rules: IdentityRules) -> str:
    """SQL: an identifier's normal form, or null if it is malformed, blocked or too long."""
    value = FORMS[form].format(raw=raw)
    checks = [SHAPES[form].format(value=value), f"length({value}) <= {rules.longest}"]
    if rules.blocked.values:
        values = ", ".join(literal(each.lower()) for each in rules.blocked.values)
        checks.append(f"lower({value}) NOT IN ({values})")
    if rules.blocked.patterns:
        pattern = "|".join(f"(?:{each})" for each in rules.blocked.patterns)
        checks.append(f"NOT regexp_full_match({value}, {literal(pattern)})")
    return f"CASE WHEN {' AND '.join(checks)} THEN {value} END"


def _borne(bearings: list[Bearing], rules: IdentityRules) -> str:
    """One row per row of `bearings` and identifier in it, beside its hub (the first identifier present)."""
    kinds = [_kind(each, rules) for each in bearings]
    hub_kind = " ".join(
        f"WHEN {each.column} IS NOT NULL THEN {kind}" for each, kind in zip(bearings, kinds, strict=True)
    )
    columns = ", ".join(each.column for each in bearings)
    hub = f"CASE {hub_kind} END AS hub_kind, COALESCE({columns}) AS hub_value"
    parts = [
        f"SELECT {kind} AS kind, {each.column} AS value, {hub}, first_received_at, edge_count"
        f" FROM bearings WHERE {each.column} IS NOT NULL"
        for each, kind in zip(bearings, kinds, strict=True)
    ]
    return " UNION ALL ".join(parts)


def _kind(bearing: Bearing, rules: IdentityRules) -> str:
    if bearing.kind != PREVIOUS:
        return str(rules.ordered.index(bearing.kind))
    fallback = rules.ordered.index(rules.previous_id)
    user_columns = [each.column for each in _bearings(rules) if each.kind == rules.ordered[0]]
    seen = " UNION ".join(
        f"SELECT {column} FROM bearings WHERE {column} IS NOT NULL" for column in user_columns
    )
    return f"CASE WHEN {bearing.column} IN ({seen}) THEN 0 ELSE {fallback} END"


_NODES = """
    CREATE OR REPLACE TEMP TABLE nodes AS
    SELECT CAST(ROW_NUMBER() OVER () AS BIGINT) - 1 AS node, kind, value, first_received_at
    FROM (
        SELECT CAST(kind AS BIGINT) AS kind, value, MIN(first_received_at) AS first_received_at
        FROM borne GROUP BY kind, value
    ) AS identifiers
"""

_PAIRS = """
    CREATE OR REPLACE TEMP TABLE pairs AS
    WITH oriented AS (
        SELECT
            CASE WHEN is_swapped THEN kind ELSE hub_kind END AS left_kind,
            CASE WHEN is_swapped THEN value ELSE hub_value END AS left_value,
            CASE WHEN is_swapped THEN hub_kind ELSE kind END AS right_kind,
            CASE WHEN is_swapped THEN hub_value ELSE value END AS right_value,
            first_received_at,
            edge_count
        FROM (SELECT *, (kind, value) < (hub_kind, hub_value) AS is_swapped FROM borne) AS sided
        WHERE (kind, value) <> (hub_kind, hub_value)
    ),

    seen AS (
        SELECT
            left_kind, left_value, right_kind, right_value,
            MIN(first_received_at) AS first_received_at,
            CAST(SUM(edge_count) AS BIGINT) AS edge_count
        FROM oriented GROUP BY left_kind, left_value, right_kind, right_value
    )

    SELECT
        CAST(ROW_NUMBER() OVER () AS BIGINT) - 1 AS position,
        left_nodes.node AS left_node,
        right_nodes.node AS right_node,
        seen.first_received_at,
        seen.edge_count
    FROM seen
    INNER JOIN nodes AS left_nodes
        ON seen.left_kind = left_nodes.kind AND seen.left_value = left_nodes.value
    INNER JOIN nodes AS right_nodes
        ON seen.right_kind = right_nodes.kind AND seen.right_value = right_nodes.value
"""


def bearing_events(rules: IdentityRules, events: str) -> str:
    """SQL for the rows of `events` with the list `borne` of all values that they name someone by."""
    values = ", ".join(normal_form(each.raw, each.form, rules) for each in _bearings(rules))
    return f"SELECT *, [{values}] AS borne FROM {events}"


def normalise(warehouse: Warehouse, rules: IdentityRules, kind: str, value: str) -> str | None:
    """One value as it would be kept, or None if it names nobody."""
    form = rules.types[kind].form
    return warehouse.value(
        f"SELECT {normal_form('given.raw', form, rules)} FROM (SELECT ? AS raw) AS given", [value]
    )
