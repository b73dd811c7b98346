"""Run after run over what is new equals the whole log at once, and an oracle in plain Python."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from identity import store
from identity.cursor import lay_fresh
from identity.exceptions import read_splits
from identity.full import identifier_rows, resolve_evidence
from identity.pairs import extract_pairs
from identity.resolution import Resolution, resolve
from identity.rules import load_rules
from identity.store import attach_state, present_state
from kith.events import EVENT_TABLE
from kith.lake import Home, lay_empty
from kith.run import Run
from kith.settings import Settings, load_settings
from kith.warehouse import Warehouse
from tests.unit.identity.world import START, Decided, Seen, check, land, oracle

TIGHT = {"limit: 1\n": "limit: 1\n", "limit: 5\n": "limit: 2\n", "limit: 50\n": "limit: 3\n"}


@pytest.fixture(scope="module")
def definitions() -> Iterator[Path]:
    """Rules with small limits, and shared from two times the limit on."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity" / "rules.yml"
        path.parent.mkdir()
        text = (load_settings().definitions / "identity" / "rules.yml").read_text()
        for wide, narrow in TIGHT.items():
            text = text.replace(wide, narrow)
        path.write_text(text.replace("shared: 10", "shared: 2"))
        yield Path(folder)


def _settings(home: Path, definitions: Path) -> Settings:
    return load_settings().model_copy(update={"home": home, "definitions": definitions})


def _advance(settings: Settings, second: int) -> Resolution:
    as_of = START + timedelta(seconds=second)
    run = Run("test", as_of, None, False, settings.home / "published", settings.home / "warehouse.duckdb")
    return resolve(settings, run)


def _rows(warehouse: Warehouse, settings: Settings, name: str) -> list[dict]:
    attach_state(warehouse, Home(settings.home), present_state(Home(settings.home)))
    return warehouse.rows(f"SELECT * FROM known_{name} ORDER BY ALL")


def _state(settings: Settings) -> dict[str, list[dict]]:
    names = ("identifiers", "conflicts", "splits", "rejected")
    with Warehouse(settings) as warehouse:
        found = {name: _rows(warehouse, settings, name) for name in names}
        found["edges"] = warehouse.rows("""
            SELECT left_key, right_key, is_left_behind, MIN(first_received_at) AS at, SUM(edge_count) AS n
            FROM known_edges GROUP BY ALL ORDER BY ALL
        """)
        return found


def _whole(settings: Settings, second: int) -> dict[str, list[dict]]:
    """The same tables of the whole log at once, nothing written."""
    rules = load_rules(settings).body
    with Warehouse(settings) as warehouse:
        lay_fresh(warehouse, Home(settings.home), None, START + timedelta(seconds=second))
        extract_pairs(warehouse, rules, "fresh_events")
        splits = read_splits(warehouse, "fresh_events")
        full = resolve_evidence(warehouse, rules, splits)
        rows = [row for part in identifier_rows(warehouse, rules, full) for row in part.to_pylist()]
        return {
            "identifiers": sorted(rows, key=lambda row: tuple(map(str, row.values()))),
            "conflicts": full.conflicts.to_pylist(),
            "splits": splits.to_pylist(),
            "rejected": warehouse.rows("SELECT * FROM refusals"),
        }


def _sorted(rows: Sequence[dict]) -> list[tuple]:
    return sorted(tuple(map(str, sorted(row.items()))) for row in rows)


_USERS = st.sampled_from([None, None, "u1", "u2", "u3", "null"])
_EVENTS = st.builds(
    Seen,
    second=st.integers(0, 8),
    user_id=_USERS,
    anonymous_id=st.sampled_from(["a1", "a2", "a3", "a4", None]),
    email=st.sampled_from([None, None, "e1@x.io", "e2@x.io", "odd"]),
    previous_id=st.sampled_from([None, None, None, None, "a1", "u2", "z"]),
)
_ENDS = st.sampled_from(
    [
        ("user_id", "u1"),
        ("user_id", "u2"),
        ("anonymous_id", "a1"),
        ("anonymous_id", "a2"),
        ("email", "e1@x.io"),
    ]
)
_DECISIONS = st.builds(Decided, st.integers(0, 8), _ENDS, _ENDS, st.booleans()).filter(
    lambda each: each.left != each.right
)
# A mix in which most things are seen and few decided.
_LOG = st.lists(st.one_of(_EVENTS, _EVENTS, _EVENTS, _EVENTS, _DECISIONS), min_size=6, max_size=18)
_RUNS = st.lists(st.integers(0, 9), min_size=1, max_size=3).map(sorted)


@pytest.mark.whole
@given(_LOG, _RUNS, st.data())
@budget(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_increments__equal_the_whole_log_and_the_oracle(
    definitions: Path, log: list[Seen | Decided], runs: list[int], data: st.DataObject
) -> None:
    """Any events in any order of landing, some before they fall due, some twice, with splits and undos."""
    arriving = [data.draw(st.integers(0, len(runs))) for _ in log]
    seconds = [*runs, 9]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "SHARE", data.draw(st.sampled_from([0.01, 8])))
        settings = _settings(Path(folder) / "home", definitions)
        lay_empty(Home(settings.home), EVENT_TABLE)
        found = None
        for number, second in enumerate(seconds):
            landing = [event for event, at in zip(log, arriving, strict=True) if at == number]
            if landing:
                land(Home(settings.home), landing)
            found = _advance(settings, second)
        whole, state = _whole(settings, 9), _state(settings)
        for name, rows in whole.items():
            assert _sorted(state[name]) == _sorted(rows), name
        rules = load_rules(settings).body
        evidence = [
            Seen(e.second, None if e.user_id == "null" else e.user_id, e.anonymous_id,
                 None if e.email == "odd" else e.email, None, e.previous_id)
            if isinstance(e, Seen) else e for e in log
        ]  # fmt: skip
        if len({e.second for e in evidence if isinstance(e, Decided)}) == sum(
            isinstance(e, Decided) for e in evidence
        ):
            check(state["identifiers"], state["conflicts"], oracle(evidence, rules.limits, rules.shared))
        assert found is not None
        assert found.identifier_count == len(state["identifiers"])
        assert found.profile_count == len({row["profile_id"] for row in state["identifiers"]})
        assert found.conflict_count == len(state["conflicts"])


def _lived(
    home: Path, definitions: Path, *days: tuple[Sequence[Seen | Decided], int]
) -> tuple[list[Resolution], dict[str, list[dict]]]:
    """Land and resolve day after day (events, second of the run); the state equals the whole log's."""
    settings = _settings(home, definitions)
    lay_empty(Home(settings.home), EVENT_TABLE)
    found = []
    for events, second in days:
        if events:
            land(Home(settings.home), events)
        found.append(_advance(settings, second))
    state, whole = _state(settings), _whole(settings, days[-1][1])
    for name, rows in whole.items():
        assert _sorted(state[name]) == _sorted(rows), name
    return found, state


def test_increments__count_a_pair_that_stays_set_aside(tmp_path: Path, definitions: Path) -> None:
    first = [Seen(1, "u1", "a1"), Seen(2, "u2", "a1")]
    found, state = _lived(tmp_path, definitions, (first, 5), ([Seen(3, "u2", "a1")], 6))
    assert not found[1].is_full
    assert [row["edge_count"] for row in state["conflicts"]] == [2]


def test_increments__count_a_row_when_it_falls_due(tmp_path: Path, definitions: Path) -> None:
    """It landed with the first commit and counts from the second run on, once."""
    first = [Seen(1, "u1", "a1"), Seen(7, "u1", "a2")]
    found, state = _lived(tmp_path, definitions, (first, 5), ([], 6), ([], 8), ([], 9), ([Seen(8, "u1")], 9))
    assert [each.row_count for each in found] == [1, 0, 1, 0, 1]
    assert {row["n"] for row in state["edges"]} == {1}


def test_increments__reach_over_pairs_that_were_set_aside(tmp_path: Path, definitions: Path) -> None:
    """A pair seen earlier than known takes the device from one user, and it goes to the other."""
    first = [Seen(3, "u1", "a1"), Seen(4, "u2", "a1"), Seen(4, "u2", "a2"), Seen(4, "u9", "a9")]
    found, state = _lived(tmp_path, definitions, (first, 5), ([Seen(1, "u2", "a1")], 6))
    assert (found[1].is_full, found[1].profile_count) == (False, 3)
    profiles = {row["identifier_value"]: row["profile_id"] for row in state["identifiers"]}
    assert profiles["a1"] == profiles["u2"] == profiles["a2"] != profiles["u1"]
    assert [row["left_value"] for row in state["conflicts"]] == ["u1"]


def test_increments__reach_whom_only_a_pair_set_aside_connects(tmp_path: Path, definitions: Path) -> None:
    """Devices seen earlier crowd one out, and a user whom nothing new names takes it over."""
    first = [Seen(5, "u1", "a1"), Seen(6, "u2", "a1")]
    crowd = [Seen(second, "u1", f"b{second}") for second in (1, 2, 3)]
    found, state = _lived(tmp_path, definitions, (first, 7), (crowd, 8))
    assert not found[1].is_full
    profiles = {row["identifier_value"]: row["profile_id"] for row in state["identifiers"]}
    assert profiles["a1"] == profiles["u2"] != profiles["u1"] == profiles["b1"]


def test_increments__a_left_behind_id_that_proves_a_user_is_resolved_anew(
    tmp_path: Path, definitions: Path
) -> None:
    first = [Seen(1, "u1", None, previous_id="u2")]
    found, state = _lived(tmp_path, definitions, (first, 5), ([Seen(6, "u2", "a2")], 7))
    assert found[1].is_full
    assert {row["identifier_type"] for row in state["identifiers"]} == {"user_id", "anonymous_id"}
    assert len(state["identifiers"]) == 3


def test_increments__know_a_user_that_an_alias_leaves_behind_later(tmp_path: Path, definitions: Path) -> None:
    later = [Seen(6, None, "a1", previous_id="u2")]
    found, state = _lived(tmp_path, definitions, ([Seen(1, "u2")], 5), (later, 7))
    assert not found[1].is_full
    assert {row["identifier_type"] for row in state["identifiers"]} == {"user_id", "anonymous_id"}
    assert found[1].profile_count == 1


def test_increments__a_log_that_was_rewritten_is_counted_anew(tmp_path: Path, definitions: Path) -> None:
    """As erasure does; what nobody bears any more is gone."""
    _lived(tmp_path, definitions, ([Seen(1, "u1", "a1")], 5))
    settings = _settings(tmp_path, definitions)
    [file] = (tmp_path / "lake" / "events" / "0000000001").rglob("*.parquet")
    shutil.rmtree(file.parent.parent)
    land(Home(settings.home), [Seen(1, "u1")])
    assert _advance(settings, 5).is_full
    assert [row["identifier_value"] for row in _state(settings)["identifiers"]] == ["u1"]


def test_increments__touch_only_what_new_rows_concern(tmp_path: Path, definitions: Path) -> None:
    crowd = [Seen(1, f"u{number}", f"a{number}") for number in range(200)]
    found, state = _lived(tmp_path, definitions, (crowd, 5), ([Seen(6, "u7", "b"), Seen(6, "u8", "a8")], 7))
    assert (found[1].changed_count, found[1].identifier_count) == (1, 401)
    with Warehouse(_settings(tmp_path, definitions)) as warehouse:
        latest = tmp_path / "lake" / "identity" / found[1].commit / "identifiers.parquet"
        assert warehouse.value(f"SELECT COUNT(*) FROM '{latest}'") == 1
    assert len(state["identifiers"]) == 401
