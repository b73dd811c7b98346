"""Real orders through the warehouse: the totals that their publishers state."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.lake import Lake, published, run_dbt

pytestmark = pytest.mark.real_data

_EVENTS = """
    copy (
        select
            md5('{source}' || order_id) as event_id, 'track' as type, event,
            case when customer_id is null then 'order:' || order_id end as anonymous_id,
            customer_id as user_id,
            cast(null as varchar) as previous_id, cast(null as varchar) as group_id,
            placed_at as occurred_at, cast(null as timestamp) as sent_at,
            placed_at as received_at, placed_at as effective_at,
            '{source}' as batch_id, '{source}' as source,
            cast(json_object(
                'order_id', order_id, 'currency', '{currency}', 'products', products
            ) as varchar) as properties,
            cast(null as varchar) as traits, cast(null as varchar) as context
        from ({orders})
    ) to '{file}' (format parquet, compression zstd)
"""
_PEOPLE = """
    copy (
        select distinct
            case when user_id is null then 'anonymous_id' else 'user_id' end as identifier_type,
            coalesce(user_id, anonymous_id) as identifier_value,
            md5(coalesce(user_id, anonymous_id)) as profile_id,
            timestamp '2010-01-01' as first_received_at
        from '{events}'
    ) to '{file}' (format parquet, compression zstd)
"""
_RETAIL = """
    select
        InvoiceNo as order_id,
        if(starts_with(InvoiceNo, 'C'), 'Order Cancelled', 'Order Completed') as event,
        max(cast(CustomerID as varchar)) as customer_id,
        min(InvoiceDate) as placed_at,
        to_json(list(
            {{product_id: StockCode, name: Description, price: UnitPrice, quantity: Quantity}}
        )) as products
    from '{data}/online_retail/online_retail.parquet'
    group by InvoiceNo
"""
_CDNOW = """
    select
        'cdnow-' || row_number() over () as order_id, 'Order Completed' as event, column0 as customer_id,
        strptime(column1, '%Y%m%d') as placed_at,
        to_json([{{product_id: 'cds', price: column3, quantity: 1}}]) as products
    from (
        select regexp_split_to_array(trim(line), '\\s+') as parts,
            parts[1] as column0, parts[2] as column1, parts[3] as column2, parts[4] as column3
        from read_csv('{data}/cdnow/CDNOW_master.txt.gz',
            columns = {{'line': 'varchar'}}, header = true, delim = '\t')
    )
"""


def lay_orders(home: Path, source: str, currency: str, orders: str) -> Lake:
    """The source's rows as events of a history import, and each customer as a profile."""
    lake = Lake(home).lay_empty()
    events = home / "lake" / "events" / "0000000001" / "received_on=2010-01-01" / "part-0.parquet"
    identity = home / "lake" / "identity" / "0000000001"
    events.parent.mkdir(parents=True)
    shutil.copytree(home / "lake" / "identity" / "0000000000", identity)
    with duckdb.connect() as connection:
        connection.execute(_EVENTS.format(source=source, currency=currency, orders=orders, file=events))
        connection.execute(_PEOPLE.format(events=events, file=identity / "identifiers.parquet"))
    return lake


def build(lake: Lake, as_of: datetime) -> Path:
    run = lake.begin_run(as_of)
    run_dbt(lake.home, run, "build", "--select", "tag:core")
    return run


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    home = tmp_path_factory.mktemp("retail")
    return build(
        lay_orders(home, "online_retail", "GBP", _RETAIL.format(data=shared_data)), datetime(2011, 12, 10)
    )


def test_online_retail__orders_and_customers_are_all_there(retail: Path) -> None:
    sql = """
        select count(*) as orders, count_if(user_id is null) as without, count(distinct user_id) as customers
        from {orders}
    """
    assert published(retail, sql) == [{"orders": 25_900, "without": 3_710, "customers": 4_372}]


def test_online_retail__line_values_are_exact(retail: Path) -> None:
    sql = """
        select
            cast(sum(line_amount) as varchar) as all_lines,
            cast(sum(line_amount) filter (
                user_id is not null and not is_cancelled and quantity > 0 and unit_price > 0
            ) as varchar) as cleaned,
            count(*) as lines,
            round(sum(quantity * unit_price), 3) as by_hand
        from {order_lines}
    """
    (row,) = published(retail, sql)
    assert (row["all_lines"], row["cleaned"], row["lines"]) == ("9747747.9340", "8911407.9040", 541_909)
    assert row["by_hand"] == pytest.approx(9_747_747.934, abs=0.001)


def test_online_retail__features_look_back_a_year(retail: Path) -> None:
    sql = """
        select count(distinct cutoff_at) as cutoffs,
            count_if(is_label_known and orders_next_30d_label is null) as holes
        from {feat_profile__activity}
    """
    assert published(retail, sql) == [{"cutoffs": 13, "holes": 0}]


def test_cdnow__customers_and_spending_are_all_there(tmp_path: Path, shared_data: Path) -> None:
    lake = lay_orders(tmp_path, "cdnow", "USD", _CDNOW.format(data=shared_data))
    sql = """
        select count(distinct orders.profile_id) as customers,
            cast(sum(order_amount) as varchar) as spent, count(*) as orders
        from {orders} as orders
    """
    found = published(build(lake, datetime(1998, 7, 1)), sql)
    assert found == [{"customers": 23_570, "spent": "2500315.6300", "orders": 69_659}]
