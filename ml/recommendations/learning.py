"""Learning which way to recommend is best here: chosen on the window before the latest, judged on the latest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ml.contract import Lesson, NotTrainable
from ml.recommendations.backtest import Trial, Window, best_of, judge, recommender_models, try_all
from ml.recommendations.bundle import RECOMMENDER, Bundle, over
from ml.recommendations.judgement import Quality
from ml.recommendations.reading import DAY, MICROSECOND, PAUSE, Shop, instant_of, read_shop
from ml.recommendations.windows import window_between

if TYPE_CHECKING:
    import numpy as np

#: The lists beside a product.
LISTS = ("also_viewed", "also_bought")
#: People asked in a window: a hit rate of 0.1 is then right to 0.004.
MOST_ASKED = 5_000


@dataclass(frozen=True)
class Course:
    """What came of learning: the champion of the choosing window, the bundle learned for the latest one, and what it
    and the rules of thumb reach there."""

    shop: Shop
    window: Window
    cutoff: int
    trials: tuple[Trial, ...]
    refused: Mapping[str, str]
    chosen: Trial
    bundle: Bundle
    quality: Quality
    baselines: Mapping[str, Quality]

    def judge(self, bundle: Bundle) -> Quality:
        """Another bundle on the very same people: its links, the histories of then."""
        return judge(over(bundle.champion, bundle.ids, self.shop.catalogue), self.window)

    def told(self) -> list[dict[str, Any]]:
        """Every way that was tried on the choosing window, the best first."""
        ranked = sorted(self.trials, key=lambda trial: -trial.quality.ndcg)
        return [{"way": each.name, **each.settings, **each.quality.metrics()} for each in ranked]


def learn_course(lesson: Lesson) -> Course:
    """Raises NotTrainable, with counts, where too few people bought something new in either window."""
    terms, horizon = lesson.terms, lesson.terms.horizon // MICROSECOND
    shop = read_shop(lesson.settings, lesson.run, lesson.as_of)
    consumable = shop.catalogue.of_categories(terms.consumable)
    cutoff = shop.cutoff - horizon
    windows = [_window(shop, at, horizon, consumable, lesson) for at in (cutoff - horizon, cutoff)]
    models = recommender_models()
    share = 0.8 / len(models)
    trials, refused = try_all(models, windows[0], lambda step: lesson.advance(share * step))
    chosen = best_of([trial for trial in trials if not models[trial.name].is_baseline] or trials)
    champion = models[chosen.name].learn(windows[1].knowledge, chosen.settings)
    lists = {
        name: models[name].learn(windows[1].knowledge, models[name].grid[0])
        for name in LISTS
        if name not in refused
    }
    rules = {
        name: judge(model.learn(windows[1].knowledge, _best_settings(trials, name)), windows[1])
        for name, model in models.items()
        if model.is_baseline
    }
    lesson.advance(0.2)
    bundle = Bundle(shop.catalogue.ids, {RECOMMENDER: champion, **lists})
    quality = judge(champion, windows[1])
    return Course(shop, windows[1], cutoff, tuple(trials), refused, chosen, bundle, quality, rules)


def _best_settings(trials: list[Trial], name: str) -> Mapping[str, float]:
    return best_of([trial for trial in trials if trial.name == name]).settings


def _window(shop: Shop, cutoff: int, horizon: int, consumable: np.ndarray, lesson: Lesson) -> Window:
    window = window_between(
        shop.interactions,
        shop.catalogue,
        cutoff,
        cutoff + horizon,
        pause=PAUSE // MICROSECOND,
        day=DAY,
        is_consumable=consumable,
    )
    buyers, least = window.buyers, lesson.terms.minimum_buyers
    if buyers < least:
        days = lesson.terms.horizon / timedelta(days=1)
        raise NotTrainable(
            f"{buyers} people with a history bought something new in the {days:g} days from "
            f"{instant_of(cutoff):%Y-%m-%d}, at least {least} are needed"
        )
    return window.sampled(MOST_ASKED, lesson.seed)
