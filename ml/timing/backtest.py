"""How well a response foretells later answers and visits, walking through time in steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.outreach.window import Window
from ml.timing.response import Response, chances, know
from ml.timing.rhythm import HOURS

if TYPE_CHECKING:
    import numpy as np

    from ml.outreach.history import Acts, Messages, People

#: So many of a person's best hours are held against later visits.
TOP = 3


@dataclass(frozen=True)
class Foretold:
    """The chance (n) told before each message was sent, whether it was answered (n), and the share of later visits
    that fell into the three hours thought best for their visitor."""

    chances: np.ndarray
    answers: np.ndarray
    top_hours_hit: float

    def losses(self) -> np.ndarray:
        """Of each message (n), in nats."""
        import numpy as np

        likely = np.clip(self.chances, 1e-6, 1 - 1e-6)
        return -np.where(self.answers > 0, np.log(likely), np.log1p(-likely))

    def metrics(self) -> dict[str, float]:
        """By name; `log_loss` is the mean loss."""
        losses = self.losses()
        return {
            "log_loss": float(losses.mean()) if len(losses) else float("nan"),
            "top_hours_hit": self.top_hours_hit,
        }


def foretell(response: Response, people: People, acts: Acts, messages: Messages, window: Window) -> Foretold:
    """At each step what was known by then: what follows is foretold with the response as it is."""
    import numpy as np

    told, answers, hits, visits = [], [], 0.0, 0
    for start, stop in window.steps():
        known = know(response, people, acts, window.known(messages, start), start)
        ahead = messages.take((messages.sent_at >= start) & (messages.sent_at < stop))
        told.append(chances(response, known, ahead))
        answers.append(ahead.is_opened | ahead.is_clicked)
        later = acts.take((acts.learned_at >= start) & (acts.learned_at < stop))
        hits += _hits(response, known.ready, later)
        visits += len(later)
    return Foretold(
        np.concatenate(told), np.concatenate(answers).astype(float), hits / visits if visits else float("nan")
    )


def _hits(response: Response, ready: np.ndarray, later: Acts) -> float:
    """Later visits in their visitor's best hours; without any hours the expectation of three drawn ones."""
    import numpy as np

    if response.scope == "none":
        return len(later) * TOP / HOURS
    best = np.argsort(-ready, axis=1, kind="stable")[:, :TOP]
    return float((best[later.person] == later.hour[:, None]).any(axis=1).sum())
