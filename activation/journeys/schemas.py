"""The grammars as JSON Schemas, for editors; published below docs/schemas/.

What pydantic makes of the grammar is brought to what a file may really say: short forms (a step alone for a list of
one, `{if, then, else}` for a list of cases), holes of parts (`${offer}`), each part that recurs said once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activation.journeys.campaign import Campaign
from activation.journeys.language.journey import JourneyBody

Schema = dict[str, Any]
_HEAD = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
_HOLE = {"type": "string", "pattern": r"\$\{[a-z][a-z0-9_]*\}"}
_SINGLE = ("string", "integer", "number", "boolean")
_STEPS, _IF = {"$ref": "#/$defs/Steps"}, {"$ref": "#/$defs/If"}


def campaign_schema() -> Schema:
    """What a file below `definitions/campaigns` may say. Of a transactional one the grammar fills the holdout in."""
    schema = Campaign.model_json_schema(by_alias=True)
    schema["required"].remove("holdout")
    notice = {"properties": {"purpose": {"const": "transactional"}}, "required": ["purpose"]}
    schema |= {"if": notice, "else": {"required": ["holdout"]}}
    return _HEAD | schema | {"title": "A campaign of Kith"}


def journey_schema() -> Schema:
    """What a file below `definitions/journeys` may say."""
    schema = JourneyBody.model_json_schema(by_alias=True)
    defs = schema["$defs"]
    step = schema["properties"]["steps"]["items"]
    asked = {"oneOf": defs["Case"]["properties"]["if"]["oneOf"]}
    schema = _said_once(schema, step, asked)
    defs = schema["$defs"]
    alone = {"$ref": "#/$defs/Step"}
    defs["Step"] = step_of(_said_once(step, None, asked))
    defs["Steps"] = {"anyOf": [{"type": "array", "minItems": 1, "items": alone}, alone]}
    defs["If"] = {"anyOf": [_said_once(asked, step, None), {"type": "array", "minItems": 1, "items": _IF}]}
    cases = defs["BranchStep"]["properties"]["branch"]
    defs["BranchStep"]["properties"]["branch"] = {"anyOf": [cases, _one_case()]}
    exits = schema["properties"]["stop_when"]
    schema["properties"]["stop_when"] = {"anyOf": [exits, exits["items"]]}
    for name, each in defs.items():
        if name not in ("Exit", "Goal", "Enter"):
            _let_holes(each)
    return _HEAD | schema | {"title": "A journey of Kith"}


def step_of(union: Schema) -> Schema:
    """The union of steps; `end` stands for itself."""
    return {"oneOf": union["oneOf"]}


def _one_case() -> Schema:
    return {
        "type": "object",
        "properties": {"if": _IF, "then": _STEPS, "else": _STEPS},
        "required": ["if", "then"],
        "additionalProperties": False,
    }


def _said_once(schema: Any, step: Schema | None, asked: Schema | None) -> Any:
    """The lists of steps and the conditions replaced by references."""
    if isinstance(schema, list):
        return [_said_once(each, step, asked) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if step is not None and schema.get("type") == "array" and schema.get("items") == step:
        return _STEPS
    if asked is not None and schema.get("oneOf") == asked["oneOf"]:
        return _IF
    return {key: _said_once(each, step, asked) for key, each in schema.items()}


def _let_holes(model: Schema) -> None:
    """Wherever a file says one value, a part may leave a hole."""
    for name, each in model.get("properties", {}).items():
        forms = [each, *each.get("oneOf", ()), *each.get("anyOf", ())]
        if any(form.get("type") in _SINGLE or "enum" in form or "const" in form for form in forms):
            model["properties"][name] = {"anyOf": [each, _HOLE]}


SCHEMAS: dict[str, Callable[[], Schema]] = {"journey": journey_schema, "campaign": campaign_schema}
