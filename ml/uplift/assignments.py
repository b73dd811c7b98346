"""Who was assigned to what, with which propensity, and what followed.

Two logs tell: `Experiment Viewed` events that carry a propensity and whose variations are channels and
`control`, and the holdouts of our own campaigns in the outbox. A person counts once per experiment; who was in
two arms of one (by a merge of profiles) leaves it.

The log tells the propensity of the arm that was drawn. Those of the other arms are read off others who might
have got the same: the same experiment, and the same channels allowed by consent at that instant. Rows that
don't fit their like are set aside and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from measurement.fields import microseconds
from ml.contract import NotTrainable
from ml.uplift.features import describe_pairs, feature_columns
from ml.uplift.pairs import Pairs
from ml.uplift.sql import ASSIGNED_SQL, PAIRS_SQL

if TYPE_CHECKING:
    import pyarrow as pa

#: More assignments than this share that don't fit what the others say, and nothing is learned.
SET_ASIDE_AT_MOST = 0.05

#: Columns of `uplift_pairs`; what follows them are features.
_OWN = 13


@dataclass(frozen=True)
class Assignments:
    """The pairs, and how many assignments were read and set aside."""

    pairs: Pairs
    read: int
    set_aside: int


def read_assignments(
    warehouse: Warehouse, as_of: datetime, horizon: timedelta, holdouts: Mapping[str, float]
) -> Assignments:
    """All assignments whose window was over by `as_of`. `holdouts` are the shares that campaigns hold out.

    Reads `events`, `orders`, `identities`, `consent_history`, `profile_aliases` and `lake_journeys_outbox`.
    NotTrainable, with counts, where too many assignments contradict each other.
    """
    warehouse.connection.register("holdouts", _holdout_rows(holdouts))
    parameters = {"as_of": to_utc_naive(as_of), "horizon": microseconds(horizon)}
    for name, sql in (("uplift_assigned", ASSIGNED_SQL), ("uplift_pairs", PAIRS_SQL)):
        warehouse.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", _named(sql, parameters))
    read = int(warehouse.value("SELECT count(*) FROM uplift_assigned"))
    kept = int(warehouse.value("SELECT count(DISTINCT instant_id) FROM uplift_pairs"))
    lost = read - kept
    if lost > SET_ASIDE_AT_MOST * read:
        raise NotTrainable(
            f"{lost} of {read} assignments don't fit the propensities of others with the same experiment and "
            f"channels, at most {SET_ASIDE_AT_MOST:.0%} may"
        )
    return Assignments(_pairs(describe_pairs(warehouse, "uplift_pairs")), read, lost)


def _named(sql: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if f"${name}" in sql}


def _holdout_rows(holdouts: Mapping[str, float]) -> pa.Table:
    import pyarrow as pa

    schema = pa.schema([("campaign", pa.string()), ("fraction", pa.float64())])
    return pa.table([list(holdouts), [float(each) for each in holdouts.values()]], schema=schema)


def _pairs(table: pa.Table) -> Pairs:
    import numpy as np

    columns = feature_columns(table, _OWN)
    values = np.column_stack([table[name].to_numpy().astype(np.float64) for name in columns])

    def column(name: str, kind: Any = None) -> Any:
        found = table[name].to_numpy(zero_copy_only=False)
        return found if kind is None else found.astype(kind)

    return Pairs(
        profiles=column("profile_id"),
        experiments=column("experiment"),
        channels=column("channel"),
        assigned_at=column("instant", "datetime64[us]"),
        is_treated=column("is_treated", bool),
        propensity=column("propensity", np.float64),
        outcome=column("outcome", np.float64),
        amount=column("amount", np.float64),
        delay_days=column("delay_days", np.float64),
        other_arm=column("other_arm", np.float64),
        values=values,
        columns=columns,
    )
