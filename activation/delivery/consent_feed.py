"""Keeps the projections at most one hand-over behind the landing log: an unsubscribe holds for the next send.

Two cursors: byte positions in the landing log (unsealed segments included), and the last lake commit, for
imports that never passed through landing. Both only save work: `applied_events` makes a second reading
harmless.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.delivery.consent_events import Learned, Vocabulary
from activation.delivery.identifiers import Bearers
from activation.delivery.projections import apply_all, clear
from activation.delivery.schema import CURSORS
from activation.delivery.upsert import insert_new
from activation.delivery.vendors import channels
from activation.gates._words import load_identifiers, load_words
from kith.lake import Commit, Home, commits
from kith.landing import Batch, Cursor, sealed_segments, tail
from kith.settings import Settings
from kith.state import StateDatabase
from kith.times import from_utc_naive

_LANDING, _LAKE = "consent_landing", "consent_lake"


@dataclass
class ConsentFeed:
    """One worker's reading position. Not safe between threads."""

    settings: Settings
    database: StateDatabase
    _cursor: Cursor | None = None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The workspace's words, read once."""
        words, bearers = load_words(self.settings).body, Bearers(load_identifiers(self.settings))
        return Vocabulary(words, bearers, frozenset(channels()))

    def catch_up(self) -> int:
        """Apply everything that landed since the last call. Answers how many events changed something.

        The first time, what compaction took is left to `catch_up_lake`: call that before.
        """
        cursor = self._cursor or self._stored_cursor()
        batches, reached = tail(Home(self.settings.home), cursor)
        learned = list(self._learn(batches))
        if learned or self._cursor is None:
            with self.database.begin() as connection:
                count = apply_all(connection, learned)
                write_cursor(connection, _LANDING, reached.to_json())
        else:
            count = 0
        self._cursor = reached
        return count

    def catch_up_lake(self) -> int:
        """Apply the consent events of lake commits not read yet (imports, and what compaction moved
        there).
        """
        with self.database.read() as connection:
            last = read_cursor(connection, _LAKE) or ""
        fresh = [found for found in commits(Home(self.settings.home), "events") if found.name > last]
        if not fresh:
            return 0
        learned = list(self._read_lake(fresh))
        with self.database.begin() as connection:
            count = apply_all(connection, learned)
            write_cursor(connection, _LAKE, fresh[-1].name)
        return count

    def rebuild(self) -> int:
        """Make both projections anew from the lake and the landing log, in one transaction."""
        all_commits = commits(Home(self.settings.home), "events")
        batches, reached = tail(Home(self.settings.home), self._behind_compaction())
        learned = [*self._read_lake(all_commits), *self._learn(batches)]
        with self.database.begin() as connection:
            clear(connection)
            count = apply_all(connection, learned)
            write_cursor(connection, _LANDING, reached.to_json())
            write_cursor(connection, _LAKE, all_commits[-1].name if all_commits else "")
        self._cursor = reached
        return count

    def _stored_cursor(self) -> Cursor:
        with self.database.read() as connection:
            stored = read_cursor(connection, _LANDING)
        return Cursor.from_json(stored) if stored else self._behind_compaction()

    def _behind_compaction(self) -> Cursor:
        """Past every segment that compaction took to the lake, from where it is read: months of landing at
        once would not fit in memory.
        """
        home = Home(self.settings.home)
        taken = {name for found in commits(home, "events") for name in found.meta.get("segments", [])}
        sizes = {path: path.stat().st_size for path in sealed_segments(home)}
        names = {f"{path.parent.name}/{path.stem}": size for path, size in sizes.items()}
        return Cursor({name: size for name, size in names.items() if name in taken})

    def _learn(self, batches: list[Batch]) -> Iterator[Learned]:
        for batch in batches:
            for line in batch.lines:
                if self.vocabulary.is_candidate(line):
                    found = self.vocabulary.read_line(line, batch.received_at, self.settings.lateness)
                    if found:
                        yield found

    def _read_lake(self, fresh: Sequence[Commit]) -> Iterator[Learned]:
        import orjson

        from kith.warehouse import Warehouse

        files = [str(file) for found in fresh for file in sorted(found.path.rglob("*.parquet"))]
        if not files:
            return
        with Warehouse(self.settings) as warehouse:
            rows = warehouse.rows(_LAKE_EVENTS, [files, list(self.vocabulary.events)])
            rows += warehouse.rows(_LAKE_STATEMENTS, [files]) if self.vocabulary.categories else []
        for row in rows:
            documents = {name: orjson.loads(row[name] or "{}") for name in ("properties", "context")}
            times = (from_utc_naive(row["occurred_at"]), from_utc_naive(row["effective_at"]))
            found = self.vocabulary.read_event({**row, **documents}, *times)
            if found:
                yield found


_LAKE_EVENTS = """
    SELECT event_id, event, user_id, anonymous_id, properties, context, occurred_at, effective_at
    FROM read_parquet($1, hive_partitioning = false)
    WHERE list_contains($2, event)
    ORDER BY received_at, event_id
"""

# Every event states its consent object; those that repeat what the same person's last one said are left out.
_LAKE_STATEMENTS = """
    WITH stated AS (
        SELECT *, json_extract_string(context, '$.consent.categoryPreferences') AS preferences
        FROM read_parquet($1, hive_partitioning = false)
        WHERE context LIKE '%categoryPreferences%'
    ),
    compared AS (
        SELECT *, lag(preferences) OVER (
            PARTITION BY coalesce('u' || user_id, 'a' || anonymous_id) ORDER BY effective_at, occurred_at, event_id
        ) AS before
        FROM stated
        WHERE preferences IS NOT NULL
    )
    SELECT event_id, event, user_id, anonymous_id, properties, context, occurred_at, effective_at
    FROM compared
    WHERE before IS DISTINCT FROM preferences
    ORDER BY effective_at, occurred_at, event_id
"""


def read_cursor(connection: Connection, name: str) -> str | None:
    """The stored position of one reader, or None where it never read."""
    return connection.scalar(sa.select(CURSORS.c.value).where(CURSORS.c.name == name))


def write_cursor(connection: Connection, name: str, value: str) -> None:
    """Move a reader's position, in the transaction that holds what it read."""
    if not connection.execute(insert_new(connection, CURSORS).values(name=name, value=value)).rowcount:
        connection.execute(CURSORS.update().where(CURSORS.c.name == name).values(value=value))
