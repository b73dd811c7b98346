from functools import partial

import numpy as np
import pytest
from scipy import stats

from measurement.intervals import boundary, confidence_sequence, newcombe, welch, wilson
from measurement.sums import Sums


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(20260501)


def rate(successes: int, count: int) -> Sums:
    return Sums(count, float(successes), float(successes))


# Newcombe 1998, table II, method 10 (hybrid score), 95 %.
@pytest.mark.parametrize(
    ("first", "second", "lower", "upper"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_newcombe__gives_the_published_intervals(first, second, lower, upper):
    interval = newcombe(rate(*first), rate(*second))
    assert interval is not None
    assert (round(interval.lower, 4), round(interval.upper, 4)) == (lower, upper)


def test_wilson__gives_the_accepted_interval():
    expected = stats.binomtest(81, 263).proportion_ci(method="wilson")
    assert wilson(rate(81, 263)) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_welch__equals_scipy(chance):
    first, second = chance.gamma(2, 10, 80), chance.gamma(2, 8, 33)
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    interval = welch(Sums.of(first), Sums.of(second))
    assert interval is not None
    assert (interval.lower, interval.upper) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_boundary__is_the_published_one():
    # Spelled out as in the theorem, for σ̂ = 1 and in units of the standard error 1 / sqrt(n).
    alpha, n, tuned = 0.05, 3_000, 5_000
    rho2 = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / tuned
    expected = np.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * np.log(np.sqrt(n * rho2 + 1) / alpha)) * np.sqrt(
        n
    )
    assert boundary(n, alpha, tuned) == pytest.approx(expected, rel=1e-12)


def test_boundary__is_wider_than_one_look_and_tightest_near_its_tuning():
    widths = {n: boundary(n, 0.05, 1_000) for n in (10, 100, 1_000, 10_000, 100_000)}
    assert min(widths.values()) > 1.96
    assert min(widths, key=lambda n: widths[n]) == 1_000


@pytest.mark.parametrize("interval", [welch, newcombe, partial(confidence_sequence, is_rate=True)])
def test_intervals__say_nothing_of_an_empty_arm(interval):
    assert interval(rate(1, 50), rate(0, 0)) is None


def test_confidence_sequence__says_nothing_of_a_handful_or_of_what_never_varies():
    assert confidence_sequence(rate(4, 500), rate(1, 9), is_rate=True) is None
    assert confidence_sequence(Sums(50), Sums(50), is_rate=False) is None


def test_confidence_sequence__of_an_arm_without_success_stays_wide():
    nobody = confidence_sequence(rate(30, 900), rate(0, 100), is_rate=True)
    assert nobody is not None
    assert nobody.lower < 0 < nobody.upper


def peeking(values: np.ndarray, is_held: np.ndarray, truth: float, start: int) -> dict[str, float]:
    """Shares of simulated campaigns whose interval missed the truth at any look.

    `values`: campaigns × people in the order of their coming; looks after each 50th person from `start` on.
    """
    is_rate = bool(np.isin(values, (0, 1)).all())
    fixed_interval = newcombe if is_rate else welch
    arms = [(~is_held, values * ~is_held), (is_held, values * is_held)]
    sums = [
        [np.cumsum(column, axis=1)[:, start - 1 :: 50] for column in (member, value, value * value)]
        for member, value in arms
    ]
    missed = {"always": 0, "fixed": 0}
    for world in range(len(values)):
        seen = {"always": False, "fixed": False}
        for look in range(sums[0][0].shape[1]):
            pair = [
                Sums(int(arm[0][world, look]), *(float(part[world, look]) for part in arm[1:]))
                for arm in sums
            ]
            for name, interval in (
                ("always", confidence_sequence(pair[0], pair[1], is_rate=is_rate)),
                ("fixed", fixed_interval(pair[0], pair[1])),
            ):
                seen[name] |= interval is not None and not interval.lower <= truth <= interval.upper
        missed = {name: missed[name] + seen[name] for name in missed}
    return {name: count / len(values) for name, count in missed.items()}


@pytest.mark.parametrize(("treated", "holdout"), [(0.2, 0.2), (0.12, 0.08), (0.05, 0.05), (0.5, 0.3)])
def test_confidence_sequence__covers_a_rate_under_peeking_where_one_look_s_interval_does_not(
    chance, treated, holdout
):
    is_held = chance.random((300, 3_000)) < 0.1
    bought = chance.random(is_held.shape) < np.where(is_held, holdout, treated)
    missed = peeking(bought.astype(float), is_held, treated - holdout, start=100)
    assert missed["always"] <= 0.05
    assert missed["fixed"] > 0.15


@pytest.mark.parametrize(("treated", "holdout"), [(0.3, 0.3), (0.1, 0.06)])
def test_confidence_sequence__covers_skewed_money_under_peeking(chance, treated, holdout):
    is_held = chance.random((200, 3_000)) < 0.1
    bought = chance.random(is_held.shape) < np.where(is_held, holdout, treated)
    money = bought * chance.gamma(1.5, 40, is_held.shape)
    missed = peeking(money, is_held, (treated - holdout) * 60, start=100)
    assert missed["always"] <= 0.05
    assert missed["fixed"] > 0.15


def test_fixed_intervals__cover_at_a_time_chosen_beforehand(chance):
    missed = {"welch": 0, "newcombe": 0}
    for _ in range(2_000):
        arms = rate(chance.binomial(900, 0.12), 900), rate(chance.binomial(100, 0.10), 100)
        for name, interval in (("welch", welch(*arms)), ("newcombe", newcombe(*arms))):
            missed[name] += interval is None or not interval.lower <= 0.02 <= interval.upper
    assert all(0.03 < count / 2_000 < 0.075 for count in missed.values()), missed
