import numpy as np
import pytest

from measurement.covariates import PairedSums, adjusted_sequence
from measurement.intervals import confidence_sequence
from measurement.sums import Sums


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(20260502)


def paired(y: np.ndarray, x: np.ndarray) -> PairedSums:
    return PairedSums(Sums.of(y), Sums.of(x), float((x * y).sum()))


def test_adjusted__is_the_difference_of_adjusted_values(chance):
    x = chance.gamma(2, 10, 900)
    y = 0.8 * x + chance.normal(0, 5, 900)
    arms = paired(y[:700], x[:700]), paired(y[700:], x[700:])
    found = adjusted_sequence(*arms, is_rate=False)
    assert found is not None
    # By hand: the slope within the arms, then the difference of y - slope · x.
    centred = [(part - part.mean()) for part in (x[:700], x[700:])]
    outcome = [(part - part.mean()) for part in (y[:700], y[700:])]
    slope = sum((a * b).sum() for a, b in zip(centred, outcome, strict=True)) / sum(
        (a * a).sum() for a in centred
    )
    rest = y - slope * x
    assert found.interval.estimate == pytest.approx(rest[:700].mean() - rest[700:].mean())
    assert (found.interval.lower + found.interval.upper) / 2 == pytest.approx(found.interval.estimate)


def test_adjusted__is_narrower_by_what_the_past_explains(chance):
    x = chance.normal(0, 1, 4_000)
    y = x + chance.normal(0, 1, 4_000)  # half of the variance
    arms = paired(y[:2_000], x[:2_000]), paired(y[2_000:], x[2_000:])
    plain = confidence_sequence(arms[0].outcome, arms[1].outcome, is_rate=False)
    found = adjusted_sequence(*arms, is_rate=False)
    assert plain is not None
    assert found is not None
    assert found.reduction == pytest.approx(0.5, abs=0.04)
    width = (found.interval.upper - found.interval.lower) / (plain.upper - plain.lower)
    assert width == pytest.approx((1 - found.reduction) ** 0.5)


def test_adjusted__by_a_covariate_that_says_nothing_is_the_plain_one(chance):
    y, constant = chance.normal(0, 1, 400), np.ones(400)
    arms = paired(y[:200], constant[:200]), paired(y[200:], constant[200:])
    found = adjusted_sequence(*arms, is_rate=False)
    assert found is not None
    assert found.interval == confidence_sequence(arms[0].outcome, arms[1].outcome, is_rate=False)


def test_adjusted__says_nothing_where_the_plain_one_doesn_t():
    empty = PairedSums()
    assert adjusted_sequence(empty, empty, is_rate=True) is None


def test_paired__sums_are_of_the_same_people():
    with pytest.raises(ValueError, match="3 outcomes and 2 covariates"):
        PairedSums(Sums(3), Sums(2))


def _cumulated(member: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
    return [np.cumsum(member * value, axis=1)[:, 99::100] for value in values]


@pytest.mark.parametrize("effect", [0.0, 0.06])
@pytest.mark.parametrize("is_rate", [True, False])
def test_adjusted__covers_the_truth_under_peeking(chance, is_rate, effect):
    """Buyers of the past buy again; a tenth is held out; looks after each hundredth person."""
    worlds, people = 200, 2_500
    before = (chance.random((worlds, people)) < 0.25).astype(float)
    held = chance.random((worlds, people)) < 0.1
    rates = 0.05 + 0.25 * before + effect * ~held
    y = (chance.random((worlds, people)) < rates).astype(float)
    if not is_rate:
        y, before = y * chance.gamma(2, 20, y.shape), before * chance.gamma(2, 20, y.shape)
    truth = effect * (1 if is_rate else 40)
    sums = {
        arm: _cumulated(member, np.ones_like(y), y, y * y, before, before * before, before * y)
        for arm, member in (("treated", ~held), ("holdout", held))
    }
    missed = sum(
        any(_misses(sums, world, look, truth, is_rate) for look in range(sums["treated"][0].shape[1]))
        for world in range(worlds)
    )
    assert missed / worlds <= 0.05


def _misses(sums, world: int, look: int, truth: float, is_rate: bool) -> bool:
    arms = []
    for arm in ("treated", "holdout"):
        n, y, yy, x, xx, xy = (float(part[world, look]) for part in sums[arm])
        arms.append(PairedSums(Sums(int(n), y, yy), Sums(int(n), x, xx), xy))
    found = adjusted_sequence(*arms, is_rate=is_rate)
    return found is not None and not found.interval.lower <= truth <= found.interval.upper
