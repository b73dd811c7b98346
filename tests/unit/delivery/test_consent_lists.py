"""Lists as events, and what we believed at one instant about another."""

import random
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from activation.delivery.commands import consent
from activation.delivery.consent_beliefs import beliefs_of
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.consent_lists import ConsentList, import_list
from activation.delivery.facts import LedgerFacts
from kith.errors import KithError, UsageError
from kith.run import begin_run, publish_run
from kith.state import StateDatabase

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(settings):
    opened = StateDatabase.open(settings)
    yield opened
    opened.close()


def said(status: str, channel: str = "email", kind: str | None = None, **more) -> ConsentList:
    words = {"purpose": "marketing", "legal_basis": "consent", "evidence": "fair of 2025"} | more
    return ConsentList.of_channel(channel, kind, status=status, **words)


def held(database, *identifiers):
    with database.read() as connection:
        records = LedgerFacts(connection).consent_records(identifiers, "marketing", "email")
    return {
        record.identifier_value: (record.is_granted, record.legal_basis, record.evidence)
        for record in records
    }


def test_list__is_landed_with_its_provenance_and_once(settings, clock, database, tmp_path):
    file = tmp_path / "fair.csv"
    file.write_text("name,email\nAda, Ada@X.com \nBob,\nAda again,ada@x.com\nCyn,cyn@x.com\n")
    for _ in range(2):
        counts = import_list(settings, clock, file, said("granted"), None)
        assert (counts.rows_in, counts.landed, counts.empty, counts.repeated) == (4, 2, 1, 1)
        clock.set(clock.now() + HOUR)
    feed = ConsentFeed(settings, database)
    assert feed.catch_up() == 2
    expected = (True, "consent", "fair of 2025")
    assert held(database, ("email", "ada@x.com"), ("email", "cyn@x.com")) == {
        "ada@x.com": expected,
        "cyn@x.com": expected,
    }


def test_list__of_an_earlier_date_never_undoes_a_later_refusal(settings, clock, database, tmp_path):
    file = tmp_path / "mails.txt"
    file.write_text("ada@x.com\n")
    import_list(settings, clock, file, said("withdrawn"), None)
    clock.set(clock.now() + HOUR)
    import_list(settings, clock, file, said("granted", said_at=START), None)
    feed = ConsentFeed(settings, database)
    assert feed.catch_up() == 2
    assert held(database, ("email", "ada@x.com"))["ada@x.com"][0] is False


def test_list__of_suppressed_addresses_stops_the_channel(settings, clock, database, tmp_path):
    file = tmp_path / "numbers.txt"
    file.write_text("0049 170 1234567\n")
    import_list(settings, clock, file, said("suppressed", "sms"), None)
    ConsentFeed(settings, database).catch_up()
    with database.read() as connection:
        assert LedgerFacts(connection).is_suppressed("sms", "+491701234567")


def test_list__refuses_what_it_can_not_prove_or_find(settings, clock, tmp_path):
    file = tmp_path / "fair.csv"
    file.write_text("mail\nada@x.com\n")
    with pytest.raises(UsageError, match="no column 'email'"):
        import_list(settings, clock, file, said("granted"), None)
    with pytest.raises(UsageError, match="legal basis and its evidence"):
        said("granted", evidence="")
    with pytest.raises(UsageError, match="of addresses"):
        said("suppressed", kind="user_id")


def test_list__by_command(settings, tmp_path):
    file = tmp_path / "ids.txt"
    file.write_text("u1\nu2\n")
    options = ["--status", "withdrawn", "--kind", "user_id", "--purpose", "all", "--format", "json"]
    answer = CliRunner().invoke(consent, ["import", str(file), *options])
    assert answer.exit_code == 0, answer.output
    assert '"landed":2' in answer.output.replace(" ", "")


def _publish(settings, clock, words) -> None:
    """A run that published nothing but people and their words."""
    run = begin_run(settings, clock)
    naive = [
        {name: v.replace(tzinfo=None) if isinstance(v, datetime) else v for name, v in w.items()}
        for w in words
    ]
    people = [("email", "a@x"), ("user_id", "u")]
    tables = {
        "consent_history": pa.Table.from_pylist(naive),
        "identities": pa.Table.from_pylist(
            [
                {"identifier_type": kind, "identifier_value": value, "profile_id": "p"}
                for kind, value in people
            ]
        ),
        "profile_aliases": pa.table({"alias_id": ["old"], "profile_id": ["p"]}),
    }
    for name, table in tables.items():
        pq.write_table(table, run.path / f"{name}.parquet")
    publish_run(settings, run)


def _word(chance: random.Random, number: int) -> dict:
    given, late = chance.randrange(20), chance.choice((0, 0, 3, 9))
    is_granted = chance.random() < 0.5
    given_at, known_from = START + given * HOUR, START + (given + late) * HOUR
    return {
        "identifier_type": "user_id",
        "identifier_value": "u",
        "purpose": "m",
        "channel": "email",
        "event_id": f"{number:02}",
        "is_granted": is_granted,
        "legal_basis": "consent",
        "evidence": "form",
        "valid_from": given_at,
        "known_from": known_from,
        "binds_at": given_at if is_granted else known_from,
    }


def test_beliefs__are_those_of_a_plain_reading_at_every_pair_of_instants(settings, clock, seed):
    words = [_word(random.Random(f"{seed}.{number}"), number) for number in range(12)]
    _publish(settings, clock, words)
    for known_at in range(0, 32, 3):
        for at in range(0, 32, 3):
            heard = [w for w in words if w["known_from"] < START + known_at * HOUR]
            fitting = [w for w in heard if w["valid_from"] <= START + at * HOUR]
            found = beliefs_of(settings, "u", START + at * HOUR, START + known_at * HOUR)
            refused = max((w["known_from"] for w in fitting if not w["is_granted"]), default=None)
            yes = [w for w in fitting if w["is_granted"] and (refused is None or w["valid_from"] > refused)]
            assert [row["is_granted"] for row in found] == ([bool(yes)] if fitting else [])


def test_beliefs__take_any_name_of_a_person_and_know_no_future(settings, clock):
    words = [_word(random.Random(number), number) for number in range(3)]
    _publish(settings, clock, words)
    asked = [beliefs_of(settings, who, None, None) for who in ("u", "p", "old", " A@x ")]
    assert asked[0]
    assert all(found == asked[0] for found in asked)
    with pytest.raises(UsageError, match="knows nothing"):
        beliefs_of(settings, "u", None, clock.now() + HOUR)


def test_beliefs__need_a_published_run(settings):
    with pytest.raises(KithError, match="nothing was published"):
        beliefs_of(settings, "u", None, None)
