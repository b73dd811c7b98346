"""How far a run is, batch by batch, in the state database: a durable mark before a push, the answer after it.

    (not here) ─mark─► sending ─settle─► done, or waiting for another try, or split into halves

A killed run leaves at most `in_flight` batches `sending`: whether they took effect nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.destinations.contract import Status, Verdict
from activation.syncs.schema import BATCHES
from kith.ids import stable_id
from kith.state import StateDatabase

SENDING, WAITING, DONE, SPLIT = "sending", "waiting", "done", "split"
Name = tuple[int, str]  # number, part


@dataclass(frozen=True)
class Standing:
    """One batch, or a part of one. `places` are positions in the plan; empty: all of the batch.

    `verdicts` are its answers by place in the batch, and `of_all` that of the rest, once it is done.
    """

    run_id: str
    number: int
    part: str = ""
    state: str = WAITING
    attempts: int = 0
    is_uncertain: bool = False
    token: str = ""
    places: tuple[int, ...] = ()
    of_all: Verdict | None = None
    verdicts: Mapping[int, Verdict] | None = None

    @property
    def name(self) -> Name:
        return self.number, self.part

    @property
    def batch_id(self) -> str:
        return stable_id(self.run_id, str(self.number), self.part)

    def marked(self) -> Standing:
        return replace(self, state=SENDING, attempts=self.attempts + 1)


class Progress:
    """The batches of one run."""

    def __init__(self, database: StateDatabase, run_id: str) -> None:
        self.database, self.run_id = database, run_id

    def load(self) -> dict[Name, Standing]:
        """Every batch that was ever marked."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(BATCHES).where(BATCHES.c.run_id == self.run_id)).all()
        return {(row.number, row.part): _standing(row) for row in rows}

    def write(self, settled: Iterable[Standing], marked: Iterable[Standing]) -> None:
        """Answers and marks in one transaction, the answers first: a batch may be settled and marked anew at once."""
        rows = {each.name: each for each in [*settled, *marked]}
        if not rows:
            return
        with self.database.begin() as connection:
            _upsert(connection, list(rows.values()))

    def note(self, standing: Standing, token: str) -> None:
        """Keep what a destination calls this batch."""
        with self.database.begin() as connection:
            connection.execute(
                BATCHES.update()
                .where(BATCHES.c.run_id == self.run_id)
                .where(BATCHES.c.number == standing.number, BATCHES.c.part == standing.part)
                .values(token=token)
            )

    def forget(self) -> None:
        """The run is finished, and the lake has all of it."""
        with self.database.begin() as connection:
            connection.execute(BATCHES.delete().where(BATCHES.c.run_id == self.run_id))


def _upsert(connection: Connection, standings: Sequence[Standing]) -> None:
    connection.execute(_statement(connection.dialect.name), [_row(each) for each in standings])


@cache
def _statement(dialect: str) -> Any:
    """Made once: a run writes hundreds of times."""
    from sqlalchemy.dialects import postgresql, sqlite

    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    insert = make(BATCHES)
    excluded = insert.excluded
    changed = {
        name: excluded[name] for name in ("state", "attempts", "is_uncertain", "token", "places", "verdicts")
    }
    return insert.on_conflict_do_update(index_elements=["run_id", "number", "part"], set_=changed)


def _row(standing: Standing) -> dict[str, Any]:
    return {
        "run_id": standing.run_id,
        "number": standing.number,
        "part": standing.part,
        "state": standing.state,
        "attempts": standing.attempts,
        "is_uncertain": standing.is_uncertain,
        "token": standing.token,
        "places": json.dumps(standing.places) if standing.places else "",
        "verdicts": _told(standing),
    }


def _told(standing: Standing) -> str:
    if standing.of_all is None:
        return ""
    rows = {str(place): _list(verdict) for place, verdict in (standing.verdicts or {}).items()}
    return json.dumps({"all": _list(standing.of_all), "rows": rows}, separators=(",", ":"))


def _list(verdict: Verdict) -> list[str]:
    return [verdict.status.value, verdict.detail, verdict.provider_code, verdict.remote_id]


def _verdict(told: Sequence[str]) -> Verdict:
    return Verdict(Status(told[0]), *told[1:])


def _standing(row: Any) -> Standing:
    told = json.loads(row.verdicts) if row.verdicts else None
    return Standing(
        run_id=row.run_id,
        number=row.number,
        part=row.part,
        state=row.state,
        attempts=row.attempts,
        is_uncertain=row.is_uncertain,
        token=row.token,
        places=tuple(json.loads(row.places)) if row.places else (),
        of_all=_verdict(told["all"]) if told else None,
        verdicts={int(place): _verdict(each) for place, each in told["rows"].items()} if told else None,
    )
