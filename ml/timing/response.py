"""How likely an answer is by the hour at which a message is sent, person by person.

    P(answer | person i, channel c, sent in hour h) = σ(a_c + b·circumstances + g·ready_i(h) + z_ic)

`ready_i(h)` is how busy the hour is beside the person's busiest (`ml/timing/week.py`). What is wanted is the chance
of an answer to a message *sent* then, not the hours at which answers come in: these lag behind by hours and tell
when we send. `g` is learned from past messages, whose hour varies within a day's sending window, so it weighs what
visits say by what they turned out to be worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ml.outreach.circumstances import circumstances, one_hot
from ml.outreach.hierarchy import Answers, Hierarchy, Leanings, learn_hierarchy
from ml.timing.rhythm import HOURS
from ml.timing.week import Week, by_hour, weekday_shares

if TYPE_CHECKING:
    import numpy as np

    from ml.outreach.history import Acts, Messages, People

#: Whose hours count: each person's, everybody's alike, or none.
Scope = Literal["person", "population", "none"]


@dataclass(frozen=True)
class Response:
    """What was learned from everybody: the week's rhythms and the model of answers. `channels` number the kinds."""

    week: Week
    hierarchy: Hierarchy
    channels: tuple[str, ...]
    scope: Scope = "person"
    uses_weekday: bool = False

    @property
    def hour_weight(self) -> float:
        """By how many logits the busiest hour is better than one without any act; 0 where hours don't count."""
        place = len(self.channels) + 3
        return float(self.hierarchy.weights[place]) if self.scope != "none" else 0.0


@dataclass(frozen=True)
class Known:
    """What a response knows of each person (n) at one instant: `ready` is n × 24, `weekdays` n × 7 (1 is the
    busiest), `acts` are the acts it rests on, `answered` the messages."""

    ready: np.ndarray
    weekdays: np.ndarray
    leanings: Leanings
    acts: np.ndarray
    answered: np.ndarray


def learn_response(
    week: Week,
    people: People,
    acts: Acts,
    messages: Messages,
    before: np.datetime64,
    *,
    scope: Scope = "person",
    uses_weekday: bool = False,
) -> Response:
    """Learn from messages whose answers are all in; `before` is when that was."""
    channels = tuple(sorted(set(messages.channel.tolist())))
    blank = Response(week, Hierarchy(*_nothing(channels)), channels, scope, uses_weekday)
    ready, weekdays = _rhythm(blank, people, acts, before)
    answers = _answers(blank, messages, ready, weekdays)
    hierarchy = learn_hierarchy(answers, len(channels))
    return Response(week, hierarchy, channels, scope, uses_weekday)


def know(response: Response, people: People, acts: Acts, messages: Messages, before: np.datetime64) -> Known:
    """What is known of everybody at an instant: acts learned before it, and these messages, answered by then.

    The hours at which somebody answered or not move the guess of their group as far as `hour_weight` says.
    """
    import numpy as np

    messages = messages.take(np.isin(messages.channel, response.channels))
    ready, weekdays = _rhythm(response, people, acts, before)
    leanings = response.hierarchy.leanings(_answers(response, messages, ready, weekdays), len(people))
    if response.scope == "person":
        told = _told(response, messages, leanings, ready, weekdays)
        ready, weekdays = _rhythm(response, people, acts, before, told)
    seen = np.bincount(acts.person[acts.learned_at < before], minlength=len(people))
    answered = np.bincount(messages.person, minlength=len(people))
    return Known(ready, weekdays, leanings, seen, answered)


def chances(response: Response, known: Known, messages: Messages) -> np.ndarray:
    """The chance (n) that each message is answered, by what is known of its recipient: even odds by a channel that
    the response never met."""
    import numpy as np

    found, is_met = np.full(len(messages), 0.5), np.isin(messages.channel, response.channels)
    met = messages.take(is_met)
    kind = kinds(met.channel, response.channels)
    columns = _columns(response, met, known.ready, known.weekdays, kind)
    found[is_met] = response.hierarchy.probabilities(known.leanings, met.person, kind, columns)
    return found


def chances_by_hour(response: Response, known: Known, silent_days: np.ndarray, channel: str) -> np.ndarray:
    """The chance (people × 24) of an answer to one message by a channel in each local hour, nothing having been
    heard lately, on everyone's best weekday."""
    import numpy as np

    count = len(known.ready)
    kind = np.full(count, response.channels.index(channel))
    fixed = np.hstack([one_hot(kind, len(response.channels)), circumstances(silent_days, np.zeros(count))])
    found = np.empty((count, HOURS))
    for hour in range(HOURS):
        columns = _with_time(response, fixed, known.ready[:, hour], known.weekdays.max(axis=1))
        found[:, hour] = response.hierarchy.probabilities(known.leanings, np.arange(count), kind, columns)
    return found


def kinds(channel: np.ndarray, channels: tuple[str, ...]) -> np.ndarray:
    """The number of each channel."""
    import numpy as np

    return np.searchsorted(np.array(channels, dtype=object), channel)


def _rhythm(
    response: Response, people: People, acts: Acts, before: np.datetime64, told: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """`ready` and `weekdays` of everybody; all alike where only the population counts."""
    import numpy as np

    week, count = response.week, len(people)
    if response.scope != "person":
        alike = week.rhythms.population()
        days = week.weekdays / week.weekdays.max()
        return np.tile(alike / alike.max(), (count, 1)), np.tile(days, (count, 1))
    hours = by_hour(acts, count, before, week.half_life)
    memberships = week.rhythms.memberships(hours, week.cohorts(people), told)
    shares = weekday_shares(week, acts, count, before)
    return week.rhythms.readiness(hours, memberships), shares / shares.max(axis=1, keepdims=True)


def _told(
    response: Response, messages: Messages, leanings: Leanings, ready: np.ndarray, weekdays: np.ndarray
) -> np.ndarray:
    """Log-likelihood (people × groups) of the answers, had the person the hours of each group."""
    import numpy as np

    kind = kinds(messages.channel, response.channels)
    columns = _columns(response, messages, ready, weekdays, kind)
    fixed = columns @ response.hierarchy.weights + leanings.mean[messages.person, kind]
    fixed = fixed - response.hour_weight * ready[messages.person, messages.hour]
    sign = np.where(_is_answered(messages), 1.0, -1.0)
    return np.column_stack(
        [
            np.bincount(
                messages.person,
                weights=-np.logaddexp(0, -sign * (fixed + response.hour_weight * peak[messages.hour])),
                minlength=len(ready),
            )
            for peak in response.week.rhythms.peaks()
        ]
    )


def _answers(response: Response, messages: Messages, ready: np.ndarray, weekdays: np.ndarray) -> Answers:
    kind = kinds(messages.channel, response.channels)
    columns = _columns(response, messages, ready, weekdays, kind)
    return Answers(messages.person, kind, columns, _is_answered(messages).astype(float))


def _is_answered(messages: Messages) -> np.ndarray:
    """Opened or clicked by a person; not every channel reports openings."""
    return messages.is_opened | messages.is_clicked


def _columns(
    response: Response, messages: Messages, ready: np.ndarray, weekdays: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    import numpy as np

    told = circumstances(messages.silent_days, messages.heard)
    fixed = np.hstack([one_hot(kind, len(response.channels)), told])
    hour = ready[messages.person, messages.hour]
    return _with_time(response, fixed, hour, weekdays[messages.person, messages.weekday])


def _with_time(response: Response, fixed: np.ndarray, hour: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    import numpy as np

    parts = [fixed]
    if response.scope != "none":
        parts.append(hour[:, None])
    if response.uses_weekday:
        parts.append(weekday[:, None])
    return np.hstack(parts)


def _nothing(channels: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    return np.zeros(0), np.eye(len(channels))
