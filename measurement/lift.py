"""The lift of each campaign over its holdout, measured from what was decided and what people then did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from measurement.covariates import PairedSums, adjusted_sequence
from measurement.designs import read_designs
from measurement.intervals import ALPHA, TUNED_FOR, confidence_sequence, newcombe, welch
from measurement.outcomes import CampaignOutcomes, read_outcomes
from measurement.sample_ratio import SUSPICIOUS, sample_ratio_p_value
from measurement.state import replace_tables
from measurement.sums import Sums
from measurement.tables import LIFT

_log = get_logger(__name__)


@dataclass(frozen=True)
class Measured:
    """What one measurement found. `commit` is None when nothing differs from the last one; a replay's is its own.
    `mismatched` names campaigns whose arms don't have the designed ratio: their lift isn't to be believed."""

    campaign_count: int
    row_count: int
    commit: str | None
    mismatched: tuple[str, ...]


def measure(settings: Settings, run: Run) -> Measured:
    """Measure every campaign as of the run; commit `lake/measurement` if anything changed."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("journeys")
        for table in ("profile_aliases", "orders"):
            path = run.snapshot.table(table)
            warehouse.view(table, path / "**" / "*.parquet" if path.is_dir() else path)
        outcomes = read_outcomes(warehouse, run.as_of)
    designs = read_designs(settings)
    rows = [row for each in outcomes for row in lift_rows(each, designs.get(each.campaign), run.as_of)]
    mismatched = tuple(sorted({row["campaign"] for row in rows if _is_mismatched(row)}))
    for campaign in mismatched:
        _log.warning("the arms of campaign %s don't have the designed ratio: look for a bug first", campaign)
    table = pa.Table.from_pylist(rows, schema=LIFT.schema)
    name = replace_tables(run.home(settings), LIFT.room, {LIFT.name: table}, run.as_of)
    return Measured(len(outcomes), len(rows), name, mismatched)


def lift_rows(
    outcomes: CampaignOutcomes, holdout_fraction: float | None, as_of: datetime
) -> list[dict[str, Any]]:
    """The campaign's rows of `measurement/lift`: `conversion_rate` and `revenue_per_person`."""
    arms = outcomes.treated, outcomes.holdout
    p_value = None
    if holdout_fraction is not None:
        treated, holdout = (arm.conversion.outcome.count for arm in arms)
        p_value = sample_ratio_p_value(treated, holdout, holdout_fraction)
    shared = {
        "campaign": outcomes.campaign,
        "window_days": outcomes.window_days,
        "complete_count": outcomes.complete_count,
        "srm_p_value": p_value,
        "as_of": to_utc_naive(as_of),
    }
    rates = arms[0].conversion, arms[1].conversion
    money = arms[0].revenue, arms[1].revenue
    return [
        {**shared, "metric": "conversion_rate", "currency": None, **_row(*rates, "newcombe", is_rate=True)},
        {
            **shared,
            "metric": "revenue_per_person",
            "currency": outcomes.currency,
            **_row(*money, "welch", is_rate=False),
        },
    ]


_FIXED = {"newcombe": newcombe, "welch": welch}


def _row(treated: PairedSums, holdout: PairedSums, fixed_method: str, *, is_rate: bool) -> dict[str, Any]:
    arms = treated.outcome, holdout.outcome
    always, fixed = confidence_sequence(*arms, is_rate=is_rate), _FIXED[fixed_method](*arms)
    adjusted = adjusted_sequence(treated, holdout, is_rate=is_rate)
    known = bool(arms[0].count and arms[1].count)
    difference = arms[0].mean - arms[1].mean if known else None
    return {
        **_arm_columns("treated", arms[0]),
        **_arm_columns("holdout", arms[1]),
        "lift": difference,
        "lift_relative": difference / arms[1].mean if difference is not None and arms[1].mean else None,
        "lower": always.lower if always else None,
        "upper": always.upper if always else None,
        "fixed_lower": fixed.lower if fixed else None,
        "fixed_upper": fixed.upper if fixed else None,
        "adjusted_lift": adjusted.interval.estimate if adjusted else None,
        "adjusted_lower": adjusted.interval.lower if adjusted else None,
        "adjusted_upper": adjusted.interval.upper if adjusted else None,
        "variance_reduction": adjusted.reduction if adjusted else None,
        "method": f"{1 - ALPHA:.0%} confidence sequence tuned for {TUNED_FOR} people; fixed: {fixed_method}",
    }


def _arm_columns(arm: str, sums: Sums) -> dict[str, Any]:
    return {
        f"{arm}_count": sums.count,
        f"{arm}_sum": sums.total,
        f"{arm}_sum_squares": sums.squares,
        f"{arm}_mean": sums.mean if sums.count else None,
    }


def _is_mismatched(row: Mapping[str, Any]) -> bool:
    return row["srm_p_value"] is not None and row["srm_p_value"] < SUSPICIOUS
