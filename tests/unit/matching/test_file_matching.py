"""A file matched: what is found, what the matcher sees, what errors say."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from identity.commands import identity
from identity.matching import file_matching
from identity.matching.mapping import load_mapping
from kith.errors import KithError, UsageError
from tests.unit.matching.people import MAPPING, people, write_csv, write_mapping


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    return write_mapping(tmp_path / "people.yml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "people.csv", people(150))


def test_match__finds_most_who_were_written_down_twice(file: Path, mapping: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "rows.parquet"
    call = ["match", str(file), "--mapping", str(mapping), "--truth", "key", "--output", str(output)]
    answer = CliRunner().invoke(identity, [*call, "--format", "json"])
    found = json.loads(answer.stdout)
    assert found["f1"] >= 0.95, answer.stderr
    assert found["threshold"] == 0.5
    assert found["withheld"] == ["key"]
    assert (
        found["pairs"]
        == len(found["matches"])
        == pq.read_table(output.with_suffix(".pairs.parquet")).num_rows
    )
    assert pq.read_table(output).num_rows == found["rows"]
    assert "scoring pairs" in answer.stderr
    assert {"left_row", "right_row", "score", "reason"} == set(found["matches"][0])
    # Once more, and every digit is the same.
    assert CliRunner().invoke(identity, [*call, "--format", "json"]).stdout == answer.stdout


def test_match__links_two_files_across(mapping: Path, tmp_path: Path) -> None:
    rows = people(150)
    left, right = tmp_path / "left.csv", tmp_path / "right.parquet"
    write_csv(left, rows[:150])
    pq.write_table(pa.Table.from_pylist(rows[150:]), right)
    mapping.write_text(MAPPING + "relation: one_to_one\n")
    found = file_matching.match_files([left, right], load_mapping(str(mapping)), "key")
    assert found.quality is not None
    assert found.quality.true_pairs == len(rows) - 150
    assert (found.quality.f1 or 0) >= 0.95
    assert found.matching.largest_cluster == 2
    # One of the left, one of the right in each pair.
    assert (
        max(found.matching.pairs["left_row"].to_pylist())
        < 150
        <= min(found.matching.pairs["right_row"].to_pylist())
    )


def test_match__the_matcher_never_sees_the_truth(
    tmp_path: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value of a withheld column begins with a mark; no table that the matcher has may hold the mark."""
    rows = [{**row, "key": f"TRUTH{row['key']}", "town": f"TRUTH{row['town']}"} for row in people(60)]
    seen: list[str] = []
    score = file_matching.match_records

    def spied(records: list[pa.Table], *rest: object) -> object:
        from identity.matching import matcher

        inner = matcher.score_pairs

        def watched(database: duckdb.DuckDBPyConnection, *more: object) -> str:
            version = inner(database, *more)  # pyright: ignore[reportArgumentType]
            for (table,) in database.execute("SELECT table_name FROM information_schema.tables").fetchall():
                seen.append(str(database.execute(f'SELECT * FROM "{table}"').fetchall()).upper())
            return version

        monkeypatch.setattr(matcher, "score_pairs", watched)
        return score(records, *rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(file_matching, "match_records", spied)
    file = write_csv(tmp_path / "people.csv", rows)
    found = file_matching.match_files([file], load_mapping(str(mapping)), "key || town")
    assert found.withheld == ("key", "town")
    assert found.quality is not None
    assert seen
    assert "ANNA" in "".join(seen)
    assert "TRUTH" not in "".join(seen)


def test_match__the_truth_changes_nothing_but_the_figures(file: Path, mapping: Path) -> None:
    with_truth = file_matching.match_files([file], load_mapping(str(mapping)), "key").matching
    without = file_matching.match_files([file], load_mapping(str(mapping))).matching
    assert with_truth.pairs.equals(without.pairs)
    assert with_truth.model_version == without.model_version


def test_match__a_higher_threshold_joins_fewer(file: Path, mapping: Path) -> None:
    strict = file_matching.match_files([file], load_mapping(str(mapping)), "key", 0.999999)
    usual = file_matching.match_files([file], load_mapping(str(mapping)), "key")
    assert strict.matching.pairs.num_rows < usual.matching.pairs.num_rows


def test_match__rows_that_share_nothing_are_each_their_own(tmp_path: Path, mapping: Path) -> None:
    rows = [
        {"key": str(n), "first": f"{c * 5}", "last": f"{c * 7}", "born": "", "town": "", "mail": ""}
        for n, c in enumerate("abcdefg")
    ]
    found = file_matching.match_files(
        [write_csv(tmp_path / "p.csv", rows)], load_mapping(str(mapping)), "key"
    )
    assert found.matching.pairs.num_rows == 0
    assert found.matching.cluster_count == 0


@pytest.mark.parametrize("ending", [".jsonl", ".csv.gz"])
def test_match__other_formats_hold_the_same(file: Path, mapping: Path, ending: str, tmp_path: Path) -> None:
    other = tmp_path / f"again{ending}"
    with duckdb.connect() as database:
        database.execute(f"COPY (FROM read_csv('{file}', all_varchar = true)) TO '{other}'")
    found = file_matching.match_files([other], load_mapping(str(mapping)), "key")
    first = file_matching.match_files([file], load_mapping(str(mapping)), "key")
    assert found.matching.pairs.equals(first.matching.pairs)


def refused(files: list[Path], mapping: Path, truth: str | None = None) -> str:
    with pytest.raises(KithError) as error:
        file_matching.match_files(files, load_mapping(str(mapping)), truth)
    return str(error.value)


def test_match__errors_name_the_place_and_the_way_out(file: Path, mapping: Path, tmp_path: Path) -> None:
    empty, other, single = tmp_path / "empty.csv", tmp_path / "p.xlsx", tmp_path / "single.csv"
    empty.write_text("key,first,last,born,town,mail\n")
    other.write_text("x")
    write_csv(single, people(1)[:1])
    assert "empty.csv: holds no rows" in refused([empty], mapping)
    assert "p.xlsx: is of no kind" in refused([other], mapping)
    assert "single.csv: holds a single row" in refused([single], mapping)
    assert "none.csv: there is no such file" in refused([tmp_path / "none.csv"], mapping)
    assert "--truth: fails: " in refused([file], mapping, "no_such_function(key)")
    assert "--truth: uses every column" in refused([file], mapping, "first || last || born || town || mail")
    mapping.write_text(MAPPING.replace("  born:", "  birth:"))
    assert "has no column 'birth', which people.yml names; expected one of key, first" in refused(
        [file], mapping
    )


def test_match__a_separator_of_its_own_is_read(tmp_path: Path, mapping: Path) -> None:
    file = write_csv(tmp_path / "people.csv", people(30), separator=";")
    answer = refused([file], mapping)
    assert "has no column 'first'" in answer
    assert "say in people.yml how the file is written: csv: {delimiter: ';'}" in answer
    mapping.write_text(MAPPING + "csv: {delimiter: ';'}\n")
    assert file_matching.match_files([file], load_mapping(str(mapping))).matching.rows.num_rows > 30


def test_match__a_threshold_is_a_probability(file: Path, mapping: Path) -> None:
    answer = CliRunner().invoke(identity, ["match", str(file), "--mapping", str(mapping), "--threshold", "2"])
    assert isinstance(answer.exception, UsageError)
