"""The shipped mappings over the real files, to the last digit of what their sources publish."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.imports import Imported, import_events
from kith.settings import Settings
from kith.warehouse import Warehouse

pytestmark = pytest.mark.real_data
AT = datetime(2026, 5, 1, tzinfo=UTC)
LINES = """
    SELECT event, user_id, properties ->> '$.order_id' AS order_id, line.quantity AS quantity,
           line.price AS price
    FROM (SELECT *, unnest(from_json(properties -> '$.products',
                                     '[{"quantity":"BIGINT","price":"DECIMAL(18,4)"}]')) AS line
          FROM lake_events_events WHERE type = 'track' AND contains(properties, '"products"'))"""


@pytest.fixture
def imported(settings: Settings, shared_data: Path):
    def take(file: str, mapping: str) -> Imported:
        return import_events(
            settings, shared_data / file, settings.project / "ingestion/mappings" / mapping, AT
        )

    return take


def asked(settings: Settings, sql: str) -> tuple:
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("events")
        return warehouse.connection.execute(sql).fetchone() or ()


def test_online_retail__survives_to_the_penny(settings: Settings, imported) -> None:
    done = imported("online_retail/online_retail.parquet", "online_retail.yml")
    assert (done.rows_in, done.rows_landed, done.rows_quarantined) == (541_909, 541_909, 0)
    assert done.verdict is not None
    assert [check.name for check in done.verdict.checks if not check.is_passed] == []
    orders = "SELECT count(*), count(DISTINCT order_id), round(sum(quantity * price), 3)"
    assert [float(value) for value in asked(settings, f"{orders} FROM ({LINES})")] == [
        541_909,
        25_900,
        9_747_747.934,
    ]
    people = f"SELECT count(DISTINCT user_id), count(*) FILTER (user_id IS NULL) FROM ({LINES})"
    assert asked(settings, people) == (4_372, 135_080)
    cancelled = f"SELECT count(*), count(DISTINCT order_id) FROM ({LINES}) WHERE event = 'Order Cancelled'"
    assert asked(settings, cancelled) == (9_288, 3_836)
    clean = f"""SELECT count(*), count(DISTINCT order_id), count(DISTINCT user_id), sum(quantity * price)
        FROM ({LINES})
        WHERE event = 'Order Completed' AND user_id IS NOT NULL AND quantity > 0 AND price > 0"""
    assert [float(value) for value in asked(settings, clean)] == [397_884, 18_532, 4_338, 8_911_407.904]
    nobody = """SELECT count(*) FROM lake_events_events
        WHERE event LIKE 'Order%' AND user_id IS NULL
            AND anonymous_id = 'order:' || (properties ->> '$.order_id')"""
    assert asked(settings, nobody) == (3_710,)
    assert asked(settings, "SELECT count(DISTINCT event_id) - count(*) FROM lake_events_events") == (0,)
    assert imported("online_retail/online_retail.parquet", "online_retail.yml").already_in == "lake"


def test_cdnow__survives_to_the_cent(settings: Settings, imported) -> None:
    done = imported("cdnow/CDNOW_master.txt.gz", "cdnow.yml")
    assert (done.rows_in, done.rows_landed) == (69_659, 69_659)
    found = asked(settings, f"SELECT count(DISTINCT user_id), sum(quantity * price), count(*) FROM ({LINES})")
    assert [float(value) for value in found] == [23_570, 2_500_315.63, 69_659]
    items = "SELECT sum((properties ->> '$.item_count')::INT), min(occurred_at) FROM lake_events_events"
    assert asked(settings, items) == (167_881, datetime(1997, 1, 1))


def test_rees46__becomes_the_names_of_the_spec(settings: Settings, imported) -> None:
    done = imported("rees46_events_sample/2019-Oct-sample.csv.gz", "rees46_events_sample.yml")
    assert done.rows_landed == 1_000
    assert done.events == {"Order Completed": 10, "Product Added": 3, "Product Viewed": 987}
    first = """SELECT min(occurred_at), count(*) FILTER (properties ->> '$.session_id' IS NULL)
        FROM lake_events_events"""
    assert asked(settings, first) == (datetime(2019, 10, 1), 0)
