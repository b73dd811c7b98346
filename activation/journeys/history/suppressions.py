"""`facts_suppressed`: addresses that failed for good, complained or are on a list, from when on. No grant lifts that."""

from __future__ import annotations

from activation.addresses import ADDRESS_TYPES
from activation.contract import BOUNCES, COMPLAINTS, REFUSALS
from activation.journeys.history.archive import Archive
from activation.journeys.history.events import owned
from activation.journeys.history.needs import EVER, Needs
from kith.warehouse import Warehouse, literal

LISTED = "Address Suppressed"

_SUPPRESSED = """
    -- One row per channel and address. An event that names no address is about the message's, or else about the
    -- person's at that time.
    CREATE OR REPLACE TEMP TABLE facts_suppressed AS
    WITH told AS (
        SELECT event_id, event, person, epoch_us(effective_at) AS moment,
               TRY_CAST(properties ->> '$.message_id' AS UUID) AS message_id,
               coalesce(lower(properties ->> '$.channel'), 'email') AS channel,
               CASE coalesce(lower(properties ->> '$.channel'), 'email') {named} END AS address,
               lower(properties ->> '$.bounce_type') AS bounce_type,
               TRY_CAST(properties ->> '$.suppress_after' AS BIGINT) AS suppress_after
        FROM ({events}) AS e
    ),
    planned AS (
        SELECT CAST(message_id AS UUID) AS message_id, any_value(address) AS address
        FROM lake_journeys_outbox
        WHERE address IS NOT NULL
        GROUP BY message_id
    ),
    faults AS (
        SELECT t.event_id, t.channel, t.moment, lower(trim(coalesce(t.address, p.address, a.address))) AS address,
               CASE WHEN t.event IN ({complaints}) THEN 'complaint'
                    WHEN t.event = {listed} THEN 'suppression list' ELSE 'hard bounce' END AS cause,
               CASE WHEN t.event IN ({refused}, {bounces}) AND t.suppress_after > 0
                    THEN t.suppress_after ELSE 1 END AS suppress_after
        FROM told AS t
        LEFT JOIN planned AS p ON p.message_id = t.message_id
        LEFT JOIN facts_addresses AS a
          ON a.person = t.person AND a.channel = t.channel AND a.from_at <= t.moment AND a.to_at > t.moment
        WHERE t.event IN ({listed}, {complaints})
           OR (t.event IN ({bounces}) AND t.bounce_type = 'hard')
           OR (t.event IN ({refused}, {bounces}) AND t.suppress_after > 0)
    ),
    counted AS (
        SELECT *, row_number() OVER (PARTITION BY channel, address ORDER BY moment, event_id) AS fault_number
        FROM faults
        WHERE address IS NOT NULL
    )
    SELECT channel, address, arg_min(cause, (moment, event_id)) AS cause, min(moment) AS from_at
    FROM counted
    WHERE fault_number >= suppress_after
    GROUP BY channel, address
"""


def lay_suppressions(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """All of them, however long ago: there are few. Empty where no step writes to anybody."""
    names = (LISTED, *REFUSALS, *BOUNCES, *COMPLAINTS) if needs.channels else ()
    warehouse.connection.execute(
        _SUPPRESSED.format(
            events=owned(archive, dict.fromkeys(names, EVER)),
            named=" ".join(_when(channel, kinds) for channel, kinds in ADDRESS_TYPES.items()),
            listed=literal(LISTED),
            refused=", ".join(literal(each) for each in REFUSALS),
            bounces=", ".join(literal(each) for each in BOUNCES),
            complaints=", ".join(literal(each) for each in COMPLAINTS),
        )
    )


def _when(channel: str, kinds: tuple[str, ...]) -> str:
    """Where an event about a channel names its address; a user's own id is no address that fails."""
    named = ", ".join(f"properties ->> '$.{kind}'" for kind in kinds if kinds != ("user_id",))
    return f"WHEN {literal(channel)} THEN coalesce({named or 'NULL'})"
