"""Accounts are kept by the public command, passwords on its input alone; the log shows it, and where it was touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from dashboards.actions import Action, perform
from dashboards.answers.audit import Wanted, check_chain, entries, names_in_log
from kith.accounts import Accounts, Right, Role, Visitor
from kith.run import Run
from kith.settings import Settings
from kith.state import StateDatabase
from kith.state.audit import record
from tests.unit.dashboards.conftest import Draw

ADA = Visitor("ada", Role.ADMIN)
PASSWORD = "correct horse battery"
START = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def log(settings: Settings) -> StateDatabase:
    """Six entries of three people."""
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        for at in range(6):
            actor, what = ("ada", "bob", "eve")[at % 3], ("Launch a campaign", "Edited a definition")[at % 2]
            record(connection, START + timedelta(days=at), actor, what, f"campaigns/c{at}_x", {"at": at})
    return database


def test_account__is_added_with_a_password_that_no_log_and_no_process_shows(settings: Settings) -> None:
    words = ("accounts", "add", "ada", "--role", "admin", "--password-stdin")
    action = Action("Add an account", words, Right.ADMINISTER, "ada", PASSWORD)
    assert PASSWORD not in repr(action)
    assert perform(action, ADA, settings).is_done
    database = StateDatabase.open(settings)
    assert Accounts(database).check("ada", PASSWORD, START) is not None
    with database.read() as connection:
        told = str(connection.execute(text("SELECT actor, action, subject, detail FROM audit")).all())
    database.close()
    assert PASSWORD not in told
    assert "account added" in told


def test_account__a_short_password_is_refused_with_the_reason(settings: Settings) -> None:
    words = ("accounts", "add", "ada", "--role", "admin", "--password-stdin")
    done = perform(Action("Add an account", words, Right.ADMINISTER, "ada", "short"), ADA, settings)
    assert not done.is_done
    assert "5 characters" in done.problem


def test_command__that_asks_something_ends_instead_of_waiting(settings: Settings) -> None:
    words = ("accounts", "add", "ada", "--role", "admin")
    assert not perform(Action("Add an account", words, Right.ADMINISTER, "ada"), ADA, settings).is_done


def test_log__is_found_by_who_what_words_and_days(settings: Settings, log: StateDatabase) -> None:
    asked = {
        "all": Wanted(),
        "who": Wanted(actors=("ada", "eve")),
        "what": Wanted(actions=("Launch a campaign",)),
        "words": Wanted(words="C3_X"),
        "no wildcard": Wanted(words="c__x"),
        "days": Wanted(first=START.date() + timedelta(days=1), last=START.date() + timedelta(days=2)),
    }
    found = {name: entries(settings, wanted)[1] for name, wanted in asked.items()}
    assert found == {"all": 6, "who": 4, "what": 3, "words": 1, "no wildcard": 0, "days": 2}
    assert names_in_log(settings) == (["ada", "bob", "eve"], ["Edited a definition", "Launch a campaign"])


@pytest.mark.parametrize(
    ("harm", "broken"),
    [
        ("UPDATE audit SET actor = 'bob' WHERE entry_id = 4", 4),
        ("DELETE FROM audit WHERE entry_id = 2", 3),
        ("UPDATE audit SET detail = 'x' WHERE entry_id = 1", 1),
    ],
)
def test_chain__shows_the_first_entry_that_was_touched(
    settings: Settings, log: StateDatabase, harm: str, broken: int
) -> None:
    assert check_chain(settings).broken is None
    with log.begin() as connection:
        for trigger in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).scalars():
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text(harm))
    assert check_chain(settings).broken == broken


def test_audit_page__says_whether_the_chain_holds(
    settings: Settings, log: StateDatabase, draw: Draw, shop: Run
) -> None:
    app = draw("audit", who="ada")
    assert not app.exception
    assert "All 6 entries follow from one another" in "\n".join(each.value for each in app.caption)
    assert set(app.dataframe[0].value["actor"]) == {"ada"}


def test_accounts_page__adds_the_first_one_as_administrator(
    settings: Settings, draw: Draw, shop: Run
) -> None:
    app = draw("accounts")
    assert not app.exception
    assert app.selectbox[0].options == ["admin: may everything: also replays, syncs, accounts and the log"]


def test_accounts_page__refuses_a_name_that_would_be_an_option(
    settings: Settings, draw: Draw, shop: Run
) -> None:
    app = draw("accounts")
    name, password, again = app.text_input[:3]
    name.set_value("--password=x")
    password.set_value(PASSWORD)
    again.set_value(PASSWORD)
    app.button[0].click().run()
    assert "A name has letters" in app.error[0].value
