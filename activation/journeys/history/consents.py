"""`facts_consents`: what each person permits for each purpose and channel, from when to when.

At any instant it is the strictest of the words in force of the person's identifiers, but for refusals that a later
grant lifted: by another identifier too, if both were known to be theirs when it was told (docs/consent.md). The
published `consents` is the last instant of this. No row: nobody ever said anything.
"""

from __future__ import annotations

from activation.journeys.history.archive import NEVER, Archive
from activation.journeys.history.needs import Needs
from kith.warehouse import Warehouse, literal

_WORDS = """
    -- One row per identifier of a person and word that counted at some instant of the slice.
    CREATE OR REPLACE TEMP TABLE consent_words AS
    SELECT i.person, h.purpose, h.channel, h.identifier_type, h.identifier_value, h.is_granted, h.legal_basis,
           h.binds_at, h.told_at, i.joined_at, epoch_us(h.known_from) AS known_from,
           coalesce(epoch_us(h.known_to), {never}) AS known_to
    FROM consent_history AS h
    JOIN facts_identities AS i
      ON i.identifier_type = h.identifier_type AND i.identifier_value = h.identifier_value
    WHERE h.purpose IN ({purposes}) AND h.channel IN ({channels})
      AND epoch_us(h.known_from) < {end}
      AND coalesce(epoch_us(h.known_to), {never}) > greatest({begin}, epoch_us(h.known_from))
"""

_SETTLED = """
    -- One row per person, purpose and channel where no word changes in the slice and no grant came after a refusal.
    -- Nearly everybody: they cost one pass.
    CREATE OR REPLACE TEMP TABLE consent_settled AS
    SELECT person, purpose, channel, bool_and(is_granted) AS is_granted, min(legal_basis) AS legal_basis
    FROM consent_words
    GROUP BY person, purpose, channel
    HAVING max(known_from) <= {begin} AND min(known_to) >= {end}
       AND min(legal_basis) IS NOT DISTINCT FROM max(legal_basis)
       AND coalesce(max(binds_at) FILTER (is_granted) <= min(binds_at) FILTER (NOT is_granted), true)
"""

_DISPUTED = """
    -- One row per stretch between two changes, and word in force in it, of everybody else.
    CREATE OR REPLACE TEMP TABLE consent_standing AS
    WITH disputed AS (
        SELECT * FROM consent_words ANTI JOIN consent_settled USING (person, purpose, channel)
    ),
    points AS (
        SELECT person, purpose, channel, greatest(known_from, {begin}) AS moment FROM disputed
        UNION
        SELECT person, purpose, channel, known_to AS moment FROM disputed WHERE known_to < {end}
    ),
    spans AS (
        SELECT person, purpose, channel, moment AS from_at, coalesce(lead(moment) OVER (
            PARTITION BY person, purpose, channel ORDER BY moment
        ), {never}) AS to_at
        FROM points
    )
    SELECT s.from_at, s.to_at, w.*
    FROM spans AS s
    JOIN disputed AS w
      ON w.person = s.person AND w.purpose = s.purpose AND w.channel = s.channel
     AND w.known_from <= s.from_at AND w.known_to > s.from_at
"""

_CONSENTS = """
    -- One row per person, purpose, channel and stretch of one answer. `lifted` names the refusals that a yes rests on
    -- being lifted, as the outbox has them.
    CREATE OR REPLACE TEMP TABLE facts_consents AS
    WITH lifts AS (
        SELECT DISTINCT r.person, r.purpose, r.channel, r.from_at, r.identifier_type, r.identifier_value
        FROM consent_standing AS r
        JOIN consent_standing AS g
          ON g.person = r.person AND g.purpose = r.purpose AND g.channel = r.channel AND g.from_at = r.from_at
        WHERE g.is_granted AND NOT r.is_granted AND g.binds_at > r.binds_at
          AND g.told_at >= r.joined_at AND g.told_at >= g.joined_at
    ),
    judged AS (
        SELECT s.*, l.identifier_type IS NOT NULL AS is_lifted
        FROM consent_standing AS s
        LEFT JOIN lifts AS l USING (person, purpose, channel, from_at, identifier_type, identifier_value)
    ),
    ranked AS (
        SELECT *,
               list([identifier_type, identifier_value, strftime(binds_at, '%Y-%m-%dT%H:%M:%S.%fZ')]
                   ORDER BY identifier_type, identifier_value)
                   FILTER (NOT is_granted) OVER (PARTITION BY person, purpose, channel, from_at) AS refusals,
               row_number() OVER (
                   PARTITION BY person, purpose, channel, from_at
                   ORDER BY CASE WHEN is_lifted THEN 2 WHEN is_granted THEN 1 ELSE 0 END,
                            known_from DESC, identifier_type DESC, identifier_value
               ) AS strictness
        FROM judged
    )
    SELECT person, purpose, channel, is_granted, legal_basis,
           CASE WHEN is_granted THEN CAST(to_json(coalesce(refusals, [])) AS VARCHAR) ELSE '[]' END AS lifted,
           from_at, to_at
    FROM ranked
    WHERE strictness = 1
    UNION ALL
    SELECT person, purpose, channel, is_granted, legal_basis, '[]' AS lifted, {begin} AS from_at, {never} AS to_at
    FROM consent_settled
"""


def lay_consents(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Of the purposes and channels that some step may write for. An answer in force at the begin counts from there."""
    asked = {
        "purposes": ", ".join(literal(each) for each in sorted(needs.purposes)) or "NULL",
        "channels": ", ".join(literal(each) for each in sorted(needs.channels)) or "NULL",
        "begin": archive.begin,
        "end": archive.end,
        "never": NEVER,
    }
    for statement in (_WORDS, _SETTLED, _DISPUTED, _CONSENTS):
        warehouse.connection.execute(statement.format(**asked))
    warehouse.connection.execute(
        "DROP TABLE consent_words; DROP TABLE consent_settled; DROP TABLE consent_standing"
    )
