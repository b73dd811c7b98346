"""The grammars of the policy as JSON Schemas, for editors; published below docs/schemas/."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from activation.gates._caps import Cap
from activation.journeys.deciding.budgets import Budget
from activation.journeys.deciding.holdout import GlobalHoldout
from activation.journeys.deciding.quiet_hours import QuietHours

GRAMMARS: dict[str, type[BaseModel]] = {
    "cap": Cap,
    "quiet_hours": QuietHours,
    "holdout": GlobalHoldout,
    "budget": Budget,
}


def policy_schema(kind: str) -> dict[str, Any]:
    """The schema of one kind of file. KeyError for a kind that is none."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema = GRAMMARS[kind].model_json_schema()
    if kind == "holdout":
        schema["properties"]["share"] = {
            "type": ["string", "number"],
            "description": "a percentage such as 5%",
        }
        schema["properties"]["salt"] = {"type": ["string", "integer"]}
    return head | schema
