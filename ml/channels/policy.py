"""What a choice of channels would have brought, from assignments that chance made.

Doubly robust (Dudík, Langford, Li 2011): each assignment is valued by the model, and where chance happened to
choose what the policy would have chosen, corrected by what really came of it over how likely that choice was. Right
on average if the propensities are, however wrong the model may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Economics:
    """What a click is worth, and what a message costs by channel (channels), in one currency."""

    value: float
    costs: np.ndarray

    def net(self, chances: np.ndarray) -> np.ndarray:
        """Expected net value of a message (… × channels), given P(click)."""
        return self.value * chances - self.costs


@dataclass(frozen=True)
class Trials:
    """n assignments with a choice: the arm's number (-1 for no message), its propensity, what it brought net, and
    the channels that were allowed (n × channels)."""

    arm: np.ndarray
    propensity: np.ndarray
    reward: np.ndarray
    allowed: np.ndarray

    def __len__(self) -> int:
        return len(self.arm)


def choose(net: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """The allowed channel of the highest net value (n); ties go to the first."""
    import numpy as np

    return np.where(allowed, net, -np.inf).argmax(axis=1)


def worth(trials: Trials, chosen: np.ndarray, net: np.ndarray) -> np.ndarray:
    """The value (n) of choosing so, doubly robust; the mean over n is the policy's."""
    import numpy as np

    rows = np.arange(len(trials))
    told = net[rows, chosen]
    surprise = trials.reward - np.where(trials.arm >= 0, net[rows, np.maximum(trials.arm, 0)], 0.0)
    return told + np.where(trials.arm == chosen, surprise / trials.propensity, 0.0)


def random_worth(trials: Trials, net: np.ndarray) -> np.ndarray:
    """The value (n) of choosing among the allowed by chance."""
    import numpy as np

    total = np.zeros(len(trials))
    for channel in range(trials.allowed.shape[1]):
        value = worth(trials, np.full(len(trials), channel), net)
        total += np.where(trials.allowed[:, channel], value, 0.0)
    return total / np.maximum(trials.allowed.sum(axis=1), 1)


def gain(mine: np.ndarray, others: np.ndarray) -> Mapping[str, float]:
    """By how much one policy's values (n) exceed another's on average, with the standard error of that."""
    import numpy as np

    difference = mine - others
    count = max(len(difference), 1)
    return {"gain": float(difference.mean()), "gain_error": float(difference.std() / np.sqrt(count))}
