"""What a destination holds from us, row by row, and the marks that make a look at it cheap.

The truth is `lake/syncs/*/held.parquet`: a base and the changes since. Beside it lies a file of marks, DuckDB's own
64-bit hashes of each accepted row's key and fields: it may be lost or belong to another DuckDB, and then every row is
compared by its md5 instead.
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


def lay_held(warehouse: Warehouse, history: History, target: str, restricted: bool) -> None:
    """Leave the table `held` (row_key, row_hash, refused_hash, remote_id), one row a key.

    `restricted`: only keys whose place is in the table `asked`.
    """
    files = [each.table("held") for each in history.held(target)]
    if not files:
        warehouse.connection.execute(_NOTHING)
        return
    only = "WHERE hash(row_key) IN (SELECT place FROM asked)" if restricted else ""
    selects = [
        f"SELECT *, {turn} AS turn FROM read_parquet({literal(str(file))}) {only}"
        for turn, file in enumerate(files)
    ]
    if len(selects) == 1:
        warehouse.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE held AS SELECT * EXCLUDE (turn) FROM ({selects[0]})"
        )
        return
    warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE held AS
        SELECT row_key, last.row_hash AS row_hash, last.refused_hash AS refused_hash, last.remote_id AS remote_id
        FROM (
            SELECT row_key, arg_max(struct_pack(row_hash, refused_hash, remote_id), turn) AS last
            FROM ({" UNION ALL ".join(selects)}) GROUP BY row_key
        )
        WHERE last.row_hash IS NOT NULL OR last.refused_hash IS NOT NULL"""
    )


_NOTHING = """
    CREATE OR REPLACE TEMP TABLE held
    (row_key VARCHAR, row_hash VARCHAR, refused_hash VARCHAR, remote_id VARCHAR)"""


@dataclass(frozen=True)
class Marks:
    """The file of marks of one target: columns `place` and `mark`, one row per row that the destination took."""

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
