"""Claims and their fences."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from activation.channels.contract import Capabilities, WhenUnknown
from activation.contract import Outcome
from activation.delivery.ledger import ClaimLost, Ledger
from activation.delivery.liveness import come_alive
from activation.delivery.schema import CLAIMS, LEDGER
from kith.ids import stable_id
from kith.state import StateDatabase

SMTP = {("email", "smtp"): Capabilities(frozenset({"text"}))}
KEYED = {("email", "smtp"): Capabilities(frozenset({"text"}), honours_key=True)}
CAUTIOUS = {("email", "smtp"): Capabilities(frozenset({"text"}), when_unknown=WhenUnknown.STOP)}


@pytest.fixture
def ledger(settings, clock):
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        connection.execute(LEDGER.insert(), [_row(number, clock.now()) for number in range(6)])
    yield Ledger(database)
    database.close()


def _row(number: int, now) -> dict:
    texts = {
        column.name: "x"
        for column in LEDGER.columns
        if isinstance(column.type, sa.Text) and not column.primary_key
    }
    texts |= {"provider": "", "trail": ""}
    return {
        **texts,
        "message_id": stable_id(str(number)),
        "channel": "email",
        "identifiers": "[]",
        "lifted": "[]",
        "variables": "{}",
        **dict.fromkeys(("decided_at", "not_after", "due_at", "loaded_at"), now),
        "is_transactional": number == 5,
        "lane": 0 if number == 5 else 1,
        "state": "pending",
        "attempts": 0,
        "is_uncertain": False,
        "outcome": "pending",
        "reason": "",
        "detail": "",
    }


def _states(ledger) -> list[tuple[str, bool]]:
    with ledger.database.read() as connection:
        rows = connection.execute(sa.select(LEDGER.c.state, LEDGER.c.is_uncertain)).all()
    return sorted((row.state, row.is_uncertain) for row in rows)


def _mark(ledger, claim, items, clock):
    with ledger.database.begin() as connection:
        return ledger.mark(connection, claim, items, "smtp")


def test_ledger__claims_do_not_overlap_and_transactional_comes_first(ledger, clock):
    claims = [ledger.claim(worker, "email", 4, clock.now()) for worker in ("a", "b", "c")]
    assert [len(claim.messages) for claim in claims] == [1, 4, 1]  # a transactional message goes alone
    ids = [item.message.message_id for claim in claims for item in claim.messages]
    assert len(set(ids)) == len(ids) == 6
    assert ids[0] == stable_id("5")
    assert ledger.claim("d", "email", 4, clock.now()) is None


def test_ledger__what_is_due_later_is_not_claimed(ledger, clock):
    assert ledger.claim("a", "email", 4, clock.now() - timedelta(seconds=1)) is None


def test_ledger__a_worker_whose_claim_was_taken_over_sends_nothing_more(ledger, clock):
    claim = ledger.claim("a", "email", 6, clock.now())
    ledger.recover(lambda _worker: False, SMTP, clock.now())
    with pytest.raises(ClaimLost):
        _mark(ledger, claim, claim.messages[:1], clock)
    assert _states(ledger) == [("pending", False)] * 6


def test_ledger__a_worker_cannot_mark_what_another_claimed_after_it(ledger, clock):
    claim = ledger.claim("a", "email", 1, clock.now())
    ledger.recover(lambda _worker: False, SMTP, clock.now())
    assert ledger.claim("b", "email", 1, clock.now()).messages == claim.messages
    with pytest.raises(ClaimLost):
        _mark(ledger, claim, claim.messages, clock)


def test_ledger__a_message_is_marked_once(ledger, clock):
    claim = ledger.claim("a", "email", 6, clock.now())
    _mark(ledger, claim, claim.messages[:1], clock)
    with pytest.raises(ClaimLost):
        _mark(ledger, claim, claim.messages[:1], clock)


def test_ledger__the_living_keep_what_they_hold(ledger, clock):
    for _lane in range(2):
        ledger.claim("a", "email", 6, clock.now())
    assert ledger.recover(lambda _worker: True, SMTP, clock.now()) == 0
    assert _states(ledger) == [("claimed", False)] * 6


@pytest.mark.parametrize(
    ("capabilities", "state", "is_uncertain"),
    [(SMTP, "pending", True), (KEYED, "pending", False), (CAUTIOUS, "pending", True)],
)
def test_ledger__what_the_dead_had_marked_is_treated_by_the_channel_s_word(
    ledger, clock, capabilities, state, is_uncertain
):
    claim = ledger.claim("a", "email", 6, clock.now())
    (marked,) = _mark(ledger, claim, claim.messages[:1], clock)
    assert marked.attempts == 1
    assert ledger.recover(lambda _worker: False, capabilities, clock.now()) == is_uncertain
    with ledger.database.read() as connection:
        row = connection.execute(
            sa.select(LEDGER).where(LEDGER.c.message_id == marked.message.message_id)
        ).one()
        assert connection.scalar(sa.select(sa.func.count()).where(CLAIMS.c.released_at.is_(None))) == 0
    assert (row.state, row.is_uncertain) == (state, is_uncertain)
    assert row.outcome == (Outcome.UNKNOWN if state == "done" else Outcome.PENDING).value
    assert sum(state == "pending" for state, _ in _states(ledger)) >= 5


def test_liveness__ends_with_its_worker(ledger, home):
    one, other = come_alive(ledger.database, home), come_alive(ledger.database, home)
    assert other.is_alive(one.name)
    assert other.is_alive(other.name)
    one.close()
    assert not other.is_alive(one.name)
    assert not other.is_alive("never born")
    other.close()
