"""Maximum likelihood in logarithms of positive parameters: several starts, then Newton to the last digits.

The starts are tried on a thinned part where there is much; the best is carried on by L-BFGS-B and ended by
Newton steps, whose Hessian (differences of the exact gradient) also gives the standard errors. What has no
maximum inside, or a flat one, is refused: its parameters would be an accident of the optimiser. Such customers
can still be foreseen with a `Prior`, which then decides what they leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.errors import KithError

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats

#: log-likelihood and its gradient by the (natural) parameters.
LogLikelihood = Callable[["Floats"], tuple[float, "Floats"]]

#: Parameters are looked for between these, in logarithms: 6e-6 to 1.2e6 (weeks, counts or money).
LOWEST, HIGHEST = -12.0, 14.0

#: A parameter known no better than to a factor of e⁵ isn't known.
WIDEST_ERROR = 5.0
_STEP = 1e-4
_NEWTON_STEPS = 25
_GRADIENT = 1e-8


@dataclass(frozen=True)
class Prior:
    """Independent normals on the parameters' logarithms, around `centre` (natural scale): `width` 2 says "within
    a factor of 50, nineteen times of twenty". Weighs as much as one customer, so it is heard in flat directions
    alone."""

    centre: tuple[float, ...]
    width: float = 2.0


@dataclass(frozen=True)
class Optimum:
    """Where the likelihood of `customers` is greatest. `covariance` is that of the parameters' logarithms (the
    inverse of the observed information); `standard_errors` are on the natural scale (delta method).
    `log_likelihood` is without the prior, if there was one."""

    names: tuple[str, ...]
    parameters: Floats
    log_likelihood: float
    covariance: Floats
    customers: int
    evaluations: int
    is_regularised: bool = False

    @property
    def standard_errors(self) -> Floats:
        import numpy as np

        return self.parameters * np.sqrt(np.diag(self.covariance))

    def draws(self, count: int, generator: np.random.Generator) -> Floats:
        """count × k parameters from the normal approximation of their logarithms."""
        import numpy as np

        chosen = generator.multivariate_normal(np.log(self.parameters), self.covariance, count)
        return np.exp(chosen.clip(LOWEST, HIGHEST))

    def told(self) -> dict[str, float]:
        """Parameters, errors and log-likelihood by name, for people and JSON."""
        named = zip(self.names, self.parameters.tolist(), self.standard_errors.tolist(), strict=True)
        found = {key: value for name, at, error in named for key, value in _pair(name, at, error)}
        return found | {"log_likelihood": self.log_likelihood, "is_regularised": float(self.is_regularised)}


def _pair(name: str, at: float, error: float) -> list[tuple[str, float]]:
    return [(name, at), (f"{name}_standard_error", error)]


def maximise(
    what: str,
    names: Sequence[str],
    likelihood: LogLikelihood,
    starts: Sequence[Sequence[float] | Floats],
    customers: int,
    counted: str,
    thinned: LogLikelihood | None = None,
    prior: Prior | None = None,
) -> Optimum:
    """The parameters at which `likelihood` is greatest, tried from each of `starts` (natural scale).

    `what` and `counted` ("2,357 customers, 946 of them …") tell people what could not be fitted. Raises
    KithError where no start leads to a maximum inside the bounds that is known in every direction.
    """
    from ml.threads import one_thread

    search = _Search(likelihood, customers, prior)
    coarse = _Search(thinned, customers, prior) if thinned else search
    with one_thread():
        log_parameters, information = _climb(search, coarse, starts, what, counted)
        problem = _problem(search, names, log_parameters, information)
    if problem:
        raise _refusal(what, counted, problem)
    return _optimum(search, coarse, tuple(names), log_parameters, information)


def _climb(
    search: _Search, coarse: _Search, starts: Sequence[Sequence[float] | Floats], what: str, counted: str
) -> tuple[Floats, Floats]:
    """The best place that a start leads to (logarithms), and the information there."""
    import numpy as np

    tried = [coarse.descend(np.log(np.asarray(start, dtype=float))) for start in starts]
    tried = sorted((each for each in tried if np.isfinite(each[0])), key=lambda each: each[0])
    if not tried:
        raise _refusal(what, counted, "no start gave a finite likelihood")
    best = tried[0][1]
    return search.newton(best if coarse is search else search.descend(best)[1])


def _optimum(
    search: _Search, coarse: _Search, names: tuple[str, ...], log_parameters: Floats, information: Floats
) -> Optimum:
    import numpy as np

    parameters = np.exp(log_parameters)
    evaluations = search.evaluations + (coarse.evaluations if coarse is not search else 0)
    return Optimum(
        names,
        parameters,
        float(search.likelihood(parameters)[0]),
        np.linalg.inv(information).astype(float),
        search.customers,
        evaluations,
        search.prior is not None,
    )


class _Search:
    """The negative log-likelihood per customer, as a function of the parameters' logarithms."""

    def __init__(self, likelihood: LogLikelihood, customers: int, prior: Prior | None = None) -> None:
        self.likelihood, self.customers, self.evaluations = likelihood, customers, 0
        self.prior = prior

    def __call__(self, log_parameters: Floats) -> tuple[float, Floats]:
        import numpy as np

        self.evaluations += 1
        parameters = np.exp(log_parameters)
        value, gradient = self.likelihood(parameters)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return np.inf, np.zeros(len(parameters))
        value, gradient = -value, -gradient * parameters
        if self.prior:
            off = (log_parameters - np.log(self.prior.centre)) / self.prior.width
            value, gradient = value + float(off @ off) / 2, gradient + off / self.prior.width
        return value / self.customers, gradient / self.customers

    def descend(self, start: Floats) -> tuple[float, Floats]:
        from scipy.optimize import minimize

        bounds = [(LOWEST, HIGHEST)] * len(start)
        options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-7}
        found = minimize(self, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        return float(found.fun), found.x

    def newton(self, at: Floats) -> tuple[Floats, Floats]:
        """From a point nearby to where the gradient vanishes; with the information (of all customers) there."""
        import numpy as np

        value, gradient = self(at)
        information = self.curvature(at)
        for _ in range(_NEWTON_STEPS):
            if abs(gradient).max() < _GRADIENT or not _is_positive(information):
                break
            step = -np.linalg.solve(information, gradient)
            for shrink in (1.0, 0.5, 0.1, 0.01):
                there = (at + shrink * step).clip(LOWEST, HIGHEST)
                found = self(there)
                if found[0] <= value:
                    break
            else:
                break
            at, (value, gradient) = there, found
            information = self.curvature(at)
        return at, information * self.customers

    def curvature(self, at: Floats) -> Floats:
        """The Hessian by central differences of the gradient, made symmetric."""
        import numpy as np

        rows = []
        for shift in np.eye(len(at)) * _STEP:
            rows.append((self(at + shift)[1] - self(at - shift)[1]) / (2 * _STEP))
        found = np.array(rows)
        return (found + found.T) / 2


def _is_positive(matrix: Floats) -> bool:
    import numpy as np

    return bool(np.isfinite(matrix).all() and (np.linalg.eigvalsh(matrix) > 0).all())


def _problem(search: _Search, names: Sequence[str], at: Floats, information: Floats) -> str | None:
    import numpy as np

    margin = 0.5
    outside = [
        name for name, each in zip(names, at, strict=True) if not LOWEST + margin < each < HIGHEST - margin
    ]
    if outside:
        return f"{' and '.join(outside)} ran off to the edge, so these customers don't show the spread it stands for"
    if not _is_positive(information):
        return "the likelihood is flat or rises without end"
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    vague = [name for name, error in zip(names, errors, strict=True) if error > WIDEST_ERROR]
    if vague:
        return f"these customers say nearly nothing of {' and '.join(vague)}"
    slope = abs(search(at)[1]).max()
    return None if slope < 100 * _GRADIENT else f"the search stopped on a slope of {slope:.1e} per customer"


def _refusal(what: str, counted: str, problem: str) -> KithError:
    return KithError(
        f"{what} can't be fitted to {counted}: {problem}",
        where="lifetime value",
        way_out="wait for more repeat purchases, or use another model",
    )
