"""MetricFlow, in this process: from a question to SQL. Importing it takes most of a second, so nothing at rest does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from typing import Any

from kith.errors import KithError
from kith.metrics.catalogue import TIME, Metric


class Compiler:
    """Over one set of definitions. Relations are the snapshot's views, the dialect is DuckDB's."""

    def __init__(self, definitions: bytes) -> None:
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest

        self._manifest = parse_manifest_from_dbt_generated_manifest(definitions.decode())

    def metrics(self) -> tuple[Metric, ...]:
        """All metrics by name, with the dimensions by which each can be told."""
        return tuple(
            self._metric(each) for each in sorted(self._manifest.metrics, key=lambda each: each.name)
        )

    def times(self) -> tuple[str, ...]:
        """The dimensions that are instants."""
        found = [
            each
            for metric in self._manifest.metrics
            for each in self._dimensions(metric.name)
            if each.type.value == "time"
        ]
        return tuple(sorted({_name(each) for each in found}))

    def saved_queries(self) -> Sequence[Any]:
        """As dbt declares them."""
        return self._manifest.saved_queries

    def sql(
        self,
        metrics: Sequence[str] = (),
        by: Sequence[str] = (),
        where: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        saved: str | None = None,
    ) -> str:
        """The SQL of a question, or of a saved one. `last` counts. A question that has no answer is an error."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
        from metricflow_semantics.errors.error_classes import MetricFlowException

        request = MetricFlowQueryRequest.create(
            saved_query_name=saved,
            metric_names=list(metrics) or None,
            group_by_names=list(by) or None,
            where_constraints=list(where) or None,
            time_constraint_start=first and datetime.combine(first, time()),
            time_constraint_end=last and datetime.combine(last, time()),
        )
        try:
            plan = self._engine.explain(request).convert_to_execution_plan_result.execution_plan
        except (MetricFlowException, AssertionError, ValueError) as error:
            raise KithError(f"MetricFlow can't compile this: {_spoken(error)}") from None
        statement = plan.tasks[0].sql_statement
        if statement is None:
            raise KithError("MetricFlow planned no SQL for this")
        return "\n".join(line for line in statement.sql.splitlines() if not line.lstrip().startswith("--"))

    @cached_property
    def _engine(self) -> Any:
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        return MetricFlowEngine(SemanticManifestLookup(self._manifest), _renderer())

    @cached_property
    def _by_name(self) -> dict[str, Any]:
        return {metric.name: metric for metric in self._manifest.metrics}

    def _metric(self, told: Any) -> Metric:
        return Metric(
            told.name,
            told.label or told.name,
            told.type.value,
            (told.description or "").strip(),
            tuple(sorted({_name(each) for each in self._dimensions(told.name)})),
            tuple(sorted(self._currencies(told))),
            self._needs_time(told),
        )

    def _dimensions(self, metric: str) -> Sequence[Any]:
        return self._engine.list_dimensions([metric])

    def _currencies(self, told: Any) -> set[str]:
        """Its own and those of the metrics it is made of: a share of euros and pounds is no share of anything."""
        own = {told.config.meta["currency"]} if told.config and "currency" in told.config.meta else set()
        return own.union(*(self._currencies(self._by_name[each.name]) for each in told.input_metrics))

    def _needs_time(self, told: Any) -> bool:
        """Whether it looks back from a day: without one it means nothing."""
        span = told.type_params.cumulative_type_params
        looks_back = span is not None and (span.window is not None or span.grain_to_date is not None)
        shifted = any(each.offset_window or each.offset_to_grain for each in told.input_metrics)
        return (
            looks_back
            or shifted
            or any(self._needs_time(self._by_name[each.name]) for each in told.input_metrics)
        )


@lru_cache(maxsize=2)
def compiler_of(definitions: bytes) -> Compiler:
    """One compiler a process and set of definitions."""
    return Compiler(definitions)


def _renderer() -> Any:
    """What MetricFlow calls a client: it is asked for its dialect, and never for data."""
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

    class Renderer:
        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    return Renderer()


def _name(dimension: Any) -> str:
    """`order__currency`; the one time of all is `metric_time`, whatever its grain."""
    return TIME if dimension.name == TIME else dimension.granularity_free_dunder_name


def _spoken(error: Exception) -> str:
    """MetricFlow's message in one line, without the trail through its graph."""
    text = str(error).split("Issue Location:")[0]
    return " ".join(text.split()) or type(error).__name__
