"""Domains that want to be written to slowly, and senders that are new."""

from datetime import UTC, date, datetime, timedelta

import pytest

from activation.routing.contract import Passage
from activation.routing.router import Router
from activation.routing.table import RoutingTable, WarmUp
from activation.routing.warm_up import allowance
from kith.ids import stable_id

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
DOMAINS = [{"domains": ["big.example", "big.test"], "per_second": 2}, {"domains": ["*"], "per_second": 1}]


def passages(count: int, domain: str) -> list[Passage]:
    return [
        Passage(stable_id(domain, str(number)), "email", f"p{number}@{domain}") for number in range(count)
    ]


def router(**table) -> Router:
    vendors = table.pop("vendors", [{"vendor": "one"}])
    taken = table.pop("taken", 0)
    body = RoutingTable.model_validate({"vendors": vendors, **table})
    return Router("email", body, ["one"], taken_today=lambda _vendor: (NOW.date(), taken))


def test_domains__those_of_one_provider_share_a_rate_and_all_others_have_their_own():
    one = router(vendors=[{"vendor": "one", "domains": DOMAINS}])
    given = [
        each
        for domain in ("big.example", "BIG.test", "a.example", "b.example")
        for each in passages(5, domain)
    ]
    plan = one.assign(given, NOW, 0)
    sent = [each.address.rpartition("@")[2].casefold() for each in plan.leaving["one"]]
    assert sent.count("big.example") + sent.count("big.test") == 2
    assert (sent.count("a.example"), sent.count("b.example")) == (1, 1)
    assert {held.detail for held in plan.held} == {"domain_throttled"}
    later = one.assign(passages(5, "big.test"), NOW, 10)
    assert len(later.leaving["one"]) == 2


def test_domains__without_a_rule_for_all_others_those_are_free():
    one = router(vendors=[{"vendor": "one", "domains": DOMAINS[:1]}])
    assert len(one.assign(passages(50, "free.example"), NOW, 0).leaving["one"]) == 50


def test_warm_up__grows_each_day_until_it_is_full():
    allowed = allowance(WarmUp(since=date(2026, 11, 20), first_day=100, growth=2, full=1_000))
    days = [allowed(date(2026, 11, 19) + timedelta(days=number)) for number in range(7)]
    assert days == [0, 100, 200, 400, 800, None, None]
    assert allowed(date(2126, 1, 1)) is None


@pytest.mark.parametrize(("taken", "expected"), [(0, 200), (150, 50), (200, 0), (999, 0)])
def test_warm_up__a_day_holds_what_others_took_of_it_and_the_next_begins_anew(taken, expected):
    schedule = {"since": date(2026, 11, 22), "first_day": 100, "growth": 2}
    one = router(vendors=[{"vendor": "one", "warm_up": schedule}], taken=taken)
    plan = one.assign(passages(300, "a.example"), NOW, 0)
    assert len(plan.leaving.get("one", [])) == expected
    assert {(held.detail, held.seconds) for held in plan.held} == {("warming_up", 6 * 3600)}
    tomorrow = one.assign(passages(500, "a.example"), NOW + timedelta(hours=6), 1)
    assert len(tomorrow.leaving["one"]) == 400
