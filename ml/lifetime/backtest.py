"""Judging forecasts of value by what came, and choosing a champion from the past alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.registry import plugins
from ml.lifetime.choice import Choice, choose, fit_each
from ml.lifetime.contract import FittedLifetime, Forecast, LifetimeModel, Terms
from ml.lifetime.purchases import History, Outcome, Purchases, known_before, outcome_after

if TYPE_CHECKING:
    from ml.contract import Floats

MODELS = "ml.lifetime.models"


@dataclass(frozen=True)
class Error:
    """How far forecasts of one quantity lay off: `absolute` and `root_square` are means per customer,
    `of_total` the sum forecast over the sum that came, less 1."""

    absolute: float
    root_square: float
    of_total: float


@dataclass(frozen=True)
class Judgement:
    """One model over one window. `rank` is Spearman's correlation of forecast and value; `top_share` the share of
    all value that the tenth with the highest forecasts brought; `coverage` how many values lay in their
    interval. `any_calibration_noise` is the error that chances exactly right would show of so few people.
    None: the model doesn't tell."""

    customers: int
    value: Error
    purchases: Error | None
    rank: float
    top_share: float
    coverage: float | None
    any_calibration_error: float | None
    any_calibration_noise: float | None


def lifetime_models() -> dict[str, LifetimeModel]:
    """All models by name."""
    return plugins(MODELS, LifetimeModel)


def judge(forecast: Forecast, outcome: Outcome) -> Judgement:
    """The figures of one forecast (n customers) against what they did."""
    import numpy as np
    from scipy.stats import spearmanr

    from ml.metrics import calibration_error, calibration_noise, reliability

    value, came = forecast.value, outcome.value
    order = np.argsort(-value, kind="stable")[: max(len(value) // 10, 1)]
    varies = np.ptp(value) > 0 and np.ptp(came) > 0
    covered, any_error, any_noise = None, None, None
    if forecast.value_low is not None and forecast.value_high is not None:
        covered = float(((came >= forecast.value_low) & (came <= forecast.value_high)).mean())
    if forecast.any_purchase is not None:
        any_error = calibration_error(
            reliability((outcome.purchases > 0).astype(float), forecast.any_purchase)
        )
        any_noise = calibration_noise(forecast.any_purchase)
    return Judgement(
        customers=len(value),
        value=_error(value, came),
        purchases=None if forecast.purchases is None else _error(forecast.purchases, outcome.purchases),
        rank=float(spearmanr(value, came)[0]) if varies else 0.0,  # pyright: ignore[reportArgumentType]
        top_share=float(came[order].sum() / came.sum()) if came.sum() else 0.0,
        coverage=covered,
        any_calibration_error=any_error,
        any_calibration_noise=any_noise,
    )


def _error(foreseen: Floats, came: Floats) -> Error:
    import numpy as np

    off = foreseen - came
    total = came.sum()
    return Error(
        float(np.abs(off).mean()),
        float(np.sqrt((off**2).mean())),
        float(foreseen.sum() / total - 1) if total else float("nan"),
    )


def judge_all(
    purchases: Purchases, cutoff: int, terms: Terms
) -> tuple[dict[str, Judgement], dict[str, FittedLifetime], dict[str, str]]:
    """Every model, fitted on what was known before `cutoff`, on the days after it."""
    history = known_before(purchases, cutoff)
    outcome = outcome_after(purchases, history, terms.days)
    fitted, refused = fit_each(lifetime_models(), history, terms)
    return {name: judge(each.forecast(history), outcome) for name, each in fitted.items()}, fitted, refused


def choose_champion(history: History, terms: Terms, cutoffs: Sequence[int] | None = None) -> Choice:
    """The model with the smallest error per customer; see `choose`. A rule of thumb that no model beats becomes
    champion itself: then nothing better is known."""

    def errors_at(cutoff: int, asked: Terms) -> tuple[dict[str, float], dict[str, str]]:
        judged, _, refused = judge_all(history.purchases, cutoff, asked)
        return {name: each.value.absolute for name, each in judged.items()}, refused

    return choose(history, terms, errors_at, cutoffs)
