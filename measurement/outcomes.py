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

from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from measurement.sums import Sums

#: Orders count when placed within this time after the decision.
WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class ArmOutcomes:
    """One arm of one campaign: a conversion (0 or 1) and the money per person, as sums."""

    conversion: Sums
    revenue: Sums


@dataclass(frozen=True)
class CampaignOutcomes:
    """Both arms of a campaign. `currency` is the one most of its orders were paid in, None without orders;
    money in another currency isn't summed, though such an order is a conversion."""

    campaign: str
    currency: str | None
    treated: ArmOutcomes
    holdout: ArmOutcomes


def read_outcomes(
    warehouse: Warehouse, as_of: datetime, window: timedelta = WINDOW
) -> list[CampaignOutcomes]:
    """The sums of each campaign, by name. Reads `lake_journeys_outbox`, `profile_aliases` and `orders`."""
    parameters = {"as_of": to_utc_naive(as_of), "window": window}
    rows = warehouse.rows(_SQL, parameters)
    campaigns: dict[str, dict[bool, Mapping[str, Any]]] = {}
    for row in rows:
        campaigns.setdefault(row["campaign"], {})[row["is_holdout"]] = row
    return [_campaign(name, arms) for name, arms in sorted(campaigns.items())]


def _campaign(name: str, arms: Mapping[bool, Mapping[str, Any]]) -> CampaignOutcomes:
    currency = next(iter(arms.values()))["currency"]
    return CampaignOutcomes(name, currency, _arm(arms.get(False)), _arm(arms.get(True)))


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
        outbox.decided_at
    FROM lake_journeys_outbox AS outbox
    LEFT JOIN profile_aliases AS aliases ON aliases.alias_id = outbox.profile_id
    WHERE NOT outbox.is_transactional AND outbox.decided_at < $as_of
),

people AS (
    SELECT
        campaign,
        profile_id,
        bool_or(is_holdout) AS is_holdout,
        min(decided_at) FILTER (WHERE is_eligible) AS decided_at
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
            AND orders.ordered_at < people.decided_at + $window
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
        people.is_holdout,
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
    GROUP BY people.campaign, people.profile_id, people.is_holdout, currencies.currency
)

SELECT
    campaign,
    is_holdout,
    any_value(currency) AS currency,
    count(*) AS people,
    count(*) FILTER (WHERE is_converted) AS converted,
    sum(revenue) AS revenue_sum,
    sum(revenue * revenue) AS revenue_sum_squares
FROM per_person
GROUP BY campaign, is_holdout
ORDER BY campaign, is_holdout
"""
