"""What we believed at one instant about another: consent as the published history tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kith.errors import KithError, UsageError
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import current_snapshot
from kith.times import to_utc_naive

# Of the words that were known and had been said, the one that binds last; of one instant, the refusal.
_BELIEFS = """
    WITH present AS (
        SELECT coalesce(
            (SELECT any_value(profile_id) FROM profile_aliases WHERE alias_id = $who),
            (SELECT any_value(profile_id) FROM identities WHERE identifier_value IN ($who, lower($who))),
            $who
        ) AS profile_id
    ),
    asked AS (
        SELECT identifier_type, identifier_value
        FROM identities
        WHERE profile_id = (SELECT profile_id FROM present)
    ),
    ranked AS (
        SELECT words.*, row_number() OVER (
            PARTITION BY words.identifier_type, words.identifier_value, words.purpose, words.channel
            ORDER BY words.binds_at DESC, words.is_granted ASC, words.event_id ASC
        ) AS place
        FROM consent_history AS words
        SEMI JOIN asked USING (identifier_type, identifier_value)
        WHERE words.known_from < $known_at AND words.valid_from <= $at
    )
    SELECT identifier_type, identifier_value, purpose, channel, is_granted, legal_basis, evidence,
           valid_from, known_from, event_id
    FROM ranked
    WHERE place = 1
    ORDER BY purpose, channel, identifier_type, identifier_value
"""


def beliefs_of(
    settings: Settings, who: str, at: datetime | None, known_at: datetime | None
) -> list[dict[str, Any]]:
    """A row per identifier of the person, purpose and channel: the word that held at `at`, as known before `known_at`.

    `who` is any identifier or a profile id; people are taken as they are known today. Without `known_at` all that the
    published run knows counts; without `at` the question is about the instant of `known_at`.
    """
    from kith.warehouse import Warehouse

    found = current_snapshot(Home(settings.home))
    if found is None:
        raise KithError("nothing was published yet", where=str(settings.home), way_out="run 'kith run'")
    known = known_at or found.as_of
    if known > found.as_of:
        raise UsageError(
            "the published run knows nothing of that time",
            expected=f"--known-at up to {found.as_of.isoformat()}",
        )
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(found)
        instants = {"known_at": to_utc_naive(known), "at": to_utc_naive(at or known)}
        return warehouse.rows(_BELIEFS, {"who": who.strip(), **instants})
