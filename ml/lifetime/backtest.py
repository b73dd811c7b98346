"""Judging forecasts of value by what came, and choosing a champion from the past alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.errors import KithError
from kith.registry import plugins
from ml.lifetime.contract import FittedLifetime, Forecast, LifetimeModel, Terms
from ml.lifetime.purchases import History, Outcome, Purchases, known_before, outcome_after
from ml.lifetime.windows import longest_window

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


@dataclass(frozen=True)
class Choice:
    """The champion of a backtest, what each model reached there, and why some couldn't learn."""

    champion: str
    errors: Mapping[str, float]
    refused: Mapping[str, str]
    cutoffs: tuple[int, ...]
    days: int


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


def fit_all(history: History, terms: Terms) -> tuple[dict[str, FittedLifetime], dict[str, str]]:
    """Every model that can learn from a history, and why the others can't."""
    fitted: dict[str, FittedLifetime] = {}
    refused: dict[str, str] = {}
    for name, model in lifetime_models().items():
        try:
            fitted[name] = model.fit(history, terms)
        except KithError as refusal:
            refused[name] = str(refusal)
    return fitted, refused


def judge_all(
    purchases: Purchases, cutoff: int, terms: Terms
) -> tuple[dict[str, Judgement], dict[str, FittedLifetime], dict[str, str]]:
    """Every model, fitted on what was known before `cutoff`, on the days after it."""
    history = known_before(purchases, cutoff)
    outcome = outcome_after(purchases, history, terms.days)
    fitted, refused = fit_all(history, terms)
    return {name: judge(each.forecast(history), outcome) for name, each in fitted.items()}, fitted, refused


def choose_champion(history: History, terms: Terms, cutoffs: Sequence[int] | None = None) -> Choice:
    """The model with the smallest error per customer over windows that lie within the history.

    Without `cutoffs`, the one window that ends with the history, as long as asked for or half of what there is.
    A rule of thumb that no model beats becomes champion itself: then nothing better is known.
    """
    import numpy as np

    days = longest_window(history, terms.days)
    tested = tuple(cutoffs) if cutoffs else (history.cutoff - days,)
    errors: dict[str, list[float]] = {}
    refused: dict[str, str] = {}
    for cutoff in tested:
        judged, _, why = judge_all(history.purchases, cutoff, Terms(days, seed=terms.seed))
        refused |= why
        for name, each in judged.items():
            errors.setdefault(name, []).append(each.value.absolute)
    everywhere = {name: float(np.mean(each)) for name, each in errors.items() if len(each) == len(tested)}
    champion = min(everywhere, key=lambda name: (everywhere[name], name))
    return Choice(champion, everywhere, refused, tested, days)
