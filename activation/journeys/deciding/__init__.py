"""Decisions: when a message is judged, and what becomes of it. `contract` says what the engine asks."""

from activation.journeys.deciding.contract import ConservationError, Deciding, MessageNode
from activation.journeys.deciding.decisions import open_decisions
from activation.journeys.deciding.holdout import holdout_sql
from activation.journeys.deciding.policy import Policy, load_policy

__all__ = [
    "ConservationError",
    "Deciding",
    "MessageNode",
    "Policy",
    "holdout_sql",
    "load_policy",
    "open_decisions",
]
