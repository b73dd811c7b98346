"""What is asked after each delivery: do the books balance, and does a vendor fail too often."""

from __future__ import annotations

from datetime import datetime

import dagster as dg

from kith.settings import Settings

BALANCED, USUAL = "planned_adds_up", "failures_are_usual"
_DESCRIPTIONS = {
    BALANCED: "Planned messages = withheld + suppressed + expired + accepted + rejected + failed + unknown + pending.",
    USUAL: "No vendor failed, rejected or lost more of the last day's messages than the limits say (KITH_ALERT_…).",
}


def delivery_specs(asset: dg.AssetKey, *names: str) -> list[dg.AssetCheckSpec]:
    """The specs of these checks on an asset."""
    return [dg.AssetCheckSpec(name, asset=asset, description=_DESCRIPTIONS[name]) for name in names]


def balance_check(
    settings: Settings, since: datetime | None = None, until: datetime | None = None
) -> dg.AssetCheckResult:
    """Every planned message stands in one place."""
    from dataclasses import asdict

    from activation.delivery.balance import balance

    found = balance(settings, since, until)
    told = {**asdict(found), "absent": found.absent}
    return dg.AssetCheckResult(passed=found.is_balanced, check_name=BALANCED, metadata=told)


def rates_check(settings: Settings, now: datetime) -> dg.AssetCheckResult:
    """No vendor ails; those that do are said aloud in the log too."""
    from activation.delivery.balance import ailing, vendor_rates
    from kith.log import get_logger

    rates = vendor_rates(settings, now)
    found = ailing(rates)
    for each in found:
        get_logger(__name__).error("a vendor fails too often", extra=each)
    return dg.AssetCheckResult(
        passed=not found,
        check_name=USUAL,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"ailing": found, "vendors": len(rates)},
    )
