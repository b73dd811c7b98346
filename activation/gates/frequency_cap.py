"""Frequency caps: at most so many messages in a window, over everything planned or sent before.

Caps interact (a message that one cap drops leaves room under another), so each person's messages are folded in
order. The fold runs over the k-th message of everybody at once: as many rounds as the busiest person has messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from activation.contract import Reason
from activation.gates.contract import Gate, PlanView
from kith.times import parse_duration

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_LONG_AGO = -(2**62)


class Limit(BaseModel):
    """`at_most: 2, per: 7d`: in each window (t - 7 d, t]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: int = Field(ge=1, le=1000)
    per: str

    @field_validator("per")
    @classmethod
    def _duration(cls, text: str) -> str:
        parse_duration(text)
        return text

    @property
    def microseconds(self) -> int:
        return int(parse_duration(self.per).total_seconds()) * 1_000_000


class Cap(BaseModel):
    """One file of definitions/caps: whom it counts for, and its limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    description: str = ""
    purpose: str = "marketing"
    channels: Literal["all"] | tuple[str, ...] = "all"
    limits: tuple[Limit, ...] = Field(min_length=1)

    def counts(self, purpose: str, channel: str) -> bool:
        """Whether a message of this purpose and channel is under the cap and takes a place in it."""
        return purpose == self.purpose and (self.channels == "all" or channel in self.channels)


_STREAM = """
    -- One row per past send and per candidate that every other gate lets through (holdout people are judged too,
    -- but take no place), in the order in which each person's messages are decided.
    WITH judged AS (
        SELECT c.* FROM candidates AS c
        ANTI JOIN (SELECT message_id FROM refusals WHERE reason <> 'holdout') AS r ON r.message_id = c.message_id
        WHERE NOT c.is_transactional
    ),
    stream AS (
        SELECT message_id, profile_id, channel, purpose, epoch_us(decided_at) AS moment, true AS is_candidate,
               NOT is_holdout AS takes_place, depth, priority, journey, step_id, enrolment_id
        FROM judged
        UNION ALL
        SELECT '' AS message_id, profile_id, channel, purpose, epoch_us(sent_at) AS moment, false AS is_candidate,
               true AS takes_place, 0 AS depth, 0 AS priority, '' AS journey, '' AS step_id, '' AS enrolment_id
        FROM past_sends
        SEMI JOIN judged ON judged.profile_id = past_sends.profile_id
    )
    SELECT message_id, moment, is_candidate, takes_place, purpose, channel,
           dense_rank() OVER (ORDER BY profile_id) - 1 AS person,
           row_number() OVER (
               PARTITION BY profile_id
               ORDER BY moment, is_candidate, depth, priority, journey, step_id, enrolment_id, message_id
           ) AS turn
    FROM stream
    ORDER BY turn, person
"""


def fold(stream: pa.Table, caps: Sequence[Cap]) -> pa.Table:
    """Judges a stream (columns of _STREAM, ordered by turn and person); answers (message_id, detail) of refusals.

    Memory: one ring of `at_most` instants per person and limit.
    """
    import numpy as np
    import pyarrow as pa

    limits = [(cap, limit) for cap in caps for limit in cap.limits]
    persons = int(stream["person"].to_numpy().max()) + 1 if stream.num_rows else 0
    rings = [np.full((persons, limit.at_most), _LONG_AGO, dtype=np.int64) for _, limit in limits]
    slots = [np.zeros(persons, dtype=np.int64) for _ in limits]
    under = _under(stream, [cap for cap, _ in limits])
    turn, person = stream["turn"].to_numpy(), stream["person"].to_numpy()
    moment, takes = stream["moment"].to_numpy(), stream["takes_place"].to_numpy()
    judged = stream["is_candidate"].to_numpy()
    broken = np.full(stream.num_rows, -1, dtype=np.int64)
    edges = np.flatnonzero(np.diff(turn, prepend=0)) if stream.num_rows else np.zeros(0, dtype=np.int64)
    for start, end in zip(edges, [*edges[1:], stream.num_rows], strict=True):
        rows = slice(int(start), int(end))
        who, when = person[rows], moment[rows]
        verdict = np.full(len(who), -1, dtype=np.int64)
        for index in range(len(limits) - 1, -1, -1):
            oldest = rings[index][who, slots[index][who]]
            full = under[index][rows] & judged[rows] & (oldest > when - limits[index][1].microseconds)
            verdict[full] = index
        broken[rows] = verdict
        for index, ring in enumerate(rings):
            takers = takes[rows] & (verdict < 0) & under[index][rows]
            _remember(ring, slots[index], who[takers], when[takers])
    hit = np.flatnonzero(broken >= 0)
    details = [f"{cap.name}: at most {limit.at_most} per {limit.per}" for cap, limit in limits]
    return pa.table(
        {
            "message_id": stream["message_id"].take(pa.array(hit)),
            "detail": pa.array([details[broken[row]] for row in hit], pa.string()),
        }
    )


def _remember(ring: np.ndarray, slot: np.ndarray, who: np.ndarray, when: np.ndarray) -> None:
    ring[who, slot[who]] = when
    slot[who] = (slot[who] + 1) % ring.shape[1]


def _under(stream: pa.Table, caps: Sequence[Cap]) -> list[np.ndarray]:
    """For each cap: which rows it counts."""
    import numpy as np

    pairs = list(zip(stream["purpose"].to_pylist(), stream["channel"].to_pylist(), strict=True))
    known = {pair: [cap.counts(*pair) for cap in caps] for pair in set(pairs)}
    table = np.array([known[pair] for pair in pairs], dtype=bool).reshape(len(pairs), len(caps))
    return list(table.T)


class FrequencyCap(Gate):
    """Comes last: only messages that every other gate lets through take a place."""

    reason = Reason.FREQUENCY_CAP
    plan_order = 60

    def refusals(self, view: PlanView) -> str:
        stream = view.connection.execute(_STREAM).to_arrow_table()
        view.connection.register("cap_refusals", fold(stream, view.caps))
        return "SELECT message_id, detail FROM cap_refusals"


plugin = FrequencyCap()
