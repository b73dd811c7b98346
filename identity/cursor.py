"""What of the event log was counted, so that each row counts exactly once.

A run counts the rows with `effective_at` before its `as_of`. The next one counts what landed since, and of
the commits that held rows for later, those that have fallen due. A log that changed below what was counted
(erasure rewrites commits) is counted anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from pathlib import Path
from typing import Any

from kith.lake import Home
from kith.lake.commit_folder import EMPTY
from kith.times import parse_instant, to_utc_naive
from kith.warehouse import Warehouse, literal


@dataclass(frozen=True)
class Cursor:
    """Everything up to commit `last` with `effective_at` before `as_of` was counted; `pending` commits hold
    more; `digest` tells the files of all commits up to `last`."""

    as_of: datetime
    last: str
    pending: tuple[str, ...]
    digest: str

    def to_meta(self) -> dict[str, Any]:
        return {"last": self.last, "pending": list(self.pending), "digest": self.digest}


def read_cursor(meta: Mapping[str, Any]) -> Cursor | None:
    """The cursor in a commit's meta; None if it has none."""
    told = meta.get("cursor")
    if not told:
        return None
    as_of = parse_instant(str(meta["as_of"]))
    return Cursor(as_of, told["last"], tuple(told["pending"]), told["digest"])


def is_sound(home: Home, cursor: Cursor, as_of: datetime) -> bool:
    """Whether what was counted is still what lies there, and time has not run backwards."""
    return as_of >= cursor.as_of and _digest(home, cursor.last) == cursor.digest


def lay_fresh(warehouse: Warehouse, home: Home, since: Cursor | None, as_of: datetime) -> Cursor:
    """Leave the view `fresh_events` of the rows that count before `as_of` and were not counted; answers the
    cursor behind them."""
    names = _names(home)
    seen = since.last if since else EMPTY
    fresh = [name for name in names if name > seen]
    pending = list(since.pending) if since else []
    moment = _instant(as_of)
    parts = [f"SELECT * FROM {_files(home, fresh)} WHERE effective_at < {moment}"]
    if since and pending:
        parts.append(
            f"SELECT * FROM {_files(home, pending)}"
            f" WHERE effective_at >= {_instant(since.as_of)} AND effective_at < {moment}"
        )
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW fresh_events AS {' UNION ALL BY NAME '.join(parts)}"
    )
    later = warehouse.connection.execute(f"""
        SELECT DISTINCT regexp_extract(filename, '/lake/events/([0-9]+)/', 1)
        FROM {_files(home, [*fresh, *pending], "filename = true, ")} WHERE effective_at >= {moment}
    """).fetchall()
    last = names[-1] if names else EMPTY
    return Cursor(as_of, last, tuple(sorted(name for (name,) in later)), _digest(home, last))


def _names(home: Home) -> list[str]:
    folder = home.lake / "events"
    return sorted(path.name for path in folder.iterdir() if path.name != EMPTY) if folder.is_dir() else []


def _files(home: Home, names: list[str], options: str = "") -> str:
    """The rows of some commits; none of them is the empty one of `kith init`."""
    patterns = ", ".join(
        literal(str(home.lake / "events" / name / "*" / "*.parquet")) for name in names or [EMPTY]
    )
    return f"read_parquet([{patterns}], {options}hive_partitioning = false)"


def _digest(home: Home, last: str) -> str:
    """Names and sizes of all files up to a commit; nothing of them is opened."""
    told = [
        f"{path.relative_to(home.lake)} {path.stat().st_size}"
        for name in _names(home)
        if name <= last
        for path in sorted(Path(home.lake / "events" / name).rglob("*.parquet"))
    ]
    return md5("\n".join(told).encode(), usedforsecurity=False).hexdigest()


def _instant(moment: datetime) -> str:
    return f"TIMESTAMP {literal(str(to_utc_naive(moment)))}"
