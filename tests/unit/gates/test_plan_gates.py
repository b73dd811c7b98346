"""The plan gates' SQL over a few candidates: who is withheld, and why."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import duckdb
import pytest

from activation.gates import consent, holdout, missing_variable, reachability, suppression
from activation.gates.contract import Gate, PlanView

D = datetime(2026, 5, 1, 8)
_CANDIDATES = """
    CREATE TABLE candidates (message_id TEXT, profile_id TEXT, channel TEXT, purpose TEXT, address TEXT,
        decided_at TIMESTAMP, is_holdout BOOLEAN, is_transactional BOOLEAN, missing_variable TEXT);
    CREATE TABLE consents (profile_id TEXT, purpose TEXT, channel TEXT, is_granted BOOLEAN, legal_basis TEXT,
        effective_at TIMESTAMP);
    CREATE TABLE consent_history (identifier_type TEXT, identifier_value TEXT, purpose TEXT, channel TEXT,
        is_granted BOOLEAN, binds_at TIMESTAMP, is_current BOOLEAN);
    CREATE TABLE identities (identifier_type TEXT, identifier_value TEXT, profile_id TEXT);
    CREATE TABLE suppressed (channel TEXT, address TEXT, cause TEXT, effective_at TIMESTAMP)
"""


@pytest.fixture
def view() -> PlanView:
    connection = duckdb.connect()
    connection.execute(_CANDIDATES)
    return PlanView(connection)


def add(view: PlanView, name: str, **changes: object) -> None:
    row = {
        "message_id": name,
        "profile_id": name,
        "channel": "email",
        "purpose": "marketing",
        "address": "a@example.com",
        "decided_at": D,
        "is_holdout": False,
        "is_transactional": False,
        "missing_variable": None,
    } | changes
    marks = ", ".join("?" * len(row))
    view.connection.execute(f"INSERT INTO candidates VALUES ({marks})", list(row.values()))


def say(
    view: PlanView, who: str, granted: bool | None, at: datetime = D - timedelta(days=1), **more: str
) -> None:
    row = [who, more.get("purpose", "marketing"), more.get("channel", "email"), granted, "consent", at]
    view.connection.execute("INSERT INTO consents VALUES (?, ?, ?, ?, ?, ?)", row)


def refused(view: PlanView, gate: Gate) -> dict[str, str]:
    return dict(view.connection.execute(gate.refusals(view)).fetchall())


def test_consent__gives_leave_for_a_record_that_held_before_the_decision_alone(view: PlanView) -> None:
    for name in ("yes", "never", "no", "sms", "news", "later", "just", "null"):
        add(view, name)
    add(view, "receipt", purpose="transactional", is_transactional=True)
    add(view, "refused_receipt", purpose="transactional", is_transactional=True)
    say(view, "yes", True)
    say(view, "no", False)
    say(view, "sms", True, channel="sms")
    say(view, "news", True, purpose="news")
    say(view, "later", True, at=D + timedelta(seconds=1))
    say(view, "just", True, at=D)
    say(view, "null", None)
    say(view, "refused_receipt", False, purpose="transactional")
    withheld = refused(view, consent.plugin)
    assert set(withheld) == {"never", "no", "sms", "news", "later", "just", "null", "refused_receipt"}
    permitted = consent.permit(view).relation
    assert view.connection.execute(f"FROM {permitted} ORDER BY 1").fetchall() == [
        ("receipt", "contract", "[]"),
        ("yes", "consent", "[]"),
    ]


def own(view: PlanView, who: str, kind: str, value: str) -> None:
    view.connection.execute("INSERT INTO identities VALUES (?, ?, ?)", [kind, value, who])


def word(view: PlanView, kind: str, value: str, granted: bool, at: datetime, is_current: bool = True) -> None:
    row = [kind, value, "marketing", "email", granted, at, is_current]
    view.connection.execute("INSERT INTO consent_history VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def test_consent__names_the_refusals_that_the_warehouse_saw_lifted(view: PlanView) -> None:
    add(view, "m", profile_id="p", address="new@example.com")
    say(view, "p", True)
    for kind, value in (("user_id", "u"), ("email", "new@example.com"), ("email", "old@example.com")):
        own(view, "p", kind, value)
    word(view, "user_id", "u", True, D)
    word(view, "email", "old@example.com", False, D - timedelta(days=3))
    word(view, "email", "new@example.com", False, D - timedelta(days=9), is_current=False)
    ((_, _, lifted),) = view.connection.execute(f"FROM {consent.permit(view).relation}").fetchall()
    assert json.loads(lifted) == [["email", "old@example.com", "2026-04-28T08:00:00.000000Z"]]


def test_consent__what_the_address_itself_refused_binds_whoever_is_written_to_at_it(view: PlanView) -> None:
    add(view, "borrowed", profile_id="p", address=" Shared@Example.com ")
    add(view, "unowned", profile_id="p", address="lost@example.com")
    add(view, "own", profile_id="p", address="mine@example.com")
    add(view, "granted_elsewhere", profile_id="p", address="other@example.com")
    say(view, "p", True)
    own(view, "q", "email", "shared@example.com")
    own(view, "q", "email", "other@example.com")
    own(view, "p", "email", "mine@example.com")
    for name in ("shared", "lost", "mine"):
        word(view, "email", f"{name}@example.com", False, D - timedelta(days=1))
    word(view, "email", "other@example.com", True, D - timedelta(days=1))
    assert set(refused(view, consent.plugin)) == {"borrowed", "unowned"}


def test_suppression__matches_the_whole_address_in_any_case_from_its_time_on(view: PlanView) -> None:
    add(view, "same", address=" Ada@Example.com ")
    add(view, "tagged", address="ada+shop@example.com")
    add(view, "other_channel", channel="sms", address="ada@example.com")
    add(view, "before", address="late@example.com")
    add(view, "nobody", address=None)
    rows = [
        ("email", "ada@example.com", "complaint", D - timedelta(days=1)),
        ("email", "late@example.com", "x", D),
    ]
    view.connection.executemany("INSERT INTO suppressed VALUES (?, ?, ?, ?)", rows)
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
    view: PlanView, address: str | None, detail: str | None
) -> None:
    add(view, "m", address=address)
    assert refused(view, reachability.plugin).get("m") == detail


def test_reachability__wants_an_international_number_for_text_messages(view: PlanView) -> None:
    add(view, "good", channel="sms", address="+999500000001")
    add(view, "national", channel="sms", address="0170 123")
    assert set(refused(view, reachability.plugin)) == {"national"}


def test_holdout_and_missing_variable__read_what_entry_and_drafting_fixed(view: PlanView) -> None:
    add(view, "held", is_holdout=True)
    add(view, "lacking", missing_variable="first_name")
    add(view, "fine")
    assert set(refused(view, holdout.plugin)) == {"held"}
    assert refused(view, missing_variable.plugin) == {"lacking": "first_name"}
