"""All models of the next order behind their contract, on a shop of people with a pace of their own."""

import numpy as np
import pandas as pd
import pytest

from kith.errors import KithError
from ml.lifetime import learning as lifetime_learning
from ml.lifetime.contract import Terms
from ml.lifetime.kept import load_kept
from ml.lifetime.learning import LifetimeArtefact
from ml.lifetime.purchases import known_before, purchases_of
from ml.next_order import learning as next_order_learning
from ml.next_order.backtest import choose_champion, judge_all, next_order_models
from ml.next_order.learning import NextOrderArtefact
from ml.next_order.models import hazard, own_gap
from ml.next_order.waiting import days_until_next

DAYS, CUTOFF = 30, 250
NAMES = {"bg_nbd", "everyone", "gap_quantiles", "hazard", "own_gap", "pareto_nbd"}


@pytest.fixture(scope="module")
def judged(shop):
    return judge_all(shop, CUTOFF, Terms(DAYS, seed=3))


def test_models__are_all_there_and_learn(judged):
    found, _, refused = judged
    assert set(found) == NAMES
    assert not refused
    assert {name for name, each in next_order_models().items() if each.is_baseline} == {"own_gap", "everyone"}


def test_models__give_rising_chances_for_each(shop, judged):
    history = known_before(shop, CUTOFF)
    for name, fitted in judged[1].items():
        told = fitted.outlook(history)
        assert told.chance.shape == (len(history), len(told.days)), name
        assert told.length == DAYS
        assert ((told.chance >= 0) & (told.chance <= 1)).all()
        assert (np.diff(told.chance, axis=1) >= 0).all()
        assert all(isinstance(each, float | int) for each in fitted.told().values())


def test_models__beat_the_rules_where_people_have_a_pace(judged):
    found = judged[0]
    rule = min(found[name].crps for name in ("own_gap", "everyone"))
    for name in ("bg_nbd", "pareto_nbd", "hazard", "gap_quantiles"):
        assert found[name].crps < rule, name
        assert found[name].coverage > 0.75, name
    assert found["hazard"].crps < found["bg_nbd"].crps  # half of the shop buys like clockwork


@pytest.mark.parametrize("name", sorted(NAMES))
def test_models__come_back_from_plain_files_as_they_were(name, shop, judged, tmp_path):
    history, fitted = known_before(shop, CUTOFF), judged[1][name]
    fitted.kept().save(tmp_path)
    again = next_order_models()[name].restore(load_kept(tmp_path))
    assert (again.outlook(history).chance == fitted.outlook(history).chance).all()
    assert again.told() == fitted.told()
    assert not [file for file in tmp_path.rglob("*") if file.suffix in {".pkl", ".pickle", ".joblib"}]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_models__say_the_same_each_time_and_of_what_they_know_alone(name, shop, judged):
    later = purchases_of(
        np.append(shop.customers[shop.customer], shop.customers[:50]),
        np.append(shop.day, np.full(50, CUTOFF)),
        np.append(shop.amount, np.full(50, 9.0)),
    )
    history = known_before(later, CUTOFF)
    again = next_order_models()[name].fit(history, Terms(DAYS, seed=3)).outlook(history)
    assert (again.chance == judged[1][name].outlook(known_before(shop, CUTOFF)).chance).all()


def test_hazard__is_as_often_right_as_it_says(shop, judged):
    history = known_before(shop, CUTOFF)
    waited = days_until_next(shop, history, DAYS)
    told = judged[1]["hazard"].outlook(history)
    for days in (7, 14, 30):
        assert told.within(days).mean() == pytest.approx((waited <= days).mean(), abs=0.05)


def test_own_gap__leads_past_today_by_whole_gaps():
    lines = [("ann", 0, 1.0), ("ann", 10, 1.0), ("bob", 0, 1.0), ("bob", 40, 1.0), ("cem", 45, 1.0)]
    history = known_before(purchases_of(*zip(*lines, strict=True)), 50)
    told = own_gap.fit(history, Terms(30)).outlook(history)
    # ann: every 10 days since the 10th, so the 50th; bob: 40 + 40; cem: the usual 25 days after the 45th.
    assert [int((row < 1).sum()) + 1 for row in told.chance] == [1, 31, 21]


def test_models__refuse_a_shop_to_which_nobody_came_back():
    days = np.arange(400) % 200
    once = known_before(purchases_of(np.arange(400), days, np.full(400, 9.0)), 200)
    told = {}
    for name, model in next_order_models().items():
        try:
            model.fit(once, Terms(DAYS))
        except KithError as refusal:
            told[name] = str(refusal)
    assert set(told) == NAMES - {"everyone"}
    assert "none of 400 customers has ordered twice" in told["own_gap"]
    assert "0 rows with an order within 30 days" in told["hazard"]
    assert "400 customers, 0 of them with 0 repeat purchases" in told["bg_nbd"]


def test_choose_champion__judges_on_the_past_alone(shop):
    small = shop.customer < 250
    part = purchases_of(shop.customers[shop.customer[small]], shop.day[small], shop.amount[small])
    choice = choose_champion(known_before(part, CUTOFF), Terms(DAYS))
    assert choice.cutoffs == (CUTOFF - DAYS,)
    assert choice.errors[choice.champion] == min(choice.errors.values())
    assert not next_order_models()[choice.champion].is_baseline


@pytest.mark.parametrize(
    ("learning", "other", "own"),
    [
        (next_order_learning, NextOrderArtefact("hazard", 60, None), (30,)),
        (
            lifetime_learning,
            LifetimeArtefact("bg_nbd", 60, "EUR", None),
            (LifetimeArtefact("bg_nbd", 30, "EUR", None),),
        ),
        (
            lifetime_learning,
            LifetimeArtefact("bg_nbd", 30, "USD", None),
            (LifetimeArtefact("bg_nbd", 30, "EUR", None),),
        ),
    ],
)
def test_champion__of_another_question_stands_in_nobodys_way(learning, other, own):
    """Nothing is computed: the window of the one isn't the other's."""
    assert set(learning._judge_other(other, *own, None, None).values()) == {np.inf}


def test_hazard__lets_time_pass_in_what_it_goes_by():
    people = pd.DataFrame(
        {"silent_days": [4.0, 10.0], "median_gap_days": [5.0, np.nan], "silent_of_median_gap": [0.8, np.nan]}
    )
    rows = hazard._at_risk(people, np.array([0, 0, 1]), np.array([0, 2, 1]), np.array([1.0, 6.0, 30.0]))
    assert rows["stretch_begins"].tolist() == [0, 6, 1]
    assert rows["silent_days"].tolist() == [4, 10, 11]
    assert rows["silent_of_median_gap"].tolist()[:2] == [0.8, 2.0]
    assert np.isnan(rows["silent_of_median_gap"][2])
