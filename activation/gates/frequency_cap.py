"""Frequency caps: at most so many messages in a window, over everything planned or sent before.

Caps interact (a message that one cap drops leaves room under another), so each person's messages are folded
in order. The fold takes the k-th message of everybody at once: as many rounds as the busiest person has.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from activation.contract import Reason
from activation.gates._caps import Cap, Limit
from activation.gates.contract import Gate, PlanView

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_LONG_AGO = -(2**62)


_STREAM = """
    -- One row per past send and per candidate that every other gate lets through (holdout people are judged
    -- too, but take no place), in the order in which each person's messages are decided.
    WITH judged AS (
        SELECT c.* FROM candidates AS c
        ANTI JOIN (SELECT message_id FROM refusals WHERE reason <> 'holdout') AS r
          ON r.message_id = c.message_id
        WHERE NOT c.is_transactional
    ),
    stream AS (
        SELECT message_id, profile_id, channel, purpose, epoch_us(decided_at) AS moment,
               true AS is_candidate, NOT is_holdout AS takes_place,
               depth, priority, journey, step_id, enrolment_id
        FROM judged
        UNION ALL
        SELECT '' AS message_id, profile_id, channel, purpose, epoch_us(sent_at) AS moment,
               false AS is_candidate, true AS takes_place,
               0 AS depth, 0 AS priority, '' AS journey, '' AS step_id, '' AS enrolment_id
        FROM past_sends
        SEMI JOIN judged ON judged.profile_id = past_sends.profile_id
    )
    SELECT message_id, moment, is_candidate, takes_place, purpose, channel, journey,
           dense_rank() OVER (ORDER BY profile_id) - 1 AS person,
           row_number() OVER (
               PARTITION BY profile_id
               ORDER BY moment, is_candidate, depth, priority, journey, step_id, enrolment_id, message_id
           ) AS turn
    FROM stream
    ORDER BY turn, person
"""


def fold(stream: pa.Table, caps: Sequence[Cap], obeys: Mapping[str, frozenset[str]]) -> pa.Table:
    """Judges a stream (columns of _STREAM, by turn and person); answers (message_id, detail) of refusals.

    `obeys` names the caps that bind each journey. Memory: a ring of `at_most` instants per person and limit.
    """
    import numpy as np
    import pyarrow as pa

    rings = [_Ring(cap, limit, stream, obeys) for cap in caps for limit in cap.limits]
    turn, person = stream["turn"].to_numpy(), stream["person"].to_numpy()
    moment, takes = stream["moment"].to_numpy(), stream["takes_place"].to_numpy()
    broken = np.full(stream.num_rows, -1, dtype=np.int64)
    edges = np.flatnonzero(np.diff(turn, prepend=0)).tolist()
    for start, end in itertools.pairwise([*edges, stream.num_rows]):
        rows = slice(start, end)
        verdict = broken[rows]
        for index in reversed(range(len(rings))):  # so that the first limit that is full gives the reason
            verdict[rings[index].is_full(rows, person[rows], moment[rows])] = index
        for ring in rings:
            ring.take(rows, takes[rows] & (verdict < 0), person[rows], moment[rows])
    hits = np.flatnonzero(broken >= 0)
    details = pa.array([rings[broken[row]].detail for row in hits], pa.string())
    return pa.table({"message_id": stream["message_id"].take(pa.array(hits, pa.int64())), "detail": details})


class _Ring:
    """The last `at_most` instants of each person under one limit."""

    def __init__(self, cap: Cap, limit: Limit, stream: pa.Table, obeys: Mapping[str, frozenset[str]]) -> None:
        import numpy as np

        persons = stream["person"].to_numpy()
        size = (int(persons.max()) + 1 if len(persons) else 0, limit.at_most)
        self.detail = f"{cap.name}: at most {limit.at_most} per {limit.per}"
        self._width, self._places = limit.microseconds, limit.at_most
        self._instants = np.full(size, _LONG_AGO, dtype=np.int64)
        self._oldest = np.zeros(size[0], dtype=np.int64)
        (purpose, purposes), (channel, channels) = _coded(stream["purpose"]), _coded(stream["channel"])
        (journey, journeys) = _coded(stream["journey"])
        counts = [[cap.counts(each, other) for other in channels] for each in purposes]
        binds = [cap.name in obeys.get(each, ()) for each in journeys]
        self._counts = np.array(counts, dtype=bool).reshape(len(purposes), len(channels))[purpose, channel]
        self._binds = self._counts & np.array(binds, dtype=bool)[journey]

    def is_full(self, rows: slice, who: np.ndarray, when: np.ndarray) -> np.ndarray:
        oldest = self._instants[who, self._oldest[who]]
        return self._binds[rows] & (oldest > when - self._width)

    def take(self, rows: slice, takes: np.ndarray, who: np.ndarray, when: np.ndarray) -> None:
        takers = takes & self._counts[rows]
        people = who[takers]
        self._instants[people, self._oldest[people]] = when[takers]
        self._oldest[people] = (self._oldest[people] + 1) % self._places


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """A text column as numbers into its few different values."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


class FrequencyCap(Gate):
    """Comes last: only messages that every other gate lets through take a place."""

    reason = Reason.FREQUENCY_CAP
    plan_order = 60

    def refusals(self, view: PlanView) -> str:
        stream = view.connection.execute(_STREAM).to_arrow_table()
        view.connection.register("cap_refusals", fold(stream, view.caps, view.obeys))
        return "SELECT message_id, detail FROM cap_refusals"


plugin = FrequencyCap()
