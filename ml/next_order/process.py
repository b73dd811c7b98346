"""The next order by a process of purchases: BG/NBD and Pareto/NBD know the chance of any purchase by any day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.lifetime.contract import Terms
from ml.lifetime.parameters import restored_parameters
from ml.lifetime.process import FitProcess, Process, fit_process
from ml.lifetime.recalibration import Recalibration, learn_recalibration
from ml.lifetime.summary import DAYS_IN_WEEK, group
from ml.next_order.outlook import Outlook, days_ahead, rising

if TYPE_CHECKING:
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History


@dataclass(frozen=True)
class FittedProcess:
    """A fitted process, the outlook it was fitted for, and what earlier windows make of its chances."""

    process: Process
    days: int
    recalibration: Recalibration

    def outlook(self, history: History) -> Outlook:
        """Each distinct (x, t_x, T) is worked out once."""
        import numpy as np

        grouped, days = group(history.summary), days_ahead(self.days)
        distinct = grouped.distinct()
        columns = [self.process.any_purchase(distinct, day / DAYS_IN_WEEK) for day in days.tolist()]
        chance = self.recalibration.of(np.column_stack(columns))
        return Outlook(days, rising(chance)[grouped.group_of])

    def told(self) -> Mapping[str, float]:
        optimum = self.process.optimum
        found = dict(optimum.told(), customers=optimum.customers) if optimum else {}
        return found | self.recalibration.told()

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        numbers = {"days": self.days, "recalibration": vars(self.recalibration)}
        return Kept(numbers, parts={"process": self.process.kept()})


def fit_by(fit: FitProcess, history: History, terms: Terms) -> FittedProcess:
    """A process on the summaries of a history."""
    process = fit_process(fit, group(history.summary))
    bend = learn_recalibration(fit, history, terms.days, process.parameters)
    return FittedProcess(process, terms.days, bend)


def restore_by(process: Callable[..., Process], kept: Kept) -> FittedProcess:
    """What `kept` kept, of the class `process`."""
    parameters = restored_parameters(kept.parts["process"])
    bend = Recalibration(**kept.numbers["recalibration"])
    return FittedProcess(process(*parameters), kept.numbers["days"], bend)
