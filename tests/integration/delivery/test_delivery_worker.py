"""A worker over a real database, a real lake and a real SMTP server."""

import email
import email.policy
from collections import Counter
from datetime import timedelta

import pytest

from activation.delivery import dead_letters, interventions, outbox
from activation.delivery.worker import deliver
from kith.errors import KithError
from tests.integration.delivery.delivery_world import consent_event, grant, land, ledger_rows, outcomes, plan


def _run(world, clock, **options):
    return deliver(world, clock, wait=lambda _seconds: None, **options)


def test_worker__sends_each_planned_message_once(world, clock, sink):
    people = [f"p{n}@shop.example" for n in range(30)]
    ids = plan(world, people, clock.now())
    grant(world, clock, people)
    counts = _run(world, clock)
    again = _run(world, clock)
    assert (counts.loaded, counts.accepted, counts.pending) == (30, 30, 0)
    assert (again.loaded, again.accepted) == (0, 0)
    assert sink.counts() == Counter(ids)


def test_worker__refuses_a_message_planned_twice(world, clock, sink):
    plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    _run(world, clock)
    plan(world, ["a@shop.example"], clock.now())  # the same tick again, as after a restored backup
    assert _run(world, clock).loaded == 0
    assert len(sink.mails()) == 1


def test_worker__an_outbox_of_many_batches_is_loaded_whole(world, clock, sink, monkeypatch):
    monkeypatch.setattr(outbox, "_BATCH", 5)
    monkeypatch.setattr(outbox, "_WINDOW", 7)
    people = [f"p{n}@shop.example" for n in range(23)]
    planned = plan(world, people, clock.now())
    grant(world, clock, people)
    assert _run(world, clock).loaded == 23
    assert sink.counts() == Counter(planned)


def test_worker__withheld_rows_never_enter(world, clock, sink):
    plan(world, ["a@shop.example"], clock.now(), decision="withhold", reason="holdout", is_holdout=True)
    assert _run(world, clock).loaded == 0
    assert ledger_rows(world) == {}


def test_worker__every_answer_ends_in_its_outcome(world, clock, sink):
    people = [
        f"{kind}1@shop.example" for kind in ("ok", "grey", "gone", "full", "spam", "busy", "silent", "mute")
    ]
    plan(world, people, clock.now())
    grant(world, clock, people)
    counts = _run(world, clock)
    ended = {
        row.address.partition("@")[0]: (row.outcome, row.reason, row.is_uncertain)
        for row in ledger_rows(world).values()
    }
    assert ended == {
        "ok1": ("accepted", "", False),
        "grey1": ("accepted", "", False),
        "gone1": ("rejected", "address_refused", False),
        "full1": ("rejected", "address_refused", False),
        "spam1": ("rejected", "policy_refused", False),
        "busy1": ("pending", "channel_unavailable", False),
        "silent1": ("pending", "answer_lost", True),
        "mute1": ("accepted", "", True),
    }
    assert counts.pending == 2
    for _ in range(20):
        clock.set(clock.now() + timedelta(hours=1))
        _run(world, clock)
    assert outcomes(world) == Counter(accepted=3, rejected=3, failed=1, unknown=1)


def test_worker__a_retry_due_later_stays_for_a_later_call(world, clock, sink):
    plan(world, ["busy1@shop.example"], clock.now())
    grant(world, clock, ["busy1@shop.example"])
    assert _run(world, clock).deferred == 3
    assert _run(world, clock).deferred == 0
    clock.set(clock.now() + timedelta(minutes=10))
    assert _run(world, clock).deferred == 1


def test_worker__a_hard_bounce_at_rcpt_suppresses_the_address(world, clock, sink):
    people = ["gone1@shop.example", "spam1@shop.example"]
    grant(world, clock, people)
    plan(world, people, clock.now())
    _run(world, clock)
    clock.set(clock.now() + timedelta(hours=1))
    plan(
        world,
        [person.upper() for person in people],
        clock.now(),
        identifiers='[["user_id","u-gone1@shop.example"]]',
    )
    _run(world, clock)
    last = {row.address: (row.outcome, row.reason) for row in ledger_rows(world).values()}
    assert last["GONE1@SHOP.EXAMPLE"] == ("suppressed", "suppressed")
    assert (
        last["SPAM1@SHOP.EXAMPLE"][0] == "accepted"
    )  # policy is not the person's fault; the sink knows no upper case


def test_worker__no_record_of_consent_is_a_no(world, clock, sink):
    plan(world, ["a@shop.example"], clock.now())
    assert _run(world, clock).suppressed == 1
    assert sink.mails() == []


def test_worker__what_is_late_expires(world, clock, sink):
    plan(world, ["a@shop.example"], clock.now() - timedelta(days=3))
    grant(world, clock, ["a@shop.example"])
    assert _run(world, clock).expired == 1
    assert sink.mails() == []


def test_worker__an_old_grant_told_again_does_not_undo_a_withdrawal(world, clock, sink):
    grant(world, clock, ["a@shop.example"])
    given = clock.now() - timedelta(days=1)
    land(world, clock, [consent_event("a@shop.example", "withdrawn", clock.now())])
    clock.set(clock.now() + timedelta(hours=1))
    land(
        world,
        clock,
        [
            consent_event("a@shop.example", "granted", given),
            consent_event("a@shop.example", "granted", given, "2"),
        ],
    )
    plan(world, ["a@shop.example"], clock.now())
    assert _run(world, clock).suppressed == 1


def test_worker__an_unknown_channel_fails_aloud(world, clock):
    plan(world, ["a@shop.example"], clock.now(), channel="pigeon")
    assert _run(world, clock).failed == 1
    assert {row.detail for row in ledger_rows(world).values()} == {"no_such_channel"}


def test_worker__a_missing_setting_is_named_and_nothing_is_lost(world, clock, monkeypatch):
    monkeypatch.delenv("KITH_SMTP_HOST", raising=False)
    plan(world, ["a@shop.example"], clock.now())
    with pytest.raises(KithError, match="KITH_SMTP_HOST is not set"):
        _run(world, clock)
    assert outcomes(world) == Counter(pending=1)


def test_worker__an_unreachable_server_leaves_everything_pending(world, clock, sink, monkeypatch):
    plan(world, ["a@shop.example", "b@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example", "b@shop.example"])
    monkeypatch.setenv("KITH_SMTP_PORT", "1")
    counts = _run(world, clock)
    assert counts.pending == 2
    assert "KITH_SMTP_HOST" in counts.stopped
    assert {row.attempts for row in ledger_rows(world).values()} == {0}
    monkeypatch.setenv("KITH_SMTP_PORT", str(sink.port))
    assert _run(world, clock).accepted == 2


def test_worker__a_refused_login_stops_the_channel_and_keeps_the_messages(world, clock, sink, monkeypatch):
    people = [f"p{n}@shop.example" for n in range(20)]
    plan(world, people, clock.now())
    grant(world, clock, people)
    monkeypatch.setenv("KITH_SMTP_SENDER", "nologin@kith.example")
    counts = _run(world, clock)
    assert counts.pending == 20
    assert "login_required" in counts.stopped
    assert {row.attempts for row in ledger_rows(world).values()} == {1}  # one window, and no more
    monkeypatch.setenv("KITH_SMTP_SENDER", "hello@kith.example")
    assert _run(world, clock).accepted == 20


def test_worker__a_template_that_changed_is_sent_as_it_was_planned(world, clock, sink, home):
    plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    (world.definitions / "templates" / "hello" / "subject.txt").write_text("Something else")
    assert _run(world, clock).accepted == 1
    assert "Subject: Hello Ada" in sink.mails()[0]["mail"]


def test_worker__transactional_messages_go_first(world, clock, sink):
    people = [f"p{n}@shop.example" for n in range(20)]
    plan(world, people, clock.now())
    (urgent,) = plan(
        world, ["receipt@shop.example"], clock.now(), is_transactional=True, purpose="transactional"
    )
    grant(world, clock, people)
    _run(world, clock)
    first = sink.mails()[0]
    assert first["message_id"] == urgent
    assert "List-Unsubscribe" not in first["mail"].split("\r\n\r\n")[0]


def test_worker__pause_holds_and_resume_sends(world, clock, sink):
    plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    interventions.pause(world, "winback", clock.now())
    assert _run(world, clock).pending == 1
    interventions.resume(world, "winback")
    assert _run(world, clock).accepted == 1


def test_worker__a_failed_message_is_taken_up_again_by_hand(world, clock, sink):
    plan(world, ["a@shop.example", "spam@shop.example"], clock.now(), variables="{}")
    grant(world, clock, ["a@shop.example", "spam@shop.example"])
    assert _run(world, clock).failed == 2
    assert dead_letters.reopen(world, {"reason": "render_refused"}, clock.now()) == 2
    assert outcomes(world) == Counter(pending=2)


def test_worker__the_mail_says_what_was_planned(world, clock, sink):
    (message_id,) = plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    _run(world, clock)
    mail = email.message_from_string(sink.mails()[0]["mail"], policy=email.policy.default)
    assert mail["Subject"] == "Hello Ada"
    assert mail["Message-ID"] == f"<{message_id}@kith.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = mail.get_body(("html",)).get_content()
    assert "/o/" in html
    assert "shop.example/sale" not in html  # only inside the signed token
    assert mail["List-Unsubscribe"].strip("<>") in html
