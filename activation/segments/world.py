"""What an evaluation looks at: the tables of one snapshot and the scores known at its instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.lists.membership import lay_lists
from activation.segments.analysts import lay_analyst_members
from activation.segments.catalogue import Catalogue, read_catalogue
from activation.segments.computation import ComputedAttribute, load_attributes, read_attributes
from activation.segments.messages import with_messages
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import Snapshot
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal


@dataclass
class Relations:
    """The relations of a world, laid in a warehouse of its own when they are first asked for."""

    settings: Settings
    snapshot: Snapshot
    as_of: datetime
    analyst_segments: tuple[str, ...]
    _warehouse: Warehouse | None = None

    @property
    def warehouse(self) -> Warehouse:
        if self._warehouse is None:
            self._warehouse = self._laid()
        return self._warehouse

    def close(self) -> None:
        if self._warehouse is not None:
            self._warehouse.connection.close()

    def _laid(self) -> Warehouse:
        warehouse, snapshot = Warehouse(self.settings), self.snapshot
        try:
            warehouse.attach_snapshot(snapshot)
            warehouse.attach_lake("scores")
            for table in ("profiles", "events"):
                snapshot.table(table)
            _lay_events(warehouse)
            _lay_aliases(warehouse, snapshot)
            _lay_consents(warehouse, snapshot)
            lay_lists(warehouse, self.as_of, "identities" in snapshot.tables())
            _lay_scores(warehouse, self.as_of)
            lay_analyst_members(warehouse, self.analyst_segments)
        except BaseException:
            warehouse.connection.close()
            raise
        return warehouse


@dataclass(frozen=True)
class World:
    """Relations `profiles`, `events`, `aliases`, `consents_at`, `scores_at`, `analyst_members` and `list_members`,
    as of an instant. Of the `computed` attributes those in `laid` are columns of `profiles`.

    `lent` are segments that are asked for and not evaluated: bits over all profiles in order of their ids, packed
    as those of `Audiences`.
    """

    relations: Relations
    catalogue: Catalogue
    as_of: datetime
    snapshot: Snapshot
    computed: Mapping[str, ComputedAttribute] = field(default_factory=dict)
    laid: set[str] = field(default_factory=set)
    lent: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        return self.catalogue.zone

    @property
    def home(self) -> Home:
        return Home(self.relations.settings.home)

    @property
    def warehouse(self) -> Warehouse:
        return self.relations.warehouse


ListNames = Callable[[Relations], tuple[str, ...]]


def list_names(relations: Relations) -> tuple[str, ...]:
    """The lists that there are at the instant."""
    return tuple(row["list"] for row in relations.warehouse.rows("SELECT list FROM lists ORDER BY list"))


@contextmanager
def open_world(
    settings: Settings, snapshot: Snapshot, as_of: datetime | None = None, lists: ListNames = list_names
) -> Iterator[World]:
    """Open a snapshot for evaluation; its own `as_of` unless another is given.

    Whoever knows the names of the `lists` by other means opens no warehouse until a relation is asked for.
    """
    moment = as_of or snapshot.as_of
    catalogue = read_catalogue(snapshot, settings.zone)
    relations = Relations(settings, snapshot, moment, catalogue.analyst_segments)
    try:
        named = lists(relations)
        computed = read_attributes(load_attributes(settings).values(), catalogue, moment)
        kinds = {**catalogue.attributes, **{name: each.kind for name, each in computed.items()}}
        catalogue = replace(catalogue, attributes=kinds, lists=named)
        yield World(relations, catalogue, moment, snapshot, computed)
    finally:
        relations.close()


def _lay_events(warehouse: Warehouse) -> None:
    """An open or a click that a machine made is no behaviour of a person, under any definition. What became of
    messages stands beside the rest, in one vocabulary."""
    has_machines = warehouse.rows("SELECT 1 FROM (DESCRIBE events) WHERE column_name = 'is_machine'")
    people = "SELECT * FROM memory.main.events" + (" WHERE NOT is_machine" if has_machines else "")
    warehouse.connection.execute(f"CREATE TEMP VIEW people_events AS {people}")
    warehouse.connection.execute(f"CREATE TEMP VIEW events AS {with_messages('people_events')}")


def _lay_aliases(warehouse: Warehouse, snapshot: Snapshot) -> None:
    if "profile_aliases" in snapshot.tables():
        select = "SELECT alias_id, profile_id FROM profile_aliases"
    else:
        select = "SELECT '' AS alias_id, '' AS profile_id WHERE FALSE"
    warehouse.connection.execute(f"CREATE TEMP TABLE aliases AS {select}")


def _lay_consents(warehouse: Warehouse, snapshot: Snapshot) -> None:
    columns = "profile_id, purpose, channel, is_granted"
    if "consents" in snapshot.tables():
        select = f"SELECT {columns} FROM consents"
    else:
        select = "SELECT '' AS profile_id, '' AS purpose, '' AS channel, FALSE AS is_granted WHERE FALSE"
    warehouse.connection.execute(f"CREATE TEMP VIEW consents_at AS {select}")


def _lay_scores(warehouse: Warehouse, as_of: datetime) -> None:
    """A model's scores are those of its latest scoring; whoever is absent there has none. Of two profiles that
    merged since, the score of the one whose id stayed counts."""
    scorings = warehouse.rows(
        """
        SELECT model, MAX(STRUCT_PACK(as_of := as_of, commit_name := commit_name)) AS latest
        FROM lake_scores_scores
        WHERE as_of <= ?
        GROUP BY model
        ORDER BY model
        """,
        [to_utc_naive(as_of)],
    )
    latest = " OR ".join(
        f"(model = {literal(each['model'])} AND as_of = TIMESTAMP '{each['latest']['as_of']}'"
        f" AND commit_name = {literal(each['latest']['commit_name'])})"
        for each in scorings
    )
    known = f"FROM lake_scores_scores WHERE ({latest or 'FALSE'}) AND ISFINITE(score)"
    is_led = warehouse.value("SELECT COUNT(*) FROM aliases")
    select = _LED_SCORES.format(known=known) if is_led else f"SELECT model, profile_id, score {known}"
    warehouse.connection.execute(f"CREATE TEMP VIEW scores_at AS {select}")


_LED_SCORES = """
    WITH known AS (SELECT model, profile_id, score {known}),

    own AS (SELECT known.* FROM known ANTI JOIN aliases ON known.profile_id = aliases.alias_id),

    led AS (
        SELECT known.model, aliases.profile_id, ARG_MIN(known.score, known.profile_id) AS score
        FROM known INNER JOIN aliases ON known.profile_id = aliases.alias_id
        GROUP BY known.model, aliases.profile_id
    ),

    stayed AS (SELECT own.model, own.profile_id FROM own SEMI JOIN aliases ON own.profile_id = aliases.profile_id)

    SELECT model, profile_id, score FROM own
    UNION ALL
    SELECT led.model, led.profile_id, led.score
    FROM led ANTI JOIN stayed ON led.model = stayed.model AND led.profile_id = stayed.profile_id
"""


def profile_ids(world: World) -> pa.Array:
    """All profiles in order."""
    rows = world.warehouse.arrow("SELECT profile_id FROM profiles ORDER BY profile_id")
    return rows.column(0).combine_chunks()
