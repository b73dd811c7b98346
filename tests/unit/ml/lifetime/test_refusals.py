"""What can't be fitted is refused in a sentence with counts, or fitted with the prior it asks for."""

import numpy as np
import pytest

from kith.errors import KithError
from ml.lifetime.bgnbd import BgNbd, fit_bgnbd
from ml.lifetime.gamma_gamma import fit_gamma_gamma
from ml.lifetime.optimum import Prior, maximise
from ml.lifetime.pareto_nbd import fit_pareto_nbd
from ml.lifetime.process import fit_process
from ml.lifetime.summary import group, summary_of

FITS = [fit_bgnbd, fit_pareto_nbd]


def customers(x, last_at, age, count=1):
    return group(summary_of(*(np.tile(np.asarray(each, dtype=float), count) for each in (x, last_at, age))))


@pytest.mark.parametrize("fit", FITS)
def test_fit__refuses_customers_who_never_came_back(fit):
    with pytest.raises(KithError, match=r"500 customers, 0 of them with 0 repeat purchases.*expected 10"):
        fit(customers([0], [0], [30], 500))
    with pytest.raises(KithError, match=r"500 customers, 0 of them"):
        fit(customers([0], [0], [30], 500), is_regularised=True)


@pytest.mark.parametrize("fit", FITS)
def test_fit__refuses_one_customer(fit):
    with pytest.raises(KithError, match="1 customers, 1 of them with 4 repeat purchases"):
        fit(customers([4], [20], [30]))


@pytest.mark.parametrize("fit", FITS)
def test_fit__refuses_identical_customers_but_foresees_them_with_a_prior(fit):
    same = customers([4], [28], [30], 800)
    with pytest.raises(KithError, match=r"can't be fitted to 800 customers, 800 of them.*\(1 distinct hist"):
        fit(same)
    process = fit_process(fit, same)
    assert process.optimum.is_regularised
    one = summary_of(np.array([4.0]), np.array([28.0]), np.array([30.0]))
    assert process.expected_purchases(one, 30.0)[0] == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize("fit", FITS)
def test_fit__of_a_shop_that_nobody_leaves_needs_the_prior(fit):
    chance = np.random.default_rng(4)
    age = np.full(3_000, 52.0)
    repeats = chance.poisson(chance.gamma(1.0, 1 / 8.0, 3_000) * age)
    last = np.where(repeats > 0, age * chance.random(3_000) ** (1 / np.maximum(repeats, 1)), 0)
    all_of = summary_of(repeats.astype(float), last, age)
    process = fit_process(fit, group(all_of))
    foreseen = process.expected_purchases(all_of, 13.0).sum()
    assert foreseen == pytest.approx(repeats.sum() / 4, rel=0.06)


@pytest.mark.parametrize("fit", FITS)
def test_fit__takes_newcomers_of_the_last_day_along(fit, population):
    given = population("pareto_nbd", (0.9, 6.0, 0.7, 12.0))
    without = fit(group(given))
    columns = [np.append(each, np.zeros(500)) for each in (given.repeats, given.last_at, given.age)]
    assert fit(group(summary_of(*columns))).parameters == pytest.approx(without.parameters, rel=1e-5)


@pytest.mark.parametrize("fit", FITS)
def test_fit__survives_a_wholesaler(fit, population):
    given = population("pareto_nbd", (0.9, 6.0, 0.7, 12.0))
    columns = [
        np.append(each, more)
        for each, more in ((given.repeats, 20_000), (given.last_at, 59.9999), (given.age, 60.0))
    ]
    process = fit_process(fit, group(summary_of(*columns)))
    assert process.expected_purchases(summary_of(*columns), 6.0)[-1] == pytest.approx(2_000, rel=0.1)


def test_maximise__refuses_what_has_no_maximum_and_names_the_parameter():
    def rises(parameters):
        return -1 / parameters[0] - np.log(parameters[1]) ** 2, np.array(
            [1 / parameters[0] ** 2, -2 * np.log(parameters[1]) / parameters[1]]
        )

    with pytest.raises(
        KithError, match=r"a thing can't be fitted to 5 customers: up ran off .*; wait for more"
    ):
        maximise("a thing", ("up", "fine"), rises, [(1.0, 2.0)], 5, "5 customers")
    kept = maximise("a thing", ("up", "fine"), rises, [(1.0, 2.0)], 5, "5 customers", prior=Prior((1.0, 1.0)))
    assert kept.is_regularised
    assert 1 < kept.parameters[0] < 50


def test_maximise__refuses_a_likelihood_that_is_never_finite():
    def lost(parameters):
        return np.nan, parameters * np.nan

    with pytest.raises(KithError, match="no start gave a finite likelihood"):
        maximise("a thing", ("a",), lost, [(1.0,), (2.0,)], 5, "5 customers")


def test_maximise__refuses_a_saddle_that_a_start_rests_on():
    def saddle(parameters):
        first, second = np.log(parameters)
        return first**2 - second**2, np.array([2 * first, -2 * second]) / parameters

    with pytest.raises(KithError, match="flat or rises without end"):
        maximise("a saddle", ("a", "b"), saddle, [(1.0, 1.0)], 1, "1 customer")


def test_maximise__refuses_a_ridge_and_names_what_is_open():
    def ridge(parameters):
        first, second = np.log(parameters)
        along = 1e-4 * second
        return -((first - 1) ** 2) - along**2, np.array([-2 * (first - 1), -2e-4 * along]) / parameters

    with pytest.raises(KithError, match="say nearly nothing of b;"):
        maximise("a ridge", ("a", "b"), ridge, [(1.0, 1.0)], 1, "1 customer")


def test_maximise__refuses_where_the_search_stops_on_a_slope():
    def peak(parameters):
        y = np.log(parameters[0]) - 1.0
        return -abs(y) - y**2, np.array([-np.sign(y) - 2 * y]) / parameters

    with pytest.raises(KithError, match=r"the search stopped on a slope of \d"):
        maximise("a peak", ("a",), peak, [(1.0,)], 1, "1 customer")


def test_maximise__takes_the_highest_of_several_hills():
    def hills(parameters):
        y = np.log(parameters[0])
        near, far = np.exp(-((y + 2) ** 2) * 4), 2 * np.exp(-((y - 3) ** 2) * 4)
        return near + far, np.array([(-8 * (y + 2) * near - 8 * (y - 3) * far) / parameters[0]])

    found = maximise("hills", ("a",), hills, [(np.exp(-2.2),), (np.exp(3.2),)], 1, "hills")
    assert np.log(found.parameters[0]) == pytest.approx(3, abs=1e-6)


def test_maximise__has_the_standard_errors_of_the_curvature():
    """A Poisson mean of 100 observations: its error is √(mean / n)."""

    def poisson(parameters):
        return 400 * np.log(parameters[0]) - 100 * parameters[0], np.array([400 / parameters[0] - 100])

    found = maximise("Poisson", ("mean",), poisson, [(1.0,)], 100, "100 counts")
    assert found.parameters[0] == pytest.approx(4, rel=1e-8)
    assert found.standard_errors[0] == pytest.approx(0.2, rel=1e-4)


@pytest.mark.parametrize(
    ("spend", "told"),
    [
        (np.zeros(50), "0 of 50 repeat customers who spent more than nothing"),
        (np.append(np.full(5, 9.0), np.full(45, -1.0)), "5 of 50 repeat customers"),
        (np.full(50, 20.0), "can't be fitted to 50 of 50"),
    ],
)
def test_gamma_gamma__refuses_too_few_and_too_alike(spend, told):
    with pytest.raises(KithError, match=told):
        fit_gamma_gamma(summary_of(np.full(50, 3.0), np.full(50, 9.0), np.full(50, 20.0), spend))


def test_gamma_gamma__refuses_an_infinite_mean(population):
    given = population("bg_nbd", (2.0, 6.0, 0.9, 6.0), amounts=(3.0, 0.7, 10.0))
    with pytest.raises(KithError, match=r"has q = 0\.\d+, so the mean spend is infinite"):
        fit_gamma_gamma(given)


def test_bg_nbd__without_an_optimum_is_still_a_model():
    assert BgNbd(np.ones(4)).optimum is None
