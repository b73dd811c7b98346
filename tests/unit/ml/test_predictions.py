from datetime import timedelta

import pytest

from kith.errors import KithError
from kith.registry import plugins
from ml.binary.model import BinaryModel
from ml.contract import Model
from ml.predictions import find_prediction, load_prediction, load_predictions

TEXT = """
name: churn
description: Who leaves.
model: churn
horizon: 30d
goal: {no_event: Order Completed}
population:
  order_count: {at_least: 1}
"""


@pytest.fixture
def read(tmp_path):
    def parse(text):
        path = tmp_path / "churn.yml"
        path.write_text(text, encoding="utf-8")
        return load_prediction(path)

    return parse


def test_prediction__reads_its_file(read):
    body = read(TEXT).body
    assert body.horizon == timedelta(days=30)
    assert body.population["order_count"].at_least == 1
    assert body.gate.calibration_error_at_most == 0.02


@pytest.mark.parametrize(
    ("wrong", "instead", "message"),
    [
        ("horizon: 30d", "horizon: soon", r"churn.yml:5: horizon: .*30d"),
        (
            "{no_event: Order Completed}",
            "{}",
            r"churn.yml:6: goal: says nothing; expected one of event, no_event",
        ),
        ("{no_event: Order Completed}", "{event: a, trait: b}", r"churn.yml:6: goal: says event and trait"),
        (
            "{no_event: Order Completed}",
            "{trait: plan}",
            r"churn.yml:6: goal: 'trait' and 'is' belong together",
        ),
        ("{no_event: Order Completed}", "{evnt: a}", r"churn.yml:6: goal.evnt: .*no such field"),
        ("{no_event: Order Completed}", "{event: a, where: {p: [[1]]}}", r"churn.yml:6: goal.where.p"),
        ("{at_least: 1}", "{}", r"churn.yml:8: population.order_count: needs at_least or at_most"),
        ("model: churn", "modle: churn", r"churn.yml.*(no such field|is missing)"),
    ],
)
def test_prediction__names_file_line_and_field_of_a_mistake(read, wrong, instead, message):
    with pytest.raises(KithError, match=message):
        read(TEXT.replace(wrong, instead))


def test_prediction__names_a_model_that_there_is(read):
    with pytest.raises(KithError, match=r"churn.yml:4: model: there is no model 'chrun'.*churn"):
        read(TEXT.replace("model: churn", "model: chrun"))


def test_predictions__of_the_project_can_be_read(settings):
    assert load_predictions(settings)


def test_models__say_what_a_score_means_and_what_they_are_compared_by():
    for name, model in plugins("ml.models", Model).items():
        assert model.meaning, name
        assert model.scale.low < model.scale.high, name
        assert model.criteria, name
        for table in model.tables:
            is_of_people = "profile_id" in table.schema.names
            assert table.people == (("profile_id",) if is_of_people else ()), table.name
        assert {"profile_id", "model", "model_version", "as_of"} <= {
            column for table in model.tables for column in table.schema.names
        } or not model.tables, name


def test_models__of_a_yes_or_no_give_unfitted_classifiers_and_known_rules():
    from ml.binary.baselines import RULES
    from ml.binary.inputs import Inputs

    found = {
        name: each for name, each in plugins("ml.models", Model).items() if isinstance(each, BinaryModel)
    }
    assert {"churn", "propensity", "custom"} <= set(found)
    for name, model in found.items():
        classifiers = model.candidates(Inputs(("a",), {"b": ("x", "y")}), 1)
        assert all(
            hasattr(each, "fit") and hasattr(each, "decision_function") for each in classifiers.values()
        ), name
        assert model.baselines, name
        assert set(model.baselines) <= set(RULES), name


def test_find_prediction__lists_what_there_is(settings):
    with pytest.raises(KithError, match=r"no prediction 'lifetime'.*churn"):
        find_prediction(settings, "lifetime")
