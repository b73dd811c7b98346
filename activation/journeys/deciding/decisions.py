"""The decisions of one tick, in their order: judged by the person's own rules, folded under caps, then the crowd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from activation.contract import Reason
from activation.journeys.deciding.capping import Capping
from activation.journeys.deciding.contract import ConservationError, MessageNode
from activation.journeys.deciding.crowd import lay_crowd
from activation.journeys.deciding.decision_time import decision_times
from activation.journeys.deciding.judging import Judging
from activation.journeys.deciding.nodes import lay_nodes
from activation.journeys.deciding.outbox import lay_outbox
from activation.journeys.deciding.policy import Policy

if TYPE_CHECKING:
    import duckdb

    from activation.rendering.templates import Template

_VERDICTS = f"""
    -- One row per message that was ready. Only marketing is held out.
    CREATE OR REPLACE TEMP VIEW verdicts AS
    SELECT a.seq, a.message,
           CASE WHEN a.holdout <> '' AND NOT n.is_transactional THEN '{Reason.HOLDOUT}'
                WHEN j.reason <> '' THEN CAST(j.reason AS TEXT)
                WHEN f.rule >= 0 THEN '{Reason.FREQUENCY_CAP}' ELSE '' END AS reason,
           CASE WHEN a.holdout <> '' AND NOT n.is_transactional
                THEN CASE WHEN a.holdout = 'global' THEN 'global' ELSE '' END
                WHEN j.reason <> '' THEN j.detail
                WHEN f.rule >= 0 THEN r.detail ELSE '' END AS detail,
           j.reason = '' AND f.rule < 0 AS is_eligible
    FROM folded AS f
    JOIN arrivals AS a ON a.seq = f.seq
    JOIN judgements AS j ON j.seq = f.seq
    JOIN message_nodes AS n ON n.node = a.node
    LEFT JOIN cap_rules AS r ON r.rule = f.rule
"""

_PEOPLE = """
    CREATE OR REPLACE TEMP VIEW message_people AS
    SELECT person, zone, {hours} AS best_hours FROM facts_people
"""

_COUNTS = """
    SELECT (SELECT count(*) FROM arrivals) AS arrived,
           (SELECT count(*) FROM judgements) AS judged,
           (SELECT count(*) FROM folded) AS folded,
           (SELECT count(DISTINCT seq) FROM folded) AS told
"""


class Decisions:
    """See activation.journeys.deciding.contract.Deciding."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        nodes: Sequence[MessageNode],
        policy: Policy,
        horizon: int,
        templates: Mapping[str, Template] | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        self._connection, self._nodes, self._policy, self._horizon = connection, nodes, policy, horizon
        lay_nodes(connection, nodes, policy, templates or {})
        connection.execute(_PEOPLE.format(hours=_hours_column(connection)))
        self._judging = Judging(connection, templates or {}, attributes)
        self._capping = Capping(connection, nodes, policy.caps)
        connection.execute(_VERDICTS)

    def timed(self, arriving: str) -> str:
        by_hour = any(each.node.best_hour and not each.node.is_transactional for each in self._nodes)
        return decision_times(arriving, self._policy.slot, by_hour, bool(self._policy.quiet_hours))

    def judge(self, newcomers: str) -> None:
        self._judging.judge(newcomers)

    def fold(self, ready: str | None = None) -> None:
        self._capping.fold(ready)

    def close(self, as_of: datetime) -> None:
        self._prove()
        lay_crowd(self._connection, self._nodes, self._policy)
        lay_outbox(self._connection, as_of)

    def _prove(self) -> None:
        """Everybody who came has one verdict."""
        found = self._connection.execute(_COUNTS).fetchone()
        if not found or len(set(found)) != 1:
            raise ConservationError(
                "of {} messages {} were judged, {} got a verdict, {} of them different".format(*found or ())
            )


def open_decisions(
    connection: duckdb.DuckDBPyConnection,
    nodes: Sequence[MessageNode],
    policy: Policy,
    horizon: int,
    templates: Mapping[str, Template] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Decisions:
    """See activation.journeys.deciding.contract.OpenDecisions."""
    return Decisions(connection, nodes, policy, horizon, templates, attributes)


def _hours_column(connection: duckdb.DuckDBPyConnection) -> str:
    """The hours of facts_people, best first; the best alone where it has no more."""
    rows = connection.execute("DESCRIBE facts_people").fetchall()
    if "best_hours" in {row[0] for row in rows}:
        return "best_hours"
    return "CASE WHEN best_hour IS NOT NULL THEN [best_hour] END"
