"""The best hour of everybody, with what it rests on and what it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ml.contract import Lesson, Scores
from ml.outreach.circumstances import silent_days_at
from ml.outreach.history import Acts, History, People, instant
from ml.timing.files import Artefact
from ml.timing.response import Known, chances_by_hour, know
from ml.timing.tables import SEND_TIMES

if TYPE_CHECKING:
    import numpy as np

OWN, COHORT, POPULATION = "own", "cohort", "population"
DIGITS = 6


def score_send_times(artefact: Artefact, lesson: Lesson) -> Scores:
    """Everybody's hours at `lesson.as_of`. The score is the gain over the hour that is best for all: 0.1 says that
    one's own hour brings a tenth more answers."""
    import numpy as np

    response, terms, moment = artefact.response, lesson.terms, instant(lesson.as_of)
    with History(lesson, terms.horizon, terms.purpose) as history:
        people, acts, messages = history.people(), history.acts(), history.messages()
    if not len(people):
        return Scores((), np.zeros(0))
    answered = messages.answered_by(moment, np.timedelta64(terms.horizon))
    known = know(response, people, acts, answered, moment)
    silent = silent_days_at(acts, len(people), moment)
    chances = chances_by_hour(response, known, silent, artefact.channel)
    table, gains = _table(artefact, people, known, chances)
    return Scores(people.profile_id, gains, _reasons(acts, people, chances, gains), {SEND_TIMES.name: table})


def best_for_all(chances: np.ndarray) -> int:
    """The one local hour that brings the most answers if everybody is written to then."""
    return int(chances.mean(axis=0).argmax())


def _table(
    artefact: Artefact, people: People, known: Known, chances: np.ndarray
) -> tuple[pa.Table, np.ndarray]:
    import numpy as np

    rows, count = np.arange(len(people)), len(people)
    usual, best = best_for_all(chances), chances.argmax(axis=1)
    highest, ordinary = chances[rows, best], chances[:, usual]
    gains = np.maximum(highest / ordinary - 1, 0.0).round(DIGITS)
    uses_weekday = artefact.response.uses_weekday
    weekdays = known.weekdays if uses_weekday else np.ones_like(known.weekdays)
    days = known.weekdays.argmax(axis=1)
    columns: dict[str, Any] = {
        "profile_id": pa.array(people.profile_id, pa.string()),
        "time_zone": pa.array(people.zone, pa.string()),
        "is_own_time_zone": pa.array(people.has_zone, pa.bool_()),
        "best_hour": pa.array(best, pa.int64()),
        "best_weekday": pa.array(days, pa.int64()) if uses_weekday else pa.nulls(count, pa.int64()),
        "channel": pa.repeat(artefact.channel, count),
        "probability": pa.array(highest.round(DIGITS)),
        "population_hour": pa.array(np.full(count, usual), pa.int64()),
        "population_probability": pa.array(ordinary.round(DIGITS)),
        "lift": pa.array(gains),
        "basis": pa.array(_basis(artefact, people, known), pa.string()),
        "evidence_count": pa.array(known.acts + known.answered, pa.int64()),
        "hour_weights": _texts(chances),
        "weekday_weights": _texts(weekdays),
    }
    return pa.table(columns), gains


def _basis(artefact: Artefact, people: People, known: Known) -> Any:
    """Whose hours these are: one's own acts or answers, those of the time zone's people, or everybody's."""
    import numpy as np

    has_cohort = artefact.response.week.cohorts(people) >= 0
    has_own = known.acts + known.answered > 0
    return np.where(has_own, OWN, np.where(has_cohort, COHORT, POPULATION)).astype(object)


def _texts(weights: np.ndarray) -> pa.Array:
    """Each row as a JSON list of numbers with four digits."""
    import orjson

    return pa.array([orjson.dumps(row).decode() for row in weights.round(4).tolist()], pa.string())


def _reasons(acts: Acts, people: People, chances: np.ndarray, gains: np.ndarray) -> list[str]:
    """The share of somebody's visits within an hour of the best one, beside everybody's share there."""
    import numpy as np
    import orjson

    best = chances.argmax(axis=1)
    distance = np.abs(acts.hour - best[acts.person])
    is_near = np.minimum(distance, 24 - distance) <= 1
    total = np.bincount(acts.person, minlength=len(people))
    near = np.bincount(acts.person, weights=is_near, minlength=len(people))
    shares = near / np.maximum(total, 1)
    usual = np.bincount(acts.hour, minlength=24) / max(len(acts), 1)
    expected = usual[(best[:, None] + np.array([-1, 0, 1])) % 24].sum(axis=1)
    told = zip(best.tolist(), total.tolist(), shares.tolist(), expected.tolist(), gains.tolist(), strict=True)
    return [orjson.dumps([_reason(*each)]).decode() if each[1] else "[]" for each in told]


def _reason(hour: int, visits: int, share: float, expected: float, gain: float) -> dict[str, Any]:
    return {
        "feature": f"share_of_visits_around_{hour:02d}h",
        "value": round(share, 4),
        "median": round(expected, 4),
        "effect": round(gain, 4),
    }
