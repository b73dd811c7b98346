"""By what a winner among variants is told: `winner: {by: Order Completed, within: 7d}`, or `none`."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from activation.journeys.graph import Contest
from activation.journeys.language.values import Duration, Share, micros
from activation.segments.grammar.comparisons import Strict
from activation.segments.operands import Name


class WinnerRule(Strict):
    """Whose share of people with the event `by`, `within` a time of meeting the variant, is the greatest. It is
    looked at as results come in, and told once it is right with at least this `confidence`; `at_least` people a
    variant first."""

    by: Name
    within: Duration = timedelta(days=7)
    confidence: Share = 9_500
    at_least: int = Field(100, ge=1, le=10_000_000, strict=True)


Winner = WinnerRule | Literal["none"]


def contest(winner: Winner | None, decided_after: int = 0) -> Contest | None:
    """What the graph holds of it; `decided_after` in microseconds, 0 where only proof counts."""
    if winner is None or winner == "none":
        return None
    return Contest(winner.by, micros(winner.within), winner.confidence, winner.at_least, decided_after)
