"""The schema that editors read says what the grammar says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as budget

from activation.segments.grammar import json_schema
from kith.settings import PROJECT, load_settings
from tests.unit.segments.drawn_definitions import definitions

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema comes with the locked packages")
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_schema__is_published_as_it_is() -> None:
    file = PROJECT / "docs" / "schemas" / "segment.json"
    assert json.loads(file.read_text()) == json_schema(), "kith segments schema > docs/schemas/segment.json"


def test_schema__takes_the_definitions_of_the_house() -> None:
    for file in sorted((load_settings().definitions / "segments").glob("*.yml")):
        VALIDATOR.validate(yaml.safe_load(file.read_text()))


@given(definitions)
@budget(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_schema__takes_whatever_the_grammar_takes(who: Any) -> None:
    VALIDATOR.validate({"who": who})


@pytest.mark.parametrize(
    "who",
    [
        {"attribute": "country", "equals": "GB"},
        {"attribut": "country", "is": "GB"},
        {"all": []},
        {"did": "X", "within": "3h"},
        {"did": "X", "where": {"a": {"like": "b"}}},
        {"event": "X", "count": {"at_least": "3"}},
        {"sequence": [{"did": "X"}]},
        {"consent": "m", "channel": "email", "is": "perhaps"},
        {"score": "churn", "at_least": 1},
        {"attribute": "country", "in": []},
        "text",
    ],
)
def test_schema__refuses_what_the_grammar_refuses(who: Any) -> None:
    assert not VALIDATOR.is_valid({"who": who})
