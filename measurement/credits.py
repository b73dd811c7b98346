"""What each channel earns of an order, by path: reckoned from the run's paths, landed for dbt to share out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from kith.run import Run
from kith.settings import Settings
from kith.times import to_utc_naive
from measurement.markov import removal_effects
from measurement.paths import ChannelPath, channels_of, path_shares
from measurement.shapley import shapley_values
from measurement.state import replace_tables
from measurement.tables import PATH_CREDITS

MODELS: Mapping[str, Callable[[Sequence[ChannelPath]], Mapping[str, float]]] = {
    "markov": removal_effects,
    "shapley": shapley_values,
}


@dataclass(frozen=True)
class Credited:
    """How many paths and channels there are; `commit` is None when nothing differs from the last one."""

    path_count: int
    channel_count: int
    conversion_count: int
    commit: str | None


def credit_paths(settings: Settings, run: Run) -> Credited:
    """Reckon the credits of every path that led to an order, as of the run, and commit those that changed."""
    rows = pq.read_table(run.snapshot.table("attribution_paths")).to_pylist()
    paths = {
        row["path_id"]: ChannelPath.parse(row["path"], row["conversion_count"], row["abandoned_count"])
        for row in sorted(rows, key=lambda row: row["path_id"])
    }
    credits = credit_rows(paths)
    moment = pa.repeat(pa.scalar(to_utc_naive(run.as_of), pa.timestamp("us")), credits.num_rows)
    stamped = credits.append_column("as_of", moment)
    name = replace_tables(run.home(settings), PATH_CREDITS.room, {PATH_CREDITS.name: stamped}, run.as_of)
    conversions = sum(path.conversions for path in paths.values())
    return Credited(len(paths), len(channels_of(paths.values())), conversions, name)


def credit_rows(paths: Mapping[str, ChannelPath]) -> pa.Table:
    """Rows of PATH_CREDITS without `as_of`, by model, path and channel; of paths without an order there are none.

    Shares are rounded to twelve digits, so that sums in another order of adding say the same.
    """
    schema = PATH_CREDITS.schema.remove(PATH_CREDITS.schema.get_field_index("as_of"))
    listed = list(paths.values())
    rows = []
    for model, worth_of in MODELS.items():
        worth = worth_of(listed)
        rows += [
            {"model": model, "path_id": path_id, "channel": channel, "credit": round(share, 12)}
            for path_id, path in paths.items()
            if path.conversions
            for channel, share in path_shares(path, worth).items()
        ]
    return pa.Table.from_pylist(rows, schema=schema)
