"""Who carries a message, and where it goes if that vendor does not: never twice, and never nowhere."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activation.channels.contract import Answer, Status
from activation.contract import Reason
from activation.routing.buckets import Limit
from activation.routing.contract import (
    NextChannel,
    NextVendor,
    Passage,
    Settle,
    Tidings,
    Trail,
    trail_of,
)
from activation.routing.health import Health
from activation.routing.router import Router
from activation.routing.table import RoutingTable
from kith.ids import stable_id

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOTH = ["one", "two"]


def router(vendors=None, names=BOTH, health=None, limits=None, **table) -> Router:
    lines = vendors if vendors is not None else [{"vendor": name} for name in names]
    body = RoutingTable.model_validate({"vendors": lines, **table})
    return Router("sms", body, names, health, limits)


def passages(count: int, address: str = "+4915112345678", trail: Trail = Trail()) -> list[Passage]:
    return [Passage(stable_id("m", str(number)), "sms", address, trail) for number in range(count)]


def answer(status: Status, reason: Reason = Reason.NONE, **more) -> Answer:
    return Answer("m", status, reason, **more)


DEFERRED = answer(Status.DEFERRED, Reason.CHANNEL_UNAVAILABLE)
TAKEN = answer(Status.ACCEPTED)
LOST = answer(Status.UNKNOWN, Reason.ANSWER_LOST)


def vendors_of(one: Router, given: list[Passage], seconds: float = 0.0) -> dict[str, int]:
    return {vendor: len(group) for vendor, group in one.assign(given, NOW, seconds).leaving.items()}


def test_router__shares_messages_by_weight_and_the_same_message_to_the_same_vendor():
    one = router([{"vendor": "one", "weight": 3}, {"vendor": "two"}])
    plan = one.assign(passages(8_000), NOW, 0)
    assert 5_800 < len(plan.leaving["one"]) < 6_200
    again = one.assign(passages(8_000), NOW, 0)
    assert plan.leaving == again.leaving


def test_router__every_passage_stands_in_the_plan_once():
    one = router([{"vendor": "one", "per_second": 5}, {"vendor": "two", "countries": ["FR"]}])
    given = [*passages(20), *passages(10, "+33612345678")]
    plan = one.assign(given, NOW, 0)
    seen = [each for group in plan.leaving.values() for each in group]
    seen += [held.passage for held in plan.held] + [stranded.passage for stranded in plan.stranded]
    assert Counter(seen) == Counter(given)
    assert {held.detail for held in plan.held} == {"throttled"}


def test_router__a_country_goes_to_those_who_serve_it():
    one = router([{"vendor": "one", "countries": ["DE"]}, {"vendor": "two", "countries": ["FR", "BE"]}])
    assert vendors_of(one, passages(3)) == {"one": 3}
    assert vendors_of(one, passages(3, "+33612345678")) == {"two": 3}
    (stranded,) = one.assign(passages(1, "+12025550123"), NOW, 0).stranded
    assert stranded.detail == "no_vendor_for_country"


def test_router__takes_the_cheapest_by_what_a_delivered_message_costs():
    lines = [{"vendor": "one", "cost": {"DE": "0.08", "*": "0.01"}}, {"vendor": "two", "cost": "0.05"}]
    assert vendors_of(router(lines, choose="cost"), passages(5)) == {"two": 5}
    assert vendors_of(router(lines, choose="cost"), passages(5, "+12025550123")) == {"one": 5}
    # What two charges in truth, and that every second message is lost, makes it the dearer one.
    health = {"two": Health(taken=1_000, delivered=520, undelivered=480)}
    assert vendors_of(router(lines, choose="cost", health=health), passages(5)) == {"one": 5}
    health = {"two": Health(taken=900, priced=900, amount=90.0, currency="EUR")}
    assert vendors_of(router(lines, choose="cost", health=health), passages(5)) == {"one": 5}


def test_router__the_ailing_come_last():
    health = {"one": Health(taken=10, refused=1_000)}
    assert vendors_of(router(health=health), passages(50)) == {"two": 50}
    few = {"one": Health(taken=0, refused=3)}
    assert set(vendors_of(router(health=few), passages(50))) == {"one", "two"}


def test_router__a_lost_answer_pins_the_message_to_its_vendor():
    one = router()
    (given,) = passages(1)
    for vendor in BOTH:
        step = one.follow(given, vendor, LOST)
        assert step == Settle(Trail(pinned=vendor))
        again = Passage(given.message_id, "sms", given.address, step.trail)
        assert list(one.assign([again], NOW, 0).leaving) == [vendor]
        # Whatever it says later, nobody else is asked: it may have been sent the first time.
        for later in (DEFERRED, answer(Status.UNREACHABLE), answer(Status.FAILED, is_halt=True)):
            assert isinstance(one.follow(again, vendor, later), Settle)


def test_router__a_pinned_message_waits_for_its_vendor_even_when_that_one_is_closed():
    one = router()
    one.go_down("one", NOW, 0)
    plan = one.assign(passages(1, trail=Trail(pinned="one")), NOW, 1)
    assert not plan.leaving
    assert plan.held[0].detail == "breaker_open"
    (stranded,) = router(names=["two"]).assign(passages(1, trail=Trail(pinned="one")), NOW, 0).stranded
    assert (stranded.detail, stranded.channels) == ("vendor_gone", ())


def test_router__put_off_twice_by_one_vendor_the_next_is_asked():
    one = router(moves_after=2)
    (given,) = passages(1)
    (first,) = one.assign([given], NOW, 0).leaving
    step = one.follow(given, first, DEFERRED)
    assert step == Settle(Trail(tried=(first,)))
    given = Passage(given.message_id, "sms", given.address, step.trail)
    assert list(one.assign([given], NOW, 0).leaving) == [first]
    step = one.follow(given, first, DEFERRED)
    assert step == NextVendor(Trail(tried=(first, first)))
    given = Passage(given.message_id, "sms", given.address, step.trail)
    (second,) = one.assign([given], NOW, 0).leaving
    assert second != first


def test_router__a_vendor_that_refuses_us_is_barred_for_the_message_while_another_is_left():
    one = router()
    (given,) = passages(1)
    refused = answer(Status.FAILED, Reason.CHANNEL_MISCONFIGURED)
    step = one.follow(given, "one", refused)
    assert step == NextVendor(Trail(barred=("one",)))
    given = Passage(given.message_id, "sms", given.address, step.trail)
    assert list(one.assign([given], NOW, 0).leaving) == ["two"]
    assert one.follow(given, "two", refused) == Settle(Trail(barred=("one",)))


@pytest.mark.parametrize(
    "final",
    [answer(Status.REJECTED, Reason.ADDRESS_REFUSED), answer(Status.FAILED, Reason.CONTENT_REFUSED), TAKEN],
)
def test_router__what_is_final_is_asked_of_nobody_else(final):
    assert router().follow(passages(1)[0], "one", final) == Settle(Trail())


def test_router__who_is_unreachable_here_is_tried_on_the_next_channel_and_never_on_one_left_before():
    one = router(next_channels=["whatsapp", "email"])
    (given,) = passages(1, trail=Trail(tried=("one",)))
    nobody = answer(Status.UNREACHABLE, Reason.UNREACHABLE)
    assert one.follow(given, "one", nobody) == NextChannel(Trail(left=("sms",)), ("whatsapp", "email"))
    (given,) = passages(1, trail=Trail(left=("whatsapp",)))
    assert one.follow(given, "one", nobody) == NextChannel(Trail(left=("whatsapp", "sms")), ("email",))
    (given,) = passages(1, trail=Trail(left=("whatsapp", "email")))
    assert isinstance(one.follow(given, "one", nobody), Settle)


def test_router__a_failing_vendor_is_left_alone_then_probed_then_trusted():
    one = router(breaker={"failures": 3, "seconds": 10})
    one.learn("one", [DEFERRED] * 3, NOW, 100)
    assert vendors_of(one, passages(40), 105) == {"two": 40}
    probed = vendors_of(one, passages(40), 111)
    assert probed == {"one": 1, "two": 39}
    one.learn("one", [DEFERRED], NOW, 112)
    assert vendors_of(one, passages(40), 130) == {"two": 40}, "the second opening lasts twice as long"
    assert vendors_of(one, passages(40), 133)["one"] == 1
    one.learn("one", [TAKEN], NOW, 134)
    assert vendors_of(one, passages(40), 135)["one"] > 5


def test_router__a_halt_closes_the_vendor_whatever_else_was_taken_with_it():
    one = router()
    halt = answer(Status.FAILED, Reason.CHANNEL_MISCONFIGURED, is_halt=True)
    one.learn("one", [halt, *[TAKEN] * 50], NOW, 0)
    assert vendors_of(one, passages(40), 1) == {"two": 40}
    (told,) = one.tidings()
    assert (told.taken, told.refused) == (50, 1)


def test_router__nothing_is_lost_while_every_vendor_is_closed():
    one = router()
    for vendor in BOTH:
        one.go_down(vendor, NOW, 0)
    plan = one.assign(passages(7), NOW, 5)
    assert (len(plan.held), plan.leaving, plan.stranded) == (7, {}, [])
    assert {held.reason for held in plan.held} == {Reason.CHANNEL_UNAVAILABLE}
    assert all(24 < held.seconds <= 25 for held in plan.held)


def test_router__addresses_and_speed_say_nothing_of_a_vendors_health():
    one = router(breaker={"failures": 3, "seconds": 10})
    harmless = [
        answer(Status.REJECTED, Reason.ADDRESS_REFUSED),
        answer(Status.DEFERRED, Reason.RATE_LIMITED),
        answer(Status.DEFERRED, Reason.CHANNEL_UNAVAILABLE, detail="greylisted"),
    ]
    one.learn("one", harmless * 10, NOW, 0)
    assert "one" in vendors_of(one, passages(40), 1)
    assert all(not told.refused for told in one.tidings())


def test_router__keeps_to_a_vendors_rate_and_to_its_wish_to_come_back_later():
    one = router([{"vendor": "one", "per_second": 10, "burst": 20}], ["one"])
    sent = sum(vendors_of(one, passages(50), tick / 10).get("one", 0) for tick in range(101))
    assert 118 <= sent <= 120, "20 at once and 10 a second for ten seconds"
    one.learn("one", [answer(Status.DEFERRED, Reason.RATE_LIMITED, retry_after=30.0)], NOW, 20)
    (held,) = one.assign(passages(1), NOW, 25).held
    assert (held.reason, held.seconds) == (Reason.RATE_LIMITED, 25)
    assert vendors_of(one, passages(50), 50) == {"one": 1}, "no burst when it opens again"


def test_router__two_workers_share_a_limit():
    both = [router([{"vendor": "one", "per_second": 10, "burst": 10}], ["one"]) for _ in range(2)]
    for each in both:
        each.share(2)
    sent = sum(
        vendors_of(each, passages(50), tick / 10).get("one", 0) for tick in range(101) for each in both
    )
    assert 106 <= sent <= 110


def test_router__a_domain_has_a_limit_of_its_own():
    limits = {
        "one": lambda address: Limit("slow.example", 1, 1) if address.endswith("@slow.example") else None
    }
    one = router(names=["one"], limits=limits)
    slow, fast = passages(5, "a@slow.example"), passages(5, "b@fast.example")
    plan = one.assign([*slow, *fast], NOW, 0)
    assert len(plan.leaving["one"]) == 6
    assert {held.detail for held in plan.held} == {"domain_throttled"}


def test_router__tells_once_what_it_learned_and_adds_prices_of_one_currency():
    one = router()
    priced = [answer(Status.ACCEPTED, cost=Decimal("0.05"), currency="EUR")] * 2
    one.learn(
        "one", [*priced, answer(Status.ACCEPTED, cost=Decimal(9), currency="USD"), LOST, DEFERRED], NOW, 0
    )
    assert one.tidings() == [
        Tidings("sms", "one", taken=3, refused=1, lost=1, priced=2, amount=0.1, currency="EUR")
    ]
    assert one.tidings() == []


def test_router__a_vendor_that_the_table_does_not_name_is_used_all_the_same():
    one = router([{"vendor": "one", "weight": 1}], BOTH)
    assert set(vendors_of(one, passages(60))) == {"one", "two"}
    assert set(vendors_of(router([{"vendor": "gone"}], ["one"]), passages(5))) == {"one"}


def test_router__without_a_table_all_vendors_stand_on_equal_terms():
    one = Router("sms", RoutingTable(), BOTH)
    assert set(vendors_of(one, passages(60))) == {"one", "two"}
    (stranded,) = Router("sms", RoutingTable(), []).assign(passages(1), NOW, 0).stranded
    assert stranded.detail == "no_vendor_configured"


def test_trail__survives_the_ledger():
    for trail in (Trail(), Trail(("a", "a"), ("b",), "c", ("rcs",))):
        assert trail_of(trail.to_text()) == trail
    assert Trail().to_text() == ""


def test_router__a_devices_token_goes_to_the_vendor_that_gave_it():
    types = {"one": "fcm_token", "two": "apns_token", "three": "web_push"}
    one = Router("push", RoutingTable(), BOTH, address_types=types)
    tokens = [Passage(stable_id(str(n)), "push", "t", address_type="apns_token") for n in range(20)]
    assert vendors_of(one, tokens) == {"two": 20}
    refused = answer(Status.FAILED, Reason.CHANNEL_MISCONFIGURED)
    assert isinstance(one.follow(tokens[0], "two", refused), Settle), "nobody else knows this token"
    (stranded,) = one.assign([Passage("m", "push", "t", address_type="web_push")], NOW, 0).stranded
    assert stranded.detail == "no_vendor_for_address"
