"""`past_sends`: marketing messages planned or sent before the slice, for caps; `past_crowd`, for budgets and throttles.

A message that a budget or a throttle withheld keeps its place under its person's caps: else each person's would hang on
everybody else's.
"""

from __future__ import annotations

from activation.contract import Decision, Reason
from activation.journeys.history.archive import Archive
from activation.journeys.history.events import owned
from activation.journeys.history.needs import Needs
from activation.segments.messages import SENT
from kith.warehouse import Warehouse, literal

_DAY = 86_400_000_000

_SENDS = """
    -- One row per message that was planned to be sent, or was sent before there were plans. A planned one comes back
    -- as an event under the same id and counts once, at its decision. The local day is the one at that time in the
    -- zone that the person has now.
    CREATE OR REPLACE TEMP TABLE past_sends AS
    WITH planned AS (
        SELECT CAST(message_id AS UUID) AS message_id, CAST(profile_id AS UUID) AS written, channel, purpose,
               epoch_us(decided_at) AS "at", is_transactional, journey, epoch_us(as_of) AS as_of,
               decision = {send} OR reason IN ({crowded}) AND NOT is_holdout AS takes_place, tags
        FROM lake_journeys_outbox
    ),
    sends AS (
        SELECT coalesce(a.person, p.written) AS person, p.channel, p.purpose, coalesce(p.tags, []) AS tags, p."at"
        FROM planned AS p
        LEFT JOIN facts_aliases AS a ON a.alias = p.written
        WHERE p.takes_place AND NOT p.is_transactional AND {known} AND p."at" > {since}
          AND p.journey NOT IN ({without})
        UNION ALL
        SELECT e.person, e.channel, e.purpose, CAST([] AS VARCHAR[]) AS tags, e."at"
        FROM (
            SELECT person, coalesce(lower(properties ->> '$.channel'), 'email') AS channel,
                   coalesce(lower(properties ->> '$.purpose'), 'marketing') AS purpose,
                   epoch_us(effective_at) AS "at", TRY_CAST(properties ->> '$.message_id' AS UUID) AS message_id
            FROM ({events}) AS sent
        ) AS e
        ANTI JOIN planned AS p ON p.message_id = e.message_id
        WHERE e.person IS NOT NULL AND e."at" > {since}
    )
    SELECT s.person, s.channel, s.purpose, s.tags, s."at",
           (s."at" + coalesce(z.offset_us, 0)) // {day} AS local_day
    FROM sends AS s
    LEFT JOIN facts_people AS p ON p.person = s.person
    LEFT JOIN (
        SELECT zone, epoch_us(from_at) AS from_at, epoch_us(to_at) AS to_at, offset_seconds * 1000000 AS offset_us
        FROM lake_reference_tz_offsets_latest
        WHERE epoch_us(to_at) > {since} AND epoch_us(from_at) < {end}
    ) AS z ON z.zone = p.zone AND z.from_at <= s."at" AND z.to_at > s."at"
"""

_CROWD = """
    -- One row per message of earlier ticks that its person's own gates let through.
    CREATE OR REPLACE TEMP VIEW past_crowd AS
    SELECT journey, step_id, channel, purpose, tags, is_transactional, epoch_us(decided_at) AS decided_at,
           epoch_us(release_at) AS release_at, reason, reason_detail AS detail, CAST(message_id AS UUID) AS message
    FROM lake_journeys_outbox
    WHERE (decision = {send} OR reason IN ({crowded}) AND NOT is_holdout)
      AND epoch_us(as_of) <= {begin} AND journey NOT IN ({without})
"""


def lay_sends(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """As far back as the longest cap counts, a month of somebody's calendar included."""
    span = max(needs.cap_span, 32 * _DAY)
    told = {
        "send": literal(Decision.SEND),
        "crowded": ", ".join(literal(each) for each in (Reason.BUDGET, Reason.THROTTLED)),
        "without": ", ".join(literal(each) for each in sorted(archive.without)) or "''",
        "begin": archive.begin,
    }
    events = owned(archive, {SENT: span} if needs.channels else {})
    bounds = {"end": archive.end, "since": archive.begin - span, "day": _DAY, "known": _known(archive)}
    warehouse.connection.execute(_SENDS.format(events=events, **told, **bounds))
    warehouse.connection.execute(_CROWD.format(**told))


def _known(archive: Archive) -> str:
    """A live tick decides the slice's messages itself, all journeys' together. A backtest plans one journey anew, among
    what the others planned in the slice too."""
    return f'p."at" < {archive.end}' if archive.without else f"p.as_of <= {archive.begin}"
