"""Scores on a page: each on its model's scale, everybody counted, reasons in words."""

from __future__ import annotations

import json

import pytest

from dashboards.answers.health import score_distribution
from dashboards.formatting import Spelling
from dashboards.person_card import spell_reasons
from dashboards.reader import open_reader
from dashboards.scales import scale_of, spell_score
from kith.settings import Settings
from ml.contract import AMOUNT, DAYS, PROBABILITY, Scale

EFFECT = Scale("probability", -1.0, 1.0)


@pytest.mark.parametrize(
    ("score", "scale", "text", "fullness"),
    [
        (0.25, PROBABILITY, "25.0 %", 0.25),
        (-0.05, EFFECT, "−5.0 pp", 0.4),
        (1234.5, AMOUNT, "1,234.50", 0.4),
        (12.0, DAYS, "12 days", 0.4),
    ],
)
def test_score__is_spelled_on_its_scale(score: float, scale: Scale, text: str, fullness: float) -> None:
    told = spell_score(score, scale, 0.4, Spelling())
    assert (told.text, told.fullness) == (text, fullness)


def test_scale__is_that_of_the_model_the_definition_names(settings: Settings) -> None:
    assert scale_of("churn") == PROBABILITY
    assert scale_of("next_order") == DAYS
    assert scale_of("long gone").unit == ""


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("bounds", [(0.0, 1.0), (None, None), (0.4, 0.5)])
def test_distribution__counts_everybody_once(
    settings: Settings, bounds: tuple[float | None, float | None]
) -> None:
    reader = open_reader(settings)
    assert reader is not None
    everybody = reader.rows("SELECT count(*) AS people FROM scores WHERE model = 'churn'")[0]["people"]
    frame = score_distribution(reader, "churn", *bounds)
    assert frame["people"].sum() == everybody > 0
    assert (frame["score_to"] > frame["score_from"]).all()
    low, high = bounds
    if low is not None and high is not None:
        assert frame["score_from"].min() >= low
        assert frame["score_to"].max() <= high + 1e-9


def test_reasons__are_told_in_their_words() -> None:
    given = [
        {"feature": "days", "value": 3, "median": 1, "effect": 0.1, "words": "3 days, *long*"},
        {"words": "A fact"},
    ]
    first, second = spell_reasons(json.dumps(given), Spelling())
    assert "3 days" in first
    assert "*long*" not in first
    assert second == "A fact"
