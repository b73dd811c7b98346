"""Whom a message could reach at an instant, by which channels, and what was known of them then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from ml.uplift.features import describe_pairs, feature_columns
from ml.uplift.sql import PURPOSE, allowed_sql

if TYPE_CHECKING:
    from ml.uplift.pairs import Floats

#: Columns of `uplift_reach`; what follows them are features.
_OWN = 4


@dataclass(frozen=True)
class Reach:
    """n pairs of profile and channel in order of both, with the features of `Pairs` (n × columns)."""

    profiles: Any
    channels: Any
    values: Floats
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.profiles)


def read_reach(warehouse: Warehouse, at: datetime) -> Reach:
    """Everyone whose consent allowed a channel at `at`, by the words known then.

    Reads `events`, `identities` and `consent_history`.
    """
    import numpy as np

    warehouse.connection.execute(_REACH_SQL, {"moment": to_utc_naive(at)})
    table = describe_pairs(warehouse, "uplift_reach")
    columns = feature_columns(table, _OWN)
    values = [table[name].to_numpy().astype(np.float64) for name in columns]
    return Reach(
        table["profile_id"].to_numpy(zero_copy_only=False),
        table["channel"].to_numpy(zero_copy_only=False),
        np.column_stack(values),
        columns,
    )


_REACH_SQL = f"""
CREATE OR REPLACE TEMP TABLE uplift_reach AS
-- One row per profile and channel that consent allows.
WITH instants AS (
    SELECT DISTINCT
        identities.profile_id AS instant_id,
        identities.profile_id,
        CAST($moment AS TIMESTAMP) AS instant
    FROM identities
    INNER JOIN consent_history AS history
        ON
            history.identifier_type = identities.identifier_type
            AND history.identifier_value = identities.identifier_value
    WHERE history.purpose = '{PURPOSE}'
),

allowed AS ({allowed_sql("instants")})

SELECT instants.instant_id, instants.profile_id, instants.instant, allowed.channel
FROM instants
INNER JOIN allowed ON allowed.instant_id = instants.instant_id
"""
