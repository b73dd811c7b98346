"""Any number of definitions in Kith's grammar, each drawn from shared stocks of conditions as a marketing team's are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.bench.segment_world import (
    CATEGORIES,
    CHANNELS,
    CITIES,
    COUNTRIES,
    DEVICES,
    EVENTS,
    LANGUAGES,
    LISTS,
    TIERS,
)

Body = dict[str, Any]
NAMES = [name for name, _ in EVENTS]
WINDOWS = ("7d", "30d", "90d", "365d")
STATES = ("granted", "refused", "unknown")
ATTRIBUTES, BEHAVIOURS, SEED = 400, 600, 20260501


def draw_definitions(count: int) -> dict[str, Body]:
    """The conditions of `count` segments by name. The first ones are the same for any count."""
    chance = Random(SEED)
    people = _stock(chance, ATTRIBUTES, _about_people)
    deeds = _stock(chance, BEHAVIOURS, _about_behaviour)

    def leaf(number: int) -> Body:
        kind = chance.random()
        if kind < 0.05 and number > 20:
            return {"segment": f"s{chance.randrange(number):04d}"}
        if kind < 0.08:
            return {"list": f"list_{chance.randrange(LISTS)}"}
        found = chance.choice(people if kind < 0.5 else deeds)
        return {"none": [found]} if chance.random() < 0.18 else found

    def node(number: int) -> Body:
        if chance.random() < 0.8:
            return leaf(number)
        word = chance.choice(["any", "all", "any", "none"])
        return {word: [leaf(number) for _ in range(chance.randint(2, 3))]}

    return {
        f"s{number:04d}": {
            chance.choices(["all", "any"], [85, 15])[0]: [node(number) for _ in range(chance.randint(2, 5))]
        }
        for number in range(count)
    }


def _stock(chance: Random, count: int, draw: Callable[[Random], Body]) -> list[Body]:
    found: dict[str, Body] = {}
    while len(found) < count:
        body = draw(chance)
        found.setdefault(repr(body), body)
    return list(found.values())


def _some(chance: Random, words: Sequence[str], most: int) -> list[str]:
    return sorted(chance.sample(words, chance.randint(1, most)))


def _about_people(chance: Random) -> Body:
    return chance.choice(_PEOPLE)(chance)


_CITY_NAMES = [f"City {n}" for n in range(CITIES)]
_PEOPLE: list[Callable[[Random], Body]] = [
    lambda r: {"attribute": "country", "in": _some(r, COUNTRIES, 3)},
    lambda r: {"attribute": "language", "in": _some(r, LANGUAGES, 2)},
    lambda r: {"attribute": "device", "in": _some(r, DEVICES, 2)},
    lambda r: {"attribute": "tier", "is": r.choice(TIERS)},
    lambda r: {"attribute": "city", "in": _some(r, _CITY_NAMES, 30)},
    lambda r: {"attribute": "city", "starts_with": f"City {r.randint(1, 19)}"},
    lambda r: {"attribute": "email", "ends_with": f"@mail{r.randrange(60)}.example"},
    lambda r: {"attribute": "is_subscribed", "is": r.random() < 0.7},
    lambda r: {"attribute": "order_count", "at_least": r.randint(1, 30)},
    lambda r: {"attribute": "order_amount", r.choice(["at_least", "at_most"]): r.randint(10, 3000)},
    lambda r: {"attribute": "order_amount", "between": [r.randint(10, 400), r.randint(401, 3000)]},
    lambda r: {"attribute": "average_order_amount", "at_least": r.randint(5, 200)},
    lambda r: {"attribute": "points", "at_least": r.randint(1, 99) * 100},
    lambda r: {"attribute": "rating", "missing": True},
    lambda r: {"attribute": "rating", "at_least": r.randint(1, 10)},
    lambda r: {"attribute": "signed_up_on", r.choice(["within", "older_than"]): f"{r.randint(5, 400)}d"},
    lambda r: {"attribute": "renewal_on", "within": f"{r.randint(3, 90)}d"},
    lambda r: {"attribute": "last_order_at", r.choice(["within", "older_than"]): f"{r.randint(5, 300)}d"},
    lambda r: {"attribute": "birthday", "anniversary_within": f"{r.randint(3, 45)}d"},
    lambda r: {"consent": "marketing", "channel": r.choice(["email", "sms"]), "is": r.choice(STATES)},
    lambda r: _scored(r, {"top_percent": r.randint(1, 50)}),
    lambda r: _scored(r, {"top_percent": r.randint(1, 50)}),
    lambda r: _scored(r, {"at_least": round(r.random(), 2)}),
]  # fmt: skip


def _scored(chance: Random, comparison: Body) -> Body:
    fallback = {"attribute": "points", "at_least": chance.randint(50, 99) * 100}
    return {"score": chance.choice(["churn", "lifetime_value"]), **comparison, "fallback": fallback}


def _about_behaviour(chance: Random) -> Body:
    """One in twelve is a sequence; half of the others have filters."""
    if chance.random() < 0.08:
        return _sequence(chance)
    event, within, filtered = chance.choice(NAMES), chance.choice(WINDOWS), chance.random()
    where: Body = {"category": chance.choice(CATEGORIES)} if 0.5 < filtered < 0.75 or filtered > 0.9 else {}
    if filtered > 0.75:
        where["channel"] = chance.choice(CHANNELS)
    more: Body = {"where": where} if where else {}
    [draw] = chance.choices(list(_MEASURES), list(_MEASURES.values()))
    return draw(chance, event, within, more)


def _measure(word: str, low: int, high: int, step: int = 1, of: str = "") -> Callable[..., Body]:
    def draw(chance: Random, event: str, within: str, more: Body) -> Body:
        about = {"of": of} if of else {}
        return {
            "event": event,
            word: {**about, "at_least": chance.randint(low, high) * step},
            "within": within,
            **more,
        }

    return draw


_MEASURES: dict[Callable[..., Body], int] = {
    lambda r, event, within, more: {"did": event, "within": within, **more}: 25,
    lambda r, event, within, more: {"did_not": event, "within": within, **more}: 10,
    _measure("count", 2, 12): 22,
    _measure("sum", 10, 500, 5, "amount"): 10,
    _measure("sum", 3, 20, 1, "quantity"): 4,
    _measure("days", 2, 8): 8,
    _measure("distinct", 2, 6, 1, "category"): 2,
    _measure("maximum", 20, 160, 1, "amount"): 3,
    _measure("average", 10, 90, 1, "amount"): 3,
    lambda r, event, within, more: {"event": event, "last": {"older_than": within}, **more}: 5,
    lambda r, event, within, more: {"event": event, "first": {"within": within}, **more}: 5,
    lambda r, event, within, more: {
        "event": event, "count": {"at_least": 1}, "in_each": "7d", "periods": r.randint(2, 4), **more
    }: 3,
}  # fmt: skip


def _sequence(chance: Random) -> Body:
    first, then, without = chance.sample(NAMES, 3)
    found: Body = {"sequence": [{"did": first}, {"did": then}], "gap": chance.choice(["1d", "3d", "7d"])}
    found["within"] = chance.choice(["30d", "90d", "365d"])
    return {**found, "without": {"did": without}} if chance.random() < 2 / 3 else found
