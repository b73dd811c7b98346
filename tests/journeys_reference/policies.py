"""The rules of a world as the workspace's definitions would say them."""

from __future__ import annotations

from typing import Any

from activation.gates._caps import Cap as DefinedCap
from activation.journeys.deciding.holdout import GlobalHoldout
from activation.journeys.deciding.policy import Policy
from activation.journeys.deciding.quiet_hours import WEEKDAYS, QuietHours
from tests.journeys_reference.judgement import Cap, Quiet, Rules
from tests.journeys_reference.world import MINUTE


def policy_of(rules: Rules) -> Policy:
    """What the engine is given for a world's rules."""
    return Policy(
        caps={each.name: _cap(each) for each in rules.caps},
        quiet_hours=tuple(_quiet(each) for each in rules.quiet),
        holdout=GlobalHoldout(share=rules.holdout, salt=rules.salt) if rules.holdout else None,
        slot=rules.slot,
    )


def _cap(cap: Cap) -> DefinedCap:
    limits: list[dict[str, Any]] = [{"at_most": each.at_most, "per": each.per} for each in cap.limits]
    return DefinedCap.model_validate(
        {
            "name": cap.name,
            "purpose": cap.purpose,
            "channels": cap.channels or "all",
            "tags": cap.tags or "all",
            "limits": limits,
        }
    )


def _quiet(quiet: Quiet) -> QuietHours:
    days = tuple(day for bit, day in enumerate(WEEKDAYS) if quiet.weekdays >> bit & 1)
    return QuietHours.model_validate(
        {
            "begins": _clock(quiet.begins),
            "ends": _clock(quiet.ends),
            "days": days,
            "channels": quiet.channels or "all",
        }
    )


def _clock(time_of_day: int) -> str:
    minutes = time_of_day // MINUTE
    return f"{minutes // 60:02}:{minutes % 60:02}"
