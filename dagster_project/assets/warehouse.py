"""dbt's models as assets: two calls a run, both in this process."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from dagster_project import keys
from dagster_project.dbt_runner import build, failures
from dagster_project.resources import Graph, announced


class Translator(DagsterDbtTranslator):
    """Keys `warehouse/<folder>/<model>`; a source of the lake is the asset that fills its room."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return _asset_of_room(_room(dbt_resource_props))
        return dg.AssetKey(["warehouse", _domain(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return "warehouse_" + _domain(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return ["team:analytics"]


def warehouse_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """The two halves of the warehouse: before scores and segments, and after delivery."""
    return [_half(manifest, "core"), _half(manifest, "report")]


def _half(manifest: Path, half: str) -> dg.AssetsDefinition:
    translator = Translator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    @dbt_assets(
        manifest=manifest,
        select=f"tag:{half}",
        name=f"dbt_{half}",
        dagster_dbt_translator=translator,
    )
    def built(context: dg.AssetExecutionContext, graph: Graph) -> Iterator[Any]:
        with announced(f"dbt {half}"):
            results = build(graph.settings, graph.run, f"tag:{half}")
        yield from _reported(context, translator, results)
        if broken := failures(results):
            raise dg.Failure(f"dbt tag:{half} failed: " + "; ".join(broken[:5]))

    return built


def _reported(context: dg.AssetExecutionContext, translator: Translator, results: list[Any]) -> Iterator[Any]:
    checks = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
    outputs = context.selected_output_names
    for each in results:
        node = each.node.to_dict()
        if node["resource_type"] in ("model", "seed", "snapshot") and str(each.status) == "success":
            name = translator.get_asset_key(node).to_python_identifier()
            if name in outputs:
                yield dg.Output(None, output_name=name, metadata={"seconds": float(each.execution_time)})
        elif node["resource_type"] == "test":
            yield from _checked(checks, each)


def _checked(checks: set[tuple[dg.AssetKey, str]], result: Any) -> Iterator[dg.AssetCheckResult]:
    passed = str(result.status) in ("pass", "warn")
    for asset_key, name in checks:
        if name == result.node.name:
            yield dg.AssetCheckResult(passed=passed, asset_key=asset_key, check_name=name)


def _asset_of_room(room: str) -> dg.AssetKey:
    """A kind of model may have tables of its own; scoring fills them."""
    from ml.tables import tables_of_models

    return keys.SCORES if room in {table.room for table in tables_of_models()} else keys.ROOM_ASSETS[room]


def _room(source: Mapping[str, Any]) -> str:
    """`events` of a source whose path is `lake/events/*/*/*.parquet`; what earlier runs left is there from the start."""
    meta = {**source.get("meta", {}), **source.get("config", {}).get("meta", {})}
    if meta.get("is_of_earlier_runs"):
        return "run"
    return str(meta["path"]).split("/")[1]


def _domain(node: Mapping[str, Any]) -> str:
    folders = list(node["fqn"])[1:-1]
    return str(folders[-1]) if folders else "models"
