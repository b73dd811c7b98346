"""Who withdrew a consent after the snapshot that a sync's rows come from: asked again before each batch leaves.

Read-only. Three sources: the published table (a run taken up late has rows of an older snapshot), what delivery's
projection knows since the snapshot, and the landing log's tail, read anew for each batch. Refusals are believed at
once, a grant only where somebody gave it after the refusal; the next run looks with the whole history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import sqlalchemy as sa

from activation.delivery.consent_events import ConsentChange, Vocabulary
from activation.delivery.identifiers import Bearers
from activation.delivery.schema import CONSENT_NOW
from activation.gates._words import load_identifiers, load_words
from activation.syncs.grammar import Consent
from activation.syncs.history import Plan
from kith.lake import Home, commits
from kith.landing import Cursor, sealed_segments, tail
from kith.settings import Settings
from kith.snapshot import Snapshot
from kith.state import StateDatabase
from kith.times import format_instant, to_utc_naive
from kith.warehouse import Warehouse, literal

Identifier = tuple[str, str]


class Withdrawals:
    """One run's question, about one purpose and channel. Not safe between threads."""

    def __init__(
        self, settings: Settings, database: StateDatabase, snapshot: Snapshot, plan: Plan, consent: Consent
    ) -> None:
        self._settings, self._snapshot, self._consent = settings, snapshot, consent
        self._cursor = self._behind_compaction()
        self._refused = self._projected(database)
        self._people = self._no_longer_granted(plan) | self._people_of(self._refused)

    def among(self, people: Sequence[str | None]) -> list[int]:
        """The places of those who withdrew, as of this moment. `people`: profile ids as the plan has them."""
        self._catch_up()
        if not self._people:
            return []
        return [place for place, person in enumerate(people) if person in self._people]

    def _catch_up(self) -> None:
        batches, self._cursor = tail(Home(self._settings.home), self._cursor)
        fresh: dict[Identifier, bool] = {}
        for batch in batches:
            for line in batch.lines:
                if self._vocabulary.is_candidate(line):
                    learned = self._vocabulary.read_line(line, batch.received_at, self._settings.lateness)
                    fresh |= self._words(learned.consents if learned else ())
        refused = {identifier for identifier, is_granted in fresh.items() if not is_granted}
        lifted = {identifier for identifier, is_granted in fresh.items() if is_granted} & self._refused
        if lifted:
            self._refused -= lifted
            self._people -= self._people_of(lifted) - self._people_of(self._refused)
        if refused - self._refused:
            self._people |= self._people_of(refused - self._refused)
            self._refused |= refused

    def _words(self, changes: Iterable[ConsentChange]) -> dict[Identifier, bool]:
        """What is said of our purpose and channel. A grant that is merely stated, not given, lifts nothing."""
        matter = (self._consent.purpose, self._consent.channel)
        ours = (change for change in changes if (change.purpose, change.channel) == matter)
        return {
            change.identifier: change.is_granted for change in ours if change.is_act or not change.is_granted
        }

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        words, bearers = load_words(self._settings).body, Bearers(load_identifiers(self._settings))
        return Vocabulary(words, bearers, frozenset({self._consent.channel}))

    def _behind_compaction(self) -> Cursor:
        """What compaction took is in the snapshot, or in delivery's projection."""
        home = Home(self._settings.home)
        taken = {name for found in commits(home, "events") for name in found.meta.get("segments", [])}
        sizes = {f"{path.parent.name}/{path.stem}": path.stat().st_size for path in sealed_segments(home)}
        return Cursor({name: size for name, size in sizes.items() if name in taken})

    def _projected(self, database: StateDatabase) -> set[Identifier]:
        """Refusals that delivery learned of and the snapshot can't have seen."""
        known = CONSENT_NOW.c
        wanted = sa.select(known.identifier_type, known.identifier_value).where(
            known.purpose == self._consent.purpose,
            known.channel == self._consent.channel,
            known.is_granted.is_(False),
            known.effective_at >= to_utc_naive(self._snapshot.as_of),
        )
        with database.read() as connection:
            return {(row[0], row[1]) for row in connection.execute(wanted)}

    def _no_longer_granted(self, plan: Plan) -> set[str]:
        """Of a plan over an older snapshot: people whom the present one doesn't grant, or doesn't know by this id."""
        if plan.as_of == format_instant(self._snapshot.as_of):
            return set()
        with Warehouse(self._settings) as warehouse:
            warehouse.attach_snapshot(self._snapshot)
            warehouse.view("plans", plan.path)
            rows = warehouse.rows(
                f"""
                SELECT DISTINCT plans.profile_id FROM plans
                ANTI JOIN (
                    SELECT profile_id FROM consents
                    WHERE purpose = {literal(self._consent.purpose)} AND channel = {literal(self._consent.channel)}
                        AND is_granted
                ) AS granted ON granted.profile_id = plans.profile_id
                WHERE plans.profile_id IS NOT NULL"""
            )
        return {row["profile_id"] for row in rows}

    def _people_of(self, identifiers: Iterable[Identifier]) -> set[str]:
        asked = [{"kind": kind, "name": name} for kind, name in identifiers]
        if not asked:
            return set()
        import pyarrow as pa

        with Warehouse(self._settings) as warehouse:
            warehouse.attach_snapshot(self._snapshot)
            warehouse.connection.register("asked", pa.Table.from_pylist(asked))
            rows = warehouse.rows(
                """
                SELECT DISTINCT profile_id FROM identities
                INNER JOIN asked ON asked.kind = identifier_type AND asked.name = identifier_value"""
            )
        return {row["profile_id"] for row in rows}


__all__ = ["Withdrawals"]
