"""What a backtest found, as plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from activation.journeys.backtest.rehearsal import Rehearsal
from activation.journeys.history.archive import NEVER, microseconds
from activation.journeys.moves.contract import WORDS
from kith.times import format_instant
from kith.warehouse import Warehouse

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Findings:
    """`since` and `until` bound the span. `steps`: (step_id, kind, left_by, enrolments), as the journey runs;
    `sends`: (day, channel, messages); `drops`: (reason, messages); `overlap`: (journey, people), live journeys in which
    people were at the same time; `series`: (day, measure, of, count), all that has a day, ready to be plotted."""

    journey: str
    version: str
    since: str
    until: str
    is_moved: bool
    entrants: int
    people: int
    held_out: int
    still_inside: int
    planned: int
    sent: int
    steps: Rows
    sends: Rows
    drops: Rows
    overlap: Rows
    series: Rows

    def summary(self) -> dict[str, Any]:
        """The single figures."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, str | int)}


_TOTALS = """
    SELECT coalesce((SELECT sum(enrolments) FROM gathered_entries), 0) AS entrants,
           (SELECT count(DISTINCT person) FROM state.enrolled) AS people,
           coalesce((SELECT sum(enrolments) FROM gathered_entries WHERE holdout <> ''), 0) AS held_out,
           (SELECT count(*) FROM state.positions) AS still_inside,
           coalesce((SELECT sum(messages) FROM gathered_messages), 0) AS planned,
           coalesce((SELECT sum(messages) FROM gathered_messages WHERE decision = 'send'), 0) AS sent
"""

_STEPS = (
    "SELECT node_id, label, CAST(sum(enrolments) AS BIGINT) AS enrolments FROM gathered_moves GROUP BY ALL"
)

_SENDS = """
    SELECT CAST(day AS VARCHAR) AS day, channel, CAST(sum(messages) AS BIGINT) AS messages
    FROM gathered_messages
    WHERE decision = 'send'
    GROUP BY day, channel
    ORDER BY day, channel
"""

_DROPS = """
    SELECT reason, CAST(sum(messages) AS BIGINT) AS messages
    FROM gathered_messages
    WHERE decision <> 'send'
    GROUP BY reason
    ORDER BY messages DESC, reason
"""

_SERIES = """
    SELECT CAST(day AS VARCHAR) AS day, measure, "of", CAST(sum(number) AS BIGINT) AS count
    FROM (
        SELECT day, 'entrants' AS measure, '' AS "of", enrolments AS number FROM gathered_entries
        UNION ALL
        SELECT day, 'sends' AS measure, channel AS "of", messages AS number
        FROM gathered_messages WHERE decision = 'send'
        UNION ALL
        SELECT day, 'drops' AS measure, reason AS "of", messages AS number
        FROM gathered_messages WHERE decision <> 'send'
    )
    GROUP BY day, measure, "of"
    ORDER BY day, measure, "of"
"""

_OVERLAP = """
    -- One row per live journey: how many people of this one were in it at the same time.
    WITH ends AS (
        SELECT enrolment_id, min("at") AS "at" FROM lake_journeys_transitions WHERE kind = 'exited' GROUP BY enrolment_id
    ),
    live AS (
        SELECT e.journey, coalesce(a.person, CAST(e.profile_id AS UUID)) AS person, epoch_us(e.entered_at) AS entered,
               coalesce(epoch_us(x."at"), {never}) AS ended
        FROM lake_journeys_enrolments AS e
        LEFT JOIN facts_aliases AS a ON a.alias = CAST(e.profile_id AS UUID)
        LEFT JOIN ends AS x ON x.enrolment_id = e.enrolment_id
        WHERE e.journey <> $journey AND epoch_us(e.entered_at) < {until}
    ),
    stays AS (
        SELECT e.person, e.entered, coalesce(x."at", {until}) AS ended
        FROM state.enrolled AS e
        LEFT JOIN state.ended AS x ON x.enrolment = e.enrolment
    )
    SELECT l.journey, count(DISTINCT l.person) AS people
    FROM live AS l
    JOIN stays AS s ON s.person = l.person AND l.entered <= s.ended AND s.entered <= l.ended
    GROUP BY l.journey
    ORDER BY people DESC, l.journey
"""


def find(warehouse: Warehouse, rehearsal: Rehearsal, since: datetime, until: datetime) -> Findings:
    """Reads off what was gathered over all slices."""
    graph = rehearsal.graph
    overlap = _OVERLAP.format(never=NEVER, until=microseconds(until))
    return Findings(
        journey=graph.journey,
        version=graph.version,
        since=format_instant(since),
        until=format_instant(until),
        is_moved=rehearsal.is_moved,
        **{name: int(value) for name, value in warehouse.rows(_TOTALS)[0].items()},
        steps=_steps(warehouse, rehearsal),
        sends=warehouse.rows(_SENDS),
        drops=warehouse.rows(_DROPS),
        overlap=warehouse.rows(overlap, {"journey": graph.journey}),
        series=warehouse.rows(_SERIES),
    )


def _steps(warehouse: Warehouse, rehearsal: Rehearsal) -> Rows:
    """Nodes in their order; laps of one step are told together."""
    left: dict[tuple[str, str], int] = {}
    for row in warehouse.rows(_STEPS):
        left[row["node_id"], WORDS.get(row["label"], str(row["label"]))] = row["enrolments"]
    told: dict[tuple[str, str, str], int] = {}
    for node in rehearsal.graph.nodes:
        for (node_id, label), enrolments in sorted(left.items()):
            if node_id == node.node_id:
                key = (node.step_id, node.kind, label)
                told[key] = told.get(key, 0) + enrolments
    return [
        {"step_id": step_id, "kind": kind, "left_by": label, "enrolments": enrolments}
        for (step_id, kind, label), enrolments in told.items()
    ]
