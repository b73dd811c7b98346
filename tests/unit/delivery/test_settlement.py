"""What an answer means: the policy as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from activation.channels.contract import Answer, Capabilities, Reason, Status, WhenUnknown
from activation.contract import Outcome, PlannedMessage
from activation.delivery.settlement import MAX_ATTEMPTS, QUICK_TRIES, Claimed, next_try, refuse, settle
from kith.ids import stable_id

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
ID = stable_id("a message")
SMTP = Capabilities(frozenset({"text"}))
KEYED = Capabilities(frozenset({"text"}), honours_key=True)
CAUTIOUS = Capabilities(frozenset({"text"}), when_unknown=WhenUnknown.STOP)


def _claimed(attempts: int = 1, is_uncertain: bool = False) -> Claimed:
    names = ("journey", "journey_version", "step_id", "enrolment_id", "profile_id", "channel", "purpose")
    texts = dict.fromkeys((*names, "template"), "x")
    message = PlannedMessage(
        message_id=ID,
        **texts,
        template_version="1",
        address="a@b.example",
        identifiers=(),
        locale="",
        variables={},
        decided_at=NOW,
        not_after=NOW,
        is_transactional=False,
    )
    return Claimed(message, attempts, is_uncertain)


def _settle(status: Status, capabilities: Capabilities = SMTP, **claimed):
    return settle(_claimed(**claimed), Answer(ID, status, Reason.POLICY_REFUSED, "x"), capabilities, NOW)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (Status.ACCEPTED, Outcome.ACCEPTED),
        (Status.REJECTED, Outcome.REJECTED),
        (Status.FAILED, Outcome.FAILED),
        (Status.DEFERRED, Outcome.PENDING),
        (Status.UNKNOWN, Outcome.PENDING),
    ],
)
def test_settlement__each_status_has_its_outcome(status, outcome):
    assert _settle(status).outcome is outcome


def test_settlement__a_lost_answer_makes_it_uncertain_unless_the_vendor_honours_our_key():
    assert _settle(Status.UNKNOWN).is_uncertain
    assert not _settle(Status.UNKNOWN, KEYED).is_uncertain
    assert _settle(Status.UNKNOWN, KEYED).outcome is Outcome.PENDING


def test_settlement__a_cautious_channel_never_sends_twice():
    assert _settle(Status.UNKNOWN, CAUTIOUS).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [Status.REJECTED, Status.FAILED])
def test_settlement__an_uncertain_message_is_accepted_or_unknown(status):
    assert _settle(status, is_uncertain=True).outcome is Outcome.UNKNOWN
    assert _settle(Status.ACCEPTED, is_uncertain=True).outcome is Outcome.ACCEPTED
    refused = refuse(_claimed(is_uncertain=True), Outcome.SUPPRESSED, Reason.NO_CONSENT, "withdrawn")
    assert (refused.outcome, refused.detail) == (Outcome.UNKNOWN, "no_consent")


def test_settlement__it_gives_up_at_last():
    assert _settle(Status.DEFERRED, attempts=MAX_ATTEMPTS - 1).outcome is Outcome.PENDING
    ended = _settle(Status.DEFERRED, attempts=MAX_ATTEMPTS)
    assert (ended.outcome, ended.reason) == (Outcome.FAILED, Reason.ATTEMPTS_EXHAUSTED)


def test_settlement__waits_grow_and_never_depend_on_a_clock():
    waits = [next_try(ID, attempts, NOW) - NOW for attempts in range(1, MAX_ATTEMPTS)]
    assert waits[:QUICK_TRIES] == [timedelta(0)] * QUICK_TRIES
    assert waits == sorted(waits)
    assert timedelta(minutes=4) <= waits[QUICK_TRIES] <= timedelta(minutes=6)


def test_settlement__a_halt_keeps_the_message():
    answer = Answer(ID, Status.FAILED, Reason.CHANNEL_MISCONFIGURED, "login_refused", is_halt=True)
    assert settle(_claimed(), answer, SMTP, NOW).outcome is Outcome.PENDING
