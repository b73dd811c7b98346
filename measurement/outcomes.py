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
from measurement.fields import microseconds
from measurement.goals import Goal, read_goals
from measurement.sums import Sums

#: Orders count when placed within this time after the decision, where a campaign's goal doesn't say.
WINDOW = timedelta(days=7)

_GOALS = pa.schema(
    [("campaign", pa.string()), ("journey_version", pa.string()), ("goal_microseconds", pa.int64())]
)


@dataclass(frozen=True)
class ArmOutcomes:
    """One arm of one campaign: a conversion (0 or 1) and the money per person, as sums."""

    conversion: Sums
    revenue: Sums


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
    """The sums of each campaign, by name. `window` holds where the definition states none.

    Reads `lake_journeys_outbox`, `lake_journeys_versions`, `profile_aliases` and `orders`.
    """
    warehouse.connection.register("campaign_goals", _goal_rows(read_goals(warehouse)))
    parameters = {"as_of": to_utc_naive(as_of), "window": microseconds(window)}
    rows = warehouse.rows(_SQL, parameters)
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
        return ArmOutcomes(Sums(), Sums())
    count, converted = int(row["people"]), float(row["converted"])
    return ArmOutcomes(
        Sums(count, converted, converted),
        Sums(count, float(row["revenue_sum"]), float(row["revenue_sum_squares"])),
    )


# Money is summed as decimals: the order in which threads add must not show in the last digit.
_SQL = """
-- One row per campaign and arm.
WITH planned AS (
    SELECT
        outbox.journey AS campaign,
        coalesce(aliases.profile_id, outbox.profile_id) AS profile_id,
        outbox.is_holdout,
        outbox.is_eligible,
        outbox.decided_at,
        coalesce(goals.goal_microseconds, $window) AS window_microseconds
    FROM lake_journeys_outbox AS outbox
    LEFT JOIN campaign_goals AS goals
        ON goals.campaign = outbox.journey AND goals.journey_version = outbox.journey_version
    LEFT JOIN profile_aliases AS aliases ON aliases.alias_id = outbox.profile_id
    WHERE NOT outbox.is_transactional AND outbox.decided_at < $as_of
),

people AS (
    SELECT
        campaign,
        profile_id,
        bool_or(is_holdout) AS is_holdout,
        min(decided_at) FILTER (WHERE is_eligible) AS decided_at,
        arg_min(window_microseconds, (decided_at, window_microseconds)) FILTER (WHERE is_eligible)
            AS window_microseconds
    FROM planned
    GROUP BY campaign, profile_id
    HAVING bool_or(is_eligible) AND bool_or(is_holdout) = bool_and(is_holdout)
),

answers AS (
    SELECT people.campaign, people.profile_id, orders.currency, orders.net_amount
    FROM people
    INNER JOIN orders
        ON
            orders.profile_id = people.profile_id
            AND orders.ordered_at >= people.decided_at
            AND orders.ordered_at < people.decided_at + to_microseconds(people.window_microseconds)
    WHERE NOT orders.is_cancelled AND orders.ordered_at < $as_of
),

currencies AS (
    SELECT campaign, arg_max(currency, (order_count, currency)) AS currency
    FROM (
        SELECT campaign, currency, count(*) AS order_count
        FROM answers
        WHERE currency IS NOT NULL
        GROUP BY campaign, currency
    )
    GROUP BY campaign
),

per_person AS (
    SELECT
        people.campaign,
        people.profile_id,
        people.is_holdout,
        people.window_microseconds,
        people.decided_at + to_microseconds(people.window_microseconds) <= $as_of AS is_complete,
        currencies.currency,
        count(answers.profile_id) > 0 AS is_converted,
        CAST(
            coalesce(sum(answers.net_amount) FILTER (WHERE answers.currency = currencies.currency), 0)
            AS DECIMAL(18, 4)
        ) AS revenue
    FROM people
    LEFT JOIN answers
        ON answers.campaign = people.campaign AND answers.profile_id = people.profile_id
    LEFT JOIN currencies ON currencies.campaign = people.campaign
    GROUP BY ALL
)

SELECT
    campaign,
    is_holdout,
    any_value(currency) AS currency,
    count(*) AS people,
    max(window_microseconds) AS window_microseconds,
    count(*) FILTER (WHERE is_complete) AS complete,
    count(*) FILTER (WHERE is_converted) AS converted,
    sum(revenue) AS revenue_sum,
    sum(revenue * revenue) AS revenue_sum_squares
FROM per_person
GROUP BY campaign, is_holdout
ORDER BY campaign, is_holdout
"""
