"""Whether an act is a step: the conditions of a funnel as DuckDB's SQL over one row of acts.

The warehouse judges the same by rows (`meets_condition` of dbt's macros); here one funnel is compiled. Every operand
is a parameter of the query, never a part of its text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from measurement.funnels import Condition, Funnel, Step

#: Stricter than a cast: what is no plain number is none, on every warehouse alike.
_NUMBER = r"^-?[0-9]{1,18}([.][0-9]+)?([eE][+-]?[0-9]{1,2})?$"
_COMPARISONS = {"greater": ">", "less": "<", "at_least": ">=", "at_most": "<="}
_ALL_OF, _ONE_OF = " AND ", " OR "


@dataclass
class Parameters:
    """Values handed to the query beside its text."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> str:
        """The name under which SQL finds the value."""
        name = f"given_{len(self.values):03d}"
        self.values[name] = value
        return f"${name}"


def step_sql(step: Step, parameters: Parameters) -> str:
    """A condition over rows of `type, event, properties` (of orders and visits: their columns)."""
    tests = [_kind_sql(step, parameters)]
    for name, condition in sorted(step.where.items()):
        tests.append(_condition_sql(_found(step, name), condition, parameters))
    return f"coalesce({_ALL_OF.join(f'({each})' for each in tests)}, false)"


def told_sql(funnel: Funnel) -> str:
    """The text of the property by which the funnel is broken down."""
    asked = funnel.breakdown.of_event if funnel.breakdown else None
    return _property(asked) if asked else "CAST(NULL AS VARCHAR)"


def looks_into_events(funnel: Funnel) -> bool:
    """Whether the funnel reads properties of events, which aren't for everybody's eyes."""
    is_filtered = any(step.where and step.kind in ("event", "type") for step in funnel.steps)
    return is_filtered or bool(funnel.breakdown and funnel.breakdown.of_event)


def _kind_sql(step: Step, parameters: Parameters) -> str:
    if step.kind == "event":
        return f"type = 'track' AND event = {parameters.add(step.event)}"
    return f"type = '{step.type}'" if step.kind == "type" else "true"


def _found(step: Step, name: str) -> str:
    if step.kind in ("event", "type"):
        return _property(name)
    # As the warehouse writes columns into JSON: without the signs that JSON would have to quote.
    return f"""replace(replace(CAST("{name}" AS VARCHAR), chr(92), ''), '"', '')"""


def _property(name: str) -> str:
    """Names are letters, digits and underscores (see measurement.funnels): safe inside of the text."""
    first, _, part = name.partition(".")
    top = f"json_extract_string(properties, '$.{first}')"
    if not part:
        return top
    return f"CASE WHEN {top} LIKE '{{%' THEN json_extract_string({top}, '$.{part}') END"


def _condition_sql(found: str, condition: Condition, parameters: Parameters) -> str:
    operator, operand = condition.operator, condition.operand
    if operator in ("in", "not_in"):
        each = "is" if operator == "in" else "is_not"
        tests = [_equality(each, found, one, parameters) for one in operand]
        return f"({(_ONE_OF if operator == 'in' else _ALL_OF).join(tests)})"
    if operator in ("is", "is_not"):
        return _equality(operator, found, operand, parameters)
    if operator == "missing":
        return f"({found}) IS {'' if operand else 'NOT '}NULL"
    if operator in _COMPARISONS:
        return f"{_number(found)} {_COMPARISONS[operator]} {parameters.add(float(operand))}"
    return _text_sql(operator, found, parameters.add(operand))


def _text_sql(operator: str, found: str, given: str) -> str:
    return {
        "contains": f"contains({found}, {given})",
        "starts_with": f"starts_with({found}, {given})",
        "ends_with": f"ends_with({found}, {given})",
    }[operator]


def _equality(operator: str, found: str, operand: Any, parameters: Parameters) -> str:
    """JSON's true is the text `true`; what a person lacks equals nothing and differs from nothing."""
    is_number = isinstance(operand, int | float) and not isinstance(operand, bool)
    if not is_number:
        text = str(operand).lower() if isinstance(operand, bool) else str(operand)
        return f"({found}) {'=' if operator == 'is' else '<>'} {parameters.add(text)}"
    given = parameters.add(float(operand))
    if operator == "is":
        return f"{_number(found)} = {given}"
    return f"coalesce({_number(found)} <> {given}, ({found}) IS NOT NULL)"


def _number(found: str) -> str:
    return f"CASE WHEN regexp_matches({found}, '{_NUMBER}') THEN TRY_CAST({found} AS DOUBLE) END"
