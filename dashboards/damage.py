"""A published table whose file is cut off or damaged: found by the file that could not be read, told by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from kith.errors import KithError
from kith.snapshot import Snapshot


class DamagedTable(KithError):
    """A file of a published snapshot that says nothing any more."""

    def __init__(self, snapshot: Snapshot, table: str) -> None:
        self.table, self.run_id = table, snapshot.run_id
        super().__init__(
            f"the file of table {table} is cut off or damaged",
            where=f"run {snapshot.run_id}",
            way_out="`kith run` publishes every table afresh",
        )


@contextmanager
def damage_told(snapshot: Snapshot) -> Iterator[None]:
    """Raises DamagedTable for an error that a damaged file of the snapshot brought about, any other as it is."""
    try:
        yield
    except duckdb.IOException:  # a file that isn't there: the snapshot was replaced meanwhile
        raise
    except (duckdb.Error, pa.ArrowInvalid) as error:
        table = _damaged(snapshot, str(error))
        if table is None:
            raise
        raise DamagedTable(snapshot, table) from error


def _damaged(snapshot: Snapshot, problem: str) -> str | None:
    """The table whose file an error names; of those that name none the first that can't be read."""
    files = {
        file: path.stem
        for path in sorted(snapshot.path.iterdir())
        for file in ([path] if path.suffix == ".parquet" else sorted(path.rglob("*.parquet")))
    }
    named = next((table for file, table in files.items() if str(file) in problem), None)
    return named or next((table for file, table in files.items() if not _is_whole(file)), None)


def _is_whole(file: Path) -> bool:
    try:
        found = pq.ParquetFile(file)
        for number in range(found.num_row_groups):
            found.read_row_group(number)
    except (pa.ArrowException, OSError):
        return False
    return True
