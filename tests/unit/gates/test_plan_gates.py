"""The plan gates' SQL over a few messages and channels: who is withheld, and why."""

from __future__ import annotations

import duckdb
import pytest

from activation.gates import consent, missing_variable, reachability, suppression
from activation.gates.contract import Gate

D = 1_777_000_000_000_000
NEVER = 1 << 60
_FACTS = """
    CREATE TABLE attempts (seq INTEGER, place UTINYINT, channel TEXT, person TEXT, purpose TEXT, address TEXT,
        decided_at BIGINT, is_transactional BOOLEAN, missing_variable TEXT, name TEXT);
    CREATE TABLE facts_consents (person TEXT, purpose TEXT, channel TEXT, is_granted BOOLEAN, legal_basis TEXT,
        lifted TEXT, from_at BIGINT, to_at BIGINT);
    CREATE TABLE facts_refusals (person TEXT, channel TEXT, address TEXT, purpose TEXT, from_at BIGINT, to_at BIGINT);
    CREATE TABLE facts_suppressed (channel TEXT, address TEXT, cause TEXT, from_at BIGINT);
    CREATE TABLE permitted (seq INTEGER, place UTINYINT, lifted TEXT);
"""


@pytest.fixture
def view() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(_FACTS)
    return connection


def add(view: duckdb.DuckDBPyConnection, name: str, **changes: object) -> None:
    (count,) = view.execute("SELECT count(*) FROM attempts").fetchone() or (0,)
    row = {
        "seq": count,
        "place": 0,
        "channel": "email",
        "person": name,
        "purpose": "marketing",
        "address": "a@example.com",
        "decided_at": D,
        "is_transactional": False,
        "missing_variable": None,
        "name": name,
    } | changes
    view.execute(f"INSERT INTO attempts VALUES ({', '.join('?' * len(row))})", list(row.values()))


def say(
    view: duckdb.DuckDBPyConnection,
    who: str,
    granted: bool | None,
    from_at: int = D - 1,
    to_at: int = NEVER,
    **more: str,
) -> None:
    row = [who, more.get("purpose", "marketing"), more.get("channel", "email"), granted, "consent"]
    view.execute(
        "INSERT INTO facts_consents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [*row, more.get("lifted", "[]"), from_at, to_at],
    )


def refused(view: duckdb.DuckDBPyConnection, gate: Gate) -> dict[str, str]:
    found = f"SELECT a.name, w.detail FROM ({gate.withheld(view)}) AS w JOIN attempts AS a USING (seq, place)"
    return dict(view.execute(found).fetchall())


def test_consent__gives_leave_for_the_answer_in_force_at_the_decision_alone(
    view: duckdb.DuckDBPyConnection,
) -> None:
    for name in ("yes", "just", "never", "no", "sms", "news", "later", "ended", "null"):
        add(view, name)
    add(view, "receipt", purpose="transactional", is_transactional=True)
    add(view, "refused_receipt", purpose="transactional", is_transactional=True)
    say(view, "yes", True)
    say(view, "just", True, D)
    say(view, "no", False)
    say(view, "sms", True, channel="sms")
    say(view, "news", True, purpose="news")
    say(view, "later", True, D + 1)
    say(view, "ended", True, D - 9, D)
    say(view, "ended", False, D)
    say(view, "null", None)
    say(view, "refused_receipt", False, purpose="transactional")
    withheld = set(refused(view, consent.plugin))
    assert withheld == {"never", "no", "sms", "news", "later", "ended", "null", "refused_receipt"}
    leave = "SELECT a.name FROM permitted JOIN attempts AS a USING (seq, place) ORDER BY ALL"
    assert view.execute(leave).fetchall() == [("just",), ("receipt",), ("yes",)]


def test_consent__is_asked_for_each_channel_of_a_message(view: duckdb.DuckDBPyConnection) -> None:
    for place, channel in enumerate(("email", "sms")):
        add(view, channel, seq=7, place=place, channel=channel, person="p")
    say(view, "p", True, channel="sms")
    assert set(refused(view, consent.plugin)) == {"email"}


def test_consent__keeps_the_refusals_that_a_leave_rests_on_being_lifted(
    view: duckdb.DuckDBPyConnection,
) -> None:
    add(view, "m")
    lifted = '[["email","old@example.com","2026-04-28T08:00:00.000000Z"]]'
    say(view, "m", True, lifted=lifted)
    consent.permit_attempts(view)
    assert view.execute("FROM permitted").fetchall() == [(0, 0, lifted)]
    assert consent.permissions().relation == "permitted"


def test_consent__what_the_address_itself_refused_binds_whoever_is_written_to_at_it(
    view: duckdb.DuckDBPyConnection,
) -> None:
    for name in ("borrowed", "over", "other_purpose"):
        add(view, name)
        say(view, name, True)
    refusals = [
        ("borrowed", "email", "a@example.com", "marketing", D, NEVER),
        ("over", "email", "a@example.com", "marketing", D - 9, D),
        ("other_purpose", "email", "a@example.com", "news", 0, NEVER),
    ]
    view.executemany("INSERT INTO facts_refusals VALUES (?, ?, ?, ?, ?, ?)", refusals)
    assert set(refused(view, consent.plugin)) == {"borrowed"}


def test_suppression__matches_the_whole_address_in_any_case_from_its_time_on(
    view: duckdb.DuckDBPyConnection,
) -> None:
    add(view, "same", address=" Ada@Example.com ")
    add(view, "tagged", address="ada+shop@example.com")
    add(view, "other_channel", channel="sms", address="ada@example.com")
    add(view, "before", address="late@example.com")
    add(view, "nobody", address=None)
    rows = [("email", "ada@example.com", "complaint", D), ("email", "late@example.com", "x", D + 1)]
    view.executemany("INSERT INTO facts_suppressed VALUES (?, ?, ?, ?)", rows)
    assert refused(view, suppression.plugin) == {"same": "complaint"}


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("ada@example.com", None),
        ("a.b+tag@mail.example.co", None),
        ("o'hara@example.com", None),
        (None, "no address"),
        ("", "no address"),
        ("ada", "malformed"),
        ("ada@localhost", "malformed"),
        ("ada@@example.com", "malformed"),
        ("ada..b@example.com", "malformed"),
        (".ada@example.com", "malformed"),
        ("ada@example.com\nBcc: x@example.com", "malformed"),
        ("ada@example.com ", "malformed"),
        ("Ada <ada@example.com>", "malformed"),
        ("ada@-example.com", "malformed"),
        ("jörg@example.com", "malformed"),
        ("a" * 250 + "@example.com", "malformed"),
    ],
)
def test_reachability__wants_an_address_that_mail_can_carry(
    view: duckdb.DuckDBPyConnection, address: str | None, detail: str | None
) -> None:
    add(view, "m", address=address)
    assert refused(view, reachability.plugin).get("m") == detail


def test_reachability__wants_an_international_number_for_text_messages(
    view: duckdb.DuckDBPyConnection,
) -> None:
    add(view, "good", channel="sms", address="+999500000001")
    add(view, "national", channel="sms", address="0170 123")
    assert set(refused(view, reachability.plugin)) == {"national"}


def test_missing_variable__reads_what_drafting_found(view: duckdb.DuckDBPyConnection) -> None:
    add(view, "lacking", missing_variable="first_name")
    add(view, "fine")
    assert refused(view, missing_variable.plugin) == {"lacking": "first_name"}
