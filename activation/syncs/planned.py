"""The rows of a plan, numbered and written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from activation.destinations.contract import REMOVALS, Operation
from activation.syncs.held import DUPLICATE
from activation.syncs.tables import HELD, OUTCOMES, PLANS
from kith.errors import KithError
from kith.lake import CommitWriter
from kith.warehouse import Warehouse, literal


def lay_planned(
    warehouse: Warehouse, operations: Mapping[str, Operation], batch_size: int
) -> Sequence[tuple[str, int, int]]:
    """Leave the views `planned` (of `changes`, with each row's operation) and `in_phases`; answers the operations with
    the position at which each begins, a multiple of the batch size, and how many rows it has."""
    cases = " ".join(
        f"WHEN {literal(change)} THEN {literal(operation.value)}" for change, operation in operations.items()
    )
    operation = f"CASE change {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW planned AS
        SELECT *, {operation} AS operation FROM changes WHERE NOT is_duplicate AND operation IS NOT NULL"""
    )
    found = warehouse.rows("SELECT operation, count(*) AS n FROM planned GROUP BY operation")
    counts = {Operation(row["operation"]): row["n"] for row in found}
    phases, first = [], 0
    for each in sorted(counts, key=lambda each: (each not in REMOVALS, each.value)):
        phases.append((each.value, first, counts[each]))
        first += -(-counts[each] // batch_size) * batch_size
    selects = [f"SELECT * FROM planned WHERE operation = {literal(name)}" for name, _first, _count in phases]
    told = " UNION ALL ".join(selects) or "SELECT * FROM planned WHERE FALSE"
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP VIEW in_phases AS {told}")
    return phases


def position_of(phases: Sequence[tuple[str, int, int]]) -> str:
    """A planned row's position by its place in the file (`file_row_number`): positions have gaps between operations,
    the file has none."""
    before, gaps = 0, []
    for name, first, count in phases:
        gaps.append(f"WHEN {literal(name)} THEN {first - before}")
        before += count
    return f"file_row_number + CASE operation {' '.join(gaps)} END" if gaps else "file_row_number"


def _check_order(warehouse: Warehouse, writer: CommitWriter, phases: Sequence[tuple[str, int, int]]) -> None:
    """A batch is read by where its rows stand in the file: each operation's must stand together, and all be there."""
    file = literal(str(writer.path / "plans.parquet"))
    found = warehouse.rows(
        f"""
        SELECT operation, min(file_row_number) AS first, max(file_row_number) + 1 AS after, count(*) AS n
        FROM read_parquet({file}, file_row_number = true) GROUP BY operation ORDER BY first"""
    )
    before, expected = 0, []
    for name, _first, count in phases:
        expected.append({"operation": name, "first": before, "after": before + count, "n": count})
        before += count
    if found != expected:
        raise KithError("DuckDB wrote the rows of a plan in another order than they were counted")


def write_plan(warehouse: Warehouse, writer: CommitWriter, phases: Sequence[tuple[str, int, int]]) -> None:
    """Both tables of a plan's commit."""
    copy_table(warehouse, writer, "plans", _PLAN, {"operation": words_of(Operation)})
    _check_order(warehouse, writer, phases)
    copy_table(warehouse, writer, "held", _SET_ASIDE)


#: A removal of an audience's member tells who it is by its key, which is all that was ever told of it.
_PLAN = """
    SELECT operation, row_key, row_hash, remote_id, profile_id,
        CASE WHEN operation = 'remove' THEN row_key ELSE COALESCE(content, '{}') END AS content
    FROM in_phases"""


#: Keys that stand more than once: in the plan's own `held`, which counts for nothing until its run is finished.
_SET_ASIDE = f"""
    SELECT row_key, CAST(NULL AS VARCHAR) AS row_hash, '{DUPLICATE}' AS refused_hash, any_value(remote_id) AS remote_id
    FROM changes WHERE is_duplicate GROUP BY row_key"""


def words_of(values: Iterable[str]) -> str:
    """The SQL type of a column that holds but these words. Parquet keeps words by their number: DuckDB needn't look a
    million of them up, and readers see text."""
    return f"ENUM({', '.join(literal(each) for each in dict.fromkeys(values))})"


def copy_table(
    warehouse: Warehouse,
    writer: CommitWriter,
    table: str,
    select: str,
    words: Mapping[str, str] | None = None,
) -> None:
    """Write a table of the room straight from DuckDB: a first sync of ten million rows doesn't fit twice into
    memory. `words`: columns of few words, with their type (`words_of`)."""
    schema = {"plans": PLANS, "outcomes": OUTCOMES, "held": HELD}[table].schema
    kinds = {"int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN", "timestamp[us]": "TIMESTAMP"}
    types = {each.name: kinds[str(each.type)] for each in schema} | dict(words or {})
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in types.items())
    file = literal(str(writer.path / f"{table}.parquet"))
    warehouse.connection.execute(
        f"COPY (SELECT {columns} FROM ({select})) TO {file} "
        f"(FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1, {_WRITTEN[table]})"
    )


#: No dictionaries but for words: keys, hashes and contents hardly repeat, and looking them up is dear. What is held is
#: read by every look, and its keys and hashes hardly compress: lz4 halves the time. A plan lives for one run and is
#: read by small groups: memory of a few megabytes is used again, a larger piece is asked of the system each time.
_WRITTEN = {
    "plans": "COMPRESSION lz4, ROW_GROUP_SIZE 8192",
    "held": "COMPRESSION lz4, ROW_GROUP_SIZE 122880",
    "outcomes": "COMPRESSION zstd, ROW_GROUP_SIZE 122880",
}
