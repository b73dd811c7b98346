"""The small form into which every definition is compiled, and which alone the engine knows.

A journey has an entry, steps and an exit; a campaign is one with a single message. The form lands in DuckDB
as two tables, so that each kind of step is one statement however many journeys there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from activation.rendering.templates import Template
from kith.times import to_utc_naive

ENTRY_STEP = "entry"
EXIT_STEP = "exit"
_INSTANT = pa.timestamp("us")


@dataclass(frozen=True)
class MessageStep:
    """A step that sends. Its id is made of its kind and template, never of its position."""

    step_id: str
    template: str
    channel: str
    purpose: str
    expires_after: timedelta
    is_transactional: bool


@dataclass(frozen=True)
class Journey:
    """Entry: the members of `segment` at its first evaluation in [enter_from, enter_until), each once."""

    name: str
    version: str
    segment: str
    enter_from: datetime
    enter_until: datetime
    holdout: float
    priority: int
    caps: tuple[str, ...]
    steps: tuple[MessageStep, ...]


JOURNEYS_SCHEMA = pa.schema(
    [
        ("journey", pa.string()),
        ("journey_version", pa.string()),
        ("segment", pa.string()),
        ("enter_from", _INSTANT),
        ("enter_until", _INSTANT),
        ("holdout", pa.float64()),
        ("priority", pa.int64()),
    ]
)

MESSAGE_STEPS_SCHEMA = pa.schema(
    [
        ("journey", pa.string()),
        ("step_id", pa.string()),
        ("template", pa.string()),
        ("template_version", pa.string()),
        ("channel", pa.string()),
        ("purpose", pa.string()),
        ("expires_after", pa.int64()),  # microseconds
        ("is_transactional", pa.bool_()),
    ]
)


def journeys_table(journeys: Sequence[Journey]) -> pa.Table:
    """One row per journey."""
    rows = [
        {
            "journey": each.name,
            "journey_version": each.version,
            "segment": each.segment,
            "enter_from": to_utc_naive(each.enter_from),
            "enter_until": to_utc_naive(each.enter_until),
            "holdout": each.holdout,
            "priority": each.priority,
        }
        for each in journeys
    ]
    return pa.Table.from_pylist(rows, schema=JOURNEYS_SCHEMA)


def message_steps_table(journeys: Sequence[Journey], templates: dict[str, Template]) -> pa.Table:
    """One row per message step of any journey."""
    rows = [
        {
            "journey": journey.name,
            "step_id": step.step_id,
            "template": step.template,
            "template_version": templates[step.template].version,
            "channel": step.channel,
            "purpose": step.purpose,
            "expires_after": int(step.expires_after.total_seconds()) * 1_000_000,
            "is_transactional": step.is_transactional,
        }
        for journey in journeys
        for step in journey.steps
    ]
    return pa.Table.from_pylist(rows, schema=MESSAGE_STEPS_SCHEMA)
