"""One evaluation: every computed attribute at the run's instant, and which values became others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from activation.attributes.state import lay_state
from activation.segments.computation import (
    AttributeBody,
    ComputedAttribute,
    Laid,
    lay_computed,
    load_attributes,
)
from activation.segments.computation.tables import DEFINITIONS, EVALUATIONS, ROOM, VALUES
from activation.segments.terms import Kind
from activation.segments.world import World, open_world
from kith.definitions import Definition, land_versions
from kith.lake import Commit, Home, commit, commits, latest_commit
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive
from kith.warehouse import literal

log = get_logger(__name__)

Definitions = Mapping[str, Definition[AttributeBody]]


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation found. `commit` holds it; empty where nothing was defined, or nothing was new."""

    attribute_count: int = 0
    value_count: int = 0
    changed_count: int = 0
    commit: str = ""


def evaluate(settings: Settings, run: Run) -> Evaluation:
    """Evaluate all definitions for all profiles at `run.as_of`; a workspace without any pays nothing.

    A commit holds the values that became others since the last evaluation, and a row per attribute. A second
    run at the same instant that finds the same commits nothing. A replay commits its whole state, in its own
    lake.
    """
    definitions = load_attributes(settings)
    latest = latest_commit(Home(settings.home), ROOM)
    if not definitions and not (latest and latest.meta["versions"]):
        return Evaluation()
    known = [] if run.is_replay else commits(Home(settings.home), ROOM)
    previous = known[-1] if known else None
    with open_world(settings, run.snapshot, run.as_of) as world:
        changed, counts = _changes(world, known)
        evaluated = _evaluations(run, definitions, world.computed, counts)
    land_versions(run.home(settings), DEFINITIONS, definitions.values(), run.as_of)
    is_new = changed.num_rows > 0 or not _repeats(previous, run, definitions)
    name = _write(settings, run, definitions, changed, evaluated) if is_new else ""
    found = Evaluation(len(definitions), sum(n for n, _ in counts.values()), changed.num_rows, name)
    log.info("attributes evaluated", extra={"attributes": len(definitions), "changed": found.changed_count})
    return found


def value_text(value: str, kind: Kind) -> str:
    """SQL for the text that the lake keeps of a value."""
    return (
        f"STRFTIME({value}, '%Y-%m-%d %H:%M:%S.%f')" if kind is Kind.INSTANT else f"CAST({value} AS VARCHAR)"
    )


def lay_present(world: World, laid: Laid) -> None:
    """Leave `attribute_present` (attribute, version, value_type, profile_id, value): everybody's values."""
    selects = [_present(laid, each) for each in laid.attributes]
    nobody = (
        "SELECT '' AS attribute, '' AS version, '' AS value_type, '' AS profile_id, '' AS value WHERE FALSE"
    )
    world.warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE attribute_present AS {' UNION ALL '.join([nobody, *selects])}"
    )


def _present(laid: Laid, each: ComputedAttribute) -> str:
    value, table = laid.value(each), laid.tables[each.name]
    nothing = f" AND {value} <> 0" if each.is_counted else ""
    return f"""
        SELECT {literal(each.name)}, {literal(each.version)}, {literal(each.type)}, {table}.profile_id,
            {value_text(value, each.kind)}
        FROM {table} SEMI JOIN memory.main.profiles AS published ON {table}.profile_id = published.profile_id
        WHERE {value} IS NOT NULL{nothing}
    """


def _changes(world: World, known: list[Commit]) -> tuple[pa.Table, dict[str, tuple[int, int]]]:
    """The rows of `values` that this evaluation adds, and by attribute how many values there are and how many
    became others."""
    laid = lay_computed(world.warehouse, world.computed.values(), world.as_of, world.zone)
    lay_present(world, laid)
    lay_state(world.warehouse, known, world.computed)
    changed = world.warehouse.arrow(_CHANGED, {"as_of": to_utc_naive(world.as_of)})
    rows = world.warehouse.rows("SELECT attribute, COUNT(*) AS n FROM attribute_present GROUP BY attribute")
    present = {row["attribute"]: row["n"] for row in rows}
    changes = {each["values"]: each["counts"] for each in changed["attribute"].value_counts().to_pylist()}
    return changed, {name: (present.get(name, 0), changes.get(name, 0)) for name in world.computed}


# Whoever merged into another, or fell to nothing, ends with a row without a value.
_CHANGED = """
    WITH compared AS (
        SELECT
            COALESCE(new.attribute, old.attribute) AS attribute,
            COALESCE(new.version, old.version) AS version,
            COALESCE(new.profile_id, old.profile_id) AS profile_id,
            COALESCE(new.value_type, old.value_type) AS value_type,
            new.value
        FROM attribute_present AS new
        FULL JOIN attribute_state AS old
            ON new.attribute = old.attribute AND new.profile_id = old.profile_id
        WHERE new.value IS DISTINCT FROM old.value OR new.value_type IS DISTINCT FROM old.value_type
    )

    SELECT *, CAST($as_of AS TIMESTAMP) AS as_of FROM compared ORDER BY attribute, profile_id
"""


def _repeats(previous: Commit | None, run: Run, definitions: Definitions) -> bool:
    """Whether this very evaluation was made before."""
    if previous is None:
        return False
    versions = {name: each.version for name, each in definitions.items()}
    return previous.meta["as_of"] == format_instant(run.as_of) and previous.meta["versions"] == versions


def _evaluations(
    run: Run,
    definitions: Definitions,
    computed: Mapping[str, ComputedAttribute],
    counts: Mapping[str, tuple[int, int]],
) -> pa.Table:
    rows = [
        {
            "attribute": name,
            "version": each.version,
            "description": " ".join(definitions[name].body.description.split()),
            "value_type": each.type,
            "default_value": each.default_text,
            "as_of": to_utc_naive(run.as_of),
            "value_count": counts[name][0],
            "changed_count": counts[name][1],
        }
        for name, each in sorted(computed.items())
    ]
    return pa.Table.from_pylist(rows, schema=EVALUATIONS.schema)


def _write(
    settings: Settings,
    run: Run,
    definitions: Definitions,
    changed: pa.Table,
    evaluated: pa.Table,
) -> str:
    versions = {name: each.version for name, each in definitions.items()}
    meta = {"as_of": format_instant(run.as_of), "versions": versions}
    with commit(run.home(settings), ROOM, meta) as writer:
        writer.write(VALUES.name, changed)
        writer.write(EVALUATIONS.name, evaluated)
    return writer.name
