"""Names as people type them; errors that say what is near; money that is never added over currencies."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kith.errors import KithError
from kith.metrics.conditions import metricflow_condition
from kith.metrics.question import Names
from kith.metrics.reading import answer, compile_question
from tests.unit.metrics.conftest import Published


def asked(published: Published, *metrics: str, **words: Any) -> list[dict[str, Any]]:
    snapshot = published.run.snapshot
    sql = compile_question(snapshot, published.catalogue, None, metrics=metrics, **words)
    return answer(published.settings, snapshot, sql)


def plain(published: Published, sql: str) -> list[dict[str, Any]]:
    return answer(published.settings, published.run.snapshot, sql)


@pytest.mark.parametrize("by", [[], ["day"], ["country"], ["currency"]])
def test_money__is_told_by_its_currency_whatever_is_asked(published: Published, by: list[str]) -> None:
    for name in ("revenue", "net_revenue", "average_order_value", "refund_rate", "product_revenue"):
        assert "currency" in asked(published, name, by=by)[0], name


def test_money__stays_by_its_currency_under_a_filter_that_lets_two_through(published: Published) -> None:
    rows = asked(published, "net_revenue", where="currency != 'USD'")
    assert {row["currency"] for row in rows} == {"EUR", "GBP"}


@pytest.mark.parametrize("other", ["sessions", "product_revenue"])
def test_money__is_not_mixed_with_what_has_no_such_currency(published: Published, other: str) -> None:
    with pytest.raises(KithError, match=r"is money, told by .*__currency, and .* can't be told by that"):
        asked(published, "net_revenue", other)


def test_metrics__that_are_money_say_so(published: Published) -> None:
    """An amount without `meta.currency` would be added over currencies."""
    of_money = {
        "revenue", "refunds", "discounts", "net_revenue", "average_order_value", "refund_rate", "cumulative_net_revenue",
        "net_revenue_month_to_date", "net_revenue_change_7d", "product_revenue", "average_unit_price", "message_revenue",
        "messages_in_currency", "revenue_per_recipient",
    }  # fmt: skip
    assert {metric.name for metric in published.catalogue.metrics if metric.currencies} == of_money


@pytest.mark.parametrize(
    ("metrics", "words", "problem"),
    [
        (["ordrs"], {}, "no metric named ordrs; expected orders"),
        (["orders"], {"by": ["contry"]}, "orders can't be told by contry; expected country"),
        (["orders"], {"by": ["channel"]}, "orders can't be told by channel; expected .*currency"),
        (["orders", "sessions"], {"by": ["status"]}, "orders, sessions can't be told by status"),
        (["orders"], {"where": "contry = 'DE'"}, "can't be told by contry; expected country"),
        (["active_profiles_7d"], {}, "looks back from a day; add --by day"),
        (["net_revenue_change_7d"], {"by": ["country"]}, "looks back from a day"),
        (["orders"], {"order": ["-revenue"]}, "no column revenue to order by; expected orders"),
        (["orders"], {"first": date(2026, 4, 2), "last": date(2026, 4, 1)}, "last day 2026-04-01 is before the first"),
        ([], {}, "no metric was named"),
    ],
)  # fmt: skip
def test_question__says_what_is_wrong_and_what_is_near(
    published: Published, metrics: list[str], words: dict[str, Any], problem: str
) -> None:
    with pytest.raises(KithError, match=problem):
        asked(published, *metrics, **words)


def test_where__takes_plain_names_and_leaves_the_rest_of_the_sql(published: Published) -> None:
    names = Names(published.catalogue, ["orders"])
    text = "lower(country) in ('gb', 'country') and day >= '2026-03-05' or (status is null)"
    assert metricflow_condition(text, names) == (
        "lower({{ Dimension('profile__country') }}) in ('gb', 'country')"
        " and {{ TimeDimension('metric_time', 'day') }} >= '2026-03-05' or ({{ Dimension('order__status') }} is null)"
    )
    given = "{{ Dimension('order__status') }} = 'refunded'"
    assert metricflow_condition(given, names) == given


def test_where__holds_on_the_dimension_of_another_table(published: Published) -> None:
    told = asked(published, "orders", where="country = 'GB' and status != 'refunded'")
    count = plain(
        published,
        """
        SELECT count(*) AS orders
        FROM orders JOIN profiles USING (profile_id)
        WHERE country = 'GB' AND status != 'refunded' AND has_completion AND NOT is_cancelled""",
    )
    assert told == count


def test_days__count_from_the_first_to_the_last(published: Published) -> None:
    told = asked(published, "sessions", grain="day", first=date(2026, 3, 10), last=date(2026, 3, 12))
    assert [row["day"] for row in told] == [date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)]
    counts = plain(
        published,
        """
        SELECT count(*) AS sessions FROM sessions
        WHERE NOT is_bot AND started_at >= '2026-03-10' AND started_at < '2026-03-13'""",
    )
    assert sum(row["sessions"] for row in told) == counts[0]["sessions"]


def test_days__do_not_cut_off_what_a_metric_looks_back_on(published: Published) -> None:
    whole = {
        row["day"]: row["active_profiles_28d"] for row in asked(published, "active_profiles_28d", grain="day")
    }
    part = asked(
        published, "active_profiles_28d", grain="day", first=date(2026, 4, 10), last=date(2026, 4, 11)
    )
    assert {row["day"]: row["active_profiles_28d"] for row in part} == {
        day: whole[day] for day in (date(2026, 4, 10), date(2026, 4, 11))
    }


def test_looking_back__takes_the_last_day_of_a_longer_period(published: Published) -> None:
    daily = {row["day"]: row for row in asked(published, "active_profiles_7d", grain="day")}
    monthly = asked(published, "active_profiles_7d", grain="month")
    assert [row["active_profiles_7d"] for row in monthly] == [
        daily[day]["active_profiles_7d"] for day in (date(2026, 3, 31), date(2026, 4, 30))
    ]


def test_order__and_limit_are_of_the_answer(published: Published) -> None:
    rows = asked(published, "orders", by=["status", "country"], order=["-orders", "country"], limit=3)
    counts = [row["orders"] for row in rows]
    assert len(rows) == 3
    assert counts == sorted(counts, reverse=True)


def test_counts__are_whole_numbers(published: Published) -> None:
    assert type(asked(published, "orders")[0]["orders"]) is int
