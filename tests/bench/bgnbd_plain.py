"""BG/NBD by others, in a Python of their own: `python bgnbd_plain.py FOLDER` fits `customers.npz`.

With the `lifetimes` package where it is installed; else its objective, written plainly: every customer in every
evaluation, in logarithms of the parameters, times scaled so that the longest is 10, the exact gradient (the
package has it by automatic differentiation) and the package's own optimiser settings.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

NAMES = ("r", "alpha", "a", "b")
TOLERANCE = 1e-7


def with_lifetimes(x, last_at, age):
    """The package as its users call it."""
    from lifetimes import BetaGeoFitter

    fitter = BetaGeoFitter(penalizer_coef=0.0)
    fitter.fit(x, last_at, age)
    return [float(fitter.params_[name]) for name in NAMES]


def with_scipy(x, last_at, age):
    """The same objective and optimiser without the package."""
    from scipy.optimize import minimize

    scale = 10 / age.max()
    found = minimize(
        _negative, np.full(4, 0.1), args=(x, last_at * scale, age * scale), jac=True, tol=TOLERANCE
    )
    r, alpha, a, b = np.exp(found.x)
    return [float(r), float(alpha / scale), float(a), float(b)]


def _negative(log_parameters, x, last_at, age):
    from scipy.special import digamma, gammaln

    r, alpha, a, b = parameters = np.exp(log_parameters)
    repeats = np.maximum(x, 1)
    value = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    value += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    stays = -(r + x) * np.log(alpha + age)
    leaves = np.log(a) - np.log(b + repeats - 1) - (r + x) * np.log(alpha + last_at)
    leaves = np.where(x > 0, leaves, -np.inf)
    both = np.logaddexp(stays, leaves)
    gone = np.exp(leaves - both)
    log_time = (1 - gone) * np.log(alpha + age) + gone * np.log(alpha + last_at)
    by_time = (1 - gone) / (alpha + age) + gone / (alpha + last_at)
    fall = digamma(a + b) - digamma(a + b + x)
    gradient = [
        (digamma(r + x) - digamma(r) + np.log(alpha) - log_time).mean(),
        (r / alpha - (r + x) * by_time).mean(),
        (fall + gone / a).mean(),
        (fall + digamma(b + x) - digamma(b) - gone / (b + repeats - 1)).mean(),
    ]
    return -(value + both).mean(), -np.array(gradient) * parameters


def main(folder):
    """Prints the parameters, what fitted them and the seconds of the fit alone."""
    warnings.simplefilter("ignore")
    data = np.load(folder / "customers.npz")
    try:
        import lifetimes

        fit, program = with_lifetimes, f"lifetimes {lifetimes.__version__}"
    except ImportError:
        fit, program = with_scipy, "its objective with scipy"
    began = time.perf_counter()
    parameters = fit(data["x"], data["last_at"], data["age"])
    seconds = time.perf_counter() - began
    print(json.dumps({"parameters": parameters, "program": program, "seconds": seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
