"""What a destination holds from us, row by row, and the marks that make a look at it cheap.

The truth is `lake/syncs/*/held.parquet`: a base and the changes since. Beside it lies a file of marks, DuckDB's own
hashes of each row's key and fields as they were planned: it may be lost or belong to another DuckDB, and then every row
is compared by its md5 instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

from activation.syncs.history import History
from kith.durable import write_durably
from kith.errors import KithError
from kith.lake import Home
from kith.warehouse import Warehouse, literal

GONE, DUPLICATE = "gone", "duplicate"


def lay_held(warehouse: Warehouse, history: History, target: str, asked: str | None = None) -> None:
    """Leave the table `held` (row_key, row_hash, refused_hash, remote_id), one row a key.

    `asked`: a relation; only keys whose place is there.
    """
    files = _files(history, target)
    only = f"WHERE hash(row_key) IN (SELECT place FROM {asked})" if asked else ""
    selects = [
        f"SELECT *, {turn} AS turn FROM read_parquet({literal(file)}) {only}"
        for turn, file in enumerate(files)
    ]
    if not selects:
        select = _NOTHING
    elif len(selects) == 1:
        select = f"SELECT * EXCLUDE (turn) FROM ({selects[0]})"
    else:
        select = _LAST.format(turns=" UNION ALL ".join(selects))
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP TABLE held AS {select}")


def is_more_than_sent(warehouse: Warehouse, history: History, target: str) -> bool:
    """Whether the lake knows more of any row than what was sent: an id there, or that it was refused. The statistics
    of the files mostly answer it."""
    files = _files(history, target)
    return bool(files) and warehouse.value(
        f"SELECT count(*) FROM read_parquet({files}) WHERE refused_hash IS NOT NULL OR remote_id <> ''"
    )


def lay_held_keys(warehouse: Warehouse, history: History, target: str, asked: str) -> None:
    """Leave the table `held` with the keys whose place is in `asked`; only where `is_more_than_sent` is false."""
    files = _files(history, target)
    keys = (
        f"SELECT DISTINCT row_key FROM read_parquet({files})" if files else "SELECT '' AS row_key WHERE FALSE"
    )
    where = f"WHERE hash(row_key) IN (SELECT place FROM {asked})" if files else ""
    warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE held AS
        SELECT row_key, '' AS row_hash, CAST(NULL AS VARCHAR) AS refused_hash, '' AS remote_id FROM ({keys} {where})"""
    )


def _files(history: History, target: str) -> list[str]:
    return [str(each.table("held")) for each in history.held(target)]


_LAST = """
    SELECT row_key, last.row_hash AS row_hash, last.refused_hash AS refused_hash, last.remote_id AS remote_id
    FROM (
        SELECT row_key, arg_max(struct_pack(row_hash, refused_hash, remote_id), turn) AS last
        FROM ({turns}) GROUP BY row_key
    )
    WHERE last.row_hash IS NOT NULL OR last.refused_hash IS NOT NULL"""

_NOTHING = """
    SELECT '' AS row_key, '' AS row_hash, '' AS refused_hash, '' AS remote_id WHERE FALSE"""


@dataclass(frozen=True)
class Marks:
    """The file of marks of one target: `place` and rows_sql.MARK, one row per row of the source as it was last looked
    at."""

    folder: Path
    target: str

    @classmethod
    def of(cls, home: Home, target: str) -> Marks:
        return cls(home.root / "syncs", target)

    def present(self, warehouse: Warehouse, history: History, expression: str) -> Path | None:
        """The file, if it speaks of what the lake says and this DuckDB can compare with it."""
        try:
            told = json.loads(self._note.read_bytes())
        except (OSError, ValueError):
            return None
        held = history.held(self.target)
        here = {"seal": _seal(warehouse, expression), "commit": held[-1].name if held else ""}
        file = self.folder / str(told.get("file", ""))
        return file if {name: told.get(name) for name in here} == here and file.is_file() else None

    def fresh(self, run_id: str) -> Path:
        """Where a run writes the next file; it counts from `adopt` on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{self.target}-{run_id}.parquet"

    def adopt(self, warehouse: Warehouse, file: Path, commit: str, expression: str) -> None:
        """From now on this file speaks of what the lake says as of `commit`; older ones go."""
        if not file.is_file():
            return
        note = {"file": file.name, "commit": commit, "seal": _seal(warehouse, expression)}
        write_durably(self._note, json.dumps(note).encode())
        for other in self.folder.glob(f"{self.target}-*.parquet"):
            if other != file:
                other.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.folder / f"{self.target}.json"


def _seal(warehouse: Warehouse, expression: str) -> str:
    """Whatever makes marks incomparable: the engine's version, the expression."""
    version = warehouse.value("SELECT version()")
    if not version:
        raise KithError("DuckDB doesn't say its version")
    return md5(f"{version};{expression}".encode(), usedforsecurity=False).hexdigest()
