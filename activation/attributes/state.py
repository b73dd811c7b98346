"""The values that evaluations left: the last row of each attribute and profile.

Values take effect at the instant they were evaluated for. So the state as of an instant is that of the last
evaluation up to it; ids are those which profiles had then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import pyarrow as pa

from activation.segments.computation.attribute import SQL_TYPES
from activation.segments.computation.tables import EVALUATIONS, ROOM, VALUES
from kith.lake import Commit, Home, commits
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant
from kith.warehouse import Warehouse, literal, quote


def evaluations_until(settings: Settings, as_of: datetime) -> list[Commit]:
    """The commits of the evaluations for instants up to `as_of`, oldest first."""
    moment = format_instant(as_of)
    return [each for each in commits(Home(settings.home), ROOM) if each.meta["as_of"] <= moment]


def evaluations_of(settings: Settings, run: Run) -> list[Commit]:
    """Those that a run may know of, its own included. A replay's own holds the whole state."""
    own = commits(Home(run.path.parent), ROOM) if run.is_replay else []
    return own or evaluations_until(settings, run.as_of)


def lay_state(
    warehouse: Warehouse, known: Sequence[Commit], attributes: Collection[str] | None = None
) -> None:
    """Leave `attribute_state` (attribute, version, profile_id, value_type, value, as_of) and `attribute_evaluations`
    (the rows of the last evaluation) in the warehouse; of the named attributes alone, if any are.

    Without a name it is the state of those that the last evaluation knew.
    """
    last = known[-1:] if known else []
    _lay(warehouse, "attribute_evaluations", f"SELECT * FROM {_files(last, EVALUATIONS.name)}")
    wanted = list(last[0].meta["versions"]) if attributes is None and last else list(attributes or ())
    names = ", ".join(literal(each) for each in wanted) or "''"
    _lay(
        warehouse,
        "attribute_state",
        f"""
        SELECT attribute, latest.version, profile_id, latest.value_type, latest.value, latest.as_of
        FROM (
            SELECT attribute, profile_id, ARG_MAX(
                STRUCT_PACK(version := version, value_type := value_type, value := value, as_of := as_of), filename
            ) AS latest
            FROM {_files(known, VALUES.name)}
            WHERE attribute IN ({names})
            GROUP BY attribute, profile_id
        ) AS told
        WHERE latest.value IS NOT NULL
        """,
    )


def values_as_of(settings: Settings, as_of: datetime) -> pa.Table:
    """Every value that somebody had as of an instant: attribute, version, profile_id, value_type, value, as_of
    (since when it is the value). Whoever is left out had the definition's default."""
    with Warehouse(settings) as warehouse:
        lay_state(warehouse, evaluations_until(settings, as_of))
        return warehouse.arrow("SELECT * FROM attribute_state ORDER BY attribute, profile_id")


def columns_of(warehouse: Warehouse, names: Collection[str]) -> dict[str, str]:
    """SQL over `attribute_state` grouped by profile for each attribute of the last evaluation that is named:
    its value in its own type. What is counted and not there is 0 by its default."""
    found = {}
    for row in warehouse.rows("SELECT attribute, value_type FROM attribute_evaluations ORDER BY attribute"):
        if row["attribute"] in names:
            value = f"MAX(CASE WHEN attribute = {literal(row['attribute'])} THEN value END)"
            found[row["attribute"]] = f"CAST({value} AS {SQL_TYPES[row['value_type']]})"
    return found


def lay_values(warehouse: Warehouse, known: Sequence[Commit], names: Collection[str]) -> dict[str, str]:
    """Leave `attribute_values` (profile_id and a column for each of the named that was evaluated) and answer, by
    name, SQL over it for a template: the default filled in, dates and instants as ISO text. It may be joined from
    the left."""
    lay_state(warehouse, known, names)
    columns = columns_of(warehouse, names)
    told = "".join(f", {sql} AS {quote(name)}" for name, sql in columns.items())
    _lay(warehouse, "attribute_values", f"SELECT profile_id{told} FROM attribute_state GROUP BY profile_id")
    filled = {}
    for row in warehouse.rows("SELECT attribute, value_type, default_value FROM attribute_evaluations"):
        if (name := row["attribute"]) in columns:
            value, default = f"attribute_values.{quote(name)}", row["default_value"]
            if default is not None:
                value = f"COALESCE({value}, CAST({literal(default)} AS {SQL_TYPES[row['value_type']]}))"
            filled[name] = _READABLE.get(row["value_type"], "{}").format(value)
    return filled


#: How a template gets what JSON has no type for.
_READABLE = {"date": "STRFTIME({}, '%Y-%m-%d')", "instant": "STRFTIME({}, '%Y-%m-%dT%H:%M:%SZ')"}


def _files(known: Sequence[Commit], table: str) -> str:
    """The files of a table in some commits as a relation with their `filename`; names of commits sort."""
    if not known:
        schema = {"values": VALUES, "evaluations": EVALUATIONS}[table].schema
        columns = ", ".join(f"CAST(NULL AS {_sql_type(field.type)}) AS {field.name}" for field in schema)
        return f"(SELECT {columns}, '' AS filename WHERE FALSE)"
    paths = ", ".join(literal(str(each.table(table))) for each in known)
    return f"read_parquet([{paths}], filename = true)"


def _sql_type(type_: pa.DataType) -> str:
    return "VARCHAR" if pa.types.is_string(type_) else "BIGINT" if pa.types.is_integer(type_) else "TIMESTAMP"


def _lay(warehouse: Warehouse, name: str, select: str) -> None:
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")
