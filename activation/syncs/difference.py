"""Which rows of a source are new, changed or gone since the destination took them.

Two looks. The first compares marks (activation/syncs/candidates.py) and lets through what differs: a few rows of ten
million. The second asks the lake about those: the keys of rows that are gone, and whatever it holds besides keys and
hashes (ids that the destination gave, rows that it refused). Without marks every row is compared by its md5.

Where nothing is left to compare (marks have told it all, or nothing was ever sent), `changes` is a view: the contents of
a million new rows are made once, as the plan is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from activation.destinations.contract import Mode, Operation
from activation.syncs.candidates import count_marks, count_source, lay_all, lay_candidates
from activation.syncs.grammar import Sync
from activation.syncs.held import DUPLICATE, GONE, is_more_than_sent, lay_held, lay_held_keys
from activation.syncs.history import History
from activation.syncs.rows_sql import MARK, PERSON, column_of, content_of, hash_of
from kith.warehouse import Warehouse

#: What each mode does with a row that is new, changed or gone. `replace` places all rows if any differs.
OPERATIONS: Mapping[Mode, Mapping[str, Operation]] = {
    Mode.INSERT: {"new": Operation.INSERT},
    Mode.UPDATE: {"new": Operation.UPDATE, "changed": Operation.UPDATE},
    Mode.UPSERT: {"new": Operation.UPSERT, "changed": Operation.UPSERT},
    Mode.MIRROR: {"new": Operation.UPSERT, "changed": Operation.UPSERT, "gone": Operation.DELETE},
    Mode.APPEND: {"new": Operation.APPEND, "changed": Operation.APPEND},
    Mode.AUDIENCE: {"new": Operation.ADD, "gone": Operation.REMOVE},
    Mode.REPLACE: dict.fromkeys(("new", "changed", "same"), Operation.PLACE),
}


@dataclass(frozen=True)
class Counts:
    """Rows of the source with a key, without one, keys that stand more than once; rows held; what became of them."""

    source: int
    without_key: int
    duplicate_keys: int
    held: int
    new: int
    changed: int
    gone: int


def lay_changes(
    warehouse: Warehouse,
    history: History,
    target: str,
    types: Mapping[str, str],
    sync: Sync,
    marks: Path | None,
) -> tuple[Counts, bool]:
    """Leave `changes`: row_key, change (new, changed, same, gone), row_hash, remote_id, content, place, the
    marks, is_duplicate, profile_id (where a consent is asked for). `same` only where the mode places all rows. Needs
    the view `source`. Answers the counts, and whether marks told which rows to look at (in the table `candidates`).
    """
    source, without_key = count_source(warehouse, sync, types)
    usable = marks if sync.mode is not Mode.REPLACE else None
    is_narrow = usable is not None and lay_candidates(warehouse, sync, types, usable, source)
    if not is_narrow:
        lay_all(warehouse, types)
    by_hash = _lay_asked(warehouse, history, target, is_narrow)
    if not _lay_told(warehouse, types, sync, is_narrow and not by_hash):
        _lay_compared(warehouse, types, sync, _BY_HASH if by_hash else _BY_MARKS)
    if usable is not None and is_narrow:
        held = count_marks(warehouse, usable)
    else:
        held = warehouse.value("SELECT count(*) FROM held WHERE row_hash IS NOT NULL")
    found = warehouse.rows(_COUNTED)[0]
    return Counts(source, without_key, held=held, **found), is_narrow


def _lay_compared(warehouse: Warehouse, types: Mapping[str, str], sync: Sync, change: str) -> None:
    warehouse.connection.execute("DROP VIEW IF EXISTS changes")
    sql = _CHANGES.format(
        content=content_of(types),
        row_hash=hash_of(types),
        change=change,
        mark=MARK,
        person=PERSON if sync.consent else _NO_TEXT,
        keeps_same=str(sync.mode is Mode.REPLACE).upper(),
    )
    warehouse.connection.execute(sql)


def _lay_told(warehouse: Warehouse, types: Mapping[str, str], sync: Sync, by_marks: bool) -> bool:
    """Leave `changes` as a view, where no row needs to be compared any more: `by_marks`, or nothing is held. A query
    may answer otherwise when it is asked again, and a key that stands twice asks for all the care there is."""
    if not by_marks and (sync.source.query is not None or warehouse.value("SELECT count(*) FROM held")):
        return False
    if not warehouse.value(_STANDS_ONCE):
        return False
    person = PERSON if sync.consent else _NO_TEXT
    change = "CASE WHEN is_new THEN 'new' ELSE 'changed' END" if by_marks else "'new'"
    rows = {"content": content_of(types), "mark": MARK}
    present = _TOLD.format(**rows, relation=_PRESENT, change=change, row_hash=hash_of(types), person=person)
    gone = _TOLD.format(**rows, relation=_gone(types), change="'gone'", row_hash=_NO_TEXT, person=_NO_TEXT)
    warehouse.connection.execute("DROP TABLE IF EXISTS changes")
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP VIEW changes AS {present} UNION ALL {gone}")
    return True


def _gone(types: Mapping[str, str]) -> str:
    """What is held, of which marks have told that it is gone, as rows of `candidates`."""
    nothing = [f"CAST(NULL AS {kind}) AS {column_of(field)}" for field, kind in types.items()]
    nothing.append(f"CAST(NULL AS UBIGINT) AS {MARK}")
    return f"(SELECT row_key, hash(row_key) AS place, {', '.join(nothing)} FROM held)"


def any_change(counts: Counts) -> bool:
    return bool(counts.new or counts.changed or counts.gone)


def _lay_asked(warehouse: Warehouse, history: History, target: str, is_narrow: bool) -> bool:
    """Leave the table `held`, of what was asked for; False where it has keys alone, of rows that are gone.

    The lake's keys are read in any case, its hashes only where it holds more than was sent: marks tell the rest.
    """
    if not is_narrow:
        lay_held(warehouse, history, target)
        return True
    says_more = is_more_than_sent(warehouse, history, target)
    only = "" if says_more else "WHERE row_key IS NULL"
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP VIEW asked AS SELECT place FROM candidates {only}")
    if says_more:
        lay_held(warehouse, history, target, asked="asked")
    else:
        lay_held_keys(warehouse, history, target, asked="asked")
    return says_more


_BY_HASH = """
    CASE
        WHEN now.row_key IS NULL THEN 'gone'
        WHEN held.row_hash IS NULL THEN 'new'
        WHEN held.row_hash <> now.row_hash THEN 'changed'
        ELSE 'same'
    END"""
_BY_MARKS = "CASE WHEN now.row_key IS NULL THEN 'gone' WHEN now.is_new THEN 'new' ELSE 'changed' END"

_NO_TEXT = "CAST(NULL AS VARCHAR)"
_PRESENT = "(SELECT * FROM candidates WHERE row_key IS NOT NULL)"
_STANDS_ONCE = f"SELECT count(*) = count(DISTINCT place) FROM {_PRESENT}"
_TOLD = """
    SELECT row_key, {change} AS change, {row_hash} AS row_hash, '' AS remote_id, {content} AS content, place, {mark},
        FALSE AS is_duplicate, {person} AS profile_id
    FROM {relation}"""

_CHANGES = f"""
    CREATE OR REPLACE TEMP TABLE changes AS
    WITH repeated AS (
        SELECT row_key FROM candidates WHERE row_key IS NOT NULL GROUP BY row_key HAVING count(*) > 1
    ),
    now AS (
        SELECT candidates.*, {{row_hash}} AS row_hash, repeated.row_key IS NOT NULL AS is_duplicate
        FROM candidates LEFT JOIN repeated ON repeated.row_key = candidates.row_key
        WHERE candidates.row_key IS NOT NULL
    ),
    compared AS (
        SELECT now.* EXCLUDE (row_key, row_hash, place, is_duplicate),
            COALESCE(now.row_key, held.row_key) AS row_key, {{change}} AS change, now.row_hash,
            COALESCE(held.remote_id, '') AS remote_id,
            COALESCE(now.place, hash(held.row_key)) AS place,
            COALESCE(now.is_duplicate, FALSE) AS is_duplicate
        FROM now
        FULL JOIN held ON held.row_key = now.row_key
        WHERE NOT COALESCE(held.refused_hash = CASE
                WHEN now.row_key IS NULL THEN '{GONE}' WHEN now.is_duplicate THEN '{DUPLICATE}' ELSE now.row_hash
            END, FALSE)
            AND NOT (now.row_key IS NULL AND held.row_hash IS NULL)
    )
    SELECT row_key, change, row_hash, remote_id, {{content}} AS content, place, {{mark}}, is_duplicate,
        {{person}} AS profile_id
    FROM compared WHERE change <> 'same' OR is_duplicate OR {{keeps_same}}"""

_COUNTED = """
    SELECT
        count(DISTINCT row_key) FILTER (is_duplicate) AS duplicate_keys,
        count(*) FILTER (change = 'new' AND NOT is_duplicate) AS new,
        count(*) FILTER (change = 'changed' AND NOT is_duplicate) AS changed,
        count(*) FILTER (change = 'gone') AS gone
    FROM changes"""
