"""Both processes against what they are by definition: integrals over the customers' hidden rates."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from scipy.integrate import quad
from scipy.special import hyperu, roots_genlaguerre, roots_jacobi

from ml.lifetime import bgnbd, pareto_nbd
from ml.lifetime.bgnbd import BgNbd, fit_bgnbd
from ml.lifetime.pareto_nbd import ParetoNbd, fit_pareto_nbd
from ml.lifetime.probabilistic import discounted_purchases
from ml.lifetime.summary import group, summary_of

#: (r, α, a, b) and (r, α, s, β): those of CDNOW, ones around the holes of the formulas, a < and > of its pair.
BG = [(0.243, 4.414, 0.793, 2.426), (1.7, 9.0, 1.0, 3.0), (0.8, 2.0, 2.5, 0.7), (2.0, 6.0, 1.0000001, 1.0)]
PARETO = [(0.553, 10.578, 0.606, 11.668), (1.7, 3.0, 1.0, 20.0), (0.8, 20.0, 2.5, 2.0), (2.0, 5.0, 0.3, 5.0)]
HISTORIES = [
    (0, 0.0, 38.9),
    (1, 1.7, 38.9),
    (2, 30.4, 38.9),
    (7, 38.9, 38.9),
    (12, 20.0, 21.0),
    (0, 0.0, 0.0),
]


NODES = 140


def one(x, last_at, age, spend=0.0):
    return summary_of(*(np.array([each], dtype=float) for each in (x, last_at, age, spend)))


def hidden_bg(parameters, weight):
    """∫∫ weight(λ, p) over the population's rates and chances of leaving, by Gauss's rules for those laws."""
    r, alpha, a, b = parameters
    rates, of_rates = roots_genlaguerre(NODES, r - 1)
    leaving, of_leaving = roots_jacobi(NODES, b - 1, a - 1)
    return _mean(weight, rates / alpha, of_rates, (leaving + 1) / 2, of_leaving)


def hidden_pareto(parameters, weight):
    r, alpha, s, beta = parameters
    rates, of_rates = roots_genlaguerre(NODES, r - 1)
    leaving, of_leaving = roots_genlaguerre(NODES, s - 1)
    return _mean(weight, rates / alpha, of_rates, leaving / beta, of_leaving)


def _mean(weight, rates, of_rates, leaving, of_leaving):
    values = np.broadcast_to(weight(rates[:, None], leaving[None, :]), (len(rates), len(leaving)))
    return of_rates @ values @ of_leaving / of_rates.sum() / of_leaving.sum()


def seen_bg(x, last_at, age):
    """The chance (density) of a history for one customer, alive and gone, of rate λ who leaves with p."""

    def parts(rate, p):
        alive = (1 - p) ** x * rate**x * np.exp(-rate * age)
        gone = p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * last_at) if x else 0.0
        return alive, gone

    return parts


def seen_pareto(x, last_at, age):
    def parts(rate, mu):
        both = rate + mu
        alive = rate**x * np.exp(-both * age)
        gone = rate**x * mu / both * (np.exp(-both * last_at) - np.exp(-both * age))
        return alive, gone

    return parts


CASES = [
    *((bgnbd, BgNbd, hidden_bg, seen_bg, BG[at], history) for at in (0, 1, 3) for history in HISTORIES[:4]),
    *(
        (pareto_nbd, ParetoNbd, hidden_pareto, seen_pareto, PARETO[at], h)
        for at in (0, 1, 2)
        for h in HISTORIES[:4]
    ),
]


@pytest.mark.parametrize(("module", "process", "hidden", "seen", "parameters", "history"), CASES)
def test_process__agrees_with_the_integral_over_hidden_rates(
    module, process, hidden, seen, parameters, history
):
    parts = seen(*history)
    alive = hidden(parameters, lambda *rates: parts(*rates)[0])
    whole = alive + hidden(parameters, lambda *rates: parts(*rates)[1])
    found = module.log_likelihood(group(one(*history)))(np.array(parameters))[0]
    assert found == pytest.approx(np.log(whole), abs=2e-5)
    fitted = process(np.array(parameters))
    assert fitted.alive(one(*history))[0] == pytest.approx(alive / whole, abs=2e-5)
    weeks = 26.0

    def bought(rate, leaving):
        if process is BgNbd:
            return -np.expm1(-rate * leaving * weeks) / leaving
        return rate / leaving * -np.expm1(-leaving * weeks)

    expected = hidden(parameters, lambda *rates: parts(*rates)[0] * bought(*rates)) / whole
    assert fitted.expected_purchases(one(*history), weeks)[0] == pytest.approx(expected, rel=2e-4)

    def any_at_all(rate, leaving):
        if process is BgNbd:
            return -np.expm1(-rate * weeks)
        return rate / (rate + leaving) * -np.expm1(-(rate + leaving) * weeks)

    chance = hidden(parameters, lambda *rates: parts(*rates)[0] * any_at_all(*rates)) / whole
    assert fitted.any_purchase(one(*history), weeks)[0] == pytest.approx(chance, abs=1e-4)


@pytest.mark.parametrize(("module", "sets"), [(bgnbd, BG), (pareto_nbd, PARETO)])
def test_log_likelihood__has_the_gradient_of_its_differences(module, sets):
    columns = np.array([*HISTORIES, (3, 0.1, 60.0), (40, 50.0, 60.0)]).T
    of = module.log_likelihood(group(summary_of(*columns)))
    for parameters in map(np.array, sets):
        shifts = np.diag(parameters * 1e-6)
        slopes = [(of(parameters + s)[0] - of(parameters - s)[0]) / (2 * s.max()) for s in shifts]
        assert of(parameters)[1] == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("alpha", [1e-3, 2.0, 500.0])
@pytest.mark.parametrize("beta", [1e-3, 3.0, 500.0])
@pytest.mark.parametrize(
    ("x", "last_at", "age"), [(0, 0, 100), (1, 0.2, 100), (30, 60, 100), (400, 1, 100), (3, 99.99, 100)]
)
def test_pareto_nbd__keeps_its_digits_where_scales_lie_far_apart(alpha, beta, x, last_at, age):
    r, s = 0.6, 0.8
    top = -(r + x) * np.log(alpha + last_at) - (s + 1) * np.log(beta + last_at)

    def height(y):
        tau = last_at + np.expm1(y) * (min(alpha, beta) + last_at)
        jacobian = np.log(min(alpha, beta) + tau)
        return np.exp(-(r + x) * np.log(alpha + tau) - (s + 1) * np.log(beta + tau) + jacobian - top)

    end = np.log1p((age - last_at) / (min(alpha, beta) + last_at))
    edges = np.linspace(0, end, 40)
    whole = sum(quad(height, low, high)[0] for low, high in pairwise(edges))
    gone = pareto_nbd._log_parts(
        np.array((r, alpha, s, beta)), *(np.array([float(v)]) for v in (x, last_at, age))
    )[1]
    assert gone[0] == pytest.approx(np.log(s * whole) + top, abs=1e-8)


histories = some.tuples(
    some.integers(0, 300), some.floats(0.01, 1), some.floats(0.1, 300), some.floats(0.1, 400)
).map(lambda t: (t[0], t[1] * t[2] if t[0] else 0.0, t[2], t[3]))
sizes = some.floats(0.05, 30)


@settings(deadline=None, max_examples=150)
@example((0, 0.0, 1.0, 10.0), (6.0, 1.0, 27.0, 1.0), BgNbd)
@given(
    history=histories,
    parameters=some.tuples(sizes, sizes, sizes, sizes),
    process=some.sampled_from([BgNbd, ParetoNbd]),
)
def test_process__keeps_to_what_must_hold(history, parameters, process):
    x, last_at, age, weeks = history
    fitted, given = process(np.array(parameters)), one(x, last_at, age)
    alive = fitted.alive(given)[0]
    assert 0 <= alive <= 1
    first, second = (fitted.expected_purchases(given, each)[0] for each in (weeks, 2 * weeks))
    assert 0 <= fitted.any_purchase(given, weeks)[0] <= min(alive, first) + 1e-9
    assert 0 <= first <= second * (1 + 1e-7) + 1e-12
    # Nobody buys faster than an alive customer who can't leave.
    assert first <= alive * (parameters[0] + x) / (parameters[1] + age) * weeks * (1 + 1e-6) + 1e-12
    if x and last_at < age / 2:
        assert fitted.alive(one(x, last_at * 2, age))[0] >= alive - 1e-12
    if x:
        assert fitted.alive(one(x, last_at, age * 1.5))[0] <= alive + 1e-12


@settings(deadline=None, max_examples=60)
@given(
    rows=some.lists(histories, min_size=1, max_size=30),
    times=some.integers(2, 5),
    parameters=some.tuples(sizes, sizes, sizes, sizes),
)
def test_log_likelihood__doesnt_care_how_customers_are_grouped(rows, times, parameters):
    columns = np.array([row[:3] for row in rows]).T
    for module in (bgnbd, pareto_nbd):
        single = module.log_likelihood(group(summary_of(*columns)))(np.array(parameters))
        several = module.log_likelihood(group(summary_of(*np.tile(columns, times))))(np.array(parameters))
        assert several[0] == pytest.approx(times * single[0], rel=1e-9)
        assert several[1] == pytest.approx(times * single[1], rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("parameters", BG)
def test_bg_nbd__is_smooth_over_the_hole_at_a_of_1(parameters):
    r, alpha, _, b = parameters
    given = one(3, 10.0, 20.0)
    near = [
        BgNbd(np.array((r, alpha, a, b))).expected_purchases(given, 40.0)[0]
        for a in (1 - 1e-7, 1.0, 1 + 1e-7)
    ]
    assert near[0] == pytest.approx(near[1], rel=1e-6)
    assert near[2] == pytest.approx(near[1], rel=1e-6)


@pytest.mark.parametrize("process", [BgNbd, ParetoNbd])
@pytest.mark.parametrize(
    "history", [(100_000, 51.9, 52.0), (100_000, 1.0, 52.0), (1, 1e-6, 1e-6), (5, 52.0, 52.0)]
)
def test_process__stays_finite_at_the_edges(process, history):
    fitted, given = process(np.array((0.5, 8.0, 0.7, 3.0))), one(*history)
    assert 0 <= fitted.alive(given)[0] <= 1
    assert np.isfinite(fitted.expected_purchases(given, 52.0)[0])
    module = bgnbd if process is BgNbd else pareto_nbd
    value, gradient = module.log_likelihood(group(given))(fitted.parameters)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_process__of_a_last_purchase_just_now_is_surely_there():
    assert ParetoNbd(np.array(PARETO[0])).alive(one(4, 30.0, 30.0))[0] == 1
    _, _, a, b = BG[0]
    assert BgNbd(np.array(BG[0])).alive(one(4, 30.0, 30.0))[0] == pytest.approx(1 / (1 + a / (b + 3)))


def test_discounted_purchases__without_end_are_the_published_dert():
    r, alpha, s, beta = PARETO[0]
    fitted, given = ParetoNbd(np.array(PARETO[0])), one(4, 30.0, 38.9)
    rate = 0.0027
    closed = (
        (r + 4) / (alpha + 38.9) * (beta + 38.9) ** s * rate ** (s - 1) * hyperu(s, s, rate * (beta + 38.9))
    )
    long = discounted_purchases(fitted, given, 40 * 365.25, rate)
    assert long[0] == pytest.approx(closed * fitted.alive(given)[0], rel=1e-5)


def test_discounted_purchases__lie_below_the_plain_ones_and_above_their_last_worth():
    fitted, given = BgNbd(np.array(BG[0])), one(4, 30.0, 38.9)
    plain = fitted.expected_purchases(given, 52.0)[0]
    found = discounted_purchases(fitted, given, 52.0, 0.002)[0]
    assert plain * np.exp(-0.002 * 52) < found < plain


@pytest.mark.parametrize(
    ("process", "parameters"),
    [(BgNbd, BG[0]), (ParetoNbd, PARETO[0]), (BgNbd, BG[2]), (ParetoNbd, PARETO[2])],
)
@pytest.mark.parametrize("history", [(0, 0.0, 30.0), (6, 28.0, 30.0)])
def test_draw__has_the_expected_purchases_for_its_mean(process, parameters, history):
    fitted, count = process(np.array(parameters)), 60_000
    given = summary_of(*(np.full(count, float(each)) for each in history))
    drawn = fitted.draw(given, fitted.alive(given), 39.0, np.random.default_rng(5))
    assert drawn.mean() == pytest.approx(
        fitted.expected_purchases(one(*history), 39.0)[0], abs=5 * drawn.std() / count**0.5
    )


@pytest.mark.parametrize(
    ("name", "fit", "truth"),
    [("bg_nbd", fit_bgnbd, (0.8, 6.0, 0.9, 3.0)), ("pareto_nbd", fit_pareto_nbd, (0.9, 6.0, 0.7, 12.0))],
)
def test_fit__finds_the_parameters_that_made_the_customers(name, fit, truth, population):
    fitted = fit(group(population(name, truth, count=20_000)))
    optimum = fitted.optimum
    assert (abs(fitted.parameters - np.array(truth)) < 3.5 * optimum.standard_errors).all()
    assert (optimum.standard_errors < 0.4 * fitted.parameters).all()
    assert not optimum.is_regularised


@pytest.mark.parametrize("fit", [fit_bgnbd, fit_pareto_nbd])
def test_fit__is_the_same_in_days_as_in_weeks(fit, population):
    given = population("pareto_nbd", (0.9, 6.0, 0.7, 12.0))
    weekly, daily = fit(group(given)), fit(group(summary_of(given.repeats, given.last_at * 7, given.age * 7)))
    time = np.array([1, 7, 1, 7 if fit is fit_pareto_nbd else 1])
    assert daily.parameters == pytest.approx(weekly.parameters * time, rel=1e-5)
    assert daily.optimum.standard_errors == pytest.approx(weekly.optimum.standard_errors * time, rel=1e-3)


@pytest.mark.parametrize("fit", [fit_bgnbd, fit_pareto_nbd])
def test_fit__doesnt_depend_on_the_order_of_customers(fit, population):
    given = population("bg_nbd", (0.8, 6.0, 0.9, 3.0))
    shuffled = given.take(np.random.default_rng(3).permutation(len(given)))
    assert fit(group(shuffled)).parameters == pytest.approx(fit(group(given)).parameters, rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(1e2, 1e3), (1e4, 1e5), (1e6, 1e6), (1e3, 10.0), (60.0, 0.5)])
@pytest.mark.parametrize("weeks", [1.0, 52.0, 5_200.0])
def test_bg_nbd__stays_right_where_a_is_too_great_for_the_series(a, b, weeks):
    fitted, given = BgNbd(np.array((0.5, 5.0, a, b))), one(3, 10.0, 30.0)
    leaving = np.random.default_rng(1).beta(a, b + 3, 200_000)
    bought = (-np.expm1(-3.5 * np.log1p(leaving * weeks / 35)) / leaving).mean()
    assert fitted.expected_purchases(given, weeks)[0] == pytest.approx(
        bought * fitted.alive(given)[0], rel=2e-3
    )


def test_bg_nbd__is_the_same_by_series_and_by_quantiles(monkeypatch):
    fitted, given = BgNbd(np.array((0.5, 5.0, 25.0, 90.0))), one(3, 10.0, 30.0)
    by_series = fitted.expected_purchases(given, 52.0)[0]
    monkeypatch.setattr(bgnbd, "_STEEPEST", 0.0)
    assert fitted.expected_purchases(given, 52.0)[0] == pytest.approx(by_series, rel=1e-5)


def test_bg_nbd__of_absurd_rates_is_no_unknown():
    fitted = BgNbd(np.array((1e6, 10.0, 0.8, 2.0)))
    assert np.isfinite(fitted.expected_purchases(one(3, 10.0, 30.0), 52.0)[0])
    assert fitted.expected_from_start(np.array([52.0]))[0] > 0
