"""From judged messages to the stream that the caps fold, and back to a verdict each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from activation.gates._caps import Cap
from activation.journeys.deciding.cap_rules import lay_rules
from activation.journeys.deciding.caps_fold import Stream, fold
from activation.journeys.deciding.columns import columns_of
from activation.journeys.deciding.contract import MessageNode

if TYPE_CHECKING:
    import duckdb
    import numpy as np

_DAY = 86_400_000_000

#: The messages that `ready` names, or all that were judged; those that the person's other rules withhold take no
#: part in caps, nor do transactional ones.
_READY = """
    CREATE OR REPLACE TEMP TABLE turn_come AS
    SELECT a.seq FROM arrivals AS a {which}
"""

_CANDIDATES = """
    SELECT a.seq, a.code, a.decided_at AS moment, {local_day} AS local_day, k.kind, n.turn, a.depth,
           a.holdout = '' AS takes_place
    FROM turn_come AS t
    JOIN arrivals AS a ON a.seq = t.seq
    JOIN judgements AS j ON j.seq = a.seq
    JOIN message_nodes AS n ON n.node = a.node
    JOIN message_kinds AS k ON k.node = a.node AND k.channel = CAST(j.channel AS TEXT)
    {zones}
    WHERE j.reason = '' AND NOT n.is_transactional
"""

#: As a table of its own: where one statement read it twice DuckDB 1.5.5 was seen to wait for itself for ever.
_PEOPLE = """
    -- One row per person whose turn has come.
    CREATE OR REPLACE TEMP TABLE turn_people AS
    SELECT DISTINCT a.person, a.code FROM turn_come AS t JOIN arrivals AS a ON a.seq = t.seq
"""

_SENT_BEFORE = """
    SELECT p.code, s."at" AS moment, CAST(s.local_day AS INTEGER) AS local_day, k.kind
    FROM past_sends AS s
    JOIN turn_people AS p ON p.person = s.person
    JOIN past_kinds AS k ON k.channel = s.channel AND k.purpose = s.purpose AND k.tags = coalesce(s.tags, [])
"""

_ACCEPTED = """
    -- What earlier passes of this tick accepted.
    SELECT p.code, a.decided_at AS moment, {local_day} AS local_day, k.kind
    FROM folded AS f
    JOIN arrivals AS a ON a.seq = f.seq
    JOIN turn_people AS p ON p.person = a.person
    JOIN judgements AS j ON j.seq = a.seq
    JOIN message_nodes AS n ON n.node = a.node
    JOIN message_kinds AS k ON k.node = a.node AND k.channel = CAST(j.channel AS TEXT)
    {zones}
    WHERE f.rule < 0 AND j.reason = '' AND NOT n.is_transactional AND a.holdout = ''
"""

_ZONES = """
    LEFT JOIN facts_people AS q ON q.person = a.person
    LEFT JOIN facts_zones AS z ON z.zone = q.zone AND z.from_at <= a.decided_at AND a.decided_at < z.to_at"""

_LOCAL_DAY = f"CAST((a.decided_at + coalesce(z.offset_us, 0)) // {_DAY} AS INTEGER)"

_TIES = """
    SELECT a.seq, row_number() OVER (ORDER BY a.enrolment, a.message) AS place
    FROM arrivals AS a
    SEMI JOIN tied AS t ON t.seq = a.seq
    ORDER BY a.seq
"""


class Capping:
    """Gives every message whose turn has come a row of `folded(seq, rule)`: -1, or which rule is full."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, nodes: Sequence[MessageNode], caps: Mapping[str, Cap]
    ) -> None:
        self._connection = connection
        connection.execute("CREATE OR REPLACE TEMP TABLE folded (seq INTEGER, rule SMALLINT)")
        self.rules = lay_rules(connection, nodes, caps)
        self._zones = any(each.calendar for each in self.rules)

    def fold(self, ready: str | None) -> None:
        """Judges the messages that `ready(message)` names; all that have no row yet where it is None."""
        which = (
            f"SEMI JOIN ({ready}) AS r ON r.message = a.message"
            if ready
            else "ANTI JOIN folded AS f ON f.seq = a.seq"
        )
        self._connection.execute(_READY.format(which=which))
        if self.rules:
            self._fold()
        self._connection.execute(
            "INSERT INTO folded SELECT t.seq, -1 AS rule FROM turn_come AS t ANTI JOIN folded AS f ON f.seq = t.seq"
        )
        self._connection.execute("DROP TABLE turn_come; DROP TABLE IF EXISTS turn_people")

    def _fold(self) -> None:
        import numpy as np

        when = {
            "local_day": _LOCAL_DAY if self._zones else "CAST(0 AS INTEGER)",
            "zones": _ZONES if self._zones else "",
        }
        messages = columns_of(self._connection, _CANDIDATES.format(**when))
        self._connection.execute(_PEOPLE)
        before = columns_of(self._connection, _SENT_BEFORE)
        accepted = columns_of(self._connection, _ACCEPTED.format(**when))
        past = {name: np.concatenate([before[name], accepted[name]]) for name in before}
        if not len(messages["seq"]):
            return
        columns = {name: np.concatenate([past[name], messages[name]]) for name in past}
        seq = np.concatenate([np.full(len(past["code"]), -1, dtype=np.int32), messages["seq"]])
        order = self._order(columns["code"], columns["moment"], seq, messages, len(past["code"]))
        takes = np.concatenate([np.ones(len(past["code"]), dtype=bool), messages["takes_place"]])
        stream = Stream(
            person=columns["code"][order],
            moment=columns["moment"][order],
            local_day=columns["local_day"][order],
            kind=columns["kind"][order],
            takes_place=takes[order],
            is_past=(seq < 0)[order],
        )
        broken = fold(stream, self.rules)
        dropped = broken >= 0
        self._keep(seq[order][dropped], broken[dropped])

    def _order(
        self,
        code: np.ndarray,
        moment: np.ndarray,
        seq: np.ndarray,
        messages: Mapping[str, np.ndarray],
        known: int,
    ) -> np.ndarray:
        """By person, instant, what is past first, depth, turn, enrolment."""
        import numpy as np

        key = _packed(code, moment, seq >= 0)
        if key is None:
            order = np.lexsort((seq >= 0, moment, code))
            later = order[1:]
            same = (code[later] == code[order[:-1]]) & (moment[later] == moment[order[:-1]])
        else:
            order = np.argsort(key)
            same = np.diff(key[order]) == 0
        tied = np.zeros(len(order), dtype=bool)
        tied[1:] |= same
        tied[:-1] |= same
        tied &= seq[order] >= 0
        places = np.flatnonzero(tied)
        if not len(places):
            return order
        rows = order[places]
        enrolment = self._enrolment_places(seq[rows])
        depth, turn = messages["depth"][rows - known], messages["turn"][rows - known]
        order[places] = rows[np.lexsort((enrolment, turn, depth, moment[rows], code[rows]))]
        return order

    def _enrolment_places(self, seq: np.ndarray) -> np.ndarray:
        """Of each of these messages, its place in the order of enrolments."""
        import numpy as np

        self._connection.register("tied", pa.table({"seq": seq}))
        found = columns_of(self._connection, _TIES)
        self._connection.unregister("tied")
        return found["place"][np.searchsorted(found["seq"], seq)]

    def _keep(self, seq: np.ndarray, rule: np.ndarray) -> None:
        self._connection.register("dropped", pa.table({"seq": seq, "rule": rule}))
        self._connection.execute("INSERT INTO folded SELECT seq, rule FROM dropped")
        self._connection.unregister("dropped")


def _packed(code: np.ndarray, moment: np.ndarray, is_message: np.ndarray) -> np.ndarray | None:
    """Person, instant and whether it is past as one number, which sorts several times as fast as three do; None where
    64 bits don't hold them."""
    import numpy as np

    first, last = int(moment.min()), int(moment.max())
    bits = (last - first).bit_length() + 1
    if bits + int(code.max()).bit_length() > 64:
        return None
    key = code.astype(np.uint64) << np.uint64(bits)
    key |= (moment - first).astype(np.uint64) << np.uint64(1)
    return key | is_message.astype(np.uint64)
