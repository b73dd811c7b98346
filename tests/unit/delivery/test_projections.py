"""Consent and suppression as the events say, in any order and however often they are told."""

import random
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from activation.delivery.consent_events import Learned, Vocabulary, address_key
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.facts import LedgerFacts
from activation.delivery.identifiers import Bearers
from activation.delivery.projections import apply_all
from activation.delivery.schema import CONSENT_NOW, SUPPRESSION
from activation.delivery.upsert import insert_new
from activation.gates._words import load_identifiers, load_words
from kith.landing import LandingLog
from kith.settings import load_settings
from kith.state import StateDatabase
from kith.times import format_instant

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATENESS = timedelta(seconds=30)
SHIPPED = load_settings()
WORDS = load_words(SHIPPED).body
VOCABULARY = Vocabulary(WORDS, Bearers(load_identifiers(SHIPPED)), frozenset({"email"}))


def _event(name: str, number: int, at: datetime, **properties) -> bytes:
    event = {
        "type": "track",
        "event": name,
        "messageId": f"e{number}",
        "userId": "u1",
        "timestamp": format_instant(at),
        "properties": {"purpose": "marketing", "channel": "email", "email": "A@Shop.example", **properties},
    }
    return orjson.dumps(event)


def _learned(line: bytes, received: datetime) -> Learned:
    found = VOCABULARY.read_line(line, received, LATENESS)
    assert found is not None
    return found


@pytest.fixture
def database(settings):
    opened = StateDatabase.open(settings)
    yield opened
    opened.close()


def _state(database) -> dict:
    with database.read() as connection:
        rows = connection.execute(sa.select(CONSENT_NOW)).all()
    return {(row.identifier_type, row.identifier_value): row.is_granted for row in rows}


def test_projections__each_identifier_of_the_event_holds_a_record(database):
    with database.begin() as connection:
        apply_all(connection, [_learned(_event("Consent Updated", 1, NOON, status="granted"), NOON)])
    assert _state(database) == {("user_id", "u1"): True, ("email", "a@shop.example"): True}


def test_projections__any_order_and_repetition_give_the_same_state(database, pytestconfig):
    chance = random.Random(pytestconfig.getoption("--seed"))
    told = []
    for number in range(60):
        at = NOON + timedelta(minutes=chance.randrange(20))
        name, status = chance.choice(
            [("Consent Updated", "granted"), ("Consent Updated", "withdrawn"), ("Unsubscribed", "")]
        )
        told.append(_learned(_event(name, number, at, status=status), at))
    expected = None
    for _ in range(5):
        shuffled = told + chance.sample(told, 30)
        chance.shuffle(shuffled)
        with database.begin() as connection:
            connection.execute(sa.text("DELETE FROM consent_now"))
            connection.execute(sa.text("DELETE FROM applied_events"))
            for start in range(0, len(shuffled), 7):
                apply_all(connection, shuffled[start : start + 7])
        expected = expected or _state(database)
        assert _state(database) == expected


def test_projections__at_the_same_instant_the_stricter_word_counts(database):
    lines = [
        _event("Consent Updated", 1, NOON, status="withdrawn"),
        _event("Consent Updated", 2, NOON, status="granted"),
    ]
    for order in (lines, lines[::-1]):
        with database.begin() as connection:
            apply_all(connection, [_learned(line, NOON) for line in order])
        assert set(_state(database).values()) == {False}


def test_projections__a_grant_that_arrives_late_does_not_undo_a_later_withdrawal(database):
    withdrawal = _learned(_event("Unsubscribed", 1, NOON), NOON)
    late = _learned(
        _event("Consent Updated", 2, NOON - timedelta(hours=1), status="granted"), NOON + timedelta(hours=1)
    )
    with database.begin() as connection:
        apply_all(connection, [withdrawal, late])
    assert set(_state(database).values()) == {False}


def test_projections__a_grant_from_the_future_counts_from_its_arrival(database):
    future = _learned(_event("Consent Updated", 1, NOON + timedelta(days=9), status="granted"), NOON)
    withdrawal = _learned(_event("Unsubscribed", 2, NOON + timedelta(hours=1)), NOON + timedelta(hours=1))
    with database.begin() as connection:
        apply_all(connection, [withdrawal, future])
    assert set(_state(database).values()) == {False}


def test_projections__strikes_count_events_not_tellings(database):
    first = _learned(_event("Message Rejected", 1, NOON, suppress_after=2), NOON)
    second = _learned(_event("Message Rejected", 2, NOON, suppress_after=2), NOON)
    with database.begin() as connection:
        apply_all(connection, [first])
        apply_all(connection, [first])
        assert not LedgerFacts(connection).is_suppressed("email", "a@shop.example")
        apply_all(connection, [second])
        assert LedgerFacts(connection).is_suppressed("email", " A@SHOP.example ")
        assert not LedgerFacts(connection).is_suppressed("email", "a+tag@shop.example")


@pytest.mark.parametrize(
    ("name", "properties", "is_suppressed"),
    [
        ("Email Bounced", {"bounce_type": "hard"}, True),
        ("Email Bounced", {"bounce_type": "soft"}, False),
        ("Email Marked as Spam", {}, True),
        ("Unsubscribed", {}, False),
    ],
)
def test_projections__bounces_and_complaints_suppress_the_address(database, name, properties, is_suppressed):
    found = VOCABULARY.read_line(_event(name, 1, NOON, **properties), NOON, LATENESS)
    with database.begin() as connection:
        apply_all(connection, [found] if found else [])
        assert LedgerFacts(connection).is_suppressed("email", "a@shop.example") is is_suppressed


def test_projections__the_list_holds_no_address(database):
    with database.begin() as connection:
        apply_all(connection, [_learned(_event("Email Bounced", 1, NOON, bounce_type="hard"), NOON)])
        (row,) = connection.execute(sa.select(SUPPRESSION)).all()
    assert row.address_key == address_key("email", "a@shop.example")
    assert "shop" not in str(row)


def test_feed__rebuilt_projections_equal_those_kept_up(settings, home, clock, database):
    log, feed = LandingLog(home, "web", clock), ConsentFeed(settings, database)
    for number in range(6):
        log.append(
            [_event("Consent Updated", number, clock.now(), status=("granted", "withdrawn")[number % 2])]
        )
        log.append(
            [
                b"no json",
                b'{"event":"Consent Updated"}',
                b'["Unsubscribed"]',
                _event("Order Completed", 90 + number, NOON),
            ]
        )
        clock.set(clock.now() + timedelta(minutes=1))
        feed.catch_up()
    kept = _state(database)
    assert kept == {("user_id", "u1"): False, ("email", "a@shop.example"): False}
    assert ConsentFeed(settings, database).rebuild() == 6
    assert _state(database) == kept


def test_feed__what_compaction_took_is_read_from_the_lake(settings, home, clock, database):
    """An import never passes landing; a compacted segment is read once, from the lake."""
    import pyarrow as pa

    from kith.events import EVENT_SCHEMA
    from kith.lake import commit, write_parquet
    from kith.landing import seal_all, sealed_segments
    from kith.times import to_utc_naive

    log = LandingLog(home, "web", clock)
    log.append([_event("Consent Updated", 1, NOON, status="granted")])
    log.close()
    seal_all(home)
    (segment,) = sealed_segments(home)
    row = dict.fromkeys(EVENT_SCHEMA.names) | {
        "event_id": "e1", "type": "track", "event": "Unsubscribed", "user_id": "u7", "properties": "{}",
        **dict.fromkeys(("occurred_at", "received_at", "effective_at"), to_utc_naive(NOON)),
    }  # fmt: skip
    with commit(home, "events", meta={"segments": [f"web/{segment.stem}"]}) as writer:
        folder = writer.path / "received_on=2026-05-01"
        folder.mkdir()
        write_parquet(pa.Table.from_pylist([row], schema=EVENT_SCHEMA), folder / "events.parquet")
    feed = ConsentFeed(settings, database)
    assert (feed.catch_up_lake(), feed.catch_up(), feed.catch_up_lake()) == (1, 0, 0)
    assert _state(database) == {("user_id", "u7"): False}


def test_projections__an_insert_that_skips_counts_on_both_databases():
    """PostgreSQL's driver answers -1 unless told to count: a repeated bounce would look like a first."""
    from unittest.mock import Mock

    from sqlalchemy.dialects import postgresql, sqlite

    for dialect in (postgresql, sqlite):
        connection = Mock(dialect=dialect.dialect())
        assert insert_new(connection, SUPPRESSION).get_execution_options()["preserve_rowcount"]
