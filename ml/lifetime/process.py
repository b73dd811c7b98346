"""What the processes of purchases have in common, and fitting one to any shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kith.errors import KithError

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.optimum import Optimum
    from ml.lifetime.summary import Grouped, Summary


class Process(Protocol):
    """What BG/NBD and Pareto/NBD have in common; times are weeks."""

    @property
    def parameters(self) -> Floats: ...
    @property
    def optimum(self) -> Optimum | None: ...
    def with_parameters(self, parameters: Floats) -> Process: ...
    def alive(self, customers: Summary) -> Floats: ...
    def expected_purchases(self, customers: Summary, weeks: float) -> Floats: ...
    def any_purchase(self, customers: Summary, weeks: float) -> Floats: ...
    def kept(self) -> Kept: ...
    def draw(
        self, customers: Summary, alive: Floats, weeks: float, generator: np.random.Generator
    ) -> Floats: ...


class FitProcess(Protocol):
    """`fit_bgnbd` and `fit_pareto_nbd`. `near` are parameters to start from instead of the usual four places."""

    def __call__(
        self, grouped: Grouped, *, is_regularised: bool = False, near: Floats | None = None
    ) -> Process: ...


def fit_process(fit: FitProcess, grouped: Grouped, near: Floats | None = None) -> Process:
    """By plain maximum likelihood, or with a prior where that has no maximum: shops in which nobody seems to
    leave, or all alike, are common, and what is expected of them hardly depends on what they leave open."""
    try:
        return fit(grouped, near=near)
    except KithError:
        return fit(grouped, is_regularised=True)
