"""How likely somebody clicks on a message, by channel.

A channel that reports openings is learned in two steps, P(open) · P(click | open), since an opening tells of the
person even where no click follows; others in one. All steps of all channels share one hierarchy
(`ml/outreach/hierarchy.py`), so that what somebody does with e-mail says as much of text messages as it turned out
to say in others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.outreach.circumstances import circumstances, one_hot
from ml.outreach.hierarchy import Answers, Hierarchy, Leanings, learn_hierarchy

if TYPE_CHECKING:
    import numpy as np

    from ml.outreach.history import Messages


@dataclass(frozen=True)
class Affinity:
    """What was learned from everybody. Kinds of answers are the clicks of each channel, in their order, and then
    the openings of those `with_openings`. `rates` (channels) are everybody's clicks per message."""

    channels: tuple[str, ...]
    with_openings: tuple[str, ...]
    hierarchy: Hierarchy
    rates: np.ndarray

    def leanings(self, messages: Messages, people: int) -> Leanings:
        """What these messages tell of each person, those by its channels."""
        import numpy as np

        met = messages.take(np.isin(messages.channel, self.channels))
        return self.hierarchy.leanings(answers_of(met, self.channels, self.with_openings), people)

    def numbers(self, channel: np.ndarray) -> np.ndarray:
        """The number of each channel (n) by name, -1 of one that it never met."""
        import numpy as np

        place = {name: number for number, name in enumerate(self.channels)}
        return np.array([place.get(name, -1) for name in channel.tolist()], np.int64)

    def chances(
        self,
        leanings: Leanings,
        person: np.ndarray,
        channel: np.ndarray,
        silent_days: np.ndarray,
        heard: np.ndarray,
    ) -> np.ndarray:
        """P(click) of one message to each person (n) by a channel (n, its number) under its circumstances: none by
        one that it never met."""
        import numpy as np

        found = self._step(leanings, person, np.maximum(channel, 0), silent_days, heard) * (channel >= 0)
        for place, name in enumerate(self.with_openings, start=len(self.channels)):
            is_its = channel == self.channels.index(name)
            kind = np.full(int(is_its.sum()), place)
            found[is_its] *= self._step(leanings, person[is_its], kind, silent_days[is_its], heard[is_its])
        return found

    def _step(
        self,
        leanings: Leanings,
        person: np.ndarray,
        kind: np.ndarray,
        silent_days: np.ndarray,
        heard: np.ndarray,
    ) -> np.ndarray:
        columns = _columns(kind, self.channels, self.with_openings, silent_days, heard)
        return self.hierarchy.probabilities(leanings, person, kind, columns)


def learn_affinity(messages: Messages, channels: tuple[str, ...]) -> Affinity:
    """Learn from messages of these channels whose answers are all in."""
    import numpy as np

    opened = set(messages.channel[messages.is_opened].tolist())
    with_openings = tuple(name for name in channels if name in opened)
    answers = answers_of(messages, channels, with_openings)
    hierarchy = learn_hierarchy(answers, len(channels) + len(with_openings))
    clicks = [messages.is_clicked[messages.channel == name] for name in channels]
    rates = np.array([(each.sum() + 0.5) / (len(each) + 1) for each in clicks])
    return Affinity(channels, with_openings, hierarchy, rates)


def answers_of(messages: Messages, channels: tuple[str, ...], with_openings: tuple[str, ...]) -> Answers:
    """A click or none of each message, where openings are reported only of those opened; and each opening or
    none. A click without an opening is one too: images may be blocked."""
    import numpy as np

    place = np.array([channels.index(name) for name in messages.channel.tolist()], np.int64)
    is_told = np.isin(messages.channel, with_openings)
    is_open = messages.is_opened | messages.is_clicked
    clicks = np.flatnonzero(~is_told | is_open)
    opens = np.flatnonzero(is_told)
    rank = {name: number for number, name in enumerate(with_openings, start=len(channels))}
    kind = np.concatenate(
        [place[clicks], np.array([rank[name] for name in messages.channel[opens].tolist()], np.int64)]
    )
    rows = np.concatenate([clicks, opens])
    yes = np.concatenate([messages.is_clicked[clicks], is_open[opens]]).astype(float)
    columns = _columns(kind, channels, with_openings, messages.silent_days[rows], messages.heard[rows])
    return Answers(messages.person[rows], kind, columns, yes)


def _columns(
    kind: np.ndarray,
    channels: tuple[str, ...],
    with_openings: tuple[str, ...],
    silent_days: np.ndarray,
    heard: np.ndarray,
) -> np.ndarray:
    """An intercept a kind, and circumstances: these bear on being reached at all, so not on clicks of what was
    opened."""
    import numpy as np

    follows = np.isin(kind, [channels.index(name) for name in with_openings])
    told = circumstances(silent_days, heard) * ~follows[:, None]
    return np.hstack([one_hot(kind, len(channels) + len(with_openings)), told])
