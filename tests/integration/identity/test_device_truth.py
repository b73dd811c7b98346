"""On a small sandbox world: whose devices were joined rightly, held against the hidden truth.

The same figures of a whole home: python -m tests.integration.identity.device_truth KITH_HOME SANDBOX_HOME
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from identity.resolution import resolve
from identity.store import attach_state, present_state
from ingestion.compaction import compact
from kith.clock import FixedClock
from kith.init import initialise
from kith.lake import Home
from kith.run import begin_run
from kith.settings import Settings, load_settings
from kith.warehouse import Warehouse
from sandbox.calendar import LAUNCH
from sandbox.world import Shape, history
from tests.integration.identity.device_truth import Figures, compare

WORLD = Shape(seed=7, people=400, days=40)
EVENTS = "lake_events_events"


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Path]]:
    """A world landed, compacted and resolved, and the folder of its truth."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KITH_HOME", str(folder / "home"))
        settings = load_settings()
        initialise(settings)
        history(Home(settings.home), folder / "sandbox", WORLD)
        run = begin_run(settings, FixedClock(LAUNCH))
        compact(settings, run)
        resolve(settings, run)
        yield settings, folder / "sandbox" / "truth"


def figures(settings: Settings, truth: Path, identities: str = "known_identifiers") -> Figures:
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("events")
        attach_state(warehouse, Home(settings.home), present_state(Home(settings.home)))
        return compare(warehouse.connection, truth, identities, EVENTS)


def test_devices__are_joined_to_their_owners(resolved: tuple[Settings, Path]) -> None:
    found = figures(*resolved)
    print("\n".join(found.lines()))
    assert found.people_with_evidenced_devices >= 50
    assert found.share_joined_rightly >= 0.98
    assert found.evidenced_recall >= 0.99
    assert found.precision >= 0.99


def test_devices__a_shared_one_never_merges_two_people_with_accounts(resolved: tuple[Settings, Path]) -> None:
    found = figures(*resolved)
    assert found.shared_devices_seen > 0
    assert found.merged_profiles == 0
    assert found.profiles_of_two <= 0.005 * found.profiles


def test_devices__what_was_refused_is_visible(resolved: tuple[Settings, Path]) -> None:
    """Each person of a shared device but one is set aside with a reason."""
    settings, truth = resolved
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, Home(settings.home), present_state(Home(settings.home)))
        rows = warehouse.rows(f"""
            SELECT conflicts.reason
            FROM known_conflicts AS conflicts
            INNER JOIN read_parquet('{truth}/devices.parquet') AS devices
                ON conflicts.right_value = devices.anonymous_id AND devices.owner < 0
        """)
    assert rows
    assert all(row["reason"] for row in rows)


@pytest.mark.parametrize(
    ("identities", "what"),
    [
        (
            "(SELECT identifier_type, identifier_value, 'all' AS profile_id FROM known_identifiers)",
            "precision",
        ),
        (
            "(SELECT identifier_type, identifier_value, identifier_value AS profile_id FROM known_identifiers)",
            "evidenced_recall",
        ),
    ],
)
def test_figures__tell_a_bad_resolution(resolved: tuple[Settings, Path], identities: str, what: str) -> None:
    """Everybody in one profile, and everybody alone."""
    found = figures(*resolved, identities)
    assert getattr(found, what) < 0.05
    assert found.share_joined_rightly < 0.05


def test_figures__count_by_hand(tmp_path: Path) -> None:
    """Three people, a device each and one shared, which led to the address of another than its first user."""
    with duckdb.connect() as database:
        for name, rows in _BY_HAND.items():
            database.execute(f"COPY (SELECT * FROM {rows}) TO '{tmp_path / name}.parquet'")
        database.execute(f"CREATE TABLE identities AS SELECT * FROM {_HELD}")
        database.execute(f"CREATE TABLE events AS SELECT * FROM {_SEEN}")
        found = compare(database, tmp_path, "identities", "events")
    assert (found.people_seen, found.people_with_evidenced_devices, found.people_joined_rightly) == (3, 3, 1)
    assert (found.profiles, found.merged_profiles, found.profiles_of_two) == (3, 0, 1)
    assert (found.found_pairs, found.right_pairs, found.wrong_pairs) == (8, 6, 2)
    assert (found.true_pairs, found.true_found_pairs) == (5, 3)
    assert (found.evidenced_pairs, found.evidenced_found_pairs) == (5, 3)
    assert (found.shared_devices_seen, found.shared_devices_alone) == (1, 0)


_BY_HAND = {
    "people": """(VALUES (0, 'u0', 'a@x', '+1'), (1, 'u1', 'b@x', '+2'), (2, 'u2', 'c@x', '+3'))
        AS t (person, user_id, email, phone)""",
    "devices": """(VALUES (0, 'd0', 0), (1, 'd1', 1), (2, 'd2', 2), (3, 's', -1))
        AS t (device, anonymous_id, owner)""",
    "ownership": """(VALUES (0, 0, FALSE), (1, 1, FALSE), (2, 2, FALSE), (0, 3, TRUE), (1, 3, TRUE))
        AS t (person, device, is_shared)""",
    "bots": "(VALUES ('robot', FALSE)) AS t (anonymous_id, is_disguised)",
}
_HELD = """(VALUES
    ('user_id', 'u0', 'p'), ('anonymous_id', 'd0', 'p'), ('anonymous_id', 's', 'p'), ('email', 'b@x', 'p'),
    ('user_id', 'u1', 'q'), ('anonymous_id', 'd1', 'q'),
    ('user_id', 'u2', 'r'), ('anonymous_id', 'd2', 'r')
) AS t (identifier_type, identifier_value, profile_id)"""
_SEEN = """(VALUES
    ('d0', 'u0', NULL, NULL, NULL), ('d1', 'u1', NULL, NULL, NULL), ('d2', 'u2', NULL, NULL, NULL),
    ('s', 'u0', NULL, NULL, NULL)
) AS t (anonymous_id, user_id, traits, context, properties)"""
