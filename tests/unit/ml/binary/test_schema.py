import json

import pytest
import yaml

from kith.settings import PROJECT, load_settings
from ml.goals import BinaryPrediction, json_schema
from ml.predictions import load_predictions

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema comes with the locked packages")
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_schema__is_published_as_it_is():
    file = PROJECT / "docs" / "schemas" / "prediction.json"
    assert json.loads(file.read_text()) == json_schema(), "kith models schema > docs/schemas/prediction.json"


def test_schema__takes_the_definitions_of_the_house():
    found = [each for each in load_predictions(load_settings()) if isinstance(each.body, BinaryPrediction)]
    assert len(found) >= 4
    for definition in found:
        VALIDATOR.validate(yaml.safe_load(definition.path.read_text()))


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": "a month"},
        {"goal": {"evnt": "Order Completed"}},
        {"population": {"order_count": {"atleast": 1}}},
        {"leave_out": "order_count"},
    ],
)
def test_schema__refuses_what_the_grammar_refuses(wrong):
    right = {"description": "d", "model": "custom", "goal": {"event": "Order Completed"}}
    VALIDATOR.validate(right)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**right, **wrong})
