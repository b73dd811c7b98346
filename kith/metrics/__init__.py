"""The metrics port: MetricFlow compiles what a metric is, the published snapshot executes it.

Definitions live in dbt (`dbt/models/metrics`). Publishing keeps with the snapshot what they were (`keep_metrics`), so
that a number is always told by the definitions that belong to its data, without MetricFlow where its SQL was kept.
"""

from kith.metrics.catalogue import Catalogue, Metric, SavedQuery, read_catalogue
from kith.metrics.keeping import keep_metrics

__all__ = ["Catalogue", "Metric", "SavedQuery", "keep_metrics", "read_catalogue"]
