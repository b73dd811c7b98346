import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ml.timing.rhythm import HOURS, Rhythms, group_likelihoods, learn_rhythms, smoothed
from ml.timing.week import learn_week
from tests.unit.ml.outreach.world import AS_OF, acts_of, larks_and_owls, people_of

MORNING, EVENING = np.full(HOURS, 0.2), np.full(HOURS, 0.2)
MORNING[7:10], EVENING[19:22] = 5.0, 5.0
CURVES = np.array([MORNING / MORNING.sum(), EVENING / EVENING.sum()])


def rhythms(concentration=20.0):
    shares, cohorts = np.array([0.7, 0.3]), np.array([[0.1, 0.9]])
    return Rhythms(CURVES, shares, cohorts, concentration, 50.0, 0.0)


def test_memberships__without_an_act_are_the_cohorts_and_without_a_cohort_everybodys():
    found = rhythms().memberships(np.zeros((2, HOURS)), np.array([0, -1]))
    assert found[0] == pytest.approx([0.1, 0.9])
    assert found[1] == pytest.approx([0.7, 0.3])


def test_days__without_an_act_are_the_curve_of_the_cohort():
    nothing = np.zeros((1, HOURS))
    inside = rhythms().memberships(nothing, np.array([0]))
    assert rhythms().days(nothing, inside)[0] == pytest.approx(0.1 * CURVES[0] + 0.9 * CURVES[1])


@hypothesis_settings(max_examples=40, deadline=None)
@given(hour=st.integers(0, HOURS - 1), acts=st.integers(3_000, 50_000))
def test_days__with_many_acts_are_ones_own(hour, acts):
    own = np.zeros((1, HOURS))
    own[0, hour] = acts
    inside = rhythms().memberships(own, np.array([0]))
    assert rhythms().days(own, inside)[0, hour] > 0.98
    assert rhythms().readiness(own, inside)[0].argmax() == hour


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 30), min_size=HOURS, max_size=HOURS),
    turn=st.integers(0, HOURS - 1),
    width=st.sampled_from((0.0, 0.3, 0.7, 1.5, 3.0)),
)
def test_smoothed__keeps_the_sum_and_knows_no_midnight(counts, turn, width):
    acts = np.array(counts, float)
    assert smoothed(acts, width).sum() == pytest.approx(acts.sum())
    assert smoothed(np.roll(acts, turn), width) == pytest.approx(np.roll(smoothed(acts, width), turn))


def test_group_likelihoods__are_those_of_the_dirichlet_multinomial():
    """By Pólya's urn: each act is drawn in proportion to the curve's weight and to the acts before."""
    acts = np.zeros((1, HOURS))
    acts[0, [8, 20]] = 2, 1
    alpha = 10 * CURVES[0]
    drawn = alpha[8] / 10 * (alpha[8] + 1) / 11 * alpha[20] / 12
    assert group_likelihoods(acts, CURVES[:1], 10.0)[0, 0] == pytest.approx(np.log(drawn))


def test_learn_week__finds_larks_and_owls():
    people, acts, _, _ = larks_and_owls(seed=1)
    week = learn_week(people, acts, AS_OF)
    assert len(week.rhythms.shares) >= 2
    peaks = {int(curve.argmax()) for curve in week.rhythms.curves}
    assert any(abs(each - 8) <= 1 for each in peaks)
    assert any(abs(each - 20) <= 1 for each in peaks)


def test_learn_week__chooses_one_group_where_nothing_is_known_later():
    week = learn_week(people_of(1), acts_of([0], [9], [60]), AS_OF)
    assert len(week.rhythms.shares) == 1
    assert np.isfinite(week.rhythms.curves).all()


def test_learn_week__stands_people_without_any_act():
    week = learn_week(people_of(3), acts_of([], [], []), AS_OF)
    assert week.rhythms.population() == pytest.approx(np.full(HOURS, 1 / HOURS))


def test_learn_week__sees_no_act_that_was_learned_later():
    people, acts, _, _ = larks_and_owls(seed=2)
    cut = AS_OF - np.timedelta64(30, "D")
    seen = learn_week(people, acts.take(acts.learned_at < cut), cut)
    assert np.array_equal(learn_week(people, acts, cut).rhythms.curves, seen.rhythms.curves)


def test_cohorts__leave_out_whoevers_zone_is_only_assumed():
    people = people_of(2, has_zone=(True, False))
    week = learn_week(people, acts_of([0, 1], [8, 9], [1, 2]), AS_OF)
    assert week.cohorts(people).tolist() == [0, -1]
    assert week.cohorts(people_of(1, zone="Asia/Tokyo")).tolist() == [-1]


def test_learn_rhythms__are_equal_for_equal_acts():
    acts = np.random.default_rng(7).poisson(0.4, (50, HOURS)).astype(float)
    one, two = (learn_rhythms(acts, np.zeros(50, int), 3, 0.7) for _ in range(2))
    assert np.array_equal(one.curves, two.curves)


def test_smoothed__spreads_to_both_sides_alike_across_midnight():
    act = np.zeros(HOURS)
    act[0] = 1.0
    spread = smoothed(act, 0.7)
    assert spread[1] == pytest.approx(spread[23])
    assert spread[0] > spread[1] > spread[2]
    assert spread[12] < 1e-6
