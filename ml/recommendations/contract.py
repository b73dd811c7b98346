"""What a way to recommend gives: one file in `ml/recommendations/models/`, named after it.

All of them end in the same form, a `Recommender`: how much each product speaks for each other one, and how fast
what a person did fades. So scoring, filtering, explaining and keeping are written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    from ml.recommendations.catalogue import Catalogue
    from ml.recommendations.interactions import Interactions, Steps

#: Neighbours kept of each product.
NEIGHBOURS = 100

Settings = Mapping[str, float]


@dataclass(frozen=True)
class Knowledge:
    """What may be learned from: acts before `cutoff`, the products of their codes, what makes a step.

    `day` is a day in the units of `at`; `pause` ends a step.
    """

    interactions: Interactions
    catalogue: Catalogue
    cutoff: int
    pause: int = 0
    day: int = 1

    @cached_property
    def steps(self) -> Steps:
        from ml.recommendations.interactions import steps_of

        return steps_of(self.interactions, self.pause)


@dataclass(frozen=True)
class Recommender:
    """A person's score for product j is `Σᵢ hᵢ links[i, j]`, where `hᵢ` is what they did with i, less by
    `(steps since + 1) ** -fade`. `links` is products × products, without negative entries.

    What nobody's history speaks for is in order of popularity, acts halved every `half_life_days` (0: never), in a
    person's favourite category first unless the answer `is_same_for_all`.
    """

    kind: str
    settings: Settings
    links: Sparse
    fade: float
    half_life_days: float = 30.0
    is_same_for_all: bool = False


@dataclass(frozen=True)
class RecommenderModel:
    """A way to recommend. `grid` are the settings to choose among on a window before the test, the first of
    them the default. `words` tell the reason, with `{product}` for what the person did something with. `learn`
    raises NotTrainable, with counts, where it can't."""

    meaning: str
    words: str
    learn: Callable[[Knowledge, Settings], Recommender]
    grid: Sequence[Settings] = field(default=({},))
    is_baseline: bool = False
