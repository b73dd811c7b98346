"""Send time against the hours at which people truly like to hear from the shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from kith.errors import KithError
from sandbox.calendar import DAY_HOURS
from sandbox.evidence import Evidence
from sandbox.judgement.contract import Figure, Judgement, Verdict
from sandbox.people import DAY_CURVES
from sandbox.reactions import HOUR_SHARE

#: Fewer people than this make no rate.
FEWEST = 100
#: People by how much their hour rests on: from so many visits and messages of their own.
EVIDENCE = (0, 1, 5, 20, 50)


@dataclass(frozen=True)
class Told:
    """The hours told of n people and what they are truly worth. `fit` (n × 24) is by what the chance of an opening
    is multiplied in each hour of the world's own clock; the hours are on that clock too."""

    best_hour: np.ndarray
    population_hour: np.ndarray
    evidence_count: np.ndarray
    fit: np.ndarray

    def hits(self, hour: np.ndarray) -> np.ndarray:
        """Whether an hour is one of the person's best, of which there may be several (n)."""
        return self.worth(hour) >= self.fit.max(axis=1) - 1e-12

    def worth(self, hour: np.ndarray) -> np.ndarray:
        """What an hour is worth to each person (n)."""
        return self.fit[np.arange(len(self.fit)), hour]

    def take(self, mask: np.ndarray) -> Told:
        """The people that a mask chooses."""
        return Told(**{name: values[mask] for name, values in vars(self).items()})


def judge(evidence: Evidence) -> Verdict:
    """How often the hour is truly one of the best, and how much of what the best would bring it brings."""
    told = _told(evidence)
    return Verdict(list(_figures(told)), {"by evidence": [_part(told, low) for low in _steps(told)]})


def _figures(told: Told) -> Iterator[Figure]:
    count, highest = len(told.fit), told.fit.max(axis=1)
    any_hit = (told.fit >= highest[:, None] - 1e-12).mean()
    hit, population_hit = told.hits(told.best_hour).mean(), told.hits(told.population_hour).mean()
    reached = (told.worth(told.best_hour) / highest).mean()
    population = (told.worth(told.population_hour) / highest).mean()
    any_hour = (told.fit.mean(axis=1) / highest).mean()
    everybody, random = "everybody's best hour", "an hour drawn at random"
    yield Figure("best-hour hit rate", float(hit), float(any_hit), random, count)
    yield Figure("best-hour hit rate", float(hit), float(population_hit), everybody, count)
    yield Figure("share of the best hour's openings", float(reached), float(any_hour), random, count)
    yield Figure("share of the best hour's openings", float(reached), float(population), everybody, count)


def _part(told: Told, low: int) -> dict[str, Any]:
    """The people whose hour rests on so much, up to the next step."""
    above = [step for step in EVIDENCE if step > low]
    mask = (told.evidence_count >= low) & (told.evidence_count < (above[0] if above else np.inf))
    part = told.take(mask)
    return {
        "evidence": f"{low}–{above[0] - 1}" if above else f"{low} and more",
        "people": int(mask.sum()),
        "hit rate": float(part.hits(part.best_hour).mean()),
        "everybody's hour": float(part.hits(part.population_hour).mean()),
        "share of openings": float((part.worth(part.best_hour) / part.fit.max(axis=1)).mean()),
    }


def _steps(told: Told) -> list[int]:
    """Those that somebody is in."""
    return sorted({max(step for step in EVIDENCE if step <= count) for count in told.evidence_count.tolist()})


def _told(evidence: Evidence) -> Told:
    rows = evidence.columns(
        "SELECT profile_id, time_zone, best_hour, population_hour, evidence_count FROM send_times ORDER BY profile_id"
    )
    persons = evidence.whose(rows["profile_id"])
    known = persons >= 0
    if known.sum() < FEWEST:
        raise KithError(
            f"send times of {int(known.sum())} known people",
            expected=f"at least {FEWEST}",
            way_out="run 'kith models train send_time' and 'kith run'; the gate may have refused",
        )
    habits = evidence.world.shop.people.habits
    curves = DAY_CURVES / DAY_CURVES.max(axis=1, keepdims=True)
    # The table speaks of local clocks; the world keeps whole hours before UTC, the same all year.
    zones, place = np.unique(rows["time_zone"][known], return_inverse=True)
    minutes = np.array([_offset(str(zone), evidence) for zone in zones])[place]
    theirs = habits.zone_offset[persons[known]]

    def world_hour(local: np.ndarray) -> np.ndarray:
        return ((local * 60 - minutes) // 60 + theirs) % DAY_HOURS

    return Told(
        best_hour=world_hour(rows["best_hour"][known]),
        population_hour=world_hour(rows["population_hour"][known]),
        evidence_count=rows["evidence_count"][known],
        fit=1 - HOUR_SHARE + HOUR_SHARE * curves[habits.chronotype[persons[known]]],
    )


def _offset(zone: str, evidence: Evidence) -> int:
    """Minutes before UTC when the hours were told."""
    ahead = evidence.as_of.astimezone(ZoneInfo(zone)).utcoffset()
    return int((ahead or timedelta(0)) / timedelta(minutes=1))


plugin = Judgement(meaning="gain in answers at one's own best hour over everybody's", judge=judge)
