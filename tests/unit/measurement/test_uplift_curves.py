import numpy as np
import pytest

from measurement.uplift_curves import Trial, areas, average_effect, qini_curve, uplift_curve


def trial_of(treated, outcome, propensity=0.5, persons=None):
    count = len(treated)
    return Trial(
        np.array(treated, bool),
        np.broadcast_to(np.asarray(propensity, float), count).copy(),
        np.array(outcome, float),
        np.arange(count) if persons is None else np.array(persons),
    )


def drawn(seed, count=4_000, effect=lambda x: 0.3 * x, propensity=0.5, base=0.2):
    """People with a trait x in 0..1 that is their score, and an effect that depends on it."""
    chance = np.random.default_rng(seed)
    x = chance.random(count)
    treated = chance.random(count) < propensity
    outcome = chance.random(count) < base + treated * effect(x)
    return x, trial_of(treated, outcome, propensity)


def by_hand(scores, trial):
    """Radcliffe's Qini curve and the uplift curve of equal propensities, counted person by person."""
    order = np.argsort(-scores, kind="stable")
    n = len(order)
    share = trial.propensity[0]
    qini, uplift = [0.0], [0.0]
    for k in range(1, n + 1):
        treated = [trial.outcome[i] for i in order[:k] if trial.is_treated[i]]
        control = [trial.outcome[i] for i in order[:k] if not trial.is_treated[i]]
        if not treated or not control:
            qini.append(0.0)
            uplift.append(0.0)
            continue
        gained = sum(treated) - sum(control) * len(treated) / len(control)
        # weights are 1 / propensity in treatment and 1 / (1 − propensity) in control
        qini.append(gained / share / n)
        uplift.append((np.mean(treated) - np.mean(control)) * k / n)
    return np.array(qini), np.array(uplift)


@pytest.mark.parametrize("propensity", [0.5, 0.9])
def test_curves__are_those_that_one_counts_by_hand(propensity):
    scores, trial = drawn(1, 80, propensity=propensity)
    qini, uplift = by_hand(scores, trial)
    np.testing.assert_allclose(qini_curve(scores, trial).gains, qini, atol=1e-12)
    np.testing.assert_allclose(uplift_curve(scores, trial).gains, uplift, atol=1e-12)


def test_areas__are_those_of_the_curves():
    scores, trial = drawn(2)
    found = areas(scores, trial, seed=1, resamples=20)
    assert found.qini.value == qini_curve(scores, trial).area_above_random
    assert found.auuc.value == uplift_curve(scores, trial).area


def test_qini__is_nothing_for_equal_scores_whatever_the_order_of_rows():
    _, trial = drawn(3)
    assert qini_curve(np.zeros(len(trial)), trial).area_above_random == pytest.approx(0, abs=1e-12)


def test_equal_scores__are_taken_together():
    scores, trial = drawn(4, 500)
    coarse = scores.round(1)
    turned = np.arange(len(trial))[::-1]
    again = Trial(*(values[turned] for values in vars(trial).values()))
    assert qini_curve(coarse, trial).area == pytest.approx(qini_curve(coarse[turned], again).area)
    assert len(qini_curve(coarse, trial).shares) == len(set(coarse.tolist())) + 1


def test_qini__is_the_known_one_of_a_linear_effect():
    """Effect 0.3 x by falling x: the gain at share s is 0.3 (s − s²/2), the area above random 0.3 · (1/3 − 1/4)."""
    found = [qini_curve(*drawn(seed, 20_000)).area_above_random for seed in range(8)]
    assert np.mean(found) == pytest.approx(0.3 / 12, abs=0.003)


def test_turned_scores__lose_what_the_scores_gain():
    scores, trial = drawn(5, 20_000)
    assert qini_curve(-scores, trial).area_above_random < -0.01


def test_propensities__are_weighed():
    """The good are nearly all treated: without weights the effect would look far too great."""
    chance = np.random.default_rng(6)
    good = chance.random(40_000) < 0.5
    propensity = np.where(good, 0.9, 0.2)
    treated = chance.random(40_000) < propensity
    outcome = chance.random(40_000) < 0.1 + 0.5 * good + 0.05 * treated
    effect, error = average_effect(trial_of(treated, outcome, propensity))
    assert effect == pytest.approx(0.05, abs=4 * error)
    assert error < 0.01
    blind, _ = average_effect(trial_of(treated, outcome, 0.5))
    assert blind > 0.2


def test_average_effect__counts_people_not_rows():
    treated, outcome = np.tile([True, False], 50), np.tile([1.0, 0.0, 0.0, 0.0], 25)
    _, single = average_effect(trial_of(treated, outcome))
    copied = trial_of(np.repeat(treated, 9), np.repeat(outcome, 9), persons=np.repeat(np.arange(100), 9))
    _, same = average_effect(copied)
    assert same == pytest.approx(single)


def test_interval__narrows_once_the_expected_is_taken_off():
    chance = np.random.default_rng(7)
    usual = chance.choice([0.05, 0.95], 6_000)
    scores = chance.random(6_000)
    treated = chance.random(6_000) < 0.5
    outcome = chance.random(6_000) < np.clip(usual + 0.04 * treated, 0, 1)
    trial = trial_of(treated, outcome)
    plain, calm = areas(scores, trial, 1, 100).qini, areas(scores, trial.less(usual), 1, 100).qini
    assert calm.upper - calm.lower < 0.6 * (plain.upper - plain.lower)


def test_difference__of_a_ranking_with_itself_is_nothing():
    scores, trial = drawn(8)
    one = areas(scores, trial, 3, 50).qini
    none = one.less(areas(scores, trial, 3, 50).qini)
    assert (none.value, none.lower, none.upper) == (0, 0, 0)


def test_resamples__are_of_people():
    """Rows copied nine times over carry no more than one: the interval stays as wide."""
    scores, trial = drawn(9, 600)
    once = areas(scores, trial, 1, 200).qini
    times = np.repeat(np.arange(600), 9)
    copied = Trial(trial.is_treated[times], trial.propensity[times], trial.outcome[times], times)
    again = areas(scores[times], copied, 1, 200).qini
    assert again.upper - again.lower == pytest.approx(once.upper - once.lower, rel=0.05)


@pytest.mark.parametrize(
    ("propensity", "outcome", "told"),
    [
        ([0.5, 1.0, 0.5], [0, 1, 1], "1 of 3 propensities"),
        ([0.5, 0.0, float("nan")], [0, 1, 1], "2 of 3 propensities"),
        ([0.5, 0.5, 0.5], [0, float("nan"), 1], "1 of 3 outcomes"),
    ],
)
def test_trial__refuses_what_can_not_be_weighed_with_counts(propensity, outcome, told):
    with pytest.raises(ValueError, match=told):
        trial_of([True, False, True], outcome, propensity)


def test_unknown_scores__are_refused_with_counts():
    _, trial = drawn(10, 10)
    with pytest.raises(ValueError, match="2 of 10 scores"):
        qini_curve(np.array([np.nan, np.nan, *range(8)]), trial)
