"""Which way to recommend is best on what people took next: chosen on one window, judged on a later one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kith.registry import plugin, plugin_names
from ml.contract import NotTrainable
from ml.recommendations.contract import Knowledge, Recommender, RecommenderModel, Settings
from ml.recommendations.judgement import Quality, judge_lists
from ml.recommendations.ranking import Ranked, Request, history_of, rank_products
from ml.recommendations.reserves import reserves_of
from ml.recommendations.sparse import Sparse

if TYPE_CHECKING:
    import numpy as np

PACKAGE = "ml.recommendations.models"
LENGTH = 10


@dataclass(frozen=True)
class Window:
    """What was known at a cut-off, what everyone took after it, and what they could be shown.

    `answers` and `barred` are people × products; the answers hold nothing that is barred. Only those who took
    something are asked, so only they are ranked.
    """

    knowledge: Knowledge
    answers: Sparse
    barred: Sparse
    offered: np.ndarray

    @property
    def buyers(self) -> int:
        """How many people took something."""
        import numpy as np

        return int((np.diff(self.answers.indptr) > 0).sum())

    def sampled(self, most: int, seed: int) -> Window:
        """The same window with no more than `most` people asked, the same ones for a seed."""
        import numpy as np
        from scipy.sparse import csr_array, diags_array

        asked = np.flatnonzero(np.diff(self.answers.indptr))
        if len(asked) <= most:
            return self
        kept = np.zeros(self.answers.shape[0], np.float32)
        kept[np.random.default_rng(seed).choice(asked, most, replace=False)] = 1
        answers = csr_array(diags_array(kept) @ self.answers)
        answers.eliminate_zeros()
        return replace(self, answers=answers)


@dataclass(frozen=True)
class Trial:
    """One way with one choice of settings on one window."""

    name: str
    settings: Settings
    quality: Quality


def recommender_models() -> dict[str, RecommenderModel]:
    """All ways to recommend by name, the rules of thumb first."""
    found = {name: plugin(PACKAGE, name, RecommenderModel) for name in plugin_names(PACKAGE)}
    return dict(sorted(found.items(), key=lambda item: (not item[1].is_baseline, item[0])))


def recommend(
    recommender: Recommender,
    knowledge: Knowledge,
    barred: Sparse,
    offered: np.ndarray,
    people: np.ndarray | None = None,
    *,
    length: int = LENGTH,
    place: np.ndarray | None = None,
) -> Ranked:
    """The lists of these people (codes; of all by default), in their order and numbered from 0.

    `place` is a code of where everyone in the knowledge lives, −1 unknown; without it nobody's place counts.
    """
    import numpy as np

    asked = np.arange(barred.shape[0]) if people is None else people
    history = history_of(knowledge.steps, recommender.fade)[asked]
    lived = np.full(barred.shape[0], -1) if place is None else place
    reserves, group = reserves_of(recommender, knowledge, offered, lived, history, lived[asked])
    return rank_products(recommender, Request(history, barred[asked], offered, reserves, group, length))


def judge(recommender: Recommender, window: Window) -> Quality:
    """The quality of a recommender's lists for those who took something in the window."""
    import numpy as np

    asked = np.flatnonzero(np.diff(window.answers.indptr))
    ranked = recommend(recommender, window.knowledge, window.barred, window.offered, asked)
    lists = ranked.lists(len(asked), LENGTH)
    return judge_lists(lists, window.answers[asked], int(window.offered.sum()))


def try_all(
    models: Mapping[str, RecommenderModel],
    window: Window,
    advance: Callable[[float], None] = lambda steps: None,
) -> tuple[list[Trial], dict[str, str]]:
    """Every way with every choice of its grid, and of those that can't learn here the reason."""
    trials, refused = [], dict[str, str]()
    for name, model in models.items():
        try:
            for settings in model.grid:
                quality = judge(model.learn(window.knowledge, settings), window)
                trials.append(Trial(name, settings, quality))
        except NotTrainable as refusal:
            refused[name] = str(refusal)
        advance(1)
    return trials, refused


def best_of(trials: list[Trial]) -> Trial:
    """The greatest gain at 10; of equals the first, and rules of thumb come first."""
    if not trials:
        raise NotTrainable("no way to recommend could learn from what there is")
    return max(trials, key=lambda each: each.quality.ndcg)
