"""What an affinity would have brought on later assignments by chance, walking through time in steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.channels.affinity import Affinity
from ml.channels.policy import Economics, Trials, choose, gain, random_worth, worth
from ml.outreach.circumstances import heard_before

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from ml.outreach.hierarchy import Leanings
    from ml.outreach.history import Assignments, Messages
    from ml.outreach.window import Window


@dataclass(frozen=True)
class Past:
    """What is known of people's messages and of the assignments by chance, with the window kept for the test."""

    people: int
    messages: Messages
    assignments: Assignments
    window: Window
    economics: Economics
    channels: tuple[str, ...]

    def training(self) -> Messages:
        """Messages whose answers were all in when the test window began."""
        return self.window.known(self.messages, self.window.begin)


@dataclass(frozen=True)
class Outcome:
    """P(click) told before each message (n) and whether it was clicked (n); the trials (m), the net value the
    model tells of each channel (m × channels), and everybody's alike (channels)."""

    chances: np.ndarray
    clicks: np.ndarray
    trials: Trials
    net: np.ndarray
    usual: np.ndarray

    def metrics(self) -> dict[str, float]:
        """Of the model's own choice, with the gain over the one channel that is best for all. `regret_told` is
        how much more than that choice the model promises of its best channels."""
        mine = worth(self.trials, choose(self.net, self.trials.allowed), self.net)
        best = self._alike(self.usual)
        promised = self.net.max(axis=1, where=self.trials.allowed, initial=-1e9).mean()
        return {
            "net_value": float(mine.mean()),
            "log_loss": log_loss(self.chances, self.clicks),
            **gain(mine, best),
            "regret_told": float(promised - mine.mean()),
        }

    def rules(self, costs: np.ndarray, told: np.ndarray) -> Mapping[str, Mapping[str, float]]:
        """What rules without a model would have brought: the channel that is best for all, the cheapest, chance.

        `told` (n) is everybody's rate by the channel of each message; all three know no more of anyone.
        """
        loss = log_loss(told, self.clicks)
        found = {
            "best_channel_for_all": self._alike(self.usual),
            "cheapest_channel": self._alike(-costs),
            "random_channel": random_worth(self.trials, self.net),
        }
        return {name: {"net_value": float(value.mean()), "log_loss": loss} for name, value in found.items()}

    def _alike(self, order: np.ndarray) -> np.ndarray:
        import numpy as np

        ranked = np.tile(order, (len(self.trials), 1))
        return worth(self.trials, choose(ranked, self.trials.allowed), self.net)


def follow(affinity: Affinity, past: Past) -> Outcome:
    """At each step what was known by then: later messages are foretold, later assignments chosen for."""
    import numpy as np

    chances, clicks, trials, nets = [], [], [], []
    for start, stop in past.window.steps():
        leanings = affinity.leanings(past.window.known(past.messages, start), past.people)
        ahead = past.messages.take((past.messages.sent_at >= start) & (past.messages.sent_at < stop))
        kind = affinity.numbers(ahead.channel)
        chances.append(affinity.chances(leanings, ahead.person, kind, ahead.silent_days, ahead.heard))
        clicks.append(ahead.is_clicked)
        found = _with_choice(past.assignments, start, stop)
        nets.append(past.economics.net(_chances(affinity, leanings, past, found)))
        trials.append(_trials(found, past))
    return Outcome(
        np.concatenate(chances),
        np.concatenate(clicks).astype(float),
        _joined(trials),
        np.concatenate(nets),
        past.economics.net(_usual(affinity, past.channels)),
    )


def log_loss(chances: np.ndarray, answers: np.ndarray) -> float:
    """Nats per message; NaN without one."""
    import numpy as np

    if not len(chances):
        return float("nan")
    likely = np.clip(chances, 1e-6, 1 - 1e-6)
    return float(-np.where(answers > 0, np.log(likely), np.log1p(-likely)).mean())


def _with_choice(assignments: Assignments, start: np.datetime64, stop: np.datetime64) -> Assignments:
    """Those of a step in which more than one channel was allowed."""
    chosen = (assignments.assigned_at >= start) & (assignments.assigned_at < stop)
    return assignments.take(chosen & (assignments.allowed.sum(axis=1) > 1))


def _chances(affinity: Affinity, leanings: Leanings, past: Past, found: Assignments) -> np.ndarray:
    import numpy as np

    columns = []
    for name, number in zip(past.channels, affinity.numbers(np.array(past.channels)), strict=True):
        heard = heard_before(past.messages, name, found.person, found.assigned_at)
        kind = np.full(len(found), number)
        columns.append(affinity.chances(leanings, found.person, kind, found.silent_days, heard))
    return np.column_stack(columns)


def _usual(affinity: Affinity, channels: tuple[str, ...]) -> np.ndarray:
    """Everybody's clicks per message by each channel; none by one that was never met."""
    import numpy as np

    number = affinity.numbers(np.array(channels))
    return np.where(number >= 0, affinity.rates[np.maximum(number, 0)], 0.0)


def _trials(found: Assignments, past: Past) -> Trials:
    """An arm that is none of the channels, such as a control group's, is no message: it costs and brings nothing."""
    import numpy as np

    place = {name: number for number, name in enumerate(past.channels)}
    arm = np.array([place.get(name, -1) for name in found.arm.tolist()], np.int64)
    paid = np.where(arm >= 0, past.economics.costs[np.maximum(arm, 0)], 0.0)
    reward = np.where(arm >= 0, past.economics.value * found.is_clicked - paid, 0.0)
    return Trials(arm, found.propensity, reward, found.allowed)


def _joined(parts: list[Trials]) -> Trials:
    import numpy as np

    return Trials(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Trials.__dataclass_fields__)
    )
