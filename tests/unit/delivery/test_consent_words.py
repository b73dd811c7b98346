"""What events say about consent: by their name, by a text sent back, by their consent object."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from activation.delivery.consent_events import Learned, Vocabulary
from activation.delivery.facts import LedgerFacts
from activation.delivery.identifiers import Bearers, normal_phone
from activation.delivery.projections import apply_all
from activation.delivery.schema import APPLIED_EVENTS, CONSENT_NOW
from activation.gates._words import Category, load_identifiers, load_words
from kith.settings import load_settings
from kith.state import StateDatabase
from kith.times import format_instant

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE, LATENESS = timedelta(minutes=1), timedelta(seconds=30)
SHIPPED = load_settings()
WORDS = load_words(SHIPPED).body.model_copy(
    update={"categories": {"News": (Category(purpose="marketing", channel="email"),)}}
)
VOCABULARY = Vocabulary(WORDS, Bearers(load_identifiers(SHIPPED)), frozenset({"email", "sms"}))


def learned(event_id: str, name: str | None, at: datetime = NOON, **parts) -> Learned | None:
    line = {
        "type": "track" if name else "page",
        "event": name,
        "messageId": event_id,
        "userId": "u1",
        "timestamp": format_instant(at),
        **parts,
    }
    return VOCABULARY.read_line(orjson.dumps(line), at, LATENESS)


def said(found: Learned | None) -> set[tuple]:
    changes = found.consents if found else ()
    return {(each.identifier, each.purpose, each.channel, each.is_granted) for each in changes}


U1 = ("user_id", "u1")


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("Consent Updated", {"status": "Granted"}, {(U1, "marketing", "email", True)}),
        ("Consent Updated", {"status": "pending"}, {(U1, "marketing", "email", False)}),
        ("Consent Updated", {}, {(U1, "marketing", "email", False)}),
        ("Unsubscribed", {"status": "granted", "channel": "sms"}, {(U1, "marketing", "sms", False)}),
        ("SMS Subscribed", {}, {(U1, "marketing", "sms", True)}),
        ("Email Opened", {"status": "granted"}, set()),
        ("SMS Received", {"text": "how do I stop?"}, set()),
        ("SMS Received", {"body": " start "}, {(U1, "marketing", "sms", True)}),
    ],
)
def test_words__what_does_not_say_yes_says_no(name, properties, expected):
    assert said(learned("e", name, properties=properties)) == expected


def test_words__a_stop_is_said_of_every_purpose():
    found = said(learned("e", "SMS Received", properties={"text": " StoP ", "purpose": "news"}))
    assert found == {(U1, purpose, "sms", False) for purpose in WORDS.purposes}


@pytest.mark.parametrize(
    ("user", "properties", "expected"),
    [
        ("u1", {"email": " A@B.c", "phone": "0049 170 1234567"},
         {U1, ("email", "a@b.c"), ("phone", "+491701234567")}),
        ("null", {}, {("anonymous_id", "d")}),
        ("-1", {"email": "nobody"}, {("anonymous_id", "d")}),
        (None, {"email": "a@b.c"}, {("email", "a@b.c")}),
        ("x" * 300, {}, {("anonymous_id", "d")}),
    ],
)  # fmt: skip
def test_words__are_kept_for_every_identifier_that_names_somebody(user, properties, expected):
    found = learned("e", "Unsubscribed", userId=user, anonymousId="d", properties=properties)
    assert {identifier for identifier, *_ in said(found)} == expected


def test_phone__is_written_as_identity_writes_it():
    assert [normal_phone(each) for each in ("+49 (170) 1", "0049170 1", "", "none")] == [
        *("+491701", "+491701", "", "")
    ]  # fmt: skip


@pytest.fixture
def database(settings):
    opened = StateDatabase.open(settings)
    yield opened
    opened.close()


def page(number: int, **preferences: object) -> Learned:
    """A page view whose consent object states these preferences."""
    context = {"consent": {"categoryPreferences": preferences}}
    found = learned(f"p{number}", None, NOON + number * MINUTE, context=context)
    assert found is not None
    return found


def word(number: int, status: str) -> Learned:
    found = learned(f"w{number}", "Consent Updated", NOON + number * MINUTE, properties={"status": status})
    assert found is not None
    return found


def state(database) -> bool | None:
    with database.read() as connection:
        return connection.scalar(sa.select(CONSENT_NOW.c.is_granted))


def told(database, *events: Learned) -> bool | None:
    with database.begin() as connection:
        apply_all(connection, events)
    return state(database)


def test_statements__a_page_view_after_an_unsubscribe_gives_no_leave_again(database):
    assert told(database, page(1, News=True)) is True
    assert told(database, word(2, "withdrawn"), page(3, News=True), page(4, News=True)) is False
    assert told(database, page(5, News=False), page(6, News=True)) is True


def test_statements__a_change_is_a_word_and_an_empty_object_says_no(database):
    assert told(database, word(1, "granted"), page(2, News=True)) is True
    assert told(database, page(3)) is False
    assert learned("p4", None, context={"consent": {"categoryPreferences": {"Other": True}}}) is None


def test_statements__told_again_or_late_they_change_nothing(database):
    first, change = page(1, News=True), page(2, News=False)
    assert told(database, first, change) is False
    assert told(database, first) is False
    assert told(database, change, first) is False
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(APPLIED_EVENTS)) == 0


def test_statements__an_update_is_an_act_however_often_it_was_stated(database):
    update = {"context": {"consent": {"categoryPreferences": {"News": True}}}}
    at = NOON + 9 * MINUTE
    assert told(database, page(1, News=True), word(2, "withdrawn")) is False
    assert told(database, learned("a", "Segment Consent Preference Updated", at, **update)) is True


def test_statements__categories_of_channels_that_nobody_sends_by_are_passed_over():
    deaf = Vocabulary(WORDS, VOCABULARY.bearers, frozenset({"push"}))
    line = b'{"messageId":"m","userId":"u","context":{"consent":{"categoryPreferences":{"News":true}}}}'
    assert VOCABULARY.is_candidate(line)
    assert not deaf.is_candidate(line)


def test_faults__a_listed_address_is_suppressed_on_its_channel(database):
    mail = learned("a", "Address Suppressed", properties={"email": "A@b.c", "evidence": "old list"})
    phone = learned("b", "Address Suppressed", properties={"phone": "+491701234567", "channel": "sms"})
    assert mail is not None
    assert phone is not None
    with database.begin() as connection:
        apply_all(connection, [mail, phone])
        facts = LedgerFacts(connection)
        assert facts.is_suppressed("email", "a@B.c")
        assert facts.is_suppressed("sms", "+491701234567")
        assert not facts.is_suppressed("sms", "a@b.c")


def test_feed__the_lake_s_statements_are_read_as_those_of_the_landing_log(
    settings, home, database, monkeypatch
):
    """An import bears consent objects too: what repeats the last one is left out before it is parsed."""
    import pyarrow as pa

    from activation.delivery.consent_feed import ConsentFeed
    from kith.events import EVENT_SCHEMA
    from kith.lake import commit, write_parquet
    from kith.times import to_utc_naive

    preferences = [True, True, False, True, True]
    rows = []
    for number, value in enumerate(preferences):
        at = to_utc_naive(NOON + number * MINUTE)
        rows.append(
            dict.fromkeys(EVENT_SCHEMA.names)
            | {"event_id": f"p{number}", "type": "page", "user_id": "u1", "properties": "{}"}
            | {"context": orjson.dumps({"consent": {"categoryPreferences": {"News": value}}}).decode()}
            | dict.fromkeys(("occurred_at", "received_at", "effective_at"), at)
        )
    with commit(home, "events", meta={}) as writer:
        folder = writer.path / "received_on=2026-05-01"
        folder.mkdir()
        write_parquet(pa.Table.from_pylist(rows, schema=EVENT_SCHEMA), folder / "events.parquet")
    feed = ConsentFeed(settings, database)
    monkeypatch.setattr(ConsentFeed, "vocabulary", VOCABULARY)
    assert feed.catch_up_lake() == 3
    assert state(database) is True
    with database.read() as connection:
        assert connection.scalar(sa.select(CONSENT_NOW.c.event_id)) == "p3"
