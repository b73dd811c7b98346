"""All models behind their contract, on a shop that is told purchase by purchase."""

import numpy as np
import pytest

from kith.errors import KithError
from ml.lifetime.backtest import choose_champion, judge, judge_all, lifetime_models
from ml.lifetime.contract import COVERAGE, Forecast, LifetimeModel, Terms
from ml.lifetime.kept import Kept, load_kept
from ml.lifetime.models import last_value, rfm_rule
from ml.lifetime.purchases import Outcome, known_before, outcome_after, purchases_of

DAYS, CUTOFF = 60, 320


@pytest.fixture(scope="module")
def shop():
    """1,500 customers over 400 days; each has a pace, a purse and an end of their own."""
    chance = np.random.default_rng(8)
    count = 1_500
    began = chance.integers(0, 280, count)
    pace, purse = chance.gamma(0.8, 1 / 40, count), 20 / chance.gamma(3, 1 / 2, count)
    end = began + chance.exponential(300, count)
    lines = [(who, int(day), 10.0 + purse[who]) for who, day in enumerate(began)]
    for who in range(count):
        bought = chance.poisson(pace[who] * max(min(end[who], 400) - began[who], 0))
        days = began[who] + chance.random(bought) * max(min(end[who], 400) - began[who], 0)
        lines += [(who, int(day), float(chance.gamma(5) * purse[who] / 5)) for day in days]
    return purchases_of(*zip(*lines, strict=True))


@pytest.fixture(scope="module")
def judged(shop):
    return judge_all(shop, CUTOFF, Terms(DAYS, draws=100))


def test_models__are_all_there_and_learn(judged):
    found, _, refused = judged
    assert set(found) == {"bg_nbd", "pareto_nbd", "boosted_two_part", "last_value", "rfm_rule"}
    assert not refused
    assert [name for name, each in lifetime_models().items() if each.is_baseline] == [
        "last_value",
        "rfm_rule",
    ]


def test_models__foresee_a_value_of_nothing_or_more_for_each(shop, judged):
    history = known_before(shop, CUTOFF)
    for fitted in judged[1].values():
        told = fitted.forecast(history)
        for name, column in vars(told).items():
            if column is not None:
                assert column.shape == (len(history),), name
                assert np.isfinite(column).all()
                assert (column >= 0).all()
        for chance in (told.alive, told.any_purchase):
            assert chance is None or (chance <= 1).all()
        assert told.value_low is None or (told.value_low <= told.value_high).all()
        assert all(isinstance(each, float | int) for each in fitted.told().values())


def test_models__beat_the_rules_of_thumb_where_people_have_a_pace(judged):
    found = judged[0]
    rules = min(found[name].value.root_square for name in ("last_value", "rfm_rule"))
    for name in ("bg_nbd", "pareto_nbd", "boosted_two_part"):
        assert found[name].value.root_square < rules
        assert abs(found[name].value.of_total) < 0.15
        assert found[name].coverage > COVERAGE - 0.05


@pytest.mark.parametrize("name", ["bg_nbd", "pareto_nbd", "boosted_two_part", "last_value", "rfm_rule"])
def test_models__say_the_same_each_time_and_of_what_they_know_alone(name, shop):
    terms, model = Terms(DAYS, draws=20), lifetime_models()[name]
    changed = purchases_of(
        np.append(shop.customers[shop.customer], 3),
        np.append(shop.day, CUTOFF),
        np.append(shop.amount, 1e6),
    )
    first, again = (
        model.fit(known_before(each, CUTOFF), terms).forecast(known_before(each, CUTOFF))
        for each in (shop, changed)
    )
    for key, column in vars(first).items():
        assert column is None or (column == getattr(again, key)).all(), key


@pytest.mark.parametrize("name", ["bg_nbd", "pareto_nbd", "boosted_two_part", "last_value", "rfm_rule"])
def test_models__come_back_from_plain_files_as_they_were(name, shop, judged, tmp_path):
    history, fitted = known_before(shop, CUTOFF), judged[1][name]
    fitted.kept().save(tmp_path)
    again = lifetime_models()[name].restore(load_kept(tmp_path))
    for key, column in vars(fitted.forecast(history)).items():
        assert column is None or (column == getattr(again.forecast(history), key)).all(), key
    assert again.told() == fitted.told()
    assert {file.suffix for file in tmp_path.rglob("*") if file.is_file()} <= {".json", ".npz", ".skops"}


def test_load_kept__refuses_an_estimator_of_a_foreign_type(tmp_path):
    Kept(estimators={"strange": Strange()}).save(tmp_path)
    with pytest.raises(KithError, match=r"the model asks for .*Strange.*expected scikit-learn"):
        load_kept(tmp_path)


class Strange:
    """Nothing of scikit-learn's."""


def test_boosted_two_part__discounts_and_is_calibrated(shop, judged):
    history, model = known_before(shop, CUTOFF), lifetime_models()["boosted_two_part"]
    plain = judged[1]["boosted_two_part"].forecast(history)
    dear = model.fit(history, Terms(DAYS, discount=1.0)).forecast(history)
    half_window = 2 ** -(DAYS / 2 / 365.25)
    assert dear.value / plain.value == pytest.approx(half_window, rel=0.01)
    assert judged[0]["boosted_two_part"].any_calibration_error < 0.06


def test_boosted_two_part__refuses_too_few_buyers_with_counts(shop):
    few = shop.customer < 20
    small = purchases_of(shop.customer[few], shop.day[few], shop.amount[few])
    with pytest.raises(KithError, match=r"\d+ rows with a purchase ahead and \d+ without.*expected 50"):
        lifetime_models()["boosted_two_part"].fit(known_before(small, CUTOFF), Terms(DAYS))


def test_last_value__is_that_of_as_many_days_before():
    bought = purchases_of(["a", "a", "b", "a"], [10, 39, 12, 40], [5.0, 7.0, 3.0, 100.0])
    told = last_value.fit(known_before(bought, 40), Terms(28)).forecast(known_before(bought, 40))
    assert told.value.tolist() == [7, 3]
    assert told.purchases.tolist() == [1, 1]


def test_rfm_rule__gives_each_cell_its_mean_and_stretches_short_windows(shop):
    history = known_before(shop, CUTOFF)
    fitted = rfm_rule.fit(history, Terms(DAYS))
    past = history.at(CUTOFF - DAYS)
    came = outcome_after(history.purchases, past, DAYS)
    cell = rfm_rule._cells(rfm_rule._measures(past), fitted.edges)
    best = np.bincount(cell).argmax()
    assert fitted.value[best] == pytest.approx(came.value[cell == best].mean())
    long = rfm_rule.fit(history, Terms(CUTOFF))
    half = rfm_rule.fit(history, Terms(CUTOFF // 2))
    assert long.value == pytest.approx(2 * half.value, rel=0.02)


def test_judge__gives_figures_worked_out_by_hand():
    told = Forecast(
        value=np.array([10.0, 0.0, 5.0, 5.0]),
        purchases=np.array([1.0, 0.0, 1.0, 1.0]),
        value_low=np.array([0.0, 0.0, 4.0, 4.0]),
        value_high=np.array([20.0, 0.0, 6.0, 6.0]),
    )
    found = judge(told, Outcome(np.array([2.0, 0, 0, 1]), np.array([20.0, 1.0, 0.0, 4.0])))
    assert found.value.absolute == (10 + 1 + 5 + 1) / 4
    assert found.value.root_square == pytest.approx((127 / 4) ** 0.5)
    assert found.value.of_total == pytest.approx(20 / 25 - 1)
    assert found.purchases.absolute == 0.5
    assert found.coverage == 0.5
    assert found.top_share == pytest.approx(20 / 25)
    assert found.rank == pytest.approx(0.6324555)


def test_choose_champion__judges_on_the_past_alone(shop, monkeypatch):
    history = known_before(shop, CUTOFF)
    choice = choose_champion(history, Terms(DAYS))
    assert choice.cutoffs == (CUTOFF - DAYS,)
    assert choice.errors[choice.champion] == min(choice.errors.values())
    assert not lifetime_models()[choice.champion].is_baseline
    later = purchases_of(
        np.append(shop.customers[shop.customer], np.arange(50)),
        np.append(shop.day, np.full(50, CUTOFF + 1)),
        np.append(shop.amount, np.full(50, 1e6)),
    )
    assert choose_champion(known_before(later, CUTOFF), Terms(DAYS)) == choice


def test_choose_champion__takes_a_rule_that_nothing_beats_and_tells_who_could_not_learn(shop, monkeypatch):
    def impossible(history, terms):
        raise KithError("7 customers are too few")

    found = {
        "last_value": lifetime_models()["last_value"],
        "wild": LifetimeModel("nonsense", lambda history, terms: _Wild(), _never),
        "refused": LifetimeModel("never", impossible, _never),
    }
    monkeypatch.setattr("ml.lifetime.backtest.lifetime_models", lambda: found)
    choice = choose_champion(known_before(shop, CUTOFF), Terms(DAYS))
    assert choice.champion == "last_value"
    assert choice.refused == {"refused": "7 customers are too few"}


def _never(kept):
    raise AssertionError("nothing is restored here")


class _Wild:
    def forecast(self, history):
        return Forecast(np.full(len(history), 1e6))


def test_judge_all__shows_a_model_nothing_of_the_window_it_is_judged_on(shop, monkeypatch):
    seen = []

    def spy(history, terms):
        seen.append((history.purchases.day.max(), history.cutoff))
        return _Wild()

    monkeypatch.setattr(
        "ml.lifetime.backtest.lifetime_models", lambda: {"spy": LifetimeModel("looks", spy, _never)}
    )
    judge_all(shop, CUTOFF, Terms(DAYS))
    [(latest, cutoff)] = seen
    assert latest < cutoff == CUTOFF
