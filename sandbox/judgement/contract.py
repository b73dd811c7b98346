"""What a judgement gives: a model's published answers held against the hidden truth.

One file, `sandbox/judgement/<model>.py`, judges one model. See docs/judgement.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.evidence import Evidence


@dataclass(frozen=True)
class Figure:
    """One figure beside what is reached without the model, by the same measure on the same people.

    `is_better_high` says which way is good; `baseline_of` names what the baseline is."""

    figure: str
    value: float
    baseline: float
    baseline_of: str
    people: int
    is_better_high: bool = True

    @property
    def is_better(self) -> bool:
        """Whether the model beats the baseline."""
        return self.value > self.baseline if self.is_better_high else self.value < self.baseline

    def told(self) -> dict[str, Any]:
        """A row for tables and JSON."""
        return {
            "figure": self.figure,
            "value": self.value,
            "baseline": self.baseline,
            "baseline_of": self.baseline_of,
            "is_better": self.is_better,
            "people": self.people,
        }


@dataclass(frozen=True)
class Verdict:
    """All figures of one model, further tables by title, and remarks on what could not be judged."""

    figures: Sequence[Figure]
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Judgement:
    """`judge` reads what was published and the truth, and writes nothing. A KithError, with counts, where the
    model has said too little to be judged."""

    meaning: str
    judge: Callable[[Evidence], Verdict]
