"""Verdicts on batches, and how they reach the lake room `quality`.

A verdict travels inside what it judged (the meta of the events commit, or the held batch's verdict.json), so
it appears with it in one rename. `record` then writes the rows of every verdict that the room does not have
yet: a crash in between only delays them to the next call.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from ingestion.tables import CHECKS_SCHEMA, FATES_SCHEMA
from kith.ids import stable_id
from kith.lake import Home, commit, commits
from kith.times import format_instant, parse_instant, to_utc_naive

VERDICT = "verdict.json"


@dataclass(frozen=True)
class Check:
    """One check of a batch: what was seen, what was asked, and whether failing it holds the batch."""

    name: str
    is_passed: bool
    is_blocking: bool
    observed: Mapping[str, Any]
    expected: Mapping[str, Any]


@dataclass(frozen=True)
class Fate:
    """What became of some rows of a batch, and why: `set_aside` whole, or landed `corrected`."""

    fate: str
    reason: str
    field: str
    rows: int


@dataclass(frozen=True)
class Verdict:
    """What was found of one batch. Rows in = rows landed + rows set aside; a held batch lands none."""

    batch_id: str
    source: str
    rows_in: int
    rows_passed: int
    at: datetime
    checks: tuple[Check, ...]
    fates: tuple[Fate, ...] = ()

    @property
    def is_passed(self) -> bool:
        """No blocking check failed."""
        return all(check.is_passed or not check.is_blocking for check in self.checks)

    @property
    def rows_landed(self) -> int:
        return self.rows_passed if self.is_passed else 0

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed, blocking or not."""
        return tuple(check for check in self.checks if not check.is_passed)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": format_instant(self.at)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Verdict:
        checks = tuple(Check(**each) for each in found["checks"])
        fates = tuple(Fate(**each) for each in found.get("fates", ()))
        return cls(**{**found, "at": parse_instant(found["at"]), "checks": checks, "fates": fates})


def fates_of(rows: pa.Table, corrected: Mapping[str, int] | None = None) -> tuple[Fate, ...]:
    """The fates of a batch: its rows set aside (columns `reason` and `field`) and how many were corrected how."""
    told = zip(rows["reason"].to_pylist(), rows["field"].to_pylist(), strict=True)
    aside = Counter((reason, field or "") for reason, field in told)
    return tuple(
        [Fate("set_aside", reason, field, count) for (reason, field), count in sorted(aside.items())]
        + [
            Fate("corrected", reason, "", count)
            for reason, count in sorted((corrected or {}).items())
            if count
        ]
    )


def reasons(verdict: Verdict) -> str:
    """Why a batch is held, in one clause."""
    failed = [check for check in verdict.checks if check.is_blocking and not check.is_passed]
    return "; ".join(
        f"{check.name} saw {_short(check.observed)}, asked {_short(check.expected)}" for check in failed
    )


def record(home: Home) -> int:
    """Write the verdicts that the lake does not have yet; answers how many."""
    known = {batch for each in commits(home, "quality") for batch in each.meta.get("batches", [])}
    fresh = [verdict for verdict in _standing(home) if verdict.batch_id not in known]
    if fresh:
        with commit(home, "quality", {"batches": [verdict.batch_id for verdict in fresh]}) as writer:
            rows = [row for verdict in fresh for row in _rows(verdict)]
            writer.write("checks", pa.Table.from_pylist(rows, schema=CHECKS_SCHEMA))
            fates = [row for verdict in fresh for row in _fate_rows(verdict)]
            writer.write("fates", pa.Table.from_pylist(fates, schema=FATES_SCHEMA))
    return len(fresh)


def _standing(home: Home) -> Iterator[Verdict]:
    for each in commits(home, "events"):
        yield from (Verdict.from_json(found) for found in each.meta.get("verdicts", []))
    for path in sorted(home.held.glob(f"*/{VERDICT}")):
        yield Verdict.from_json(json.loads(path.read_text(encoding="utf-8"))["verdict"])


def _rows(verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {
            "check_id": stable_id(verdict.batch_id, check.name),
            "batch_id": verdict.batch_id,
            "source": verdict.source,
            "check_name": check.name,
            "is_passed": check.is_passed,
            "is_blocking": check.is_blocking,
            "observed": json.dumps(check.observed, default=str),
            "expected": json.dumps(check.expected, default=str),
            "rows_in": verdict.rows_in,
            "rows_landed": verdict.rows_landed,
            "rows_set_aside": verdict.rows_in - verdict.rows_landed,
            "at": to_utc_naive(verdict.at),
        }
        for check in verdict.checks
    ]


def _fate_rows(verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {
            "fate_id": stable_id(verdict.batch_id, each.fate, each.reason, each.field),
            "batch_id": verdict.batch_id,
            "source": verdict.source,
            "fate": each.fate,
            "reason": each.reason,
            "field": each.field,
            "row_count": each.rows,
            "at": to_utc_naive(verdict.at),
        }
        for each in verdict.fates
    ]


def _short(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in values.items()
    )
