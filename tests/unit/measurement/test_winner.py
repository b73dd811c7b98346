import numpy as np
import pytest

from measurement.sums import Sums
from measurement.winner import Rule, chance_of_best, judge


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(20260503)


def rate(successes: int, count: int) -> Sums:
    return Sums(count, float(successes), float(successes))


def test_judge__proves_a_clear_winner():
    found = judge({"a": rate(100, 1_000), "b": rate(200, 1_000)}, Rule())
    assert (found.leader, found.winner, found.is_proved) == ("b", "b", True)
    assert found.chance > 0.999


def test_judge__names_nobody_before_anything_is_proved():
    found = judge({"a": rate(100, 1_000), "b": rate(110, 1_000)}, Rule())
    assert (found.leader, found.winner, found.is_proved) == ("b", None, False)


def test_judge__picks_the_leader_when_the_time_is_up_and_says_it_is_not_proved():
    found = judge({"a": rate(100, 1_000), "b": rate(110, 1_000)}, Rule(), is_time_up=True)
    assert (found.winner, found.is_proved) == ("b", False)
    assert 0.5 < found.chance < 0.95


def test_judge__proves_nothing_with_too_few_people():
    arms = {"a": rate(1, 99), "b": rate(90, 99)}
    assert judge(arms, Rule(fewest=100)).winner is None
    assert judge(arms, Rule(fewest=50)).winner == "b"


def test_judge__asks_for_more_the_more_rivals_there_are():
    arms = {"a": rate(100, 1_000), "b": rate(147, 1_000)}
    assert judge(arms, Rule()).is_proved
    assert not judge(arms | {"c": rate(100, 1_000), "d": rate(100, 1_000)}, Rule()).is_proved


def test_judge__picks_nobody_where_nobody_came():
    assert judge({"a": Sums(), "b": Sums()}, Rule(), is_time_up=True).winner is None


def test_judge__gives_a_tie_to_the_first():
    assert judge({"b": rate(5, 100), "a": rate(5, 100)}, Rule(), is_time_up=True).winner == "b"


def test_judge__needs_two_variants():
    with pytest.raises(ValueError, match="at least two variants"):
        judge({"a": rate(1, 10)}, Rule())


def test_rule__refuses_what_can_t_be_held():
    with pytest.raises(ValueError, match="no rule"):
        Rule(alpha=1.0)


def test_chance_of_best__is_that_of_simulated_means(chance):
    arms = {"a": rate(50, 500), "b": rate(60, 500), "c": rate(56, 500)}
    drawn = np.stack(
        [chance.normal(arm.mean, (arm.variance / arm.count) ** 0.5, 400_000) for arm in arms.values()]
    )
    shares = np.bincount(drawn.argmax(axis=0), minlength=3) / drawn.shape[1]
    for name, share in zip(arms, shares, strict=True):
        assert chance_of_best(name, arms) == pytest.approx(share, abs=0.004)
    assert sum(chance_of_best(name, arms) for name in arms) == pytest.approx(1, abs=1e-6)


def looks(chance: np.random.Generator, rates: list[float], people: int):
    """The sums of each variant after each hundredth person per variant."""
    bought = [np.cumsum(chance.random(people) < each)[99::100] for each in rates]
    for look in range(len(bought[0])):
        yield {str(n): rate(int(arm[look]), 100 * (look + 1)) for n, arm in enumerate(bought)}


def first_proved(chance: np.random.Generator, rates: list[float], people: int) -> str | None:
    """The winner that somebody who looks every time finds first."""
    found = (judge(arms, Rule()).winner for arms in looks(chance, rates, people))
    return next((winner for winner in found if winner), None)


@pytest.mark.parametrize("rates", [[0.1, 0.1], [0.1, 0.1, 0.1, 0.1], [0.12, 0.1, 0.11]])
def test_judge__proves_a_wrong_winner_seldom_however_often_one_looks(chance, rates):
    best = max(rates)
    wrong = 0
    for _ in range(300):
        proved = first_proved(chance, rates, 3_000)
        wrong += proved is not None and (rates[int(proved)] < best or rates.count(best) == len(rates))
    assert wrong / 300 <= 0.05


def test_judge__finds_a_real_winner_in_time(chance):
    found = [first_proved(chance, [0.10, 0.16], 4_000) for _ in range(100)]
    assert found.count("1") >= 90
    assert found.count("0") <= 2


def test_chance_of_best__is_right_as_often_as_it_says(chance):
    """Effects drawn widely, as the formula supposes: of leaders said to be the best with p, p are."""
    said, right = [], []
    for _ in range(2_000):
        rates = np.clip(chance.normal(0.2, 0.05, 3), 0.02, 0.5)
        arms = {str(n): rate(int(chance.binomial(400, each)), 400) for n, each in enumerate(rates)}
        leader = judge(arms, Rule(), is_time_up=True)
        said.append(leader.chance)
        right.append(leader.winner == str(rates.argmax()))
    told, was = np.array(said), np.array(right)
    assert was.mean() == pytest.approx(told.mean(), abs=0.03)
    unsure = told < 0.8
    assert was[unsure].mean() == pytest.approx(told[unsure].mean(), abs=0.06)
