import numpy as np
import pytest
from scipy.special import expit, logit

from ml.lifetime.bgnbd import fit_bgnbd
from ml.lifetime.process import fit_process
from ml.lifetime.purchases import known_before, outcome_after, purchases_of
from ml.lifetime.recalibration import Recalibration, _most_likely, learn_recalibration
from ml.lifetime.summary import group

CUTOFF, DAYS = 300, 30
NEAR = np.array([1.0, 5.0, 0.5, 3.0])


@pytest.fixture(scope="module")
def clockwork():
    """1,000 customers who buy at even gaps, never by chance: a process of pure chance is too shy of them."""
    chance = np.random.default_rng(2)
    lines = []
    for who in range(1_000):
        gap, end = chance.uniform(15, 45), chance.uniform(60, 700)
        day = chance.uniform(0, gap)
        while day < min(end, CUTOFF + DAYS):
            lines.append((who, int(day), 10.0))
            day += gap
    return purchases_of(*zip(*lines, strict=True))


def test_recalibration__of_nothing_bends_nothing():
    chances = np.array([0, 0.3, 1])
    assert Recalibration().of(chances) is chances
    bent = Recalibration(0.5, 1.2, 3).of(chances)
    assert bent[[0, 2]].tolist() == [0, 1]
    assert bent[1] == pytest.approx(expit(0.5 + 1.2 * logit(0.3)))


def test_recalibration__finds_the_bend_that_windows_share_and_shrinks_it():
    chance = np.random.default_rng(3)
    windows = []
    for _ in range(6):
        odds = chance.normal(-1, 1.5, 4_000)
        windows.append((odds, (chance.random(4_000) < expit(0.4 + 1.3 * odds)).astype(float)))
    found = _most_likely(windows)
    assert found.windows == 6
    assert 0.2 < found.shift < 0.45
    assert 1.1 < found.slope < 1.35
    alone = _most_likely(windows[:1])
    assert abs(alone.shift) < 0.45
    assert abs(alone.slope - 1) < 0.35


def test_recalibration__makes_chances_of_a_shop_like_clockwork_truer(clockwork):
    history = known_before(clockwork, CUTOFF)
    came = (outcome_after(clockwork, history, DAYS).purchases > 0).astype(float)
    plain = fit_process(fit_bgnbd, group(history.summary)).any_purchase(history.summary, DAYS / 7)
    bent = learn_recalibration(fit_bgnbd, history, DAYS, NEAR).of(plain)
    assert abs(bent.mean() - came.mean()) < abs(plain.mean() - came.mean())
    assert ((bent - came) ** 2).mean() < ((plain - came) ** 2).mean()


def test_recalibration__goes_by_what_lies_before_the_cutoff(clockwork):
    early = known_before(clockwork, 200)
    told = learn_recalibration(fit_bgnbd, early, DAYS, NEAR)
    assert told == learn_recalibration(fit_bgnbd, known_before(clockwork, CUTOFF).at(200), DAYS, NEAR)
    elsewhere = learn_recalibration(fit_bgnbd, early, DAYS, NEAR * 3)
    assert (told.shift, told.slope) == pytest.approx((elsewhere.shift, elsewhere.slope), abs=1e-4)


def test_recalibration__fits_each_window_to_what_lay_before_it(clockwork):
    seen, first_day = [], clockwork.day.min()

    def spy(grouped, **settings):
        seen.append(grouped.age.max() * 7)
        return fit_bgnbd(grouped, **settings)

    learn_recalibration(spy, known_before(clockwork, CUTOFF), DAYS, NEAR)
    ends = [CUTOFF - DAYS * number - 1 for number in (1, 2, 3, 4)]
    assert sorted({round(each) for each in seen}, reverse=True) == [end - first_day for end in ends]


def test_recalibration__of_a_history_too_short_for_a_window_is_none(clockwork):
    assert learn_recalibration(fit_bgnbd, known_before(clockwork, 50), DAYS, NEAR).windows == 0
