"""What a definition may say, and its schema."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from activation.syncs.grammar import Sync, json_schema, load_syncs
from kith.settings import PROJECT, load_settings

TOLD = {
    "name": "x",
    "from": {"table": "profiles"},
    "to": "files",
    "mode": "append",
    "key": "id",
    "fields": ["id"],
}


def test_schema__is_the_published_one():
    file = PROJECT / "docs" / "schemas" / "sync.json"
    assert json.loads(file.read_text()) == json_schema(), "kith syncs schema > docs/schemas/sync.json"


def test_definitions__of_the_project_are_valid():
    definitions = PROJECT / "activation" / "definitions"
    assert {each.name for each in load_syncs(load_settings(definitions=definitions))} >= {"customers_export"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": []}, "needs a key"),
        ({"key": "other"}, "none of its fields"),
        ({"mode": "audience"}, "leave the key out"),
        ({"from": {"table": "a", "segment": "b"}}, "one of table, segment or query"),
        ({"schedule": "sometimes"}, "schedule"),
        ({"colour": "red"}, "colour"),
        ({"fields": {'a"; DROP': "b"}}, "fields"),
    ],
)
def test_definition__what_makes_no_sense_is_refused(changed, said):
    with pytest.raises(ValidationError, match=said):
        Sync.model_validate({**TOLD, **changed})
