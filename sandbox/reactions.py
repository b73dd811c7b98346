"""How a person answers a message, by the hidden truth. The same for past sends and for real mail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from sandbox.calendar import DAY_HOURS, HOUR_MS, MINUTE_MS
from sandbox.people import CHANNELS, DAY_CURVES, People
from sandbox.state import State
from sandbox.visits import BOOST_HOURS, REVIVAL_HOURS

#: The share of an opening's chance that hangs on the hour of arrival.
HOUR_SHARE = 0.35
#: By what that chance is multiplied for somebody who has turned away.
GONE_MOOD = 0.5


@dataclass(frozen=True)
class Reaction:
    """What somebody does with a message; delays in ms behind its arrival, None for what never happens."""

    opens: int | None = None
    clicks: int | None = None
    unsubscribes: int | None = None
    complains: int | None = None
    replies: int | None = None


def react(chance: Generator, people: People, state: State, person: int, channel: int, at: int) -> Reaction:
    """One person's answer to a message that arrives at `at` (ms): who is tired or gone opens less, and who
    gets it at a good hour opens more."""
    draws = chance.random(8).tolist()
    temper, hour = people.temper, at // HOUR_MS
    mood = float(np.exp(-temper.fatigue[person] * state.heard[person, channel]))
    if hour >= max(people.habits.gone_hour[person], state.back_until[person]):
        mood *= GONE_MOOD
    if draws[0] >= temper.open_rate[person, channel] * mood * _fit(people, person, hour):
        complains = draws[4] < 0.3 * temper.complaint_rate[person]
        return Reaction(complains=int(draws[7] * DAY_HOURS * HOUR_MS) if complains else None)
    opens = MINUTE_MS + int(-np.log1p(-draws[1]) * temper.patience_hours[person] * HOUR_MS)
    after = opens + int((0.2 + 3 * draws[6]) * MINUTE_MS)
    tired = 1.0 + state.heard[person, channel]
    return Reaction(
        opens=opens,
        clicks=after if draws[2] < temper.click_rate[person, channel] else None,
        unsubscribes=after + MINUTE_MS if draws[3] < temper.unsubscribe_rate[person] * tired else None,
        complains=after + 2 * MINUTE_MS if draws[4] < temper.complaint_rate[person] * tired else None,
        replies=after + 9 * MINUTE_MS if draws[5] < temper.reply_rate[person] else None,
    )


def _fit(people: People, person: int, hour: int) -> float:
    curve = DAY_CURVES[people.habits.chronotype[person]]
    local = (hour + int(people.habits.zone_offset[person])) % DAY_HOURS
    return 1.0 - HOUR_SHARE + HOUR_SHARE * float(curve[local] / curve.max())


def receive(state: State, person: int, channel: str) -> None:
    """A message more in somebody's week."""
    state.heard[person, CHANNELS.index(channel)] += 1.0


def take_effect(people: People, state: State, person: int, channel: str, hour: int, uniform: float) -> None:
    """What reading does: visits change by the person's uplift for days, and some who had gone return."""
    number = CHANNELS.index(channel)
    if hour >= people.habits.gone_hour[person] and uniform < people.temper.revival_rate[person]:
        state.back_until[person] = hour + REVIVAL_HOURS
    state.boost[person] = people.temper.uplift[person, number]
    state.boost_until[person] = hour + BOOST_HOURS
