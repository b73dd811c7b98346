"""Other rules over the same log: first shown, then applied, then taken back."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from identity.diff import diff_rules
from identity.resolution import Resolution, resolve
from identity.store import attach_state, present_state
from kith.cli.main import run as kith
from kith.clock import FixedClock
from kith.ids import stable_id
from kith.lake import Home, commit, commits, latest_commit
from kith.run import begin_run, publish_run
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.identity.world import START, Seen, land

EVENTS = [
    Seen(1, None, "a1", email="ann@example.com"),
    Seen(2, "u1", None, email="ann@example.com"),
    Seen(3, "u1", "a2"),
    Seen(4, "u2", "a2"),
    Seen(5, "u3", "a3"),
]
ANN = stable_id("email", "ann@example.com")


@pytest.fixture
def own(settings: Settings, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with rules of its own, resolved once; the first profile is a member of a segment."""
    folder = tmp_path / "definitions"
    shutil.copytree(settings.definitions / "identity", folder / "identity")
    settings = settings.model_copy(update={"definitions": folder})
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    land(home, EVENTS)
    _advance(settings, 1)
    member = {"segment": "vips", "position": 0}
    with commit(home, "segments") as writer:
        for table, row in (
            ("members", member),
            ("population", {"position": 0, "profile_id": ANN}),
            ("states", {"segment": "vips", "members_commit": writer.name, "members_population": writer.name}),
        ):
            schema = writer.table(table).schema
            row = {**dict.fromkeys(schema.names), **row}
            writer.write(table, pa.Table.from_pylist([row], schema=schema))
    return settings


def _advance(settings: Settings, days: int) -> Resolution:
    run = begin_run(settings, FixedClock(START), START + timedelta(days=days))
    found = resolve(settings, run)
    publish_run(settings, run)
    return found


def _rules(settings: Settings) -> Path:
    return settings.definitions / "identity" / "rules.yml"


def _tight(settings: Settings, tmp_path: Path) -> Path:
    """One device a person, two user ids."""
    text = _rules(settings).read_text()
    text = text.replace("limit: 50", "limit: 1").replace("limit: 1\n    form: trimmed\n    from: [user_id]",
                                                         "limit: 2\n    form: trimmed\n    from: [user_id]")  # fmt: skip
    path = tmp_path / "tight.yml"
    path.write_text(text)
    return path


def _tables(settings: Settings) -> dict[str, list[dict]]:
    home = Home(settings.home)
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, present_state(home))
        return {
            name: warehouse.rows(f"SELECT * FROM known_{name} ORDER BY ALL")
            for name in ("identifiers", "conflicts", "splits", "rejected")
        }


def test_diff_rules__tells_who_would_split_and_merge_and_writes_nothing(
    own: Settings, tmp_path: Path
) -> None:
    before = [each.name for each in commits(Home(own.home), "identity")]
    found = diff_rules(own, _tight(own, tmp_path))
    assert [each.name for each in commits(Home(own.home), "identity")] == before
    # Her address and her first device came with one event, and the address is believed more.
    device = stable_id("anonymous_id", "a1")
    assert found.samples["splits"] == [{"profile_id": ANN, "profiles": sorted([ANN, device])}]
    assert found.samples["merges"] == [
        {"profile_id": ANN, "profiles": sorted([ANN, stable_id("user_id", "u2")])}
    ]
    assert found.changes.split_count == 1
    assert found.changes.membership_count == 1
    assert found.samples["memberships"] == [{"segment": "vips", "member_count": 1, "touched_count": 1}]
    assert diff_rules(own, _rules(own)).changes.is_empty


def test_diff_rules__foretells_what_a_run_then_does(own: Settings, tmp_path: Path) -> None:
    told = diff_rules(own, _tight(own, tmp_path)).changes
    shutil.copy(_tight(own, tmp_path), _rules(own))
    assert _advance(own, 2).is_full
    latest = latest_commit(Home(own.home), "identity")
    assert latest is not None
    assert latest.meta["changes"] == vars(told)


def test_rules__taken_back_leave_no_trace(own: Settings, tmp_path: Path) -> None:
    """Identifiers, conflicts and all else are equal, down to since when; aliases are made of them alone."""
    old, before = _rules(own).read_text(), _tables(own)
    shutil.copy(_tight(own, tmp_path), _rules(own))
    assert _advance(own, 2).is_changed
    assert _tables(own) != before
    _rules(own).write_text(old)
    found = _advance(own, 3)
    assert (found.is_full, found.is_changed) == (True, True)
    assert _tables(own) == before


def test_diff_command__prints_counts(own: Settings, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = str(_tight(own, tmp_path))
    assert kith(["identity", "diff", path, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["split_count"], told["is_changed"], told["membership_count"]) == (1, True, 1)
    assert kith(["identity", "diff", path]) == 0
    assert "vips" in capsys.readouterr().out
    assert kith(["identity", "diff", str(tmp_path / "none.yml")]) == 1
