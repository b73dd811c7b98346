"""What the published tables say of a small shop, claim by claim."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.unit.warehouse.lake import published
from tests.unit.warehouse.shop import AS_OF, DAY, DECIDED, MINUTE


def one(built: Any, sql: str) -> dict[str, Any]:
    (row,) = published(built.run, sql)
    return row


def values(built: Any, sql: str) -> list[Any]:
    return [
        tuple(row.values()) if len(row) > 1 else next(iter(row.values())) for row in published(built.run, sql)
    ]


def test_events__take_nothing_at_or_after_as_of(built: Any) -> None:
    assert values(built, "select max(effective_at) < timestamp '2026-05-01 08:00' from {events}") == [True]
    assert values(built, "select count(*) from {events} where event_id = 'future'") == [0]


def test_events__carry_the_present_profile_of_user_then_device(built: Any) -> None:
    found = values(
        built,
        "select event_id, profile_id from {events} where event_id in ('v1', 'v2', 'c2', 'guest') order by 1",
    )
    assert found == [("c2", None), ("guest", "p-guest"), ("v1", "p-ann"), ("v2", "p-ann")]


def test_sessions__end_after_more_than_half_an_hour(built: Any) -> None:
    found = values(
        built,
        "select started_at, event_count, device, channel from {sessions}"
        " where profile_id = 'p-ann' order by 1",
    )
    start = datetime(2026, 4, 1, 10)
    assert found == [(start, 2, "mobile", "organic_search"), (start + 61 * MINUTE, 1, None, "direct")]


def test_sessions__hold_the_order_that_a_server_reported(built: Any) -> None:
    found = values(built, "select order_count from {sessions} where profile_id = 'p-ann' order by started_at")
    assert found == [0, 1]


def test_sessions__know_a_crawler_by_its_name(built: Any) -> None:
    assert values(built, "select profile_id from {sessions} where is_bot") == ["p-bot"]
    assert values(built, "select profile_id from {profiles} where is_bot") == ["p-bot"]


@pytest.mark.parametrize(
    ("order_id", "status", "amount", "refunded", "net"),
    [
        ("o-part", "partially_refunded", "5", "1", "4"),
        ("o-whole", "refunded", "5", "5", "0"),
        ("o-gone", "cancelled", "5", "0", "0"),
        ("o-credit", "cancelled", "-2.5", "0", "-2.5"),
        ("o-after", "completed", "5.001", "0", "5.001"),
        ("o-held", "completed", "7", "0", "7"),
    ],
)
def test_orders__are_right_to_the_penny(
    built: Any, order_id: str, status: str, amount: str, refunded: str, net: str
) -> None:
    row = one(built, f"select * from {{orders}} where order_id = '{order_id}'")
    assert (row["status"], row["order_amount"], row["refunded_amount"], row["net_amount"]) == (
        status, Decimal(amount), Decimal(refunded), Decimal(net)
    )  # fmt: skip


def test_order_lines__take_sku_and_one_piece_where_nothing_is_said(built: Any) -> None:
    found = values(
        built,
        "select line_number, product_id, quantity, line_amount from {order_lines}"
        " where order_id = 'o-after' order by 1",
    )
    assert found == [(1, "mug", 2.0, Decimal("5.0000")), (2, "pen", 1.0, Decimal("0.0010"))]


def test_profiles__count_completed_orders_and_add_up_net(built: Any) -> None:
    row = one(built, "select * from {profiles} where profile_id = 'p-ann'")
    assert (row["order_count"], row["order_amount"], row["currency"]) == (3, Decimal("9.0010"), "EUR")
    assert (row["city"], row["first_name"], row["email"]) == ("Oslo", "Ann", "ann@example.com")
    assert (row["favourite_category"], row["usual_device"], row["is_bot"]) == ("home", "mobile", False)


def test_products__keep_the_last_known_value_of_each_attribute(built: Any) -> None:
    row = one(built, "select * from {products} where product_id = 'mug'")
    assert (row["name"], row["category"], row["price"], row["order_count"]) == (
        "Mug",
        "home",
        Decimal("2.5"),
        4,
    )


def test_consents__are_the_strictest_over_the_identifiers_of_a_profile(built: Any) -> None:
    found = dict(values(built, "select profile_id, is_granted from {consents}"))
    assert found == {"p-ann": False, "p-bob": False, "p-cyn": True}


def test_features__know_only_what_took_effect_before_their_cutoff(built: Any) -> None:
    rows = published(
        built.run, "select * from {feat_profile__activity} where profile_id = 'p-ann' order by cutoff_at desc"
    )
    assert [row["cutoff_at"] for row in rows] == [AS_OF]
    row = rows[0]
    assert (
        row["order_count"],
        row["order_count_30d"],
        row["order_count_7d"],
        row["cancelled_order_count"],
    ) == (4, 4, 0, 1)
    assert row["order_amount"] == pytest.approx(20.001)
    assert row["refunded_amount"] == pytest.approx(6)
    assert (row["message_open_count"], row["message_click_count"]) == (1, 1)
    assert row["days_since_last_order"] == pytest.approx((AS_OF - DECIDED - 2 * DAY) / DAY)
    assert (row["is_label_known"], row["orders_next_30d_label"]) == (False, None)


def test_messages__end_in_exactly_one_outcome_each(built: Any) -> None:
    found = dict(values(built, "select message_id, outcome from {messages}"))
    assert found == {
        "m-accepted": "accepted", "m-holdout": "withheld", "m-reopened": "accepted", "m-unknown": "unknown",
        "m-pending": "pending", "m-expired": "expired",
    }  # fmt: skip


def test_messages__leave_out_what_machines_open_and_click(built: Any) -> None:
    row = one(built, "select * from {messages} where message_id = 'm-accepted'")
    sent = DECIDED + MINUTE
    assert (row["first_opened_at"] - sent, row["first_clicked_at"] - sent) == (60 * MINUTE, 120 * MINUTE)
    assert values(built, "select first_clicked_at from {messages} where message_id = 'm-reopened'") == [None]


def test_messages__convert_by_the_first_order_within_seven_days(built: Any) -> None:
    found = values(
        built,
        "select message_id, conversion_amount from {messages} where converted_at is not null order by 1",
    )
    assert found == [("m-accepted", Decimal("5.0010")), ("m-holdout", Decimal("7.0000"))]


def test_messages__are_read_through_the_aliases(built: Any) -> None:
    assert values(built, "select profile_id from {messages} where message_id = 'm-reopened'") == ["p-cyn"]


def test_campaign_performance__conserves_its_audience_and_states_the_lift(built: Any) -> None:
    row = one(built, "select * from {campaign_performance}")
    assert (row["audience_count"], row["accepted_count"], row["withheld_count"], row["unknown_count"]) == (
        6,
        2,
        1,
        1,
    )
    assert (row["expired_count"], row["pending_count"], row["holdout_count"], row["uncertain_count"]) == (
        1,
        1,
        1,
        1,
    )
    assert (row["lift"], row["lift_lower"], row["revenue_lift"], row["currency"]) == (0.25, -0.1, 2.0, "EUR")
    assert (row["opened_count"], row["clicked_count"], row["converted_count"]) == (1, 1, 1)


def test_segment_members__are_those_of_the_commit_that_the_state_names_even_when_it_is_empty(
    built: Any,
) -> None:
    assert values(built, "select segment || ' ' || profile_id from {segment_members}") == ["held p-ann"]
    held = one(built, "select * from {segments} where is_held")
    assert (held["segment"], held["member_count"], held["held_count"]) == ("held", 1, 9)
    assert held["held_reason"] == "grew from 1 to 9"
    row = one(built, "select * from {segments} where not is_held")
    assert (row["segment"], row["description"], row["kind"], row["member_count"]) == (
        "risk",
        "At risk",
        "yaml",
        0,
    )


def test_scores__are_those_of_the_latest_scoring(built: Any) -> None:
    assert values(built, "select profile_id, score from {scores}") == [("p-ann", 0.5)]


def test_published__hold_types_that_every_engine_has(built: Any) -> None:
    allowed = {
        "VARCHAR",
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
        "DATE",
        "TIMESTAMP",
        "DECIMAL(18,4)",
        "DECIMAL(18,9)",
        "DECIMAL(28,4)",
    }
    for file in built.run.glob("*.parquet"):
        with duckdb.connect() as connection:
            types = {row[1] for row in connection.execute(f"describe from '{file}'").fetchall()}
        assert types <= allowed, file.stem
