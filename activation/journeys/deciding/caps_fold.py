"""The caps fold: each person's messages in their order, each judged by what was accepted before it.

Caps interact (a message that one cap drops leaves room under another), so there is no closed form. The fold takes the
k-th message of everybody at once: as many rounds as the busiest person has messages, whatever the number of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from activation.gates._caps import CALENDAR

if TYPE_CHECKING:
    import numpy as np

_LONG_AGO = -(2**62)
_DAY, _WEEK, _MONTH = CALENDAR


class Stream(NamedTuple):
    """Messages in the order of `person` and, within a person, of judging: arrays of one length.

    `person` int, dense and rising; `moment` microseconds; `local_day` days since 1970 by the person's clock;
    `kind` which of the kinds that a Rule knows; `takes_place`: what is accepted counts; `is_past`: accepted long ago.
    """

    person: np.ndarray
    moment: np.ndarray
    local_day: np.ndarray
    kind: np.ndarray
    takes_place: np.ndarray
    is_past: np.ndarray


@dataclass(frozen=True)
class Rule:
    """One limit of one cap. `width` in microseconds, or `calendar`; `counts` and `binds` say so by kind."""

    detail: str
    at_most: int
    width: int
    calendar: str
    counts: tuple[bool, ...]
    binds: tuple[bool, ...]


def fold(stream: Stream, rules: tuple[Rule, ...]) -> np.ndarray:
    """Which rule drops each message: its index, the first of those that are full; -1 where it is accepted."""
    import numpy as np

    broken = np.full(len(stream.person), -1, dtype=np.int16)
    if not len(broken) or not rules:
        return broken
    starts = np.flatnonzero(np.diff(stream.person, prepend=stream.person[0] - 1))
    sizes = np.diff(np.append(starts, len(broken)))
    busiest = np.argsort(-sizes, kind="stable")  # so that each round touches a prefix of the people
    starts, sizes = starts[busiest], sizes[busiest]
    state = [_memory(rule, stream, sizes) for rule in rules]
    state = [(number, each) for number, each in enumerate(state) if each is not None]
    for turn in range(int(sizes[0])) if state else ():
        people = int(np.searchsorted(-sizes, -turn, "left"))
        rows = starts[:people] + turn
        verdict = np.full(people, -1, dtype=np.int16)
        for number, memory in reversed(state):  # so that the first rule that is full gives the reason
            verdict[memory.full(rows)] = number
        verdict[stream.is_past[rows]] = -1
        broken[rows] = verdict
        accepted = stream.takes_place[rows] & (verdict < 0)
        for _, memory in state:
            memory.take(rows, accepted)
    return broken


def _memory(rule: Rule, stream: Stream, sizes: np.ndarray) -> _Window | _Calendar | None:
    """What a rule has to remember; nothing where nobody has enough messages for it to bind."""
    if rule.at_most >= sizes[0]:
        return None
    return _Calendar(rule, stream) if rule.calendar else _Window(rule, stream, sizes)


class _Window:
    """The last `at_most` accepted instants of everybody who has more messages than that: a prefix of the people."""

    def __init__(self, rule: Rule, stream: Stream, sizes: np.ndarray) -> None:
        import numpy as np

        self._people = int(np.searchsorted(-sizes, -rule.at_most, "left"))
        self._instants = np.full((self._people, rule.at_most), _LONG_AGO, dtype=np.int64)
        self._oldest = np.zeros(self._people, dtype=np.int32)
        self._all = np.arange(self._people)
        self._rule, self._moment, self._kind = rule, stream.moment, stream.kind
        self._counts, self._binds = np.array(rule.counts), np.array(rule.binds)

    def full(self, rows: np.ndarray) -> np.ndarray:
        """The places in `rows` at which the window (moment - width, moment] has no room."""
        import numpy as np

        rows = rows[: self._people]
        who = self._all[: len(rows)]
        oldest = self._instants[who, self._oldest[who]]
        return np.flatnonzero(
            self._binds[self._kind[rows]] & (oldest > self._moment[rows] - self._rule.width)
        )

    def take(self, rows: np.ndarray, accepted: np.ndarray) -> None:
        import numpy as np

        rows = rows[: self._people]
        who = np.flatnonzero(accepted[: self._people] & self._counts[self._kind[rows]])
        self._instants[who, self._oldest[who]] = self._moment[rows[who]]
        self._oldest[who] = (self._oldest[who] + 1) % self._rule.at_most


class _Calendar:
    """How many were accepted in each person's day, week or month."""

    def __init__(self, rule: Rule, stream: Stream) -> None:
        import numpy as np

        self._page = _pages(stream.person, _period(rule.calendar, stream.local_day))
        self._taken = np.zeros(int(self._page.max()) + 1, dtype=np.int32)
        self._rule, self._kind = rule, stream.kind
        self._counts, self._binds = np.array(rule.counts), np.array(rule.binds)

    def full(self, rows: np.ndarray) -> np.ndarray:
        import numpy as np

        taken = self._taken[self._page[rows]]
        return np.flatnonzero(self._binds[self._kind[rows]] & (taken >= self._rule.at_most))

    def take(self, rows: np.ndarray, accepted: np.ndarray) -> None:
        import numpy as np

        takers = rows[np.flatnonzero(accepted & self._counts[self._kind[rows]])]
        self._taken[self._page[takers]] += 1


def _period(calendar: str, local_day: np.ndarray) -> np.ndarray:
    if calendar == _DAY:
        return local_day
    if calendar == _WEEK:
        return (local_day + 3) // 7  # 1970 began on a Thursday
    return local_day.astype("datetime64[D]").astype("datetime64[M]").astype("int64")


def _pages(person: np.ndarray, period: np.ndarray) -> np.ndarray:
    """A number for each person and period. Where a clock is set back over midnight a day goes on after the next has
    begun: then equal days are found by sorting."""
    import numpy as np

    same_person = np.diff(person) == 0
    step = np.diff(period)
    if not (same_person & (step < 0)).any():
        return np.cumsum(np.append(True, ~same_person | (step != 0))) - 1
    pairs = np.stack([person.astype(np.int64), period.astype(np.int64)])
    return np.unique(pairs, axis=1, return_inverse=True)[1].reshape(-1)
