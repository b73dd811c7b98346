"""What a snapshot knows of its metrics: names, dimensions, and the SQL of its saved queries."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

import orjson

from kith.errors import KithError
from kith.snapshot import Snapshot

METRICS = "metrics.json"
#: MetricFlow's name of the one time by which any metric can be told, whatever its table calls it.
TIME = "metric_time"


@dataclass(frozen=True)
class Metric:
    """One metric. `currencies` are the dimensions by which its money must be told: amounts of two are never added."""

    name: str
    label: str
    type: str
    description: str
    dimensions: tuple[str, ...]
    currencies: tuple[str, ...] = ()
    needs_time: bool = False


@dataclass(frozen=True)
class SavedQuery:
    """A question with its SQL over the snapshot's views; `problem` says why there is none, if there is none."""

    name: str
    label: str
    description: str
    metrics: tuple[str, ...]
    columns: tuple[str, ...]
    sql: str
    problem: str = ""


@dataclass(frozen=True)
class Catalogue:
    """All of them; `version` is the hash of the definitions. `times` are the dimensions that are instants."""

    version: str
    metrics: tuple[Metric, ...]
    times: tuple[str, ...]
    saved: tuple[SavedQuery, ...] = ()

    def metric(self, name: str) -> Metric:
        """One metric; an unknown one is an error that lists near ones."""
        known = {metric.name: metric for metric in self.metrics}
        if name not in known:
            raise KithError(f"no metric named {name}", **ways_out(name, known, "kith metrics list"))
        return known[name]

    def saved_query(self, name: str) -> SavedQuery:
        """One saved query that has SQL."""
        known = {query.name: query for query in self.saved}
        if name not in known:
            raise KithError(
                f"no saved query named {name}", **ways_out(name, known, "kith metrics list --saved")
            )
        if known[name].problem:
            raise KithError(
                f"saved query {name} was not compiled: {known[name].problem}",
                way_out="correct it in dbt/models/metrics, then run 'kith run'",
            )
        return known[name]


def ways_out(name: str, known: Any, command: str) -> dict[str, str]:
    """`expected` and `way_out` of an error over an unknown name."""
    near = get_close_matches(name, list(known), n=5, cutoff=0.5)
    near += [each for each in known if name in each and each not in near][:5]
    told = {"expected": " or ".join(near)} if near else {}
    return {**told, "way_out": f"'{command}' lists them"}


def read_catalogue(snapshot: Snapshot) -> Catalogue | None:
    """What was kept with a snapshot, or None if it is older than metrics are."""
    try:
        told = orjson.loads((snapshot.path / METRICS).read_bytes())
    except FileNotFoundError:
        return None
    return Catalogue(
        told["version"],
        tuple(Metric(**_tuples(each)) for each in told["metrics"]),
        tuple(told["times"]),
        tuple(SavedQuery(**_tuples(each)) for each in told["saved"]),
    )


def kept_bytes(catalogue: Catalogue) -> bytes:
    """The file's content."""
    return orjson.dumps(asdict(catalogue), option=orjson.OPT_INDENT_2)


def _tuples(told: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
