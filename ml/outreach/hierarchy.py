"""A logistic model in which each person answers a little differently, kind by kind of answer.

    P(yes | person i, kind k, x) = σ(x·β + z_ik),   z_i ~ Normal(0, Σ)

`β` and the covariance `Σ` are learned from everybody (empirical Bayes), by maximising a lower bound of the likelihood
that is quadratic in each answer's argument (Jaakkola and Jordan 2000). A person without an answer has
z = 0 with the full Σ, one with many is almost on his own, and what is seen of one kind moves the others as far as
Σ says that they go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: Rounds of expectation and maximisation; after each group of them the variances are set anew.
ROUNDS = (10, 10, 10)
#: Candidates of the deviation of people's leanings, in logits.
DEVIATIONS = tuple(0.15 * 1.25**step for step in range(12))
#: Everybody's part is learned from so many people; more would not move it.
MOST = 50_000
_SAMPLE = 10_000
_NODES = 15
_FEWEST = 30
_SETTLING = 10
#: Prior of β as a ridge, and the variance to begin with.
_RIDGE = 1e-2
_START = 0.5
#: π / 8: a logistic curve, averaged over a normal deviate, is nearly a logistic curve of a smaller argument
#: (MacKay 1992).
_BLUR = 0.3926990816987241


@dataclass(frozen=True)
class Answers:
    """n answers: whose (people are numbered from 0), of which kind, told by which columns (n × p), yes (1) or no (0)."""

    person: np.ndarray
    kind: np.ndarray
    columns: np.ndarray
    yes: np.ndarray

    def take(self, mask: np.ndarray) -> Answers:
        """The answers that a boolean mask chooses."""
        return Answers(self.person[mask], self.kind[mask], self.columns[mask], self.yes[mask])


@dataclass(frozen=True)
class Leanings:
    """What is known of each person (n): the mean (n × kinds) and variance (n × kinds) of z."""

    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class Hierarchy:
    """What was learned from everybody: `weights` (p) is β, `covariance` (kinds × kinds) is Σ."""

    weights: np.ndarray
    covariance: np.ndarray

    def leanings(self, answers: Answers, people: int) -> Leanings:
        """Each person's leanings given these answers; those without any lean nowhere."""
        import numpy as np

        means = np.zeros((people, len(self.covariance)))
        variances = np.tile(np.diagonal(self.covariance), (people, 1))
        seen, places = np.unique(answers.person, return_inverse=True)
        if len(seen):
            own = Answers(places, answers.kind, answers.columns, answers.yes)
            mean, spread = _settled(self, own, len(seen))
            means[seen], variances[seen] = mean, np.diagonal(spread, axis1=1, axis2=2)
        return Leanings(means, variances)

    def probabilities(
        self, leanings: Leanings, person: np.ndarray, kind: np.ndarray, columns: np.ndarray
    ) -> np.ndarray:
        """P(yes) with what isn't known of the person averaged over."""
        import numpy as np

        centre = columns @ self.weights + leanings.mean[person, kind]
        return _sigmoid(centre / np.sqrt(1 + _BLUR * leanings.variance[person, kind]))


def learn_hierarchy(answers: Answers, kinds: int) -> Hierarchy:
    """Learn β and Σ. `columns` carry their own intercepts; a kind without an answer keeps the starting variance.

    People without an answer say nothing. The bound on the likelihood rises with each round, so that few rounds
    are safe and many change little; Laplace's approximation runs away to infinite variances where yes is rare.
    """
    import numpy as np

    people = np.unique(answers.person)
    if len(people) > MOST:
        answers = answers.take(np.isin(answers.person, people[:: len(people) // MOST]))
    seen, places = np.unique(answers.person, return_inverse=True)
    answers = Answers(places, answers.kind, answers.columns, answers.yes)
    learned = Hierarchy(np.zeros(answers.columns.shape[1]), np.eye(kinds) * _START)
    tilt = np.full(len(answers.yes), 0.25)
    for rounds in ROUNDS:
        for _ in range(rounds):
            mean, spread = _posterior(learned, answers, tilt, len(seen))
            weights = _weights(answers, mean, tilt)
            moments = mean.T @ mean + spread.sum(axis=0) + kinds * _START * np.eye(kinds)
            learned = Hierarchy(weights, _with_variances(moments, np.diagonal(learned.covariance)))
            tilt = _tilt(learned, answers, mean, spread)
        variances = np.full(kinds, _variance(answers, learned))
        learned = Hierarchy(learned.weights, _with_variances(learned.covariance, variances))
    return learned


def _variance(answers: Answers, learned: Hierarchy) -> float:
    """The variance of leanings that makes the answers most likely, each kind for itself, alike for all kinds.

    That of one kind alone is a poor guess: most people answer a channel a few times. The integral over a person's
    leaning is exact but for rounding (Gauss and Hermite's nodes).
    """
    import numpy as np

    kinds = len(learned.covariance)
    pairs, places = np.unique(answers.person * kinds + answers.kind, return_inverse=True)
    if len(pairs) < _FEWEST:
        return float(learned.covariance[0, 0])
    if len(pairs) > 2 * _SAMPLE:
        part = answers.take(answers.person % (len(pairs) // _SAMPLE) == 0)
        return _variance(part, learned)
    nodes, shares = np.polynomial.hermite_e.hermegauss(_NODES)
    sign, fixed = 2 * answers.yes - 1, answers.columns @ learned.weights
    found = []
    for deviation in DEVIATIONS:
        terms = [-np.logaddexp(0, -sign * (fixed + deviation * node)) for node in nodes]
        sums = np.column_stack([np.bincount(places, weights=each) for each in terms])
        # The greatest of a person's sums is taken out: with many answers all of them would vanish.
        peak = sums.max(axis=1, keepdims=True)
        likely = np.log(np.exp(sums - peak) @ (shares / shares.sum())) + peak[:, 0]
        found.append(float(likely.sum()))
    return DEVIATIONS[int(np.argmax(found))] ** 2


def _with_variances(covariance: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """The correlations of one matrix with other variances."""
    import numpy as np

    scale = np.sqrt(variances / np.diagonal(covariance))
    return covariance * np.outer(scale, scale)


def _settled(learned: Hierarchy, answers: Answers, people: int) -> tuple[np.ndarray, np.ndarray]:
    """The posterior at the bound that is closest to the likelihood."""
    import numpy as np

    tilt = np.full(len(answers.yes), 0.25)
    for _ in range(_SETTLING):
        mean, spread = _posterior(learned, answers, tilt, people)
        tilt = _tilt(learned, answers, mean, spread)
    return _posterior(learned, answers, tilt, people)


def _posterior(
    learned: Hierarchy, answers: Answers, tilt: np.ndarray, people: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean (people × kinds) and covariance (people × kinds × kinds) of z, the answers' bound being quadratic."""
    import numpy as np

    shape = (people, len(learned.covariance))
    precision = np.broadcast_to(np.linalg.inv(learned.covariance), (people, shape[1], shape[1])).copy()
    diagonal = np.arange(shape[1])
    precision[:, diagonal, diagonal] += _sums(answers, tilt, shape)
    pull = _sums(answers, answers.yes - 0.5 - tilt * (answers.columns @ learned.weights), shape)
    spread = np.linalg.inv(precision)
    return np.einsum("nij,nj->ni", spread, pull), spread


def _tilt(learned: Hierarchy, answers: Answers, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The curvature of the bound at each answer: tanh(ξ/2) / 2ξ, ξ² being the mean square of the argument."""
    import numpy as np

    centre = answers.columns @ learned.weights + mean[answers.person, answers.kind]
    xi = np.sqrt(centre**2 + spread[answers.person, answers.kind, answers.kind]) + 1e-9
    return np.tanh(xi / 2) / (2 * xi)


def _weights(answers: Answers, mean: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    import numpy as np

    weighted = answers.columns * tilt[:, None]
    pull = answers.yes - 0.5 - tilt * mean[answers.person, answers.kind]
    ridge = _RIDGE * np.eye(answers.columns.shape[1])
    return np.linalg.solve(weighted.T @ answers.columns + ridge, answers.columns.T @ pull)


def _sums(answers: Answers, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    import numpy as np

    places = answers.person * shape[1] + answers.kind
    return np.bincount(places, weights=values, minlength=shape[0] * shape[1]).reshape(shape)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    import numpy as np

    return 1 / (1 + np.exp(-np.clip(x, -35, 35)))
