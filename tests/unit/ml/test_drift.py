import numpy as np
import pytest

from ml.drift import SCORE, Drift, drift_from, reference_of, stability_index

CHANCE = np.random.default_rng(5)
AGES = CHANCE.gamma(2, 20, 5_000)
COUNTS = CHANCE.poisson(2, 5_000).astype(float)


def of(name: str, found: list[Drift]) -> Drift:
    return next(each for each in found if each.feature == name)


def test_stability_index__is_the_published_sum():
    expected, found = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
    by_hand = -0.1 * np.log(0.4 / 0.5) + 0.1 * np.log(0.4 / 0.3)
    assert stability_index(expected, found) == pytest.approx(by_hand)
    assert stability_index(expected, expected) == 0


def test_drift__of_the_same_people_is_nothing_and_of_others_drawn_alike_is_stable():
    reference = reference_of({"age": AGES, "count": COUNTS}, AGES / 200)
    same = drift_from(reference, {"age": AGES, "count": COUNTS}, AGES / 200)
    assert all(each.index == pytest.approx(0, abs=1e-9) for each in same)
    others = CHANCE.gamma(2, 20, 5_000)
    alike = drift_from(reference, {"age": others, "count": CHANCE.poisson(2, 5_000)}, others / 200)
    assert {each.reading for each in alike} == {"stable"}


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        (lambda ages: ages * 1.05, "stable"),
        (lambda ages: ages * 1.35, "watch"),
        (lambda ages: ages * 3, "drifted"),
        (lambda ages: np.where(np.arange(5_000) % 3 == 0, np.nan, ages), "drifted"),
        (lambda ages: np.full(5_000, 20.0), "drifted"),
    ],
)
def test_drift__is_read_as_usual(change, reading):
    found = drift_from(reference_of({"age": AGES}, AGES / 200), {"age": change(AGES)}, AGES / 200)
    assert of("age", found).reading == reading
    assert of(SCORE, found).reading == "stable"


def test_drift__puts_the_most_drifted_first_and_passes_over_what_is_gone():
    reference = reference_of({"age": AGES, "count": COUNTS, "gone": COUNTS}, AGES / 200)
    found = drift_from(reference, {"age": AGES * 3, "count": COUNTS}, AGES / 200)
    assert [each.feature for each in found] == ["age", "count", SCORE]


def test_drift__knows_columns_of_one_value_or_none():
    empty, one = np.full(100, np.nan), np.ones(100)
    reference = reference_of({"empty": empty, "one": one}, one / 2)
    assert [each.index for each in drift_from(reference, {"empty": empty, "one": one}, one / 2)] == [0, 0, 0]
    filled = drift_from(reference, {"empty": one, "one": empty}, one / 2)
    assert [each.reading for each in filled[:2]] == ["drifted", "drifted"]
