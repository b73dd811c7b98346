"""What journeys would know of each run's instant, held against what that run published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from activation.journeys.history import Archive, Needs, identity_before, lay_history
from activation.journeys.history.archive import microseconds
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import Snapshot, current_snapshot, snapshot
from kith.warehouse import Warehouse

DAY = 86_400_000_000
CHANNELS = ("email", "sms", "push")
NEEDS = Needs(
    events=frozenset({"Order Completed", "Product Added", "Email Opened"}),
    attributes=frozenset({"orders_90d", "city", "first_name"}),
    segments=frozenset({"churn_risk", "left_cart", "new_browsers", "big_spenders"}),
    scores=frozenset({"churn"}),
    purposes=frozenset({"marketing"}),
    channels=frozenset(CHANNELS),
)
_ID = "replace(CAST(person AS VARCHAR), '-', '') AS profile_id"
#: Relation → what it says at the last instant before the run (or, where values are usable at their own instant, at it),
#: and the published table that says the same.
_PAIRS = {
    "events": (
        f"SELECT event_id, {_ID} FROM facts_events WHERE effective_at < {{end}}",
        """SELECT event_id, profile_id FROM {folder}/events.parquet'
           WHERE event IN ('Order Completed', 'Product Added', 'Email Opened') AND NOT is_machine
             AND profile_id IS NOT NULL AND epoch_us(effective_at) >= {begin}""",
    ),
    "consents": (
        f"SELECT {_ID}, channel, is_granted, legal_basis FROM facts_consents WHERE {{before}}",
        """SELECT profile_id, channel, is_granted, legal_basis FROM {folder}/consents.parquet'
           WHERE purpose = 'marketing' AND channel IN ('email', 'sms', 'push')""",
    ),
    "segments": (
        f"SELECT {_ID}, segment FROM facts_segments WHERE {{then}}",
        """SELECT profile_id, segment FROM {folder}/segment_members.parquet'
           WHERE segment IN ('churn_risk', 'left_cart', 'new_browsers', 'big_spenders')""",
    ),
    "scores": (
        f"SELECT {_ID}, value FROM facts_scores WHERE {{then}}",
        "SELECT profile_id, score FROM {folder}/scores.parquet' WHERE model = 'churn'",
    ),
    "computed attributes": (
        f"SELECT {_ID}, value FROM facts_attributes WHERE attribute = 'orders_90d' AND value <> '0' AND {{then}}",
        "SELECT profile_id, value FROM {folder}/profile_attributes.parquet' WHERE attribute = 'orders_90d'",
    ),
    "traits": (
        f"SELECT {_ID}, value FROM facts_attributes WHERE attribute = 'city' AND {{before}}",
        "SELECT profile_id, city FROM {folder}/profiles.parquet' WHERE city IS NOT NULL",
    ),
    "addresses": (
        f"SELECT {_ID}, address FROM facts_addresses WHERE channel = 'email' AND {{before}}",
        "SELECT profile_id, email FROM {folder}/profiles.parquet' WHERE email IS NOT NULL",
    ),
    "people": (f"SELECT {_ID} FROM facts_people", "SELECT profile_id FROM {folder}/profiles.parquet'"),
}


def disagreements(settings: Settings) -> Iterator[tuple[str, str, int, int]]:
    """Run, relation, rows that were published, and rows that either side has alone; for every snapshot that is kept."""
    home = Home(settings.home)
    present = current_snapshot(home)
    assert present is not None
    for path in sorted(each for each in home.published.iterdir() if each.is_dir()):
        then = snapshot(home, path.name)
        end = microseconds(then.as_of)
        archive = Archive(
            settings, present, end - DAY, end + 1, identity=identity_before(settings, then.as_of)
        )
        for archived in (
            archive,
            replace(archive, snapshot=then, identity=""),
        ):  # as the past, and as it was live
            yield from _compared(settings, archived, then, end)


def _compared(
    settings: Settings, archive: Archive, then: Snapshot, end: int
) -> Iterator[tuple[str, str, int, int]]:
    with Warehouse(settings) as warehouse:
        lay_history(warehouse, archive, NEEDS)
        told = {
            "folder": f"'{then.path}",
            "begin": archive.begin,
            "end": end,
            "then": f"from_at <= {end} AND to_at > {end}",
            "before": f"from_at <= {end - 1} AND to_at > {end - 1}",
        }
        for name, (ours, theirs) in _PAIRS.items():
            one, other = ours.format(**told), theirs.format(**told)
            alone = f"(({one}) EXCEPT ({other})) UNION ALL (({other}) EXCEPT ({one}))"
            rows = warehouse.value(f"SELECT count(*) FROM ({other})")
            yield then.run_id, name, rows, warehouse.value(f"SELECT count(*) FROM ({alone})")
