import numpy as np
import pytest
import sklearn.ensemble  # noqa: F401
from scipy.stats import spearmanr

from ml.contract import NotTrainable
from ml.gate import judge
from ml.models.uplift import plugin
from ml.threads import one_thread
from ml.uplift.effects import load_effects
from ml.uplift.learners import CANDIDATES, fit_effects, fit_outcomes, folds
from ml.uplift.learning import RANDOM, RESPONSE, SILENCE, learn_from
from ml.uplift.regressors import BASES
from ml.uplift.windows import Fewest, split_by_time
from tests.unit.ml.uplift.trials import found, simulated

FEW = Fewest(10, 2)


def learned_from(pairs, lesson):
    return learn_from(split_by_time(pairs, 7.0, FEW), found(pairs), lesson)


def verdict_on(learned, lesson):
    return judge(plugin.criteria, learned.metrics, learned.baselines, None, None, lesson.terms.gate)


@pytest.fixture(scope="module")
def outcomes():
    """Learned once from rows whose true effects are known."""
    pairs, _ = simulated(1, count=8_000, people=3_000)
    with one_thread():
        return pairs, fit_outcomes(pairs, BASES["boosted"](1))


@pytest.mark.parametrize("name", CANDIDATES)
def test_each_learner__finds_who_is_moved(outcomes, name):
    pairs, fitted = outcomes
    effects = fit_effects(CANDIDATES[name], pairs, fitted, 1)
    later, true = simulated(2)
    told = effects.predict(later.values)
    least = 0.45 if name.startswith("t ") else 0.7
    assert spearmanr(told, true).statistic > least
    assert told.mean() == pytest.approx(true.mean(), abs=0.03)


def test_outcomes_of_a_person__come_from_models_that_have_not_seen_them(outcomes):
    """Answers of one fold are turned: what is expected of that fold must not change."""
    pairs, fitted = outcomes
    mine = folds(pairs.profiles) == 0
    turned = pairs.take(np.ones(len(pairs), bool))
    turned.outcome[mine] = 1 - turned.outcome[mine]
    with one_thread():
        again = fit_outcomes(turned, BASES["boosted"](1))
    np.testing.assert_array_equal(again.crossed[:, mine], fitted.crossed[:, mine])
    assert not np.array_equal(again.crossed[:, ~mine], fitted.crossed[:, ~mine])


def test_learning__passes_the_gate_where_effects_differ(lesson):
    pairs, _ = simulated(3, count=8_000, people=3_000, effect=0.4)
    learned = learned_from(pairs, lesson)
    assert set(learned.baselines) == {RANDOM, RESPONSE, SILENCE}
    assert learned.metrics["qini_lower"] > 0
    assert learned.metrics["average_effect"] == pytest.approx(0.17, abs=0.05)
    curve = [learned.metrics[f"qini_at_{share:03d}"] for share in range(10, 101, 10)]
    assert np.mean([0, *curve]) - curve[-1] / 2 == pytest.approx(learned.metrics["qini"], abs=0.01)
    assert max(curve) > curve[-1] / 2
    told = [learned.metrics[f"group_{number}_told"] for number in range(1, 6)]
    assert told == sorted(told, reverse=True)
    assert learned.metrics["group_1_found"] > learned.metrics["group_5_found"]
    verdict = verdict_on(learned, lesson)
    assert verdict.is_champion, verdict.reason
    assert learned.tables["channels"][0]["average_effect"] > learned.tables["channels"][1]["average_effect"]


def test_learning__is_refused_where_effects_are_equal_though_great(lesson):
    """Everybody is moved alike: to write to some first gains nothing, and response ranks as well as anything."""
    refused = 0
    for seed in range(5):
        pairs, _ = simulated(seed, count=1_600, effect=0.0)
        pairs.outcome[pairs.is_treated] = np.maximum(
            pairs.outcome, np.random.default_rng(seed).random(len(pairs)) < 0.2
        )[pairs.is_treated]
        pairs.delay_days[:] = np.where(pairs.outcome > 0, 1.0, np.nan)
        refused += not verdict_on(learned_from(pairs, lesson), lesson).is_champion
    assert refused >= 4


def passes(seeds, lesson):
    learned = (learned_from(simulated(seed, count=1_600, effect=0.0)[0], lesson) for seed in seeds)
    return sum(verdict_on(each, lesson).is_champion for each in learned)


def test_the_gate__refuses_a_message_that_changes_nothing(lesson):
    assert passes(range(100, 110), lesson) <= 1


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_the_gate__refuses_a_message_that_changes_nothing_in_95_of_100_seeds(lesson, strikes):
    count = strikes or 200
    assert passes(range(1_000, 1_000 + count), lesson) <= 0.05 * count


def test_a_column_of_which_nothing_is_known__is_no_obstacle(lesson):
    pairs, _ = simulated(8, count=1_600)
    pairs.values[:, 0] = np.nan
    pairs.values[:, 5] = 1.0
    assert np.isfinite(learned_from(pairs, lesson).metrics["qini"])


def test_equal_rows__give_equal_models(lesson):
    pairs, _ = simulated(4, count=1_600)
    one, two = learned_from(pairs, lesson), learned_from(pairs, lesson)
    assert one.metrics == two.metrics
    assert one.evidence == two.evidence


def test_the_champion__is_judged_on_the_very_same_rows(lesson):
    pairs, _ = simulated(5, count=1_600)
    learned = learned_from(pairs, lesson)
    again = learned.judge(learned.fitted)
    assert again["qini"] == learned.metrics["qini"]
    assert again["qini_lower"] == learned.metrics["qini_lower"]


@pytest.mark.parametrize("name", ["t boosted", "x boosted", "dr proportional"])
def test_effects__are_kept_as_plain_files(tmp_path, outcomes, name):
    pairs, fitted = outcomes
    effects = fit_effects(CANDIDATES[name], pairs, fitted, 1)
    effects.save(tmp_path)
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".skops"}
    again = load_effects(tmp_path)
    np.testing.assert_array_equal(again.predict(pairs.values[:200]), effects.predict(pairs.values[:200]))


def test_scores__are_effects_between_minus_one_and_one(outcomes):
    pairs, fitted = outcomes
    wild = pairs.values[:50] * 1e6
    told = fit_effects(CANDIDATES["x proportional"], pairs, fitted, 1).predict(wild)
    assert ((told >= -1) & (told <= 1)).all()


def test_learning__says_what_effect_could_have_been_seen(lesson):
    small, large = (
        learned_from(simulated(6, count=count)[0], lesson).metrics["detectable_effect"]
        for count in (1_000, 4_000)
    )
    assert small == pytest.approx(2 * large, rel=0.25)


def test_learning__refuses_with_counts_where_a_judged_arm_is_empty(lesson):
    pairs, _ = simulated(7, count=2_500)
    late = pairs.assigned_at >= np.sort(pairs.assigned_at)[1_000]
    with pytest.raises(NotTrainable, match="0 control assignments with 0 orders in the judging window"):
        learned_from(pairs.take(pairs.is_treated | ~late), lesson)
