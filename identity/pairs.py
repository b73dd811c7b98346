"""Evidence: which identifiers the events named together.

Each event names its identifiers; the most believed of them is the hub, and each other one is paired with it.
An event that names one identifier alone pairs it with itself. An alias event pairs the id that it leaves
behind as well. Splits by hand (`identity.exceptions`) are no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from identity.forms import fate, normal_form
from identity.rules import COLUMNS, IdentityRules
from kith.warehouse import Warehouse, literal

PREVIOUS = "previous"
SOURCE = "identity"
SPLIT, REJOINED = "Identity Split", "Identity Rejoined"
IS_EXCEPTION = f"source = '{SOURCE}' AND type = 'track' AND event IN ('{SPLIT}', '{REJOINED}')"
IS_EVIDENCE = f"({IS_EXCEPTION}) IS NOT TRUE"


@dataclass(frozen=True)
class Bearing:
    """One place in an event at which an identifier may stand: a column of the table `bearings`."""

    column: str
    kind: str
    raw: str
    form: str


def extract_pairs(
    warehouse: Warehouse, rules: IdentityRules, events: str, known_users: str = "SELECT '' WHERE FALSE"
) -> None:
    """Leave tables in the warehouse, made of the rows of the relation `events`:

    - `evidence(left_kind, left_value, right_kind, right_value, is_left_behind, first_received_at,
      edge_count)`: kinds are positions of types, the left believed no less than the right; an identifier
      that stood alone is paired with itself;
    - `refusals(identifier_type, reason, row_count, example)`: values that name nobody, by their fate.

    `known_users` selects values known as user ids from elsewhere: an alias may leave one behind.
    """
    places = bearings(rules)
    run = warehouse.connection.execute
    raw = ", ".join(f"{each.raw} AS {each.column}" for each in places)
    fates = ", ".join(f"{fate(each.column, each.form, rules)} AS {each.column}_fate" for each in places)
    # Rows that bear the same are one before any of it is looked at: a visit's pages name one device.
    run(f"""
        CREATE OR REPLACE TEMP TABLE written AS
        SELECT *, {fates}
        FROM (
            SELECT {raw}, MIN(received_at) AS first_received_at, COUNT(*) AS edge_count
            FROM {events} WHERE {IS_EVIDENCE} GROUP BY ALL
        ) AS distinct_rows
    """)
    values = ", ".join(f"{normal_form(each.column, each.form, rules)} AS {each.column}" for each in places)
    run(
        f"CREATE OR REPLACE TEMP TABLE bearings AS SELECT {values}, first_received_at, edge_count FROM written"
    )
    run(f"CREATE OR REPLACE TEMP TABLE refusals AS {_refusals(places, rules)}")
    run(f"CREATE OR REPLACE TEMP TABLE evidence AS {_evidence(places, rules, known_users)}")


def bearings(rules: IdentityRules) -> list[Bearing]:
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


def user_columns(rules: IdentityRules) -> list[str]:
    """The columns of `bearings` that hold identifiers of the most believed type."""
    return [each.column for each in bearings(rules) if each.kind == rules.ordered[0]]


def _raw(path: str) -> str:
    head, _, rest = path.partition(".")
    if head in COLUMNS:
        return head
    steps = "".join(f'."{step}"' for step in rest.split("."))
    return f"json_extract_string({head}, {literal('$' + steps)})"


def _refusals(places: list[Bearing], rules: IdentityRules) -> str:
    """An example is shown only of what the rules themselves name: anything else might be an address."""
    parts = [
        f"SELECT {literal(rules.previous_id if each.kind == PREVIOUS else each.kind)} AS identifier_type,"
        f" {each.column}_fate AS reason, edge_count,"
        f" CASE WHEN {each.column}_fate = 'blocked_value' THEN lower(trim({each.column})) END AS example"
        f" FROM written WHERE {each.column}_fate IS NOT NULL"
        for each in places
    ]
    return f"""
        SELECT identifier_type, reason, CAST(SUM(edge_count) AS BIGINT) AS row_count, MIN(example) AS example
        FROM ({" UNION ALL ".join(parts)}) AS refused GROUP BY identifier_type, reason
    """


def _evidence(places: list[Bearing], rules: IdentityRules, known_users: str) -> str:
    """One row per pair of an identifier with its hub, the first identifier present."""
    named, previous = places[:-1], places[-1]
    kinds = {each.column: rules.ordered.index(each.kind) for each in named}
    branches = " ".join(f"WHEN {column} IS NOT NULL THEN {kind}" for column, kind in kinds.items())
    columns = ", ".join(kinds)
    others = " OR ".join(f"{name} <> hub_value OR {name} IS NOT NULL AND {kind} <> hub_kind"
                         for name, kind in kinds.items())  # fmt: skip
    hubbed = f"""
        SELECT *, COALESCE({others}, FALSE) AS is_in_company
        FROM (SELECT *, CASE {branches} END AS hub_kind, COALESCE({columns}) AS hub_value FROM bearings) AS b
    """
    shared = "hub_kind, hub_value, is_in_company, first_received_at, edge_count"
    parts = [
        f"SELECT {kind} AS kind, {column} AS value, FALSE AS is_left_behind, {shared}"
        f" FROM hubbed WHERE {column} IS NOT NULL"
        for column, kind in kinds.items()
    ]
    parts.append(
        f"SELECT {_previous_kind(previous.column, rules, known_users)} AS kind, {previous.column} AS value,"
        f" TRUE AS is_left_behind, {shared}"
        f" FROM hubbed WHERE {previous.column} IS NOT NULL AND hub_value IS NOT NULL"
    )
    return _ORIENTED.format(hubbed=hubbed, borne=" UNION ALL ".join(parts))


def _previous_kind(column: str, rules: IdentityRules, known_users: str) -> str:
    """A user id if it was ever seen as one, else of the type that the rules say."""
    seen = [f"SELECT {each} FROM bearings WHERE {each} IS NOT NULL" for each in user_columns(rules)]
    users = " UNION ".join([*seen, known_users])
    fallback = rules.ordered.index(rules.previous_id)
    return f"CASE WHEN {column} IN ({users}) THEN 0 ELSE {fallback} END"


_ORIENTED = """
    WITH hubbed AS ({hubbed}),

    borne AS ({borne}),

    sided AS (SELECT *, (kind, value) < (hub_kind, hub_value) AS is_swapped FROM borne)

    SELECT
        CAST(CASE WHEN is_swapped THEN kind ELSE hub_kind END AS TINYINT) AS left_kind,
        CASE WHEN is_swapped THEN value ELSE hub_value END AS left_value,
        CAST(CASE WHEN is_swapped THEN hub_kind ELSE kind END AS TINYINT) AS right_kind,
        CASE WHEN is_swapped THEN hub_value ELSE value END AS right_value,
        is_left_behind,
        MIN(first_received_at) AS first_received_at,
        CAST(SUM(edge_count) AS BIGINT) AS edge_count
    FROM sided
    -- The hub stands for itself only where nobody else is named.
    WHERE (kind, value) <> (hub_kind, hub_value) OR NOT (is_in_company OR is_left_behind)
    GROUP BY ALL
"""


def bearing_events(rules: IdentityRules, events: str) -> str:
    """SQL for the rows of `events` with the list `borne` of all values that they name someone by."""
    values = ", ".join(normal_form(each.raw, each.form, rules) for each in bearings(rules))
    return f"SELECT *, [{values}] AS borne FROM {events} WHERE {IS_EVIDENCE}"
