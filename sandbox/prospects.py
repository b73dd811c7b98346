"""What people were going to do: chances computed from the hidden rates, by the rules that the world lives by.

Nothing is drawn here. Visits of an hour are Bernoulli by `expected_visits`, a visit buys by `intent_rates`, a
message is opened by `reactions.react`; the chance of an order within some hours is one less the product of the
chances of none. All is conditional on the whole truth, so also on when somebody turns away for good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.calendar import DAY_HOURS, weekday
from sandbox.people import CHANNELS, DAY_CURVES
from sandbox.visits import BOOST_HOURS, REVIVAL_HOURS, intent_rates
from sandbox.world import World

#: When past campaigns reached people: hours after the first of a day's thirteen.
ARRIVALS = (0, 4, 8, 12)

#: Delays between arrival and opening are exponential; these quantiles stand for them.
DELAYS = -np.log1p(-(np.arange(8) + 0.5) / 8)

#: Orders taken back on the spot, within a day: they are no conversions.
CANCELLED = 0.02


@dataclass(frozen=True)
class Prospects:
    """What lies before some `persons` (indices, n) of a world in the `hours` from `hour` on, if nobody writes
    to them; a message read before still works."""

    world: World
    persons: np.ndarray
    hour: int
    hours: int

    def order_rate(self) -> np.ndarray:
        """The chance of at least one order (n)."""
        return 1.0 - np.exp(self._silence()[:, -1])

    def effect(self, channel: str, arrivals: tuple[int, ...] = ARRIVALS) -> np.ndarray:
        """What a message by `channel` adds to the chance of an order within `hours` (n): the mean over
        `arrivals`, hours from `hour` on. Nobody's mood for unsubscribing is counted."""
        silent = self._silence()
        read = [self._effect_if_read(channel, silent, arrival) for arrival in arrivals]
        opens = [open_rate(self.world, self.persons, channel, self.hour + arrival) for arrival in arrivals]
        return np.mean([open_ * effect for open_, effect in zip(opens, read, strict=True)], axis=0)

    def part(self, chosen: np.ndarray) -> Prospects:
        """The same for some of the people (a mask or an index)."""
        return Prospects(self.world, self.persons[chosen], self.hour, self.hours)

    def is_here(self) -> np.ndarray:
        """Who has come and not turned away yet (n)."""
        habits = self.world.shop.people.habits
        return (habits.born_hour[self.persons] <= self.hour) & (self.hour < habits.gone_hour[self.persons])

    def _silence(self) -> np.ndarray:
        """log P(no order in the first k hours), n × (hours + 1), as things stand."""
        state, people = self.world.state, self.world.shop.people
        whose, clock = self.persons, self._clock()
        back = self._is_back()
        boosted = clock < state.boost_until[whose, None]
        here = (people.habits.born_hour[whose, None] <= clock) & (
            (clock < people.habits.gone_hour[whose, None]) | back
        )
        boost = state.boost[whose]
        pull = np.where(back, 1.5, 1.0) * np.where(boosted, np.maximum(1.0 + boost, 0.2)[:, None], 1.0)
        calm, keen = self.buys(np.zeros(len(whose))), self.buys(boost)
        buys = np.where(boosted, keen[:, None], calm[:, None])
        return _summed(np.where(here, self.visits() * pull, 0.0) * buys)

    def _effect_if_read(self, channel: str, silent: np.ndarray, arrival: int) -> np.ndarray:
        """What reading adds to the chance of an order, the mean over the delays until then."""
        temper, number = self.world.shop.people.temper, CHANNELS.index(channel)
        boost = temper.uplift[self.persons, number]
        calm, keen = self.buys(np.zeros(len(boost)))[:, None], self.buys(boost)[:, None]
        visits, stir = self.visits(), np.maximum(1.0 + boost, 0.2)[:, None]
        here = np.where(self._is_back(), 1.5, 1.0) * visits
        paths = _Paths(
            silent, _summed(here * calm), _summed(stir * here * keen), _summed(1.5 * visits * calm),
            _summed(1.5 * stir * visits * keen), self,
        )  # fmt: skip
        clicked = np.log1p(-temper.click_rate[self.persons, number] * keen[:, 0])
        delays = np.outer(temper.patience_hours[self.persons], DELAYS).astype(np.int64) + arrival
        added = [paths.order_rate(np.minimum(delay, self.hours), clicked) for delay in delays.T]
        return np.mean(added, axis=0) - (1.0 - np.exp(silent[:, -1]))

    def _clock(self) -> np.ndarray:
        return self.hour + np.arange(self.hours)

    def _is_back(self) -> np.ndarray:
        """Who was brought back, and for how long (n × hours)."""
        return self._clock() < self.world.state.back_until[self.persons, None]

    def visits(self) -> np.ndarray:
        """Visits an hour of somebody who is here, unmoved (n × hours)."""
        habits, clock = self.world.shop.people.habits, self._clock()
        local = (clock + habits.zone_offset[self.persons, None]) % DAY_HOURS
        weekend = np.array([weekday(int(hour)) >= 5 for hour in clock])
        rate = (
            habits.visit_rate[self.persons, None] * DAY_CURVES[habits.chronotype[self.persons, None], local]
        )
        return rate * np.where(weekend, habits.weekend_factor[self.persons, None], 1.0)

    def buys(self, boost: np.ndarray) -> np.ndarray:
        """The chance that a visit ends in an order, over the products that each person may look at (n)."""
        habits, catalogue = self.world.shop.people.habits, self.world.shop.catalogue
        taste = np.diff(habits.taste[self.persons], axis=1, prepend=0.0)
        demand = np.diff(catalogue.edges, axis=1, prepend=0.0)
        shares = (taste[:, :, None] * demand[None]).reshape(len(taste), demand.size)
        factor = np.maximum(1.0 + 0.35 * boost, 0.4)[:, None]
        adds, buys = intent_rates(habits, self.persons[:, None], factor, catalogue.prices[None])
        return (1.0 - CANCELLED) * (shares * adds * buys).sum(axis=1)


@dataclass(frozen=True)
class _Paths:
    """log P(no order in the first k hours) of somebody who reads nothing (`silent`), or is here unmoved
    (`calm`), here and moved, back from being gone unmoved, back and moved: each n × (hours + 1)."""

    silent: np.ndarray
    calm: np.ndarray
    moved: np.ndarray
    back: np.ndarray
    back_moved: np.ndarray
    prospects: Prospects

    def order_rate(self, read: np.ndarray, clicked: np.ndarray) -> np.ndarray:
        """The chance of an order (n) if the message is read `read` hours after the beginning (n); `clicked`
        is log P(no order in the visit that a click leads to)."""
        world, whose = self.prospects.world, self.prospects.persons
        rows, last = np.arange(len(whose)), self.silent.shape[1] - 1
        gone_hour, back_until = world.shop.people.habits.gone_hour[whose], world.state.back_until[whose]
        leaves = np.clip(np.maximum(gone_hour, back_until) - self.prospects.hour, 0, last)
        is_gone = gone_hour <= read + self.prospects.hour
        moved_until = np.minimum(read + BOOST_HOURS, last)
        stays = _between(self.moved, read, np.minimum(moved_until, leaves))
        stays = stays + _between(self.calm, moved_until, leaves)
        returns = _between(self.back_moved, read, moved_until)
        returns = returns + _between(self.back, moved_until, np.minimum(read + REVIVAL_HOURS, last))
        revival = np.where(is_gone, world.shop.people.temper.revival_rate[whose], 0.0)
        after = (1.0 - revival) * np.exp(stays) + revival * np.exp(returns)
        answered = np.where(read < last, np.exp(clicked) * after, 1.0)
        return 1.0 - np.exp(self.silent[rows, read]) * answered


def open_rate(
    world: World,
    persons: np.ndarray,
    channel: str,
    hour: int | np.ndarray,
    heard: np.ndarray | None = None,
    back_until: np.ndarray | None = None,
) -> np.ndarray:
    """How likely each of `persons` (n) opens a message that arrives in an hour (one, or n), as tired as they are
    now, unless `heard` and `back_until` (n each) say otherwise. A mailbox that doesn't exist, or fails, opens
    nothing."""
    temper, habits, state = world.shop.people.temper, world.shop.people.habits, world.state
    number = CHANNELS.index(channel)
    heard = state.heard[persons, number] if heard is None else heard
    back_until = state.back_until[persons] if back_until is None else back_until
    mood = np.exp(-temper.fatigue[persons] * heard)
    away = hour >= np.maximum(habits.gone_hour[persons], back_until)
    curve = DAY_CURVES[habits.chronotype[persons]]
    local = (hour + habits.zone_offset[persons]) % DAY_HOURS
    fit = 0.65 + 0.35 * curve[np.arange(len(persons)), local] / curve.max(axis=1)
    rate = temper.open_rate[persons, number] * mood * np.where(away, 0.5, 1.0) * fit
    if channel != "email":
        return rate
    return np.where(temper.mailbox_exists[persons] & ~temper.mailbox_fails_later[persons], rate, 0.0)


def _summed(rates: np.ndarray) -> np.ndarray:
    """Cumulative log P(nothing) of hourly chances, with the empty sum in front."""
    silent = np.log1p(-np.minimum(rates, 0.999))
    return np.concatenate([np.zeros((len(rates), 1)), silent.cumsum(axis=1)], axis=1)


def _between(summed: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The part of cumulative sums from `start` to before `end` (n each); nothing where they cross."""
    rows = np.arange(len(summed))
    return summed[rows, np.maximum(end, start)] - summed[rows, start]
