"""Channel affinity against what each channel would truly bring: the regret of the choice, per message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kith.errors import KithError
from kith.times import from_utc_naive
from sandbox.agreement import rank_correlation
from sandbox.calendar import to_hour
from sandbox.evidence import Evidence
from sandbox.judgement.contract import Figure, Judgement, Verdict
from sandbox.people import CHANNELS, DAY_CURVES
from sandbox.reactions import GONE_MOOD, HOUR_SHARE
from sandbox.world import World

#: Fewer people with a choice than this make no mean.
FEWEST = 100
#: Hours in which a click counts, as the definition has it.
HORIZON_HOURS = 72.0


@dataclass(frozen=True)
class Told:
    """n rows, one per person and channel open to them. `chance` is the one told, `usual` everybody's, `truth` the
    true one; `value` is what a click is worth, `cost` that of a message."""

    person: np.ndarray
    channel: np.ndarray
    chance: np.ndarray
    usual: np.ndarray
    truth: np.ndarray
    cost: np.ndarray
    value: float

    def take(self, mask: np.ndarray) -> Told:
        """The rows that a mask chooses."""
        columns = ("person", "channel", "chance", "usual", "truth", "cost")
        return Told(**{name: getattr(self, name)[mask] for name in columns}, value=self.value)

    @property
    def worth(self) -> np.ndarray:
        """What a message truly brings net of its cost (n)."""
        return self.value * self.truth - self.cost

    def brought(self, order: np.ndarray) -> np.ndarray:
        """What each person's highest row by an order (n) truly brings."""
        chosen = np.lexsort((-order, self.person))
        first = np.r_[True, np.diff(self.person[chosen]) != 0]
        return self.worth[chosen][first]


def judge(evidence: Evidence) -> Verdict:
    """Of people who have a choice: what choosing so brings less than the truly best channel."""
    told = _told(evidence)
    _, place, count = np.unique(told.person, return_inverse=True, return_counts=True)
    choice = told.take(count[place] > 1)
    people = len(np.unique(choice.person))
    if people < FEWEST:
        raise KithError(
            f"{people} known people have a choice of channels",
            expected=f"at least {FEWEST}",
            way_out="run 'kith models train channel_affinity' and 'kith run'; the gate may have refused",
        )
    tables = {"by channel": [_channel(told, name) for name in sorted(set(told.channel.tolist()))]}
    return Verdict([*_figures(choice, people)], tables)


def _figures(told: Told, people: int) -> Iterator[Figure]:
    best = told.brought(told.worth)
    mine = told.brought(told.value * told.chance - told.cost)
    everybody = told.brought(told.value * told.usual - told.cost)
    _, place, count = np.unique(told.person, return_inverse=True, return_counts=True)
    anyone = np.bincount(place, weights=told.worth) / count
    rules = {
        "the channel that is best for all": everybody,
        "the cheapest channel": told.brought(-told.cost),
        "a channel drawn at random": anyone,
    }
    for name, brought in rules.items():
        yield Figure(
            "regret per message", float((best - mine).mean()), float((best - brought).mean()), name, people,
            is_better_high=False,
        )  # fmt: skip
    yield Figure(
        "share of people given their best channel", float((mine >= best - 1e-12).mean()),
        float((everybody >= best - 1e-12).mean()), "the channel that is best for all", people,
    )  # fmt: skip


def _channel(told: Told, name: str) -> dict[str, Any]:
    part = told.take(told.channel == name)
    return {
        "channel": name,
        "people": len(part.truth),
        "said": float(part.chance.mean()),
        "true": float(part.truth.mean()),
        "rank correlation": rank_correlation(part.chance, part.truth),
    }


def _told(evidence: Evidence) -> Told:
    rows = evidence.columns(_SQL)
    persons = evidence.whose(rows["profile_id"]) if len(rows["profile_id"]) else np.array([], np.int64)
    known = (persons >= 0) & np.isin(rows["channel"], CHANNELS)
    if not known.any():
        raise KithError("no channel affinity of anybody known was published", way_out="run 'kith run'")
    person, channel = persons[known], rows["channel"][known]
    column = np.array([CHANNELS.index(name) for name in channel.tolist()])
    chance = rows["probability"][known]
    hour = to_hour(from_utc_naive(rows["scored_at"][0].astype("datetime64[us]").item()))
    return Told(
        person=person,
        channel=channel,
        chance=chance,
        usual=rows["population_probability"][known],
        truth=_true_chance(evidence.world, person, column, hour),
        cost=rows["cost"][known],
        value=float(np.median((rows["expected_value"][known] + rows["cost"][known]) / chance)),
    )


def _true_chance(world: World, person: np.ndarray, channel: np.ndarray, hour: int) -> np.ndarray:
    """P(click within the horizon) of one message to each person (n) by a channel, to somebody who isn't tired, at an
    hour drawn at random."""
    people, state = world.shop.people, world.state
    temper, habits = people.temper, people.habits
    curves = DAY_CURVES / DAY_CURVES.max(axis=1, keepdims=True)
    fit = 1 - HOUR_SHARE + HOUR_SHARE * curves.mean(axis=1)[habits.chronotype[person]]
    is_gone = hour >= np.maximum(habits.gone_hour[person], state.back_until[person])
    in_time = 1 - np.exp(-HORIZON_HOURS / temper.patience_hours[person])
    arrives = np.where(channel == CHANNELS.index("email"), temper.mailbox_exists[person], True)
    rates = temper.open_rate[person, channel] * temper.click_rate[person, channel]
    return rates * fit * np.where(is_gone, GONE_MOOD, 1.0) * in_time * arrives


_SQL = """
SELECT profile_id, channel, probability, population_probability, expected_value, cost, scored_at
FROM channel_affinity
ORDER BY profile_id, channel
"""

plugin = Judgement(
    meaning="expected net value of a message by the best channel open to a person", judge=judge
)
