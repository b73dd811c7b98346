"""Confirmations: who let which held audience pass, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.catalogue import suggestion
from activation.segments.membership.state import read_state
from activation.segments.tables import CONFIRMATION_ROOM, CONFIRMATIONS, ROOM
from kith.errors import KithError
from kith.lake import Home, commit, commits, latest_commit
from kith.log import get_logger
from kith.settings import Settings
from kith.times import from_utc_naive, to_utc_naive

log = get_logger(__name__)


@dataclass(frozen=True)
class Confirmation:
    """Of one holding. The size that was found when it was confirmed is what the next evaluation may come near."""

    segment: str
    hold: str
    found_count: int
    confirmed_by: str
    confirmed_at: datetime


def confirm(settings: Settings, segment: str, who: str, now: datetime) -> Confirmation:
    """Let a held audience pass; it takes effect with the next evaluation."""
    home = Home(settings.home)
    state = read_state(latest_commit(home, ROOM))
    held = {name: each.hold for name, each in state.standings.items() if each.hold is not None}
    if segment not in held:
        known = segment in state.standings
        problem = f"segment {segment} is not held" if known else f"there is no segment '{segment}'"
        expected = suggestion(segment, sorted(held if known else state.standings))
        raise KithError(problem, expected=expected, way_out="see 'kith segments list'")
    made = Confirmation(segment, held[segment].name, held[segment].count, who, now)
    row = {**vars(made), "confirmed_at": to_utc_naive(now)}
    with commit(home, CONFIRMATION_ROOM) as writer:
        writer.write(CONFIRMATIONS.name, pa.Table.from_pylist([row], schema=CONFIRMATIONS.schema))
    log.info("held segment confirmed", extra={"segment": segment, "by": who, "found": made.found_count})
    return made


def read_confirmations(home: Home, until: datetime | None = None) -> Mapping[str, Confirmation]:
    """Confirmations by holding, the last of each; those made after `until` aren't known."""
    found: dict[str, Confirmation] = {}
    for each in commits(home, CONFIRMATION_ROOM):
        for row in pq.read_table(each.table(CONFIRMATIONS.name)).to_pylist():
            made = Confirmation(**{**row, "confirmed_at": from_utc_naive(row["confirmed_at"])})
            if until is None or made.confirmed_at <= until:
                found[made.hold] = made
    return found
