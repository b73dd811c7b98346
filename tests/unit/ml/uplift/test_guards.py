import numpy as np
import pytest

from ml.contract import NotTrainable
from ml.uplift.guards import refuse_broken_trials
from tests.unit.ml.uplift.trials import changed, simulated, with_feature

SEVEN_DAYS = 7.0


@pytest.mark.parametrize("seed", range(25))
def test_guards__let_honest_trials_pass(seed):
    pairs, _ = simulated(seed, propensity=0.5 + 0.4 * (seed % 2))
    refuse_broken_trials(pairs, SEVEN_DAYS)


def test_guards__stop_a_feature_that_knows_the_arm():
    """A count of opens that looked past the assignment: only who was written to can have opened."""
    pairs, _ = simulated(1)
    later = np.where(pairs.is_treated, np.random.default_rng(1).poisson(0.3, len(pairs)), 0.0)
    with pytest.raises(NotTrainable, match=r"feature opens know the arm .* in 4000 assignments"):
        refuse_broken_trials(with_feature(pairs, "opens", later), SEVEN_DAYS)


def test_guards__stop_a_feature_whose_gaps_know_the_arm():
    """The time of the first open is known of those alone who got something: the values are pure noise."""
    pairs, _ = simulated(2)
    chance = np.random.default_rng(2)
    delay = np.where(pairs.is_treated & (chance.random(len(pairs)) < 0.2), chance.random(len(pairs)), np.nan)
    with pytest.raises(NotTrainable, match="open_delay know the arm"):
        refuse_broken_trials(with_feature(pairs, "open_delay", delay), SEVEN_DAYS)


def test_guards__stop_outcomes_from_before_the_assignment():
    pairs, _ = simulated(3)
    delay = pairs.delay_days.copy()
    delay[np.flatnonzero(pairs.outcome)[:7]] = -0.5
    with pytest.raises(NotTrainable, match="7 came before the assignment, 0 after the horizon"):
        refuse_broken_trials(changed(pairs, delay_days=delay), SEVEN_DAYS)


def test_guards__stop_outcomes_from_beyond_the_horizon():
    pairs, _ = simulated(3)
    with pytest.raises(NotTrainable, match=r"0 came before the assignment, [1-9][0-9]+ after the horizon"):
        refuse_broken_trials(pairs, 5.0)


def test_guards__stop_outcomes_without_a_time():
    pairs, _ = simulated(3)
    with pytest.raises(NotTrainable, match="at no known time"):
        refuse_broken_trials(changed(pairs, delay_days=np.full(len(pairs), np.nan)), SEVEN_DAYS)


def test_guards__stop_wrong_propensities():
    """A half was logged, three in five were treated."""
    pairs, _ = simulated(4, propensity=0.6)
    with pytest.raises(NotTrainable, match=r"email assignments were treated .* propensities are wrong"):
        refuse_broken_trials(changed(pairs, propensity=np.full(len(pairs), 0.5)), SEVEN_DAYS)


def test_guards__stop_propensities_that_are_wrong_in_one_channel():
    """Too many by e-mail, too few by push: all together it adds up."""
    pairs, _ = simulated(5)
    email = pairs.channels == "email"
    wrong = np.where(email, 0.6, 0.4)
    with pytest.raises(NotTrainable, match="propensities are wrong"):
        refuse_broken_trials(changed(pairs, propensity=wrong), SEVEN_DAYS)


@pytest.mark.parametrize(("kept", "missing"), [(True, "control"), (False, "treated")])
def test_guards__stop_a_single_arm(kept, missing):
    pairs, _ = simulated(6)
    with pytest.raises(NotTrainable, match=f"without {missing} people"):
        refuse_broken_trials(pairs.take(pairs.is_treated == kept), SEVEN_DAYS)


def test_guards__stop_controls_that_were_lost():
    """Of the controls only those who ordered were kept."""
    pairs, _ = simulated(7)
    kept = pairs.is_treated | (pairs.outcome > 0)
    with pytest.raises(NotTrainable):
        refuse_broken_trials(pairs.take(kept), SEVEN_DAYS)


def test_guards__stop_windows_that_overlap_with_linked_arms():
    """Whoever is a control stays one in the next campaign, days later: two effects in one."""
    pairs, _ = simulated(8)
    next_arm = np.where(np.isnan(pairs.other_arm), np.nan, pairs.is_treated.astype(float))
    with pytest.raises(NotTrainable, match=r"have another one within their window, whose arm depends"):
        refuse_broken_trials(changed(pairs, other_arm=next_arm), SEVEN_DAYS)


def test_guards__count_people_not_rows():
    """One person's rows say little, however many: a heavy user who was mostly treated is no mismatch."""
    pairs, _ = simulated(9, count=400)
    many = np.concatenate([np.arange(400), np.full(120, int(np.flatnonzero(pairs.is_treated)[0]))])
    refuse_broken_trials(pairs.take(many), SEVEN_DAYS)
