"""The rules that depend on the person and the instant alone: every channel of a message is tried by each of them.

The first channel that they all let through carries the message. Where none is left the first channel's refusal is
the reason, and the detail names all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from activation.contract import Reason
from activation.gates.contract import Gate
from activation.journeys.deciding.attempts import lay_attempts
from kith.registry import plugins

if TYPE_CHECKING:
    import duckdb

    from activation.rendering.templates import Template

#: So many messages are judged at once: beyond it memory grows and time doesn't fall.
BATCH = 2_000_000

_TABLES = """
    -- One row per message; `seq` is its number within the tick.
    CREATE OR REPLACE TEMP TABLE arrivals (
        seq INTEGER, message UUID, enrolment UUID, person UUID, code INTEGER, node INTEGER, "at" BIGINT,
        decided_at BIGINT, depth INTEGER, holdout {holdouts});
    -- One row per person who has a message: a short number for theirs.
    CREATE OR REPLACE TEMP TABLE codes (person UUID, code INTEGER);
    CREATE OR REPLACE TEMP TABLE judgements (seq INTEGER, place UTINYINT, channel {channels}, reason {reasons},
        detail TEXT);
    CREATE OR REPLACE TEMP TABLE permitted (seq INTEGER, place UTINYINT, lifted TEXT);
    CREATE OR REPLACE TEMP TABLE kept_variables (seq INTEGER, variables TEXT);
    CREATE OR REPLACE TEMP VIEW judged AS
    SELECT a.* EXCLUDE (seq, code, holdout), CAST(a.holdout AS TEXT) AS holdout, CAST(j.channel AS TEXT) AS channel,
           CAST(j.reason AS TEXT) AS reason, j.detail
    FROM arrivals AS a
    JOIN judgements AS j ON j.seq = a.seq
"""

_ARRIVE = """
    INSERT INTO arrivals
    SELECT {known} + row_number() OVER () - 1 AS seq, m.message, m.enrolment, m.person, c.code, m.node, m."at",
           m.decided_at, m.depth, m.holdout
    FROM ({newcomers}) AS m
    JOIN codes AS c ON c.person = m.person
"""

_CODES = """
    INSERT INTO codes
    SELECT person, (SELECT count(*) FROM codes) + row_number() OVER () - 1 AS code
    FROM (SELECT DISTINCT person FROM ({newcomers})) AS n
    ANTI JOIN codes AS c ON c.person = n.person
"""

_JUDGE = """
    -- One row per message of the batch: the channel that carries it, or the first one with its refusal.
    INSERT INTO judgements
    WITH first_refusals AS (
        SELECT seq, place, min(gate) AS gate, arg_min(detail, gate) AS detail
        FROM refusals
        GROUP BY seq, place
    ),
    tried AS (
        SELECT t.seq, t.place, t.channel, t.is_only, r.gate, coalesce(r.detail, '') AS detail,
               {reason} AS reason
        FROM attempts AS t
        LEFT JOIN first_refusals AS r ON r.seq = t.seq AND r.place = t.place
    ),
    chosen AS (
        SELECT seq, arg_min(place, (reason <> '', place)) AS place, arg_min(channel, (reason <> '', place)) AS channel,
               arg_min(reason, (reason <> '', place)) AS reason,
               string_agg(channel || ': ' || reason || CASE WHEN detail = '' THEN '' ELSE ' (' || detail || ')' END,
                   '; ' ORDER BY place) AS detail
        FROM tried
        WHERE NOT is_only
        GROUP BY seq
    )
    SELECT seq, place, channel, reason, detail
    FROM tried
    WHERE is_only
    UNION ALL
    SELECT seq, place, channel, reason, CASE WHEN reason = '' THEN '' ELSE detail END AS detail
    FROM chosen
"""


class Judging:
    """Fills arrivals, judgements, permitted and kept_variables; `judged` is the view over them."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        templates: Mapping[str, Template],
        attributes: Mapping[str, str] | None,
    ) -> None:
        self._connection, self._templates, self._attributes = connection, templates, attributes
        self.count = 0
        channels = [
            each for (each,) in connection.execute("SELECT DISTINCT channel FROM message_channels").fetchall()
        ]
        connection.execute(
            _TABLES.format(
                holdouts=_words(["", "journey", "global"]),
                channels=_words(sorted(channels) or [""]),
                reasons=_words(["", *(gate.reason for gate in person_gates())]),
            )
        )

    def judge(self, newcomers: str) -> None:
        """Every row of `newcomers` once."""
        first = self.count
        self._connection.execute(_CODES.format(newcomers=newcomers))
        self._connection.execute(_ARRIVE.format(newcomers=newcomers, known=first))
        self.count = _number(self._connection, "SELECT count(*) FROM arrivals")
        for start in range(first, self.count, BATCH):
            self._judge(start, min(start + BATCH, self.count))

    def _judge(self, start: int, end: int) -> None:
        connection = self._connection
        lay_attempts(connection, start, end, self._templates, self._attributes)
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE refusals (seq INTEGER, place UTINYINT, gate UTINYINT, detail TEXT)"
        )
        for gate in person_gates():
            connection.execute(
                f"""INSERT INTO refusals
                    SELECT seq, place, {gate.plan_order} AS gate, detail FROM ({gate.withheld(connection)})"""
            )
        reasons = " ".join(f"WHEN {gate.plan_order} THEN '{gate.reason}'" for gate in person_gates())
        connection.execute(_JUDGE.format(reason=f"CASE coalesce(r.gate, 0) WHEN 0 THEN '' {reasons} END"))
        connection.execute("DROP TABLE attempts; DROP TABLE refusals")


def person_gates() -> list[Gate]:
    """The rules that need to know nobody else's messages, in their order. The holdout is no refusal: it is fixed at
    entry, and what the others say of people held out makes them comparable."""
    found = [gate for gate in plugins("activation.gates", Gate).values() if gate.is_pure]
    return sorted(found, key=lambda gate: gate.plan_order or 0)


def _words(words: list[str] | list[Reason]) -> str:
    return "ENUM(" + ", ".join(f"'{each}'" for each in words) + ")"


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
