from datetime import timedelta

import pytest
from sqlalchemy import text

from kith.accounts import Accounts, Right, Role, Sessions, Visitor, rights_of
from kith.accounts import passwords as hashing
from kith.accounts.sessions import IDLE, LONGEST
from kith.accounts.store import FIRST_WAIT, FREE_ATTEMPTS, LONGEST_WAIT
from kith.errors import KithError
from kith.state import StateDatabase
from kith.state.audit import first_broken

GOOD, WRONG = "correct horse battery", "wrong horse battery"


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def database(settings):
    opened = StateDatabase.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def accounts(database, clock):
    found = Accounts(database)
    found.add("ada", Role.ADMIN, GOOD, actor="test", now=clock.now())
    return found


def log(database) -> list[tuple[str, str, str]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT actor, action, subject FROM audit"))]


def test_check__lets_in_who_has_the_password_and_nobody_else(accounts, clock):
    found = accounts.check(" Ada ", GOOD, clock.now())
    assert found is not None
    assert found.visitor == Visitor("ada", Role.ADMIN)
    assert accounts.check("ada", WRONG, clock.now()) is None
    assert accounts.check("bob", GOOD, clock.now()) is None
    assert accounts.check("ada", "x" * 2_000, clock.now()) is None


def test_password__is_kept_as_a_salted_hash(accounts, database, clock):
    accounts.add("bob", Role.VIEWER, GOOD, actor="test", now=clock.now())
    with database.read() as connection:
        kept = list(connection.execute(text("SELECT password_hash FROM accounts")).scalars())
    assert len(set(kept)) == 2
    assert all(each.startswith("$argon2id$") and GOOD not in each for each in kept)


def test_password__made_with_weaker_parameters_is_hashed_anew(accounts, database, clock, monkeypatch):
    from argon2 import PasswordHasher

    monkeypatch.setattr(
        hashing, "_hasher", lambda: PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    )
    assert accounts.check("ada", GOOD, clock.now())
    with database.read() as connection:
        assert "m=128,t=2" in str(connection.execute(text("SELECT password_hash FROM accounts")).scalar())


@pytest.mark.parametrize("password", ["short", "x" * 11, "x" * 1_025])
def test_password__of_unfit_length_is_refused(accounts, clock, password):
    with pytest.raises(KithError, match="12 to 1024"):
        accounts.add("bob", Role.VIEWER, password, actor="test", now=clock.now())


def test_check__makes_a_guesser_wait_longer_each_time(accounts, clock):
    now = clock.now()
    for _ in range(FREE_ATTEMPTS):
        assert accounts.check("ada", WRONG, now) is None
    assert accounts.check("ada", GOOD, now) is None, "right, but too soon"
    assert accounts.check("ada", GOOD, now + FIRST_WAIT - timedelta(seconds=1)) is None
    assert accounts.check("ada", WRONG, now + FIRST_WAIT) is None
    assert accounts.check("ada", GOOD, now + FIRST_WAIT * 2) is None, "twice as long after the next"
    assert accounts.check("ada", GOOD, now + FIRST_WAIT * 3) is not None
    assert accounts.check("ada", WRONG, now + FIRST_WAIT * 3) is None
    assert accounts.check("ada", GOOD, now + FIRST_WAIT * 3) is not None, "the count began anew"


def test_check__never_makes_anybody_wait_beyond_an_hour(accounts, clock):
    now = clock.now()
    for _ in range(40):
        accounts.check("ada", WRONG, now)
        now += LONGEST_WAIT
    assert accounts.check("ada", GOOD, now) is not None


def test_disable__ends_what_somebody_may_do_at_once(accounts, database, clock):
    accounts.add("bob", Role.MARKETER, GOOD, actor="test", now=clock.now())
    sessions = Sessions(database)
    token = sessions.begin("bob", clock.now())
    accounts.disable("bob", actor="ada", now=clock.now())
    assert sessions.visitor(token, clock.now()) is None
    assert accounts.check("bob", GOOD, clock.now()) is None
    accounts.enable("bob", actor="ada", now=clock.now())
    assert accounts.check("bob", GOOD, clock.now()) is not None


def test_session__of_a_disabled_account_is_nobody_s_though_it_was_left(accounts, database, clock):
    sessions = Sessions(database)
    token = sessions.begin("ada", clock.now())
    with database.begin() as connection:
        connection.execute(text("UPDATE accounts SET disabled_at = created_at"))
    assert sessions.visitor(token, clock.now()) is None


def test_accounts__always_keep_an_administrator(accounts, clock):
    for change in (
        lambda: accounts.disable("ada", actor="ada", now=clock.now()),
        lambda: accounts.give_role("ada", Role.VIEWER, actor="ada", now=clock.now()),
    ):
        with pytest.raises(KithError, match="last administrator"):
            change()
    accounts.add("bob", Role.ADMIN, GOOD, actor="ada", now=clock.now())
    accounts.disable("ada", actor="bob", now=clock.now())
    with pytest.raises(KithError, match="last administrator"):
        accounts.give_role("bob", Role.VIEWER, actor="bob", now=clock.now())


def test_accounts__begin_with_an_administrator(database, clock):
    with pytest.raises(KithError, match="first account"):
        Accounts(database).add("bob", Role.VIEWER, GOOD, actor="test", now=clock.now())
    assert not Accounts(database).exist()


@pytest.mark.parametrize("name", ["", "a b", "../x", "Ä", "x" * 65, "-x", "a'b"])
def test_add__refuses_a_name_that_is_none(accounts, clock, name):
    with pytest.raises(KithError, match="no name of an account"):
        accounts.add(name, Role.VIEWER, GOOD, actor="test", now=clock.now())


def test_add__refuses_a_name_that_is_taken(accounts, clock):
    with pytest.raises(KithError, match="already"):
        accounts.add("ADA", Role.VIEWER, GOOD, actor="test", now=clock.now())


def test_session__tells_the_role_of_now(accounts, database, clock):
    accounts.add("bob", Role.VIEWER, GOOD, actor="test", now=clock.now())
    sessions = Sessions(database)
    token = sessions.begin("bob", clock.now())
    assert sessions.visitor(token, clock.now()) == Visitor("bob", Role.VIEWER)
    accounts.give_role("bob", Role.ANALYST, actor="ada", now=clock.now())
    assert sessions.visitor(token, clock.now()) == Visitor("bob", Role.ANALYST)


def test_session__ends_without_a_click_and_after_its_time(accounts, database, clock):
    sessions, now = Sessions(database), clock.now()
    token = sessions.begin("ada", now)
    assert sessions.visitor(token, now + IDLE - timedelta(seconds=1)) is not None
    assert sessions.visitor(token, now + 2 * IDLE - timedelta(seconds=2)) is not None, "each click counts"
    assert sessions.visitor(token, now + 4 * IDLE) is None
    busy, moment = sessions.begin("ada", now), now
    while moment < now + LONGEST - IDLE / 2:
        moment += IDLE / 2
        assert sessions.visitor(busy, moment) is not None
    assert sessions.visitor(busy, now + LONGEST) is None


def test_session__is_kept_as_a_digest_and_ends_by_signing_out(accounts, database, clock):
    sessions = Sessions(database)
    token = sessions.begin("ada", clock.now())
    with database.read() as connection:
        assert token not in str(connection.execute(text("SELECT * FROM account_sessions")).all())
    assert sessions.visitor(token + "x", clock.now()) is None
    sessions.end(token, clock.now())
    assert sessions.visitor(token, clock.now()) is None


def test_session__of_another_ends_when_the_password_changes(accounts, database, clock):
    sessions = Sessions(database)
    token = sessions.begin("ada", clock.now())
    accounts.set_password("ada", "another horse battery", actor="ada", now=clock.now())
    assert sessions.visitor(token, clock.now()) is None
    assert accounts.check("ada", "another horse battery", clock.now()) is not None


def test_audit__holds_each_change_and_no_secret(accounts, database, clock):
    accounts.check("ada", WRONG, clock.now())
    accounts.check("ada", GOOD, clock.now())
    assert log(database) == [
        ("test", "account added", "ada"),
        ("ada", "sign-in refused", "ada"),
        ("ada", "signed in", "ada"),
    ]
    with database.read() as connection:
        assert GOOD not in str(connection.execute(text("SELECT * FROM audit")).all())
        assert first_broken(connection) is None


def test_rights__grow_with_the_role():
    assert rights_of(Role.VIEWER) < rights_of(Role.ANALYST) < rights_of(Role.MARKETER) < rights_of(Role.ADMIN)
    assert rights_of(Role.ADMIN) == frozenset(Right)


def test_require__names_who_may():
    Visitor("ada", Role.ADMIN).require(Right.OPERATE)
    with pytest.raises(KithError, match="bob is viewer and may not do this"):
        Visitor("bob", Role.VIEWER).require(Right.SEE_PEOPLE)
