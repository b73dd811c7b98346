from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

NOON = datetime(2026, 4, 20, 12)
SOON = timedelta(hours=1)


def test_history__reads_local_hours_across_a_change_of_the_clocks(history, tables):
    """Berlin's clocks went forward on 29 March 2026 at 01:00 UTC."""
    tables.profile("p", "Europe/Berlin")
    for at in (datetime(2026, 3, 29, 0, 59), datetime(2026, 3, 29, 1, 0), datetime(2026, 4, 20, 12)):
        tables.visit("p", at)
    with history() as found:
        acts = found.acts()
    assert acts.hour.tolist() == [1, 3, 14]
    assert acts.weekday.tolist() == [6, 6, 0]


@pytest.mark.parametrize("zone", [None, "Mars/Olympus", ""])
def test_history__goes_by_the_workspaces_zone_where_a_profile_has_none_that_is_known(history, tables, zone):
    tables.profile("p", zone)
    tables.visit("p", NOON)
    with history() as found:
        people, acts = found.people(), found.acts()
    assert (people.zone.tolist(), people.has_zone.tolist(), acts.hour.tolist()) == (["UTC"], [False], [12])


def test_history__leaves_machines_and_orders_without_a_person_out(history, tables):
    tables.profile("p")
    tables.profile("bot", is_bot=True)
    tables.profile("order", identifier=("anonymous_id", "order:7"))
    for name in ("p", "bot", "order"):
        tables.visit(name, NOON)
    tables.visit("p", NOON + SOON, is_bot=True)
    with history() as found:
        assert found.people().profile_id.tolist() == ["p"]
        assert found.acts().hour.tolist() == [12]


def test_history__takes_no_visit_that_a_message_led_to(history, tables):
    tables.profile("p")
    tables.message("p", "m", NOON, channel="push")
    tables.visit("p", NOON + SOON, channel="push")
    tables.visit("p", NOON + 2 * SOON)
    with history() as found:
        assert found.acts().hour.tolist() == [14]


def test_history__knows_a_late_visit_from_when_it_was_learned(history, tables):
    tables.profile("p")
    tables.visit("p", NOON, effective=NOON + timedelta(days=2))
    tables.message("p", "m", NOON + timedelta(days=1))
    with history() as found:
        acts, messages = found.acts(), found.messages()
    assert acts.learned_at.tolist() == [NOON + timedelta(days=2)]
    assert np.isnan(messages.silent_days).all()
    with history(as_of=datetime(2026, 4, 22, 12, tzinfo=UTC)) as found:
        assert len(found.acts()) == 0


def test_history__counts_no_machine_and_no_late_word_as_an_answer(history, tables):
    tables.profile("p")
    for place, name in enumerate(("machine", "late", "own", "learned_late", "none")):
        tables.message("p", name, NOON + timedelta(minutes=place))
    tables.event("p", "Email Opened", NOON + SOON, message_id="machine", is_machine=True)
    tables.event("p", "Email Link Clicked", NOON + SOON, message_id="machine", is_machine=True)
    tables.event("p", "Email Opened", NOON + timedelta(days=4), message_id="late")
    tables.event("p", "Email Opened", NOON + SOON, message_id="own")
    tables.event(
        "p", "Email Link Clicked", NOON + SOON, message_id="learned_late", effective=NOON + timedelta(days=5)
    )
    with history() as found:
        messages = found.messages()
    assert messages.is_opened.tolist() == [False, False, True, False, False]
    assert not messages.is_clicked.any()


def test_history__takes_messages_that_arrived_of_the_purpose_asked_for(history, tables):
    tables.profile("p")
    tables.message("p", "good", NOON)
    tables.message("p", "bounced", NOON)
    tables.event("p", "Email Bounced", NOON + SOON, message_id="bounced")
    tables.message("p", "refused", NOON, outcome="rejected")
    tables.message("p", "receipt", NOON, purpose="transactional")
    tables.message("p", "later", datetime(2026, 5, 1, 8))
    with history() as found:
        assert len(found.messages()) == 1


def test_history__counts_what_was_heard_in_the_fortnight_before_by_channel(history, tables):
    tables.profile("p")
    for days, channel in ((20, "email"), (10, "email"), (5, "push"), (0, "email")):
        tables.message("p", f"m{days}", NOON - timedelta(days=days), channel=channel)
    with history() as found:
        messages = found.messages()
    assert dict(zip(messages.sent_at.tolist(), messages.heard.tolist(), strict=True)) == {
        NOON - timedelta(days=20): 0,
        NOON - timedelta(days=10): 1,
        NOON - timedelta(days=5): 0,
        NOON: 1,
    }


def test_history__knows_what_was_allowed_when_chance_assigned(history, tables):
    tables.profile("p")
    tables.consent("p", "email")
    tables.consent("p", "sms", until=NOON)
    tables.consent("p", "sms", at=NOON, is_granted=False)
    tables.consent("p", "push", is_granted=False, until=NOON + SOON)
    tables.consent("p", "push", at=NOON + SOON)
    tables.event("p", "Experiment Viewed", NOON - SOON, experiment_id="a", variation_id="sms", propensity=0.5)
    tables.event("p", "Experiment Viewed", NOON, experiment_id="b", variation_id="email", propensity=0.5)
    tables.event("p", "Experiment Viewed", NOON, experiment_id="c", variation_id="email", propensity=0)
    tables.event("p", "Experiment Viewed", NOON, experiment_id="d", variation_id="email", propensity="often")
    tables.event(
        "p", "Experiment Viewed", NOON + 2 * SOON, experiment_id="e", variation_id="push", propensity=0.5
    )
    tables.message("p", "m", NOON, campaign="b")
    tables.event("p", "Email Link Clicked", NOON + SOON, message_id="m")
    with history() as found:
        assigned = found.assignments(("email", "push", "sms"))
    assert assigned.arm.tolist() == ["sms", "email", "push"]
    assert assigned.allowed.tolist() == [[True, False, True], [True, False, False], [True, True, False]]
    assert assigned.is_clicked.tolist() == [False, True, False]


def test_history__takes_a_refusal_by_one_of_a_persons_identifiers_for_all(history, tables):
    tables.profile("p")
    for channel in ("email", "push"):
        tables.consent("p", channel)
    tables.consent("p", "email", is_granted=False, identifier="other@shop.example")
    tables.event("p", "Experiment Viewed", NOON, experiment_id="a", variation_id="push", propensity=0.5)
    with history() as found:
        assert found.assignments(("email", "push")).allowed.tolist() == [[False, True]]


def test_history__reaches_whom_consent_and_address_allow(history, tables):
    for name, email, phone in (
        ("a", "a@shop.example", None),
        ("b", None, "+999500000001"),
        ("c", "c@shop.example", None),
    ):
        tables.profile(name, email=email, phone=phone)
        for channel in ("email", "sms", "push"):
            tables.consent(name, channel, is_granted=not (name == "c" and channel == "push"))
    tables.event("c", "Email Bounced", NOON, bounce_type="hard")
    with history() as found:
        reachable = found.reachable(("email", "push", "sms"))
    assert reachable.tolist() == [[True, True, False], [False, True, True], [False, False, False]]
