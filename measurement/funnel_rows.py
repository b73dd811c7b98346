"""Funnels as rows, so that one scan of the events serves all of them: SQL reads the rows, none is written for a funnel.

Steps that ask for the same act and conditions share a matcher, which the warehouse judges once per act.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from kith.definitions import Definition
from kith.ids import stable_id
from measurement.fields import microseconds
from measurement.funnels import Breakdown, Condition, Funnel, Step
from measurement.tables import FUNNEL_STEPS

#: The operators that SQL knows; a list is several rows of one of them.
_OF_LISTS = {"in": "is", "not_in": "is_not"}


def funnel_rows(funnels: Sequence[Definition[Funnel]]) -> pa.Table:
    """Rows of FUNNEL_STEPS: one per funnel, step, condition and operand, in the order of the funnels' names."""
    rows = [row for each in sorted(funnels, key=lambda one: one.name) for row in _rows(each)]
    return pa.Table.from_pylist(rows, schema=FUNNEL_STEPS.schema)


def _rows(definition: Definition[Funnel]) -> Iterator[dict[str, Any]]:
    funnel = definition.body
    shared = {
        "funnel": definition.name,
        "version": definition.version,
        "step_order": funnel.order,
        "attempts": funnel.attempts,
        "window_microseconds": microseconds(funnel.within),
        "period_microseconds": microseconds(funnel.period),
        "step_count": len(funnel.steps),
        "breakdown_kind": funnel.breakdown.kind if funnel.breakdown else None,
        "breakdown_column": funnel.breakdown.column if funnel.breakdown else None,
    }
    told = [
        funnel.breakdown if not index or funnel.order == "any" else None for index in range(len(funnel.steps))
    ]
    asked = [_conditions(step, breakdown) for step, breakdown in zip(funnel.steps, told, strict=True)]
    matchers = [_matcher_id(step, conditions) for step, conditions in zip(funnel.steps, asked, strict=True)]
    for index, (step, conditions) in enumerate(zip(funnel.steps, asked, strict=True)):
        own = {
            "step_number": index + 1,
            "step": step.label,
            "act_kind": step.act,
            "matcher_id": matchers[index],
            "condition_count": sum(one["operator"] != "tell" for one in _first_of_each(conditions)),
            **_sharing(funnel, matchers, index),
        }
        for condition in conditions or [_no_condition()]:
            yield {**shared, **own, **condition}


def _sharing(funnel: Funnel, matchers: Sequence[str], index: int) -> dict[str, Any]:
    """What funnels reckon together: the link from a step to the next one, or the basket of steps without an order.

    A link depends on the two steps, on whether it is strict, and on the earlier steps whose acts may be the next one's.
    """
    if funnel.order == "any":
        basket = sorted(matchers)
        place = 1 + basket.index(matchers[index]) + matchers[:index].count(matchers[index])
        return {"link_id": None, "basket_id": stable_id(*basket), "basket_place": place}
    link = None
    if index + 1 < len(matchers):
        following = funnel.steps[index + 1]
        pairs = zip(funnel.steps[: index + 1], matchers, strict=False)
        earlier = {matcher for step, matcher in pairs if step.act == following.act}
        link = stable_id(funnel.order, matchers[index], matchers[index + 1], *sorted(earlier))
    return {"link_id": link, "basket_id": None, "basket_place": None}


def _conditions(step: Step, breakdown: Breakdown | None) -> list[dict[str, Any]]:
    """Alternatives of one condition bear one number. `tell` is no condition: it reads a property out."""
    found: list[dict[str, Any]] = []
    for name, condition in sorted(step.where.items()):
        for operands in _alternatives(condition):
            number = 1 + max((one["condition_number"] for one in found), default=0)
            operator = _OF_LISTS.get(condition.operator, condition.operator)
            found += [_row(number, name, operator, operand) for operand in operands]
    if breakdown and breakdown.of_event and step.kind in ("event", "type"):
        found.append(_row(0, breakdown.of_event, "tell", None))
    return found


def _alternatives(condition: Condition) -> list[tuple[Any, ...]]:
    """`in` holds if one operand does; `not_in` is a condition for each."""
    if condition.operator == "not_in":
        return [(operand,) for operand in condition.operand]
    return [condition.operand if condition.operator == "in" else (condition.operand,)]


def _row(number: int, name: str, operator: str, operand: Any) -> dict[str, Any]:
    field, _, part = name.partition(".")
    text, as_number = _operand(operand)
    return {
        "condition_number": number,
        "field": field,
        "field_part": part or None,
        "operator": operator,
        "operand_text": text,
        "operand_number": as_number,
    }


def _operand(operand: Any) -> tuple[str | None, float | None]:
    """As text or as a number. JSON's true is the text `true`."""
    if operand is None:
        return None, None
    if isinstance(operand, bool):
        return str(operand).lower(), None
    if isinstance(operand, (int, float)):
        return None, float(operand)
    return str(operand), None


def _no_condition() -> dict[str, Any]:
    empty = ("field", "field_part", "operator", "operand_text", "operand_number")
    return {"condition_number": 0, **dict.fromkeys(empty)}


def _first_of_each(conditions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({one["condition_number"]: one for one in conditions}.values())


def _matcher_id(step: Step, conditions: Sequence[dict[str, Any]]) -> str:
    return stable_id(step.act, *(repr(sorted(one.items())) for one in conditions))
