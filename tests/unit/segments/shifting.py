"""A small world that goes on: people act, come, merge, vanish, and change what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.unit.segments.world import Person

NAMES = ["Order Completed", "Product Viewed"]
BODIES: dict[str, Any] = {
    "buyers": {"did": "Order Completed", "within": "7d"},
    "lapsed": {"all": [{"did": "Order Completed"}, {"did_not": "Order Completed", "within": "14d"}]},
    "keen": {"event": "Product Viewed", "count": {"at_least": 2}, "within": "3d",
             "where": {"total": {"at_least": 3}}},
    "british": {"attribute": "country", "is": "GB"},
    "fresh": {"attribute": "last_order_at", "within": "2d"},
    "rest": {"none": [{"segment": "buyers"}, {"segment": "keen"}]},
    "loyal": {"all": [{"segment": "buyers"}, {"none": [{"segment": "british"}]}]},
}  # fmt: skip


@dataclass
class Shifting:
    """`people` by id as they are now; `aliases` lead from every earlier id to the present one."""

    random: Random
    people: dict[str, Person] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    born: int = 0

    def come(self, count: int) -> None:
        """New people, whose ids fall anywhere among the others."""
        for _ in range(count):
            name = f"p{self.random.randrange(1000):03d}-{self.born}"
            self.born += 1
            country = self.random.choice([None, "GB", "DE"])
            self.people[name] = Person(name, country=country, order_count=self.random.randrange(3))

    def act(self, start: datetime, end: datetime, share: float) -> None:
        """Some do something between two instants; of some it is heard late, so that it takes effect at the first."""
        for name, person in self.people.items():
            if self.random.random() < share:
                at = start + (end - start) * max(0, self.random.random() - 0.2)
                event = (self.random.choice(NAMES), at, {"total": self.random.randrange(7)})
                bought = at if event[0] == NAMES[0] else person.last_order_at
                self.people[name] = replace(person, events=[*person.events, event], last_order_at=bought)

    def change_minds(self, count: int) -> None:
        for name in self._some(count):
            self.people[name] = replace(self.people[name], country=self.random.choice(["GB", "DE"]))

    def merge(self) -> None:
        """Two people turn out to be one, who goes by either's id."""
        if len(self.people) < 3:
            return
        kept, gone = self._some(2)
        one, other = self.people[kept], self.people.pop(gone)
        last = max((each.last_order_at for each in (one, other) if each.last_order_at), default=None)
        events = sorted([*one.events, *other.events], key=lambda each: each[1])
        self.people[kept] = replace(one, events=events, last_order_at=last)
        self.aliases = {old: kept if new == gone else new for old, new in self.aliases.items()}
        self.aliases[gone] = kept

    def vanish(self) -> None:
        [gone] = self._some(1)
        del self.people[gone]

    def _some(self, count: int) -> list[str]:
        return self.random.sample(sorted(self.people), min(count, len(self.people)))

    def seen(self) -> list[Person]:
        return list(self.people.values())


def pass_days(world: Shifting, start: datetime, span: timedelta) -> datetime:
    """One stretch of time with all that may happen in it; answers its end."""
    chance = world.random
    world.act(start, start + span, share=0.35)
    world.come(chance.choice([0, 0, 1, 3]))
    world.change_minds(chance.choice([0, 1, 2]))
    if chance.random() < 0.4:
        world.merge()
    if chance.random() < 0.2:
        world.vanish()
    return start + span
