import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ml.outreach.hierarchy import Answers, Hierarchy, learn_hierarchy


def drawn(seed, people=1500, each=12, deviation=0.8, together=0.0):
    """Answers of two kinds by people whose leanings are drawn from what is to be learned."""
    chance = np.random.default_rng(seed)
    shape = deviation**2 * np.array([[1, together], [together, 1]])
    z = chance.multivariate_normal([0, 0], shape, people)
    person = np.repeat(np.arange(people), each)
    kind = chance.integers(0, 2, len(person))
    columns = np.eye(2)[kind]
    margin = columns @ np.array([-0.4, -1.6]) + z[person, kind]
    yes = (chance.random(len(person)) < 1 / (1 + np.exp(-margin))).astype(float)
    return Answers(person, kind, columns, yes), z


def test_learn_hierarchy__finds_what_the_answers_were_drawn_from():
    answers, _ = drawn(seed=3)
    learned = learn_hierarchy(answers, 2)
    assert learned.weights == pytest.approx([-0.4, -1.6], abs=0.15)
    assert np.sqrt(np.diagonal(learned.covariance)) == pytest.approx([0.8, 0.8], abs=0.2)


def test_learn_hierarchy__sees_no_difference_where_people_are_alike():
    answers, _ = drawn(seed=4, deviation=0.01)
    assert np.sqrt(np.diagonal(learn_hierarchy(answers, 2).covariance)).max() < 0.3


def test_learn_hierarchy__carries_over_from_one_kind_to_another():
    answers, z = drawn(seed=5, together=0.8)
    learned = learn_hierarchy(answers, 2)
    assert learned.covariance[0, 1] > 0.2 * learned.covariance[0, 0]
    only_first = answers.take(answers.kind == 0)
    told = learned.leanings(only_first, len(z)).mean[:, 1]
    assert np.corrcoef(told, z[:, 1])[0, 1] > 0.3


def test_probabilities__are_calibrated_for_the_next_answers():
    answers, z = drawn(seed=6, people=4000)
    even = np.arange(len(answers.yes)) % 2 == 0
    past, later = answers.take(even), answers.take(~even)
    learned = learn_hierarchy(past, 2)
    leanings = learned.leanings(past, len(z))
    told = learned.probabilities(leanings, later.person, later.kind, later.columns)
    order = np.array_split(np.argsort(told), 10)
    errors = [abs(told[part].mean() - later.yes[part].mean()) for part in order]
    assert np.mean(errors) < 0.02


@hypothesis_settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 300), yes=st.booleans())
def test_leanings__grow_with_the_evidence_and_never_past_it(count, yes):
    learned = Hierarchy(np.zeros(1), np.array([[0.6]]))
    answers = Answers(
        np.zeros(count, int), np.zeros(count, int), np.ones((count, 1)), np.full(count, float(yes))
    )
    more = Answers(*(np.concatenate([part, part]) for part in vars(answers).values()))
    one, two = (learned.leanings(each, 2) for each in (answers, more))
    assert one.mean[1, 0] == 0
    assert one.variance[1, 0] == pytest.approx(0.6)
    assert np.sign(one.mean[0, 0]) == (1 if yes else -1)
    assert abs(two.mean[0, 0]) > abs(one.mean[0, 0])
    assert two.variance[0, 0] < one.variance[0, 0] < 0.6


def test_probabilities__of_somebody_with_much_evidence_are_their_own():
    learned = Hierarchy(np.zeros(1), np.array([[0.6]]))
    yes = (np.arange(4000) % 10 == 0).astype(float)
    answers = Answers(np.zeros(4000, int), np.zeros(4000, int), np.ones((4000, 1)), yes)
    leanings = learned.leanings(answers, 1)
    told = learned.probabilities(leanings, np.zeros(1, int), np.zeros(1, int), np.ones((1, 1)))
    assert told[0] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("yes", [0.0, 1.0])
def test_learn_hierarchy__stays_finite_where_all_answer_alike(yes):
    answers = Answers(np.arange(50) % 7, np.zeros(50, int), np.ones((50, 1)), np.full(50, yes))
    learned = learn_hierarchy(answers, 2)
    assert np.isfinite(learned.weights).all()
    assert np.isfinite(learned.covariance).all()


def test_leanings__belong_to_who_answered():
    learned = Hierarchy(np.zeros(1), np.array([[0.6]]))
    answers = Answers(np.array([3, 3]), np.zeros(2, int), np.ones((2, 1)), np.ones(2))
    found = learned.leanings(answers, 5)
    assert np.flatnonzero(found.mean[:, 0]).tolist() == [3]


@pytest.mark.parametrize("margin", [-3.0, -1.0, 0.5])
def test_probabilities__average_over_what_isnt_known_of_somebody(margin):
    """Beside the integral by sums over a fine grid."""
    learned = Hierarchy(np.array([margin]), np.array([[2.0]]))
    nothing = Answers(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 1)), np.zeros(0))
    told = learned.probabilities(
        learned.leanings(nothing, 1), np.zeros(1, int), np.zeros(1, int), np.ones((1, 1))
    )
    z = np.linspace(-10, 10, 4001)
    weight = np.exp(-(z**2) / 4)
    exact = (weight / (1 + np.exp(-margin - z))).sum() / weight.sum()
    assert told[0] == pytest.approx(exact, abs=0.02)
    assert abs(told[0] - 1 / (1 + np.exp(-margin))) > 2 * abs(told[0] - exact)
