"""A sample of the protocols of traits; the whole of them is five times five folds (`-m soak`)."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from kith.definitions import load_definition
from ml.contract import NotTrainable
from ml.goals import BinaryPrediction
from ml.traits.evaluation import evaluate_trait, question_of
from ml.traits.tables import read_table

NAMES = ("telco", "bank", "online_shoppers")


def given(name, shared_data):
    trait = import_module(f"ml.protocols.custom_{name}").TRAIT
    terms = load_definition(trait.definition, BinaryPrediction).body
    return trait, question_of(terms, read_table(shared_data / trait.file))


@pytest.mark.real_data
def test_protocol__reaches_its_figures_on_a_sample_of_folds(shared_data):
    trait, question = given("telco", shared_data)
    found = evaluate_trait(question, 0, splits=2, repeats=1)
    assert found.mean("auc") > 0.84 > found.baseline("auc") + 0.05
    assert max(found.calibration_errors) < 0.02
    told = trait.findings(question, found)
    assert [check.is_met for check in told.checks][1:] == [True, True, True]


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "leaks"), [("telco", []), ("bank", ["duration"]), ("online_shoppers", [])])
def test_protocol__flags_the_length_of_the_call_and_no_honest_column(name, leaks, shared_data):
    _, question = given(name, shared_data)
    assert [each.column for each in question.strangers] == leaks
    assert not set(leaks) & set(question.inputs.columns)


@pytest.mark.soak
@pytest.mark.usefixtures("in_full")
@pytest.mark.real_data
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", NAMES)
def test_protocol__meets_every_check(name, shared_data):
    trait, _ = given(name, shared_data)
    found = trait.evaluate(shared_data / trait.file, lambda steps: None)
    assert all(check.is_met for check in found.checks), found.checks


def terms(**more) -> BinaryPrediction:
    goal = {"trait": "y", "is": "yes"}
    return BinaryPrediction.model_validate({"description": "d", "model": "custom", "goal": goal, **more})


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"x": range(300), "y": ["yes"] * 300}, "300 yes and 0 no in the table, at least 30 of each"),
        ({"x": range(300), "y": ["yes"] * 9 + ["no"] * 291}, "9 yes and 291 no in the table"),
        ({"x": range(50), "y": ["yes", "no"] * 25}, "50 rows in the table, at least 200"),
        ({"x": range(300), "y": [None] * 300}, "0 rows in the table"),
        (
            {"x": [1] * 300, "y": ["yes", "no"] * 150},
            "no column can be learned from: .*x is the same in every row",
        ),
        ({"x": [np.nan] * 300, "y": ["yes", "no"] * 150}, "x is unknown in nearly every row"),
        ({"x": range(300)}, "there is no column y: x"),
    ],
)
def test_question__is_refused_with_counts(table, reason):
    with pytest.raises(NotTrainable, match=reason):
        question_of(terms(), pd.DataFrame(table))
