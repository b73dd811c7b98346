"""A commit is one rename: all of it or nothing, names count up, schemas hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kith.errors import KithError
from kith.lake import Home, LakeTable, commit, commits, latest_commit
from kith.lake import tables as catalogue

WORDS = LakeTable(
    "words", "words", pa.schema([("word", pa.string()), ("length", pa.int64())]), people=("word",)
)
MORE = LakeTable("words", "more", pa.schema([("word", pa.string())]))


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "lake_tables", lambda: (WORDS, MORE))


def words(*these: str) -> pa.Table:
    return pa.table({"length": [len(word) for word in these], "word": list(these)})


def test_commit__shows_all_its_tables_at_once(home: Home) -> None:
    with commit(home, "words", meta={"why": "test"}) as writer:
        writer.write("words", words("one"))
        assert commits(home, "words") == []
    last = latest_commit(home, "words")
    assert last is not None
    assert (last.name, last.meta) == ("0000000001", {"why": "test"})
    assert pq.read_table(last.table("words")).schema.names == ["word", "length"]
    assert pq.read_table(last.table("more")).num_rows == 0


def test_commit__leaves_nothing_after_an_exception(home: Home) -> None:
    def fail_half_way() -> None:
        with commit(home, "words") as writer:
            writer.write("words", words("one"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert commits(home, "words") == []
    assert list(home.staging.iterdir()) == []


def test_commit__names_count_up(home: Home) -> None:
    for _ in range(3):
        with commit(home, "words"):
            pass
    assert [each.name for each in commits(home, "words")] == ["0000000001", "0000000002", "0000000003"]


@pytest.mark.parametrize(
    "rows", [pa.table({"word": ["a"]}), pa.table({"word": ["a"], "length": [1], "extra": [1]})]
)
def test_commit__refuses_other_columns(home: Home, rows: pa.Table) -> None:
    with pytest.raises(KithError, match="columns differ"), commit(home, "words") as writer:
        writer.write("words", rows)


def test_commit__refuses_a_table_nobody_declared(home: Home) -> None:
    with pytest.raises(KithError, match="no lake table words/verbs"), commit(home, "words") as writer:
        writer.write("verbs", words())


def test_table__refuses_a_personal_column_that_it_lacks() -> None:
    with pytest.raises(KithError, match="has no column"):
        LakeTable("words", "x", pa.schema([("word", pa.string())]), people=("who",))


def test_commit__killed_before_its_rename_leaves_no_trace(home: Home) -> None:
    program = (
        "import os, sys, pathlib\n"
        "from kith.lake import Home, commit\n"
        "import kith.lake.commit_folder as c\n"
        "c.rename_durably = lambda *a: os.kill(os.getpid(), 9)\n"
        f"with commit(Home(pathlib.Path({str(home.root)!r})), 'segments'): pass\n"
    )
    child = subprocess.run([sys.executable, "-c", program], check=False)
    assert child.returncode == -9
    assert commits(home, "segments") == []
    with commit(home, "segments"):
        pass
    assert [each.name for each in commits(home, "segments")] == ["0000000001"]


def test_commits__name_the_folder_that_is_none(home: Home) -> None:
    stray = Path(home.lake / "words" / "0000000009")
    stray.mkdir(parents=True)
    with pytest.raises(KithError, match=r"not a commit.*move the folder"):
        commits(home, "words")
    os.rmdir(stray)
