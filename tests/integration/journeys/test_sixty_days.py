"""Sixty days of a shop, day by day, with people who answer; then an oracle over what was logged, which asks no engine.

`make soak ONLY=sixty_days` lives 60 days with 1,000 people (COUNT=n lives n of them); a few days are among the plain
tests. Counts of what was checked are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activation.delivery.schema import LEDGER
from activation.journeys.graph import Message
from kith.state import StateDatabase
from measurement.intervals import newcombe
from sandbox.calendar import DAY_HOURS
from sandbox.prospects import Prospects
from tests.integration.journeys.shop_days import Days, daily, live_definitions, open_days
from tests.integration.journeys.shop_log import Rows, ShopLog, read_log, refused_before
from tests.journeys_reference.bookkeeping import redrawn, sent_to_held, unbalanced, undelivered
from tests.journeys_reference.oracle import Breach, breaches, without_consent
from tests.journeys_reference.redraws import Assignments, bound

pytestmark = pytest.mark.whole

LIVE = ("abandoned_cart", "loyalty_milestone", "post_purchase", "new_in_push")
OWN = Path(__file__).with_name("sixty_days")
MEASURED = "weekly_news"
ALL_DAYS, PEOPLE, SAMPLE_PEOPLE, DRAWS = 60, 1_000, 150, 10_000
CHANNELS = ("email", "sms")


@dataclass(frozen=True)
class Lived:
    """What some days left behind. `assigned` is the measured campaign's first time."""

    log: ShopLog
    ledger: Rows
    assigned: Assignments | None
    answers: dict[str, int]


def live(folder: Path, patch: pytest.MonkeyPatch, days: int, people: int) -> Lived:
    definitions, assigned = live_definitions(folder / "definitions", LIVE, OWN), None
    with open_days(folder, definitions, patch, people=people, days=30, live_days=max(days, 2)) as shop:
        for moment in daily(shop.loop.world.calendar.launch, days):
            shop.live_until(moment)
            assigned = assigned or assignments(shop)
        shop.measure()
        return Lived(read_log(shop.settings), ledger_of(shop), assigned, dict(shop.loop.answers.done))


def assignments(shop: Days) -> Assignments | None:
    """Who is on which side of the campaign, and what the simulator holds in store for them, once it has begun."""
    outbox = [
        row for row in read_log(shop.settings).outbox if row["journey"] == MEASURED and row["is_eligible"]
    ]
    if not outbox:
        return None
    world = shop.loop.world
    known = {name: person for person, name in enumerate(world.shop.people.identity.user_id)}
    told = [(known[user], row) for row in outbox if (user := _user_id(row)) in known]
    person = np.array([each for each, _ in told])
    prospects = Prospects(world, person, world.state.hour, 7 * DAY_HOURS)
    effect = np.zeros(len(person))
    for channel in CHANNELS:
        takes = np.array([row["channel"] == channel for _, row in told])
        if takes.any():
            effect[takes] = prospects.part(takes).effect(channel)
    return Assignments(np.array([row["is_holdout"] for _, row in told]), prospects.order_rate(), effect)


def _user_id(row: dict[str, Any]) -> str:
    import orjson

    return next((value for kind, value in orjson.loads(row["identifiers"]) if kind == "user_id"), "")


def ledger_of(shop: Days) -> Rows:
    database = StateDatabase.open(shop.settings)
    with database.engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(LEDGER.select())]
    database.close()
    return rows


def cap_and_quiet_breaches(lived: Lived) -> list[Breach]:
    log = lived.log
    obeys = {name: tuple(graph.caps) for name, graph in log.programme.graphs.items()}
    return breaches(log.sent, log.policy, obeys)


def conservation_breaches(lived: Lived) -> list[Breach]:
    log = lived.log
    steps = {
        (name, node.step_id)
        for name, graph in log.programme.graphs.items()
        for node in graph.nodes
        if isinstance(node, Message)
    }
    return unbalanced(log.transitions, log.outbox, steps)


#: Each rule, and how its breaches are found.
RULES: dict[str, Callable[[Lived], list[Any]]] = {
    "caps and quiet hours": cap_and_quiet_breaches,
    "consent, by what was told": lambda lived: without_consent(lived.log.outbox, lived.log.words),
    "consent, by the raw events": lambda lived: refused_before(lived.log),
    "planned is decided": conservation_breaches,
    "decided is delivered": lambda lived: undelivered(lived.log.outbox, lived.ledger),
    "a holdout stays": lambda lived: redrawn(lived.log.enrolments),
    "who is held out gets nothing": lambda lived: sent_to_held(lived.log.enrolments, lived.log.outbox),
}


@pytest.fixture(scope="module")
def few_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with pytest.MonkeyPatch.context() as patch:
        yield live(tmp_path_factory.mktemp("shop"), patch, days=1, people=SAMPLE_PEOPLE)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rule", RULES)
def test_sixty_days__the_first_keep_every_rule(few_days: Lived, rule: str) -> None:
    assert len(few_days.log.sent) > 10
    assert RULES[rule](few_days) == []


def _changed(lived: Lived, number: int, **values: Any) -> Lived:
    """The log with one row of the outbox changed."""
    outbox = [dict(row) for row in lived.log.outbox]
    outbox[number].update(values)
    return replace(lived, log=replace(lived.log, outbox=outbox))


def _a_send(lived: Lived) -> int:
    return next(
        n
        for n, row in enumerate(lived.log.outbox)
        if row["decision"] == "send" and not row["is_transactional"]
    )


def _by_night(lived: Lived) -> Lived:
    row = lived.log.outbox[_a_send(lived)]
    found = replace(lived, log=replace(lived.log, zones={}))
    return _changed(found, _a_send(lived), decided_at=row["decided_at"].replace(hour=3))


def _twice_a_minute(lived: Lived) -> Lived:
    row = lived.log.outbox[_a_send(lived)]
    again = {**row, "message_id": "again", "decided_at": row["decided_at"] + timedelta(minutes=1)}
    return replace(lived, log=replace(lived.log, outbox=[*lived.log.outbox, again]))


def _before_the_word(lived: Lived) -> Lived:
    return _changed(lived, _a_send(lived), decided_at=lived.log.outbox[0]["decided_at"] - timedelta(days=400))


def _lost(lived: Lived) -> Lived:
    return replace(lived, log=replace(lived.log, outbox=lived.log.outbox[1:]))


def _on_the_other_side(lived: Lived) -> Lived:
    first = lived.log.enrolments[0]
    other = {**first, "holdout": "" if first["holdout"] else "journey"}
    return replace(lived, log=replace(lived.log, enrolments=[*lived.log.enrolments, other]))


def _to_the_holdout(lived: Lived) -> Lived:
    held = {row["enrolment_id"] for row in lived.log.enrolments if row["holdout"]}
    number = next(n for n, row in enumerate(lived.log.outbox) if row["enrolment_id"] in held)
    return _changed(lived, number, decision="send", reason="")


PLANTED = [
    ("caps and quiet hours", _by_night),
    ("caps and quiet hours", _twice_a_minute),
    ("consent, by what was told", _before_the_word),
    ("consent, by the raw events", _before_the_word),
    ("planned is decided", _lost),
    ("planned is decided", lambda lived: _changed(lived, _a_send(lived), reason="frequency_cap")),
    ("decided is delivered", lambda lived: replace(lived, ledger=lived.ledger[1:])),
    (
        "decided is delivered",
        lambda lived: _changed(lived, _a_send(lived), decision="withheld", reason="budget"),
    ),
    ("a holdout stays", _on_the_other_side),
    ("who is held out gets nothing", _to_the_holdout),
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=lambda each: each if isinstance(each, str) else "")
def test_sixty_days__a_planted_breach_is_seen(
    few_days: Lived, rule: str, plant: Callable[[Lived], Lived]
) -> None:
    assert RULES[rule](plant(few_days)) != []


@pytest.mark.timeout(600)
def test_sixty_days__lift_errs_no_oftener_than_it_says(few_days: Lived) -> None:
    assert few_days.assigned is not None
    many = _repeated(few_days.assigned, 20)
    draws = 300
    assert many.missed(draws, seed=3) <= bound(draws)
    assert many.without_effect().missed(draws, seed=4) <= bound(draws)


@pytest.mark.timeout(600)
def test_sixty_days__an_interval_for_one_look_or_a_holdout_that_is_chosen_errs(few_days: Lived) -> None:
    assert few_days.assigned is not None
    many = _repeated(few_days.assigned, 20)
    assert many.missed(300, seed=3, read=newcombe) > bound(300)
    warm = many.base > np.quantile(many.base, 0.8)
    assert replace(many, is_held=warm).missed(50, seed=5) > bound(50)


def _repeated(found: Assignments, times: int) -> Assignments:
    """As many people alike, held out by chance anew: a handful says nothing about intervals."""
    chance = np.random.default_rng(1)
    base, effect = (np.tile(each, times) for each in (found.base, found.effect))
    return Assignments(chance.random(len(base)) < 0.2, base, effect, found.days)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_sixty_days__all_keep_every_rule(tmp_path: Path, strikes: int | None) -> None:
    days = strikes or ALL_DAYS
    with pytest.MonkeyPatch.context() as patch:
        lived = live(tmp_path, patch, days, PEOPLE if days == ALL_DAYS else SAMPLE_PEOPLE)
    log = lived.log
    by_reason = {
        reason: sum(row["reason"] == reason for row in log.outbox)
        for reason in {r["reason"] for r in log.outbox}
    }
    counts = {
        name: len(getattr(log, name))
        for name in ("enrolments", "transitions", "outbox", "sent", "words", "told")
    }
    print(f"\n{days} days: {counts}")
    print(f"decided {by_reason}, {len(lived.ledger)} in the ledger, answers {lived.answers}")
    for rule, find in RULES.items():
        found = find(lived)
        print(f"{rule}: {len(found)} breaches {found[:5]}")
        assert found == []
    if lived.assigned is not None and len(lived.assigned.base) > 100:
        draws = DRAWS if days == ALL_DAYS else 500
        assigned = lived.assigned
        found = {"lift": assigned.missed(draws, 1), "A/A": assigned.without_effect().missed(draws, 2)}
        print(
            f"{draws} redraws over {len(assigned.base)} people, true effect {assigned.truth:.4f}: missed {found}"
        )
        assert max(found.values()) <= bound(draws)
