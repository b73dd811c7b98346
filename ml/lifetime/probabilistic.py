"""A process of purchases with Gamma-Gamma amounts: expected value and intervals of each customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ml.lifetime.contract import COVERAGE, Forecast, Terms
from ml.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma
from ml.lifetime.parameters import restored_parameters
from ml.lifetime.process import FitProcess, Process, fit_process
from ml.lifetime.recalibration import Recalibration, learn_recalibration
from ml.lifetime.summary import DAYS_IN_WEEK, Summary, group

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History

_CHUNK = 20_000
#: Sets of parameters that the futures of an interval take turns in.
WORLDS = 16
_NODES, _PANEL = 8, 26.0
DAYS_IN_YEAR = 365.25


@dataclass(frozen=True)
class FittedProbabilistic:
    """A fitted process and its amounts, under the terms they were fitted for, with what earlier windows make of
    its chances."""

    process: Process
    amounts: GammaGamma
    terms: Terms
    recalibration: Recalibration = field(default=Recalibration())

    def forecast(self, history: History) -> Forecast:
        return self.of(history.summary)

    def of(self, customers: Summary) -> Forecast:
        """The forecast of summaries (n); each distinct (x, t_x, T) is worked out once."""
        import numpy as np

        grouped, weeks = group(customers), self.terms.days / DAYS_IN_WEEK
        distinct = grouped.distinct()
        purchases = self.process.expected_purchases(distinct, weeks)
        rate = weekly_rate(self.terms.discount)
        discounted = discounted_purchases(self.process, distinct, weeks, rate) if rate else purchases
        spend = self.amounts.expected_spend(customers)
        worth = np.divide(discounted, purchases, out=np.ones(len(distinct)), where=purchases > 0)
        low, high = self._interval(customers, weeks, worth[grouped.group_of])
        any_purchase = self.recalibration.of(self.process.any_purchase(distinct, weeks))
        return Forecast(
            value=discounted[grouped.group_of] * spend,
            purchases=purchases[grouped.group_of],
            any_purchase=any_purchase[grouped.group_of],
            # Whoever buys is there, so bending one chance must not leave the other below it.
            alive=np.maximum(self.process.alive(distinct), any_purchase)[grouped.group_of],
            spend=spend,
            value_low=low,
            value_high=high,
        )

    def _interval(
        self, customers: Summary, weeks: float, discounting: Floats
    ) -> tuple[Floats | None, Floats | None]:
        if not self.terms.draws:
            return None, None
        low, high = value_interval(self.process, self.amounts, customers, weeks, self.terms)
        return low * discounting, high * discounting

    def told(self) -> Mapping[str, float]:
        process, amounts = self.process.optimum, self.amounts.optimum
        found = dict(process.told(), customers=process.customers) if process else {}
        if amounts:
            told = amounts.told() | {"customers": amounts.customers}
            named = {key: key if key[0] in "pqg" else f"amounts_{key}" for key in told}
            found |= {named[key]: value for key, value in told.items()}
        found |= {"mean_spend": self.amounts.mean, "repeaters_without_spend": self.amounts.left_out}
        return found | self.recalibration.told()

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        parts = {"process": self.process.kept(), "amounts": self.amounts.kept()}
        return Kept({"terms": vars(self.terms), "recalibration": vars(self.recalibration)}, parts=parts)


def fit_with(fit: FitProcess, history: History, terms: Terms) -> FittedProbabilistic:
    """A process and Gamma-Gamma on the summaries of a history."""
    customers = history.summary
    process, amounts = fit_process(fit, group(customers)), fit_gamma_gamma(customers)
    bend = learn_recalibration(fit, history, terms.days, process.parameters)
    return FittedProbabilistic(process, amounts, terms, bend)


def restore_with(process: Callable[..., Process], kept: Kept) -> FittedProbabilistic:
    """What `kept` kept, of the class `process`."""
    amounts = kept.parts["amounts"]
    return FittedProbabilistic(
        process(*restored_parameters(kept.parts["process"])),
        GammaGamma(*restored_parameters(amounts), amounts.numbers["left_out"]),
        Terms(**kept.numbers["terms"]),
        Recalibration(**kept.numbers["recalibration"]),
    )


def weekly_rate(discount: float) -> float:
    """The continuous rate a week that a discount a year comes to."""
    import numpy as np

    return float(np.log1p(discount) * DAYS_IN_WEEK / DAYS_IN_YEAR)


def discounted_purchases(process: Process, customers: Summary, weeks: float, rate: float) -> Floats:
    """Expected purchases of the next `weeks`, each worth e^(−rate · its time), in weeks (n).

    Integrated by parts, so that E[Y(t)] is enough: e^(−δh) E(h) + δ ∫₀ʰ e^(−δt) E(t) dt, by Gauss-Legendre on
    half-years. For Pareto/NBD without end it is DERT of P. S. Fader, B. G. S. Hardie, K. L. Lee, RFM and CLV,
    Journal of Marketing Research 42 (2005) 415–430, (3).
    """
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    panels = max(int(np.ceil(weeks / _PANEL)), 1)
    width = weeks / panels
    total = np.exp(-rate * weeks) * process.expected_purchases(customers, weeks)
    for panel in range(panels):
        for at, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            time = (panel + at) * width
            share = rate * np.exp(-rate * time) * weight * width
            total = total + share * process.expected_purchases(customers, time)
    return total


def value_interval(
    process: Process, amounts: GammaGamma, customers: Summary, weeks: float, terms: Terms
) -> tuple[Floats, Floats]:
    """The money that COVERAGE of the possible futures lie between, undiscounted (n each).

    The `terms.draws` futures take turns in WORLDS sets of parameters from the normal approximation of their
    logarithms, so that what isn't known of them is in the interval; each has a life, purchases and amounts of
    its own for each customer. Equal customers in equal order and an equal seed give equal intervals.
    """
    import numpy as np

    generator = np.random.default_rng(terms.seed)
    count = min(WORLDS, terms.draws)
    worlds = list(zip(*(_drawn(each, count, generator) for each in (process, amounts)), strict=True))
    edges = ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)
    found = []
    for start in range(0, len(customers), _CHUNK):
        part = customers.take(slice(start, start + _CHUNK))
        futures = np.empty((terms.draws, len(part)))
        for number, (buying, paying) in enumerate(worlds):
            alive = buying.alive(part)
            for future in futures[number::count]:
                bought = buying.draw(part, alive, weeks, generator)
                future[:] = paying.draw(part, bought, generator)
        found.append(np.quantile(futures, edges, axis=0, method="inverted_cdf"))
    low, high = np.concatenate(found, axis=1)
    return low, high


def _drawn(fitted: Any, count: int, generator: np.random.Generator) -> list[Any]:
    """`count` versions of a process or of amounts, as its optimum leaves them possible."""
    if fitted.optimum is None:
        return [fitted] * count
    return [fitted.with_parameters(each) for each in fitted.optimum.draws(count, generator)]
