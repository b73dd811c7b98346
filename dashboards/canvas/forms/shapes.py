"""From the journeys' JSON schema to what a form has to ask: holes, nulls and references taken out, steps left to the
canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Schema = Mapping[str, Any]
_HOLE = r"\$\{[a-z][a-z0-9_]*\}"


@dataclass(frozen=True)
class Shape:
    """What a value may be. `kind`: text, number, truth, choice, choices (several of a list), texts (several of one's
    own), pair, mapping (free keys), record (known fields), several (a list of shapes), forms (one of), scalar, steps."""

    kind: str
    title: str = ""
    help: str = ""
    options: tuple[Any, ...] = ()
    fields: tuple[Field, ...] = ()
    inner: tuple[str, ...] = ()  # names of definitions: they recur
    pattern: str = ""
    least: float | None = None
    most: float | None = None
    forms: tuple[Shape, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True)
class Field:
    """One key of a record."""

    name: str
    shape: Shape = field(compare=False)
    is_required: bool = False
    default: Any = None


#: What is said once for all by others of the form, or has to stay as it is.
_HIDDEN = frozenset({"steps", "name"})


@cache
def _schema() -> Schema:
    from activation.journeys.schemas import journey_schema

    return journey_schema()


@cache
def step_shape(word: str) -> Shape:
    """The record of a step's own fields, its arms left out."""
    found = next(
        each
        for each in _schema()["$defs"].values()
        if next(iter(_told(each, "properties") - {"id"}), "") == word
    )
    return _record(found)


def _told(schema: Schema, key: str) -> set[str]:
    """The first field of a word's schema that isn't its id, alone: it is named after the word."""
    names = [name for name in schema.get(key, {}) if name != "id"]
    return {names[0]} if names and "id" in schema.get(key, {}) else set()


@cache
def journey_shape() -> Shape:
    """The record of what a journey says besides its steps."""
    return _record(_schema())


@cache
def named_shape(name: str) -> Shape:
    """A definition of the schema that others refer to."""
    return _shape(_schema()["$defs"][name])


def _record(schema: Schema) -> Shape:
    required = set(schema.get("required", ()))
    fields = [
        Field(name, _shape(each), name in required, each.get("default", _inner_default(each)))
        for name, each in schema.get("properties", {}).items()
        if name not in _HIDDEN
    ]
    kept = tuple(each for each in fields if each.shape.kind != "steps")
    return Shape("record", schema.get("title", ""), _first(schema.get("description", "")), fields=kept)


def _inner_default(schema: Schema) -> Any:
    return next((each["default"] for each in schema.get("anyOf", ()) if "default" in each), None)


def _first(description: str) -> str:
    return " ".join(description.replace("`", "").split())


def _shape(schema: Schema) -> Shape:
    forms = [each for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())) if not _is_left_out(each)]
    if "$ref" in schema:
        return _referred(schema["$ref"])
    if len(forms) == 1:
        return _shape(forms[0])
    if forms:
        return _of_forms(forms)
    if "enum" in schema or "const" in schema:
        return Shape("choice", options=tuple(schema.get("enum", (schema.get("const"),))))
    return _plain(schema)


def _is_left_out(schema: Schema) -> bool:
    return schema.get("type") == "null" or schema.get("pattern") == _HOLE


def _referred(reference: str) -> Shape:
    name = reference.rpartition("/")[2]
    if name in ("Steps", "Step"):
        return Shape("steps")
    if name == "If":
        return Shape("forms", "If", inner=("If",))
    return named_shape(name)


def _of_forms(forms: list[Any]) -> Shape:
    shapes = [_shape(each) for each in forms]
    choices = [each for each in shapes if each.kind == "choice"]
    lists = [each for each in shapes if each.kind in ("choices", "texts")]
    if choices and len(choices) + len(lists) == len(shapes):
        options = tuple(dict.fromkeys(option for each in shapes for option in each.options))
        return Shape("choices", options=options) if lists else Shape("choice", options=options)
    if {each.kind for each in shapes} <= {"text", "number", "scalar"}:
        return Shape("scalar")
    return Shape("forms", forms=tuple(shapes))


def _plain(schema: Schema) -> Shape:
    kind = schema.get("type")
    if isinstance(kind, list):
        return Shape("number" if kind == ["number"] else "scalar")
    if kind == "array":
        return _array(schema)
    if kind == "object":
        return _record(schema) if schema.get("properties") else Shape("mapping")
    if kind == "boolean":
        return Shape("truth")
    if kind in ("integer", "number"):
        return Shape(
            "number", least=schema.get("minimum"), most=schema.get("maximum"), is_whole=kind == "integer"
        )
    return Shape("text", pattern=schema.get("pattern", ""))


def _array(schema: Schema) -> Shape:
    if "prefixItems" in schema:
        return Shape("pair", forms=tuple(_shape(each) for each in schema["prefixItems"]))
    inner = _shape(schema["items"])
    if inner.kind == "choice":
        return Shape("choices", options=inner.options)
    if inner.kind in ("text", "scalar", "number"):
        return Shape("texts")
    return Shape("several", forms=(inner,), least=schema.get("minItems"), most=schema.get("maxItems"))
