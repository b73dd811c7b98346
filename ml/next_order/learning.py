"""Learning the next order from a run: the candidate is chosen on earlier windows and judged on the latest one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.contract import Evidence, Fitted, Learned
from ml.lifetime.choice import Choice, elect, fit_or_refuse
from ml.lifetime.contract import Terms
from ml.lifetime.kept import Kept, load_kept
from ml.lifetime.orders import OrderBook, read_orders
from ml.lifetime.purchases import History
from ml.lifetime.terms import latest_window
from ml.next_order.backtest import Judgement, choose_champion, judge, next_order_models
from ml.next_order.contract import FittedNextOrder
from ml.next_order.waiting import days_until_next

if TYPE_CHECKING:
    from ml.contract import Floats, Lesson
    from ml.next_order.outlook import Outlook


@dataclass(frozen=True)
class NextOrderArtefact:
    """The champion of a backtest by its name, for an outlook in days."""

    candidate: str
    days: int
    model: FittedNextOrder

    def save(self, folder: Path) -> None:
        """Plain files."""
        told = {"candidate": self.candidate, "days": self.days}
        Kept(told, parts={"model": self.model.kept()}).save(folder)


def load_artefact(folder: Path) -> NextOrderArtefact:
    """What `save` wrote."""
    kept = load_kept(folder)
    restore = next_order_models()[kept.numbers["candidate"]].restore
    return NextOrderArtefact(**kept.numbers, model=restore(kept.parts["model"]))


def learn(lesson: Lesson) -> Learned:
    """Raises NotTrainable, with counts, where the orders don't suffice or no candidate can learn from them."""
    book, days = read_orders(lesson), lesson.terms.horizon.days
    past, terms = latest_window(book.history, lesson.terms), Terms(days, seed=lesson.seed)
    lesson.advance(0.1)
    models = next_order_models()
    name, choice = elect(models, lambda: choose_champion(past, terms))
    lesson.advance(0.4)
    artefact = NextOrderArtefact(name, days, fit_or_refuse(models[name], past, terms))
    lesson.advance(0.4)
    waited, outlook = days_until_next(book.purchases, past, days), artefact.model.outlook(past)
    rules = {each: model for each, model in next_order_models().items() if model.is_baseline}
    return Learned(
        fitted=Fitted(artefact, metadata={"candidate": name, "days": days, **book.told()}),
        candidate=name,
        evidence=_evidence(lesson, book, past, days),
        metrics=metrics_of(judge(outlook, waited)),
        baselines={
            each: metrics_of(judge(fit_or_refuse(model, past, terms).outlook(past), waited))
            for each, model in rules.items()
        },
        judge=lambda fitted: _judge_other(fitted.artefact, days, past, waited),
        parameters={"horizon_days": days, "seed": lesson.seed, **book.told(), **artefact.model.told()},
        plots=_plots(lesson.definition.name, outlook, waited),
        tables={"choice": _told(choice), "tenths": _tenths(outlook, waited)},
    )


def metrics_of(judged: Judgement) -> dict[str, float]:
    """By name, without the number of customers."""
    return {name: float(value) for name, value in vars(judged).items() if name != "customers"}


def _judge_other(other: NextOrderArtefact, days: int, past: History, waited: Floats) -> dict[str, float]:
    """A champion of another outlook answers another question: it can't stand in the way of this one."""
    if other.days != days:
        return dict.fromkeys(("crps", "median_error"), float("inf"))
    return metrics_of(judge(other.model.outlook(past), waited))


def _evidence(lesson: Lesson, book: OrderBook, past: History, days: int) -> Evidence:
    from ml.hashing import hash_of

    bought, cutoff = past.purchases, lesson.as_of - timedelta(days=days)
    return Evidence(
        [cutoff], cutoff, len(bought), len(past), hash_of(bought.customers, bought.customer, bought.day)
    )


def _told(choice: Choice) -> dict[str, Any]:
    return {"days": choice.days, "errors": dict(choice.errors), "refused": dict(choice.refused)}


def _tenths(outlook: Outlook, waited: Floats) -> list[dict[str, float]]:
    import numpy as np

    from ml.lifetime.plots import tenths

    return tenths(outlook.expected_days(), np.minimum(waited, outlook.length))


def _plots(name: str, outlook: Outlook, waited: Floats) -> dict[str, Any]:
    import numpy as np

    from ml.lifetime.plots import residuals_plot, tenths_plot
    from ml.metrics import reliability
    from ml.plots import calibration_plot

    foreseen, came = outlook.expected_days(), np.minimum(waited, outlook.length)
    within = np.isfinite(waited).astype(float)
    everyone = np.full(len(within), within.mean())
    return {
        "tenths": lambda: tenths_plot(f"{name}: days by tenth", "days", _tenths(outlook, waited)),
        "residuals": lambda: residuals_plot(f"{name}: residuals", "days", foreseen, came),
        "calibration": lambda: calibration_plot(
            f"{name}: an order within the horizon",
            reliability(within, outlook.chance[:, -1]),
            reliability(within, everyone),
        ),
    }
