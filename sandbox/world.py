"""The world: history up to launch, and life after it, hour by hour by the same rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from kith.clock import FixedClock
from kith.durable import write_durably
from kith.errors import KithError
from kith.lake import Home
from sandbox.bots import crawl
from sandbox.calendar import DAY_HOURS, HOUR_MS, Calendar, from_hour, to_hour
from sandbox.campaigns import is_campaign_hour, send_campaign
from sandbox.catalogue import make_catalogue
from sandbox.chance import generator
from sandbox.devices import make_devices
from sandbox.dirt import soil
from sandbox.feed import Feed
from sandbox.lines import HISTORY_FLUSH_MS, LIVE_FLUSH_MS, Arrival, Hour
from sandbox.people import CHANNELS, make_people
from sandbox.reactions import take_effect
from sandbox.shopping import tell
from sandbox.state import WITHDRAWN, State
from sandbox.story import Shop
from sandbox.truth import write_truth
from sandbox.visits import Invitation, visits_of
from sandbox.vocabulary import COMMERCE, load_vocabulary, say_later

SHAPE = "shape.json"


@dataclass(frozen=True)
class Shape:
    """What makes a world: two worlds of one shape are equal to the last byte."""

    seed: int = 7
    people: int = 10_000
    days: int = 120
    live_days: int = 7
    vocabulary: str = COMMERCE

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.days, self.live_days)


class World:
    """Its people, devices and goods never change; `state` does, an hour at a time."""

    def __init__(self, shape: Shape, state: State | None = None) -> None:
        self.shape, self.calendar = shape, shape.calendar
        people = make_people(shape.seed, shape.people, self.calendar)
        devices, catalogue = make_devices(shape.seed, people), make_catalogue(shape.seed)
        load_vocabulary(shape.vocabulary)  # a name that there isn't is told before anything is made
        self.shop = Shop(people, devices, catalogue, shape.vocabulary)
        self.state = state or State.before(self.calendar.first_hour, people.count, self.shop.devices.count)

    @classmethod
    def open(cls, folder: Path) -> World | None:
        """The world that was saved in a folder, or None."""
        state = State.load(folder)
        return None if state is None else cls(Shape(**orjson.loads((folder / SHAPE).read_bytes())), state)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / SHAPE, orjson.dumps(asdict(self.shape)))
        self.state.save(folder)

    @property
    def has_ended(self) -> bool:
        return self.state.hour >= self.calendar.end_hour

    def live(self, start: datetime, until: datetime) -> Iterator[list[Arrival]]:
        """What arrives from `start` to before `until`, an hour at a time, sorted by receipt.

        The answer doesn't depend on the steps: hour by hour or at one go yield the same lines. A KithError
        where `start` isn't the hour at which the world stands.
        """
        if to_hour(start) != self.state.hour:
            raise KithError(
                f"the world stands at hour {self.state.hour}, not at {to_hour(start)}",
                where="sandbox", way_out="live on from where it stands",
            )  # fmt: skip
        while self.state.hour < min(to_hour(until), self.calendar.end_hour):
            yield self._live_hour(self.state.hour)

    def _live_hour(self, number: int) -> list[Arrival]:
        seed, shop, state = self.shape.seed, self.shop, self.state
        state.hour = number + 1
        hour = Hour(seed, number, HISTORY_FLUSH_MS if number < self.calendar.launch_hour else LIVE_FLUSH_MS)
        invitations = self._remember(number, hour)
        chance = generator(seed, "visits", number)
        for visit in visits_of(chance, number, shop.people, shop.devices, shop.catalogue, state, invitations):
            tell(shop, state, hour, visit)
        crawl(seed, shop.people.count, shop.catalogue, hour)
        if is_campaign_hour(self.calendar, number):
            send_campaign(shop.people, state, hour)
        return self._receive(number, soil(seed, number, hour.arrivals))

    def _remember(self, number: int, hour: Hour) -> list[Invitation]:
        """What was put off until this hour takes place; clicks come back as visits."""
        invitations: list[Invitation] = []
        for index, (what, person, *rest) in enumerate(self.state.due.pop(number, [])):
            if what == "visit":
                invitations.append(Invitation(person, *rest))
            elif what == "say":
                say_later(self.shop, hour, person, *rest)
            elif what == "withdraw":
                self.state.consent[person, CHANNELS.index(rest[0])] = WITHDRAWN
            elif what == "hear":
                uniform = float(generator(self.shape.seed, "revival", number, index).random())
                take_effect(self.shop.people, self.state, person, rest[0], number, uniform)
        return invitations

    def _receive(self, number: int, arrivals: list[Arrival]) -> list[Arrival]:
        """Keep what comes later; answer what comes now, counted."""
        state = self.state
        for arrival in arrivals:
            state.pending.setdefault(arrival.received // HOUR_MS, []).append(arrival)
        now = sorted(state.pending.pop(number, []), key=lambda arrival: arrival[:2])
        for arrival in now:
            state.landed[arrival.source] = state.landed.get(arrival.source, 0) + 1
            if arrival.flaw:
                state.flaws[arrival.flaw] = state.flaws.get(arrival.flaw, 0) + 1
        return now


def history(
    home: Home, sandbox_home: Path, shape: Shape = Shape(), progress: Callable[[int], None] | None = None
) -> World:
    """Make a world, land its history in `home` and keep its truth and state under `sandbox_home`."""
    world = World(shape)
    calendar = world.calendar
    with Feed(home, FixedClock(calendar.launch)) as feed:
        for arrivals in world.live(from_hour(calendar.first_hour), calendar.launch):
            feed.land(arrivals)
            if progress is not None and world.state.hour % DAY_HOURS == 0:
                progress(1)
    write_truth(world.shop, world.state, calendar, shape.seed, sandbox_home / "truth")
    world.save(sandbox_home / "state")
    return world
