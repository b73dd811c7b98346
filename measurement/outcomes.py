"""What both arms of each campaign did afterwards, summed in SQL.

An arm is everyone whom the campaign would have reached but for the holdout (all other gates passed), so that
the arms differ by the message alone. A person counts once per campaign, from the first such decision on.
Ids are read through the aliases; who ends up in both arms by a merge leaves the analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from measurement.covariates import PairedSums
from measurement.fields import microseconds
from measurement.goals import Goal, read_goals
from measurement.outcome_rows import OUTCOMES
from measurement.sums import Sums

#: Orders count when placed within this time after the decision, where a campaign's goal doesn't say.
WINDOW = timedelta(days=7)
#: How far back what people had bought tells of their habit.
PAST = timedelta(days=90)

_GOALS = pa.schema(
    [("campaign", pa.string()), ("journey_version", pa.string()), ("goal_microseconds", pa.int64())]
)


@dataclass(frozen=True)
class ArmOutcomes:
    """One arm of one campaign: a conversion (0 or 1) and the money per person, each beside the same of the time
    before the decision, as sums."""

    conversion: PairedSums
    revenue: PairedSums


@dataclass(frozen=True)
class CampaignOutcomes:
    """Both arms of a campaign. `currency` is the one most of its orders were paid in, None without orders;
    money in another currency isn't summed, though such an order is a conversion. `window_days` is the longest
    of its versions'; of the people, `complete_count` have theirs behind them."""

    campaign: str
    currency: str | None
    window_days: float
    complete_count: int
    treated: ArmOutcomes
    holdout: ArmOutcomes


def read_outcomes(
    warehouse: Warehouse, as_of: datetime, window: timedelta = WINDOW
) -> list[CampaignOutcomes]:
    """The sums of each campaign, by name. `window` holds where the definition states none; the past that a person's
    habit is read from is `PAST` before the decision.

    Reads `lake_journeys_outbox`, `lake_journeys_versions`, `profile_aliases` and `orders`.
    """
    warehouse.connection.register("campaign_goals", _goal_rows(read_goals(warehouse)))
    spans = {"window": microseconds(window), "past": microseconds(PAST)}
    rows = warehouse.rows(OUTCOMES, {"as_of": to_utc_naive(as_of), **spans})
    campaigns: dict[str, dict[bool, Mapping[str, Any]]] = {}
    for row in rows:
        campaigns.setdefault(row["campaign"], {})[row["is_holdout"]] = row
    return [_campaign(name, arms) for name, arms in sorted(campaigns.items())]


def _campaign(name: str, arms: Mapping[bool, Mapping[str, Any]]) -> CampaignOutcomes:
    rows = list(arms.values())
    return CampaignOutcomes(
        campaign=name,
        currency=rows[0]["currency"],
        window_days=max(row["window_microseconds"] for row in rows) / microseconds(timedelta(days=1)),
        complete_count=sum(int(row["complete"]) for row in rows),
        treated=_arm(arms.get(False)),
        holdout=_arm(arms.get(True)),
    )


def _goal_rows(goals: list[Goal]) -> pa.Table:
    rows = [
        {
            "campaign": goal.campaign,
            "journey_version": goal.version,
            "goal_microseconds": microseconds(goal.within),
        }
        for goal in goals
    ]
    return pa.Table.from_pylist(rows, schema=_GOALS)


def _arm(row: Mapping[str, Any] | None) -> ArmOutcomes:
    if row is None:
        return ArmOutcomes(PairedSums(), PairedSums())
    count, converted, had_bought = int(row["people"]), float(row["converted"]), float(row["had_bought"])
    conversion = PairedSums(
        Sums(count, converted, converted), Sums(count, had_bought, had_bought), float(row["bought_again"])
    )
    revenue = PairedSums(
        Sums(count, float(row["revenue_sum"]), float(row["revenue_sum_squares"])),
        Sums(count, float(row["past_sum"]), float(row["past_sum_squares"])),
        float(row["revenue_products"]),
    )
    return ArmOutcomes(conversion, revenue)
