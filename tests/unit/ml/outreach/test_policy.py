import numpy as np
import pytest

from ml.channels.policy import Economics, Trials, choose, random_worth, worth


def trials_of(arm, reward, propensity, channels=2):
    count = len(arm)
    return Trials(
        np.array(arm), np.full(count, propensity), np.array(reward, float), np.ones((count, channels), bool)
    )


def test_worth__is_right_on_average_however_wrong_the_model_is():
    chance = np.random.default_rng(6)
    arm = chance.integers(-1, 2, 200_000)
    reward = np.where(arm == 1, (chance.random(len(arm)) < 0.2) * 1.0, 0.0)
    trials = trials_of(arm, reward, 1 / 3)
    for told in (0.0, 0.9):
        net = np.full((len(arm), 2), told)
        assert worth(trials, np.full(len(arm), 1), net).mean() == pytest.approx(0.2, abs=0.01)


def test_worth__counts_what_is_rarely_tried_for_more():
    trials = trials_of([0, 1, -1], [1.0, 0.0, 0.0], 0.25)
    assert worth(trials, np.zeros(3, int), np.zeros((3, 2))).tolist() == [4.0, 0.0, 0.0]
    assert random_worth(trials, np.zeros((3, 2))).tolist() == [2.0, 0.0, 0.0]


def test_choose__never_takes_what_is_not_allowed():
    net, allowed = np.array([[0.9, 0.1], [0.2, 0.2]]), np.array([[False, True], [True, True]])
    assert choose(net, allowed).tolist() == [1, 0]


def test_economics__a_dear_channel_has_to_bring_more():
    net = Economics(2.0, np.array([0.0, 0.5])).net(np.array([[0.10, 0.30], [0.10, 0.40]]))
    assert net.argmax(axis=1).tolist() == [0, 1]
