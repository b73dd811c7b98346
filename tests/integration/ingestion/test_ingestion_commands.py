"""The commands as people call them: exit codes, counts on standard output, one sentence on standard error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kith.cli.main import run
from kith.clock import WallClock
from kith.lake import Home
from kith.landing import LandingLog
from kith.run import begin_run

MAPPING = """
source: shop
events:
  sale: {event: Sale, time: at, user_id: who, properties: {order_id: id, n: {column: n, as: integer}}}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "shop.yml").write_text(MAPPING)
    (tmp_path / "good.csv").write_text("id,who,at,n\n1,a,2026-01-01,1\n2,b,2026-01-01,x\n")
    bad = "".join(f"{n},p,never,1\n" for n in range(30))
    (tmp_path / "bad.csv").write_text("id,who,at,n\n1,a,2026-01-01,1\n" + bad)
    return tmp_path


def test_commands__import_hold_release_and_replay(files: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("KITH_HOME", str(files / "home"))  # not laid out yet: import does it

    def kith(*arguments: object) -> tuple[int, object, str]:
        code = run([str(each) for each in arguments] + ["--format", "json"])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else None, told.err

    mapping = files / "shop.yml"
    code, summary, _ = kith("import", files / "good.csv", "--mapping", mapping)
    assert (code, summary["rows_in"], summary["rows_landed"], summary["rows_set_aside"]) == (0, 2, 1, 1)
    code, summary, said = kith("import", files / "good.csv", "--mapping", mapping)
    assert (code, summary["rows_in"], summary["events_landed"]) == (0, 0, 0)
    assert "imported before" in said
    code, rows, _ = kith("quarantine", "list")
    assert (code, rows[0]["reason"], rows[0]["field"], rows[0]["rows"]) == (
        0,
        "not_an_integer",
        "properties.n",
        1,
    )
    code, rows, _ = kith("quarantine", "list", "--rows")
    assert (rows[0]["line"], json.loads(rows[0]["raw"])["n"]) == (3, "x")
    code, rows, _ = kith("quarantine", "replay", "--mapping", mapping)
    assert (code, rows[0]["rows_landed"], rows[0]["rows_kept"]) == (0, 0, 1)

    code, summary, said = kith("import", files / "bad.csv", "--mapping", mapping)
    assert (code, summary["rows_landed"], summary["rows_set_aside"]) == (1, 0, 31)
    assert "set_aside_share" in said
    assert "kith held" in said
    code, rows, _ = kith("held", "list")
    assert (code, rows[0]["status"], rows[0]["rows"]) == (0, "held", 1)
    code, summary, _ = kith("held", "release", rows[0]["batch_id"])
    assert (code, summary["commit"]) == (0, "0000000002")
    code, _, said = kith("held", "discard", rows[0]["batch_id"])
    assert (code, said.count("\n")) == (1, 1)

    code, _, said = kith("import", files / "gone.csv", "--mapping", mapping)
    assert (code, "no such file" in said, said.count("\n")) == (1, True, 1)
    code, _, _ = kith("import", files / "good.csv")
    assert code == 2


def test_compaction__is_judged_by_great_expectations_itself(settings) -> None:
    from ingestion.compaction import compact

    log = LandingLog(Home(settings.home), "web", WallClock())
    log.append([b'{"type":"track","event":"E","userId":"u"}'] * 50)
    log.append([b"bad"] * 30)
    done = compact(settings, begin_run(settings, WallClock()))
    assert (done.rows_in, done.rows_landed, done.rows_quarantined, done.rows_held) == (80, 0, 30, 50)
    assert [check.name for check in done.verdicts[0].failed] == ["set_aside_share"]
