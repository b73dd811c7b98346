"""Files in, groups and their quality out: `kith identity match`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from identity.matching.cleaning import cleaned
from identity.matching.files import check_columns, read_rows
from identity.matching.mapping import Mapping
from identity.matching.matcher import Matching, ignore, match_records
from identity.matching.model import Progress
from identity.matching.truth import Quality, entities, measure, withheld_columns
from kith.definitions import Definition
from kith.errors import KithError, UsageError


@dataclass(frozen=True)
class FileMatching:
    """What was found, the columns that were withheld, and the quality if the truth was given."""

    matching: Matching
    withheld: tuple[str, ...]
    quality: Quality | None


def match_files(
    files: Sequence[Path],
    mapping: Definition[Mapping],
    truth: str | None = None,
    threshold: float | None = None,
    progress: Progress = ignore,
) -> FileMatching:
    """Match the rows of one file with each other, or those of two files across.

    `truth` is an SQL expression over the columns. Those that it uses are left out of what the matcher is
    given, and the truth itself stays in another database.
    """
    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")
        first, withheld, body = 0, frozenset[str](), mapping.body
        records: list[pa.Table] = []
        for number, path in enumerate(files):
            progress(f"reading {path.name}")
            table = f"raw_{number}"
            names = read_rows(database, path, mapping.body, table, first)
            if truth:
                withheld = withheld_columns(database, truth, names)
                body = _without(mapping.body, withheld)
                entities(database, truth, withheld, table)
            check_columns(path, names, list(body.columns), mapping.path.name)
            records.append(database.execute(cleaned(body, table)).to_arrow_table())
            first += records[-1].num_rows
        if first < 2:
            raise KithError(
                "holds a single row", where=str(files[0]), expected="at least two rows to compare"
            )
        found = match_records(records, body, threshold, progress)
        quality = None
        if truth:
            database.register("grouped", found.rows)
            quality = measure(database, is_link=len(files) == 2)
    return FileMatching(found, tuple(sorted(withheld)), quality)


def _without(mapping: Mapping, withheld: frozenset[str]) -> Mapping:
    left = mapping.without(withheld)
    if not left.columns:
        raise UsageError(
            "uses every column of the mapping, which are then withheld",
            where="--truth",
            expected="an expression that leaves some to compare rows by",
        )
    return left
