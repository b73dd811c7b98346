import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma as gamma_law

from ml.lifetime.contract import COVERAGE, Terms
from ml.lifetime.gamma_gamma import GammaGamma, fit_gamma_gamma, log_likelihood
from ml.lifetime.pareto_nbd import ParetoNbd
from ml.lifetime.probabilistic import FittedProbabilistic, value_interval
from ml.lifetime.summary import summary_of

TRUTH = (6.25, 3.74, 15.44)


def one(x, spend):
    return summary_of(*(np.array([each], dtype=float) for each in (x, 5.0 if x else 0.0, 9.0, spend)))


def hidden(x, spend, weight):
    """∫ density of the mean of x amounts · weight(ν) over the customers' ν."""
    p, q, gamma = TRUTH

    def at(nu):
        return (
            gamma_law(p * x, scale=1 / (nu * x)).pdf(spend)
            * weight(nu)
            * gamma_law(q, scale=1 / gamma).pdf(nu)
        )

    return quad(at, 0, 5, limit=500, epsabs=0, points=[0.1, 0.3, 1])[0]


@pytest.mark.parametrize(("x", "spend"), [(1, 35.0), (2, 8.0), (9, 120.0)])
def test_gamma_gamma__agrees_with_the_integral_over_hidden_scales(x, spend):
    value = log_likelihood(np.array([float(x)]), np.array([spend]))(np.array(TRUTH))[0]
    whole = hidden(x, spend, lambda nu: 1.0)
    assert value == pytest.approx(np.log(whole), abs=1e-8)
    mean = hidden(x, spend, lambda nu: TRUTH[0] / nu) / whole
    assert GammaGamma(np.array(TRUTH)).expected_spend(one(x, spend))[0] == pytest.approx(mean, rel=1e-7)


def test_gamma_gamma__has_the_gradient_of_its_differences():
    of = log_likelihood(np.array([1.0, 4.0, 30.0]), np.array([5.0, 50.0, 33.0]))
    at = np.array(TRUTH)
    shifts = np.diag(at * 1e-6)
    slopes = [(of(at + s)[0] - of(at - s)[0]) / (2 * s.max()) for s in shifts]
    assert of(at)[1] == pytest.approx(np.array(slopes), rel=1e-6, abs=1e-6)


def test_gamma_gamma__gives_the_mean_of_all_to_whom_it_knows_nothing_of():
    fitted = GammaGamma(np.array(TRUTH))
    for known in (one(0, 0), one(3, 0), one(3, -20)):
        assert fitted.expected_spend(known)[0] == pytest.approx(fitted.mean)


def test_gamma_gamma__comes_to_ones_own_spend_with_more_purchases():
    fitted = GammaGamma(np.array(TRUTH))
    found = [fitted.expected_spend(one(x, 90.0))[0] for x in (1, 3, 10, 1_000)]
    assert found == sorted(found)
    assert fitted.mean < found[0] < 90
    assert found[-1] == pytest.approx(90, rel=0.01)


def test_gamma_gamma__finds_the_parameters_that_made_the_amounts(population):
    given = population("bg_nbd", (1.5, 6.0, 0.9, 6.0), count=8_000, amounts=(6.0, 4.0, 15.0))
    fitted = fit_gamma_gamma(given)
    assert (abs(fitted.parameters - np.array([6.0, 4.0, 15.0])) < 3.5 * fitted.optimum.standard_errors).all()
    assert not fitted.left_out


def test_gamma_gamma__leaves_out_and_counts_those_who_spent_nothing(population):
    given = population("bg_nbd", (1.5, 6.0, 0.9, 6.0))
    spend = given.spend.copy()
    spend[np.flatnonzero(given.repeats > 0)[:7]] = [0, 0, 0, -1, -2, -3, 0]
    fitted = fit_gamma_gamma(summary_of(given.repeats, given.last_at, given.age, spend))
    assert fitted.left_out == 7


def test_draw__has_the_expected_total_for_its_mean():
    fitted, count = GammaGamma(np.array(TRUTH)), 50_000
    given = summary_of(*(np.full(count, each) for each in (4.0, 5.0, 9.0, 50.0)))
    drawn = fitted.draw(given, np.full(count, 3.0), np.random.default_rng(2))
    assert drawn.mean() == pytest.approx(3 * fitted.expected_spend(given)[0], rel=0.02)
    assert (fitted.draw(given, np.zeros(count), np.random.default_rng(2)) == 0).all()


@pytest.fixture(scope="module")
def fitted(population):
    from ml.lifetime.pareto_nbd import fit_pareto_nbd
    from ml.lifetime.summary import group

    given = population("pareto_nbd", (1.5, 6.0, 0.7, 12.0), count=3_000)
    return given, fit_pareto_nbd(group(given)), fit_gamma_gamma(given)


def test_value_interval__is_the_same_each_time_and_another_by_another_seed(fitted):
    given, process, amounts = fitted
    first, again, other = (
        value_interval(process, amounts, given, 26.0, Terms(182, seed=seed, draws=60)) for seed in (1, 1, 2)
    )
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()
    assert (first[1] != other[1]).any()


def test_value_interval__holds_the_share_of_the_futures_that_it_names(fitted):
    given, process, amounts = fitted
    low, high = value_interval(process, amounts, given, 26.0, Terms(182, draws=400))
    chance = np.random.default_rng(9)
    truth = ParetoNbd(np.array((1.5, 6.0, 0.7, 12.0)))
    came = GammaGamma(np.array((6.0, 4.0, 15.0))).draw(
        given, truth.draw(given, truth.alive(given), 26.0, chance), chance
    )
    never = high == 0  # surely gone: their interval is the point 0
    inside = (came >= low) & (came <= high)
    assert (low <= high).all()
    assert inside[never].mean() > 0.9
    # Where nothing is likely the interval can't be smaller than what lies at nothing.
    assert COVERAGE - 0.02 < inside.mean() < 0.95
    sure = low > 0
    assert inside[sure].mean() == pytest.approx(COVERAGE, abs=0.06)


def test_forecast__of_somebody_surely_gone_is_nothing_not_unknown(fitted):
    gone = summary_of(*(np.array([each]) for each in (5_000.0, 1.0, 500.0, 10.0)))
    told = FittedProbabilistic(fitted[1], fitted[2], Terms(364, discount=0.1, draws=20)).of(gone)
    for name in ("value", "purchases", "any_purchase", "alive", "value_low", "value_high"):
        assert getattr(told, name)[0] == 0


def test_forecast__is_the_product_of_its_parts_and_discounts(fitted):
    given, process, amounts = fitted
    plain = FittedProbabilistic(process, amounts, Terms(364)).of(given)
    assert plain.value == pytest.approx(plain.purchases * plain.spend)
    assert plain.value_low is None
    dear = FittedProbabilistic(process, amounts, Terms(364, discount=0.5)).of(given)
    assert (dear.value < plain.value).all()
    assert (dear.value > plain.value / 1.5).all()
    assert (dear.purchases == plain.purchases).all()


def test_forecast__discounts_its_interval_as_its_value(fitted):
    given, process, amounts = fitted
    plain, dear = (
        FittedProbabilistic(process, amounts, Terms(364, discount=each, draws=20)).of(given.take(slice(200)))
        for each in (0.0, 0.5)
    )
    assert dear.value_high == pytest.approx(plain.value_high * dear.value / plain.value)
    assert (dear.value_high < plain.value_high)[plain.value_high > 0].all()
