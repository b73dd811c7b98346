"""Learning lifetime value from a run: the candidate is chosen on earlier windows and judged on the latest one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.contract import Evidence, Fitted, Learned
from ml.lifetime.backtest import Judgement, choose_champion, judge, lifetime_models
from ml.lifetime.choice import elect, fit_or_refuse
from ml.lifetime.contract import FittedLifetime, Terms
from ml.lifetime.kept import Kept, load_kept
from ml.lifetime.orders import OrderBook, read_orders
from ml.lifetime.purchases import History, Outcome, outcome_after
from ml.lifetime.terms import latest_window

if TYPE_CHECKING:
    from ml.contract import Lesson

#: Possible futures of each customer that an interval is made of.
DRAWS = 200


@dataclass(frozen=True)
class LifetimeArtefact:
    """The champion of a backtest by its name, for a horizon in days and a currency."""

    candidate: str
    days: int
    currency: str
    model: FittedLifetime

    def save(self, folder: Path) -> None:
        """Plain files."""
        told = {key: getattr(self, key) for key in ("candidate", "days", "currency")}
        Kept(told, parts={"model": self.model.kept()}).save(folder)


def load_artefact(folder: Path) -> LifetimeArtefact:
    """What `save` wrote."""
    kept = load_kept(folder)
    restore = lifetime_models()[kept.numbers["candidate"]].restore
    return LifetimeArtefact(**kept.numbers, model=restore(kept.parts["model"]))


def learn(lesson: Lesson) -> Learned:
    """Raises NotTrainable, with counts, where the orders don't suffice or no candidate can learn from them."""
    book, days = read_orders(lesson), lesson.terms.horizon.days
    past = latest_window(book.history, lesson.terms)
    lesson.advance(0.1)
    models = lifetime_models()
    name, choice = elect(models, lambda: choose_champion(past, Terms(days, seed=lesson.seed)))
    fitted = fit_or_refuse(models[name], past, Terms(days, seed=lesson.seed, draws=DRAWS))
    lesson.advance(0.4)
    artefact = LifetimeArtefact(name, days, book.currency, fitted)
    lesson.advance(0.4)
    outcome = outcome_after(book.purchases, past, days)
    judged, rules = judge(artefact.model.forecast(past), outcome), _rules(past, days)
    return Learned(
        fitted=Fitted(artefact, metadata={"candidate": name, "days": days, **book.told()}),
        candidate=name,
        evidence=_evidence(lesson, book, past, days),
        metrics=metrics_of(judged),
        baselines={rule: metrics_of(judge(fitted.forecast(past), outcome)) for rule, fitted in rules.items()},
        judge=lambda fitted: _judge_other(fitted.artefact, artefact, past, outcome),
        parameters={"horizon_days": days, "seed": lesson.seed, **book.told(), **artefact.model.told()},
        plots=_plots(lesson.definition.name, book.currency, artefact.model, past, outcome),
        tables=_tables(choice, artefact.model, past, outcome),
    )


def metrics_of(judged: Judgement) -> dict[str, float]:
    """By name; what a model doesn't tell, or what can't be known, is left out."""
    import math

    found = {
        "value_error": judged.value.absolute,
        "value_rmse": judged.value.root_square,
        "value_total_error": judged.value.of_total,
        "rank_correlation": judged.rank,
        "top_tenth_share": judged.top_share,
        "interval_coverage": judged.coverage,
        "any_purchase_calibration_error": judged.any_calibration_error,
        "any_purchase_calibration_noise": judged.any_calibration_noise,
        "purchases_error": judged.purchases.absolute if judged.purchases else None,
    }
    return {name: float(value) for name, value in found.items() if value is not None and math.isfinite(value)}


def _rules(past: History, days: int) -> dict[str, FittedLifetime]:
    found = lifetime_models().items()
    return {name: fit_or_refuse(model, past, Terms(days)) for name, model in found if model.is_baseline}


def _judge_other(
    other: LifetimeArtefact, own: LifetimeArtefact, past: History, outcome: Outcome
) -> dict[str, float]:
    """A champion of another horizon or currency answers another question: it can't stand in the way of this one."""
    if (other.days, other.currency) != (own.days, own.currency):
        return dict.fromkeys(("value_error", "value_rmse"), float("inf"))
    return metrics_of(judge(other.model.forecast(past), outcome))


def _evidence(lesson: Lesson, book: OrderBook, past: History, days: int) -> Evidence:
    from ml.hashing import hash_of

    bought, cutoff = past.purchases, lesson.as_of - timedelta(days=days)
    hashed = hash_of(bought.customers, bought.customer, bought.day, bought.amount)
    return Evidence([cutoff], cutoff, len(bought), len(past), hashed)


def _plots(
    name: str, currency: str, model: FittedLifetime, past: History, outcome: Outcome
) -> dict[str, Any]:
    from ml.lifetime.plots import residuals_plot, tenths, tenths_plot

    unit = currency or "amount"
    foreseen = model.forecast(past).value
    return {
        "tenths": lambda: tenths_plot(f"{name}: value by tenth", unit, tenths(foreseen, outcome.value)),
        "residuals": lambda: residuals_plot(f"{name}: residuals", unit, foreseen, outcome.value),
    }


def _tables(choice: Any, model: FittedLifetime, past: History, outcome: Outcome) -> dict[str, Any]:
    from ml.lifetime.plots import tenths

    return {
        "choice": {"days": choice.days, "errors": dict(choice.errors), "refused": dict(choice.refused)},
        "tenths": tenths(model.forecast(past).value, outcome.value),
    }
