"""SMTP replies and what they mean, against the registry of enhanced codes."""

import pytest

from activation.channels._status_codes import judge_reply
from activation.channels.contract import Reason, Status

# reply, text, status, detail, suppress_after (at RCPT)
REPLIES = [
    (550, "5.1.1 no such user", Status.REJECTED, "no_mailbox", 1),
    (550, "5.1.2 no such domain", Status.REJECTED, "no_domain", 2),
    (553, "5.1.3 bad syntax", Status.REJECTED, "bad_address", 1),
    (551, "5.1.6 moved", Status.REJECTED, "mailbox_moved", 1),
    (556, "5.1.10 null MX", Status.REJECTED, "null_mx", 1),
    (550, "5.2.1 disabled", Status.REJECTED, "mailbox_disabled", 2),
    (552, "5.2.2 mailbox full", Status.REJECTED, "mailbox_full", 5),
    (452, "4.2.2 mailbox full", Status.DEFERRED, "mailbox_full", 0),
    (450, "4.2.1 busy", Status.DEFERRED, "mailbox_disabled", 0),
    (451, "4.7.1 Greylisting in action", Status.DEFERRED, "greylisted", 0),
    (421, "4.3.2 shutting down", Status.DEFERRED, "not_accepting", 0),
    (552, "5.3.4 too big", Status.FAILED, "message_too_big", 0),
    (550, "5.4.1 access denied", Status.REJECTED, "no_route", 2),
    (554, "5.6.7 needs SMTPUTF8", Status.FAILED, "content_refused", 0),
    (501, "5.5.4 bad parameter", Status.FAILED, "protocol_refused", 0),
    (550, "5.7.1 policy", Status.REJECTED, "policy", 0),
    (550, "5.7.1 user unknown", Status.REJECTED, "no_mailbox", 1),
    (450, "4.7.28 rate", Status.DEFERRED, "rate_limited", 0),
    (550, "5.7.26 unauthenticated", Status.FAILED, "sender_unauthenticated", 0),
    (550, "5.7.515 unauthenticated", Status.FAILED, "sender_unauthenticated", 0),
    (550, "User unknown", Status.REJECTED, "no_mailbox", 1),
    (550, "whatever", Status.REJECTED, "unspecified", 0),
    (550, "5.0.0 spam suspected", Status.REJECTED, "policy", 0),
    (550, "4.2.2 full", Status.REJECTED, "mailbox_full", 5),
    (452, "5.2.2 full", Status.DEFERRED, "mailbox_full", 0),
    (
        553,
        "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        Status.REJECTED,
        "bad_address",
        0,
    ),
    (530, "5.7.0 Authentication required", Status.FAILED, "login_required", 0),
    (530, "Authentication required", Status.FAILED, "login_required", 0),
]


@pytest.mark.parametrize(("code", "text", "status", "detail", "suppress_after"), REPLIES)
def test_status_codes__reply_to_rcpt(code, text, status, detail, suppress_after):
    answer = judge_reply("m", "rcpt", code, text)
    assert (answer.status, answer.detail, answer.suppress_after) == (status, detail, suppress_after)


def test_status_codes__only_a_refused_recipient_costs_an_address_its_place():
    for stage in ("mail", "data"):
        assert judge_reply("m", stage, 550, "5.1.1 no such user").suppress_after == 0


def test_status_codes__a_refused_sender_is_our_fault():
    assert judge_reply("m", "mail", 550, "5.7.1 not from you").status is Status.FAILED


def test_status_codes__authentication_stops_the_channel_when_it_is_final():
    assert judge_reply("m", "data", 550, "5.7.26 no DMARC").is_halt
    assert not judge_reply("m", "data", 450, "4.7.26 try later").is_halt


@pytest.mark.parametrize("code", range(400, 600))
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_status_codes__every_reply_has_an_answer_of_the_closed_sets(stage, code):
    for text in ("", "5.9.99 what", "x.y.z", "5.1.1", "4.999.999 nonsense\r\n more"):
        answer = judge_reply("m", stage, code, text)
        assert answer.status in (Status.DEFERRED, Status.REJECTED, Status.FAILED)
        assert (answer.status is Status.DEFERRED) == (code < 500)
        assert isinstance(answer.reason, Reason)
        assert answer.reason
