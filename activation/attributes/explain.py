"""Why an attribute of somebody is what it is: the events it is made of, and what it was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from activation.segments.catalogue import suggestion
from activation.segments.computation import ComputedAttribute
from activation.segments.computation.event_sql import EventSql
from activation.segments.computation.laying import Laid
from activation.segments.computation.tables import ROOM, VALUES
from activation.segments.explain import find_profile, published
from activation.segments.world import World, open_world
from kith.errors import KithError
from kith.lake import Home, commits
from kith.settings import Settings
from kith.warehouse import literal

SHOWN = 20


@dataclass(frozen=True)
class Witness:
    """An event that the attribute looks at. `text` is its property as it came, `value` what that reads as."""

    effective_at: datetime
    counts: bool
    text: str | None
    value: str | None


@dataclass(frozen=True)
class Earlier:
    """What an evaluation found that was another value than before; None: it had none from then on."""

    as_of: datetime
    value: str | None
    version: str


@dataclass(frozen=True)
class Explanation:
    """An attribute of one profile as of the current snapshot. `value` is None where there is none, and no default."""

    attribute: str
    version: str
    type: str
    measure: str
    profile_id: str
    as_of: str
    value: str | None
    is_default: bool
    witness_count: int
    witnesses: tuple[Witness, ...]
    history: tuple[Earlier, ...]


def explain(settings: Settings, name: str, profile: str) -> Explanation:
    """Computed afresh for this one profile; `profile` is its id, an earlier id of it, or any identifier."""
    with open_world(settings, published(settings)) as world:
        attribute = world.computed.get(name)
        if attribute is None:
            raise KithError(
                f"there is no attribute '{name}'", expected=suggestion(name, list(world.computed))
            )
        profile_id = find_profile(world, profile)
        sql = EventSql(attribute.happening.occurrence.event, [attribute], world.as_of, world.zone, profile_id)
        value = _value(world, attribute, sql)
        rows = world.warehouse.rows(
            f"SELECT * EXCLUDE (profile_id) FROM ({sql.witnesses()}) AS seen ORDER BY effective_at DESC, text"
        )
        return Explanation(
            attribute=name,
            version=attribute.version,
            type=attribute.type,
            measure=attribute.measure,
            profile_id=profile_id,
            as_of=world.as_of.isoformat(),
            value=attribute.default_text if value is None else value,
            is_default=value is None,
            witness_count=sum(row["counts"] for row in rows),
            witnesses=tuple(Witness(**row) for row in rows[:SHOWN]),
            history=_history(settings, world, name, profile_id),
        )


def _value(world: World, attribute: ComputedAttribute, sql: EventSql) -> str | None:
    """The value as text; None where there is none (of what is counted: where it is 0)."""
    laid = Laid((attribute,), {attribute.name: "computed_one"})
    world.warehouse.connection.execute(f"CREATE OR REPLACE TEMP TABLE computed_one AS {sql.select()}")
    value = world.warehouse.value(f"SELECT CAST({laid.value(attribute)} AS VARCHAR) FROM computed_one")
    is_nothing = attribute.is_counted and value is not None and float(value) == 0
    return None if is_nothing else value


def _history(settings: Settings, world: World, name: str, profile_id: str) -> tuple[Earlier, ...]:
    """The values that evaluations kept of the profile, the latest first."""
    known = commits(Home(settings.home), ROOM)
    if not known:
        return ()
    paths = ", ".join(literal(str(each.table(VALUES.name))) for each in known)
    rows = world.warehouse.rows(
        f"""
        SELECT as_of, value, version
        FROM read_parquet([{paths}], filename = true)
        WHERE attribute = ? AND profile_id = ?
        ORDER BY filename DESC LIMIT {SHOWN:d}
        """,
        [name, profile_id],
    )
    return tuple(Earlier(**row) for row in rows)
