"""What people were going to do if the shop wrote on as it had: twice a week, to some, by chance.

A model of orders learns from months in which messages moved people, and foretells another such month. Which
messages come is drawn anew on each of `PATHS` paths, by the rules of `send_campaign`; all else is computed from
the rates as in `Prospects`. Nobody unsubscribes on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from sandbox.calendar import DAY_HOURS, weekday
from sandbox.campaigns import AUDIENCE_SHARE, SEND_WINDOW_HOURS, WEEKDAYS, WRITING_HOUR
from sandbox.chance import generator
from sandbox.people import CHANNELS
from sandbox.prospects import Prospects, open_rate
from sandbox.state import GRANTED
from sandbox.visits import BOOST_HOURS, REVIVAL_HOURS

PATHS = 6
_NEVER = -1


def order_rate_if_written_to(prospects: Prospects, paths: int = PATHS) -> np.ndarray:
    """The chance of at least one order (n)."""
    found = [_Path.begun(prospects, number).order_rate() for number in range(paths)]
    return np.mean(found, axis=0)


@dataclass
class _Path:
    """One course of things for n people: what moves them now, and until when; `heard` is n × channels."""

    prospects: Prospects
    chance: Generator
    boost: np.ndarray
    boost_until: np.ndarray
    back_until: np.ndarray
    heard: np.ndarray
    reads_at: np.ndarray
    by: np.ndarray

    @classmethod
    def begun(cls, prospects: Prospects, number: int) -> _Path:
        """Everybody as they are, with nothing unread."""
        state, who = prospects.world.state, prospects.persons
        chance = generator(prospects.world.shape.seed, "writing on", prospects.hour, number)
        return cls(
            prospects, chance,
            boost=state.boost[who], boost_until=state.boost_until[who], back_until=state.back_until[who],
            heard=state.heard[who], reads_at=np.full(len(who), _NEVER), by=np.zeros(len(who), np.int64),
        )  # fmt: skip

    def order_rate(self) -> np.ndarray:
        """Hour by hour; the answer is one less the chance of no order."""
        prospects, habits = self.prospects, self.prospects.world.shop.people.habits
        born, gone = habits.born_hour[prospects.persons], habits.gone_hour[prospects.persons]
        visits, buys = prospects.visits(), prospects.buys(np.where(self.boost_until > 0, self.boost, 0.0))
        calm, silence = prospects.buys(np.zeros(len(born))), np.zeros(len(born))
        for number in range(prospects.hours):
            hour = prospects.hour + number
            read = self.reads_at == hour
            if read.any():
                silence += self._read(read, hour, gone)
                buys[read] = prospects.part(read).buys(self.boost[read])
            back, moved = hour < self.back_until, hour < self.boost_until
            here = (born <= hour) & ((hour < gone) | back)
            pull = np.where(back, 1.5, 1.0) * np.where(moved, np.maximum(1.0 + self.boost, 0.2), 1.0)
            rate = np.where(here, visits[:, number] * pull, 0.0) * np.where(moved, buys, calm)
            silence += np.log1p(-np.minimum(rate, 0.999))
            if hour % DAY_HOURS == WRITING_HOUR and weekday(hour) in WEEKDAYS:
                self._write(hour, gone)
        return 1.0 - np.exp(silence)

    def _read(self, read: np.ndarray, hour: int, gone: np.ndarray) -> np.ndarray:
        """What reading changes; log P(no order in the visit that a click leads to) (n)."""
        temper, who = self.prospects.world.shop.people.temper, self.prospects.persons
        revived = read & (hour >= gone) & (self.chance.random(len(read)) < temper.revival_rate[who])
        self.back_until[revived] = hour + REVIVAL_HOURS
        self.boost[read] = temper.uplift[who[read], self.by[read]]
        self.boost_until[read] = hour + BOOST_HOURS
        clicks = np.zeros(len(read))
        clicks[read] = temper.click_rate[who[read], self.by[read]]
        clicks[read] *= self.prospects.part(read).buys(self.boost[read])
        return np.log1p(-clicks)

    def _write(self, hour: int, gone: np.ndarray) -> None:
        """One campaign: some of those who allow a channel, drawn into nothing or one of them."""
        world, who = self.prospects.world, self.prospects.persons
        self.heard *= 0.6
        allowed = world.state.consent[who] == GRANTED
        arms = 1 + allowed.sum(axis=1)
        drawn = (self.chance.random(len(who)) * arms).astype(np.int64)
        gets = (drawn > 0) & (self.chance.random(len(who)) < AUDIENCE_SHARE)
        channel = (allowed.cumsum(axis=1) < np.maximum(drawn, 1)[:, None]).sum(axis=1)
        arrival = hour + (self.chance.random(len(who)) * SEND_WINDOW_HOURS).astype(np.int64)
        delay = self.chance.exponential(world.shop.people.temper.patience_hours[who]).astype(np.int64)
        draw = self.chance.random(len(who))
        for number, name in enumerate(CHANNELS):
            mine = np.flatnonzero(gets & (channel == number))
            rate = open_rate(
                world, who[mine], name, arrival[mine], self.heard[mine, number], self.back_until[mine]
            )
            opened = mine[draw[mine] < rate]
            self.reads_at[opened], self.by[opened] = (arrival + delay)[opened], number
            self.heard[mine, number] += 1.0
