"""Splitting assignments by time: learn from earlier campaigns, judge on the latest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.contract import NotTrainable
from ml.uplift.pairs import DAY, Pairs

if TYPE_CHECKING:
    import numpy as np

#: The share of the assignments, the latest of them, that judge.
JUDGING = 0.3


@dataclass(frozen=True)
class Windows:
    """Two parts: all outcomes of `learn` were known before the first assignment of `judge`."""

    learn: Pairs
    judge: Pairs


@dataclass(frozen=True)
class Fewest:
    """What each arm of each part needs: assignments, and outcomes of either kind."""

    rows: int
    outcomes: int


def split_by_time(pairs: Pairs, horizon_days: float, fewest: Fewest) -> Windows:
    """The latest campaigns judge. Rows whose window reaches into theirs are left out.

    Raises NotTrainable, with counts, when a part has too few people of an arm or outcomes of a kind.
    """
    import numpy as np

    if not len(pairs):
        raise NotTrainable(
            "no randomised assignment whose window is over: neither 'Experiment Viewed' events with a propensity "
            "nor a campaign's holdout"
        )
    begins = np.sort(pairs.assigned_at)[int(len(pairs) * (1 - JUDGING))]
    over = pairs.assigned_at + np.timedelta64(int(horizon_days * DAY), "us")
    windows = Windows(pairs.take(over <= begins), pairs.take(pairs.assigned_at >= begins))
    for name, part in (("learning", windows.learn), ("judging", windows.judge)):
        _refuse_too_few(name, part, fewest)
    return windows


def _refuse_too_few(name: str, part: Pairs, fewest: Fewest) -> None:
    for arm, chosen in (("treated", part.is_treated), ("control", ~part.is_treated)):
        rows, ordered = int(chosen.sum()), int(_ordered(part, chosen))
        if rows < fewest.rows or min(ordered, rows - ordered) < fewest.outcomes:
            raise NotTrainable(
                f"{rows} {arm} assignments with {ordered} orders in the {name} window, at least {fewest.rows} "
                f"with {fewest.outcomes} that ordered and {fewest.outcomes} that did not are needed"
            )


def _ordered(part: Pairs, chosen: np.ndarray) -> float:
    return part.outcome[chosen].sum()
