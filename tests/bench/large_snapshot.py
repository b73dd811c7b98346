"""A published snapshot of ten million events and a million profiles, made by SQL out of a small one.

The small one comes from the platform itself, so every table has the published format, whatever it holds by then. Its
rows are laid out many times over; each copy has people, orders, sessions and messages of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from kith.lake import Home
from kith.settings import child_environment
from kith.snapshot import Snapshot, current_snapshot

PEOPLE = 1_000_000
#: A home whose snapshot is enlarged; without it a small world is made first, which takes minutes.
GIVEN = "KITH_BENCH_HOME"
SMALL = ("--people", "2000", "--days", "60", "--live-days", "2")
#: Rows to come to; what isn't named has a copy for each copy of the people, but no more than the last.
ROWS = {"events": 10_000_000, "sessions": 2_000_000, "orders": 400_000, "order_lines": 600_000}
MOST = 6_000_000
#: Columns that name somebody, or something of somebody's: another copy has others.
NAMES = frozenset(
    {
        *(
            "profile_id",
            "alias_id",
            "event_id",
            "anonymous_id",
            "user_id",
            "previous_id",
            "session_id",
            "order_id",
        ),
        *("message_id", "enrolment_id", "identifier_value", "left_value", "right_value", "email", "phone"),
        *("row_key", "address", "trigger_event_id", "entry_key"),
    }
)


def lay_large(folder: Path) -> None:
    """A home at `folder/home` whose published snapshot is the large one; the rest of the home is the small one's."""
    small = _small_home(folder)
    left_out = shutil.ignore_patterns("published", "warehouse.duckdb", "dagster", "landing")
    shutil.copytree(small, folder / "home", ignore=left_out, copy_function=_link)
    source = current_snapshot(Home(small))
    if source is None:
        raise FileNotFoundError(f"{small} has no published run")
    aim = folder / "home" / "published" / source.run_id
    aim.mkdir(parents=True)
    enlarge(source, aim)
    (aim.parent / "CURRENT").write_text(source.run_id)


def enlarge(source: Snapshot, aim: Path) -> None:
    """Every table of `source` into `aim`; those of people many times over."""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '6GB'; SET preserve_insertion_order = false; SET threads = 2")
    people = _count(connection, source.tables()["profiles"])
    copies = -(-PEOPLE // people)
    for name, path in source.tables().items():
        columns = [row[0] for row in connection.execute(f"DESCRIBE FROM {_read(path)}").fetchall()]
        target = aim / f"{name}.parquet"
        if not NAMES & set(columns):
            _copy(path, aim / path.name)
            continue
        rows = _count(connection, path)
        wanted = min(copies, max(1, -(-ROWS.get(name, MOST) // max(rows, 1))))
        spelled = ", ".join(
            f"CASE WHEN copy = 0 OR {each} IS NULL THEN {each} ELSE concat({each}, '-', copy) END AS {each}"
            for each in sorted(NAMES & set(columns))
        )
        connection.execute(
            f"COPY (SELECT * EXCLUDE (copy) REPLACE ({spelled}) FROM {_read(path)}, range({wanted}) AS c(copy))"
            f" TO '{target}' (FORMAT parquet)"
        )
    for path in source.path.iterdir():
        if path.is_file() and not (aim / path.name).exists():
            shutil.copy(path, aim / path.name)
    connection.close()


def _small_home(folder: Path) -> Path:
    if given := os.environ.get(GIVEN):
        return Path(given)
    home = folder / "small"
    kith = str(Path(sys.executable).parent / "kith")
    told = {"KITH_HOME": str(home), "SANDBOX_HOME": str(folder / "truth")}
    subprocess.run(
        [kith, "sandbox", "demo", *SMALL], env=child_environment(**told), check=True, stdout=sys.stderr
    )
    return home


def _read(path: Path) -> str:
    return f"read_parquet('{path / '**' / '*.parquet' if path.is_dir() else path}')"


def _count(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    row = connection.execute(f"SELECT count(*) FROM {_read(path)}").fetchone()
    return int(row[0]) if row else 0


def _link(source: str, target: str) -> None:
    """Parquet never changes once it is there; the state database does."""
    os.link(source, target) if source.endswith(".parquet") else shutil.copy2(source, target)


def _copy(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, target)
    else:
        shutil.copy(path, target)


if __name__ == "__main__":
    lay_large(Path(sys.argv[1]))
