"""The kernel's own commands: init, query, doctor."""

from __future__ import annotations

import click

from kith.cli.output import Output, with_output
from kith.errors import KithError
from kith.settings import load_settings


@click.command()
@with_output()
def init(out: Output) -> None:
    """Lay out KITH_HOME; what is there already stays as it is."""
    from kith.init import initialise
    from kith.lake import lake_tables

    settings = load_settings()
    initialise(settings)
    out.summary({"home": str(settings.home), "lake_tables": len(lake_tables()), "zone": settings.zone})


@click.command()
@click.argument("sql")
@click.option("--run", "run_id", help="Another run's snapshot; the published one by default.")
@with_output("csv")
def query(out: Output, sql: str, run_id: str | None) -> None:
    """Ask the published snapshot in SQL. Read-only; `SHOW TABLES` lists what there is."""
    import duckdb

    from kith.lake import Home
    from kith.snapshot import current_snapshot, snapshot
    from kith.warehouse import Warehouse

    settings = load_settings()
    home = Home(settings.home)
    found = snapshot(home, run_id) if run_id else current_snapshot(home)
    if found is None:
        raise KithError("nothing was published yet", where=str(settings.home), way_out="run 'kith run'")
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(found)
        warehouse.confine(found.path)
        try:
            out.rows(warehouse.read_only(sql).to_pylist())
        except duckdb.Error as error:
            raise KithError(f"the query failed: {error}", way_out="try: kith query 'SHOW TABLES'") from None


@click.command()
@with_output()
def doctor(out: Output) -> None:
    """Say what is missing or unhealthy, and the way out."""
    from kith.health import examine

    findings = examine(load_settings())
    out.rows([{"check": each.name, "healthy": each.is_healthy, "detail": each.detail} for each in findings])
    if not all(each.is_healthy for each in findings):
        raise KithError("something needs attention, see above")
