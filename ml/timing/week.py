"""How ready each person is at each hour of the week, from their own visits and what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.outreach.history import days_until
from ml.timing.rhythm import HOURS, STRENGTHS, Rhythms, group_likelihoods, learn_rhythms

if TYPE_CHECKING:
    import numpy as np

    from ml.outreach.history import Acts, People

DAYS = 7
#: What the backtest on later visits chooses from: how many groups, and after how many days an act weighs half.
GROUPS = (1, 2, 3, 4)
HALF_LIVES = (45.0, 180.0)
#: Spread in hours of the kernel over the day.
WIDTH = 0.7


@dataclass(frozen=True)
class Week:
    """The population's week. `weekdays` (7) are its shares of acts, `weekday_strength` their weight in acts;
    `zones` are the cohorts, in the order of the rhythms' shares. Acts weigh half after `half_life` days."""

    rhythms: Rhythms
    weekdays: np.ndarray
    weekday_strength: float
    half_life: float
    zones: tuple[str, ...]

    def cohorts(self, people: People) -> np.ndarray:
        """The cohort of each person (n), -1 where the zone isn't their own or wasn't met in learning."""
        import numpy as np

        place = {zone: number for number, zone in enumerate(self.zones)}
        known = zip(people.zone.tolist(), people.has_zone.tolist(), strict=True)
        return np.array([place.get(zone, -1) if own else -1 for zone, own in known], np.int64)


def by_hour(acts: Acts, people: int, before: np.datetime64, half_life: float) -> np.ndarray:
    """Acts learned before an instant as weights, people × 24."""
    return _counted(acts, acts.hour, HOURS, people, before, half_life)


def by_weekday(acts: Acts, people: int, before: np.datetime64, half_life: float) -> np.ndarray:
    """The same, people × 7."""
    return _counted(acts, acts.weekday, DAYS, people, before, half_life)


def learn_week(people: People, acts: Acts, before: np.datetime64, unseen_days: int = 14) -> Week:
    """The rhythms of those acts known before an instant. Groups and half-life are those that best foretell the
    acts of its last `unseen_days` from the earlier ones."""
    import numpy as np

    zones = tuple(sorted(set(people.zone[people.has_zone].tolist())))
    blank = Week(
        learn_rhythms(np.zeros((0, HOURS)), np.zeros(0, np.int64), 1, WIDTH), np.zeros(7), 0, 0, zones
    )
    cohorts = blank.cohorts(people)
    groups, half_life = _best_shape(acts, cohorts, before, np.timedelta64(unseen_days, "D"), len(zones))
    hours = by_hour(acts, len(people), before, half_life)
    days = by_weekday(acts, len(people), before, half_life)
    weekdays = (days.sum(axis=0) + 1) / (days.sum() + DAYS)
    likelihoods = [group_likelihoods(days, weekdays[None, :], each).sum() for each in STRENGTHS]
    strength = STRENGTHS[int(np.argmax(likelihoods))]
    rhythms = learn_rhythms(hours, cohorts, groups, WIDTH, len(zones))
    return Week(rhythms, weekdays, strength, half_life, zones)


def weekday_shares(week: Week, acts: Acts, people: int, before: np.datetime64) -> np.ndarray:
    """How each person's acts spread over the week (people × 7), shrunk to everyone's."""
    own = by_weekday(acts, people, before, week.half_life)
    total = own.sum(axis=1, keepdims=True) + week.weekday_strength
    return (own + week.weekday_strength * week.weekdays) / total


def foretold(rhythms: Rhythms, acts: np.ndarray, later: np.ndarray, cohorts: np.ndarray) -> float:
    """Mean log-likelihood in nats of each later act's hour (both people × 24)."""
    import numpy as np

    days = rhythms.days(acts, rhythms.memberships(acts, cohorts))
    return float((later * np.log(days)).sum() / max(later.sum(), 1.0))


def _best_shape(
    acts: Acts, cohorts: np.ndarray, before: np.datetime64, unseen: np.timedelta64, zones: int
) -> tuple[int, float]:
    """Groups and half-life by held-out acts; too few of them choose the plainest."""
    import numpy as np

    held_out = (acts.learned_at >= before - unseen) & (acts.learned_at < before)
    count = len(cohorts)
    later = np.bincount(acts.person[held_out] * HOURS + acts.hour[held_out], minlength=count * HOURS)
    later = later.reshape(count, HOURS).astype(float)
    best, found = (1, HALF_LIVES[-1]), -np.inf
    for half_life in HALF_LIVES:
        earlier = by_hour(acts, count, before - unseen, half_life)
        for groups in GROUPS:
            rhythms = learn_rhythms(earlier, cohorts, groups, WIDTH, zones)
            reached = foretold(rhythms, earlier, later, cohorts)
            if reached > found + 1e-9:
                best, found = (groups, half_life), reached
    return best


def _counted(
    acts: Acts, slot: np.ndarray, slots: int, people: int, before: np.datetime64, half_life: float
) -> np.ndarray:
    import numpy as np

    known = acts.learned_at < before
    age = np.maximum(days_until(before, acts.acted_at[known]), 0.0)
    places = acts.person[known] * slots + slot[known]
    weights = np.bincount(places, weights=0.5 ** (age / half_life), minlength=people * slots)
    return weights.reshape(people, slots)
