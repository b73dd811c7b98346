"""What the pages under "Understand" show is what plain SQL gives on the same tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
import streamlit as st

from dashboards.answers import attribution, cohorts, hours, paths, predictions, recommended, retention, rfm
from dashboards.reader import Reader
from kith.errors import KithError

Asked = Callable[..., list[tuple[Any, ...]]]


def test_retention__first_order_is_counted_as_plain_sql_counts_it(reader: Reader, asked: Asked) -> None:
    grid = retention.grid_of(reader, "first_order", "week")
    expected = dict(
        asked("""
            WITH weeks AS (
                SELECT DISTINCT profile_id, date_trunc('week', ordered_at) AS week FROM orders
                WHERE NOT is_cancelled AND profile_id IN (SELECT profile_id FROM profiles WHERE NOT is_bot)
            ),
            firsts AS (SELECT profile_id, min(week) AS first FROM weeks GROUP BY profile_id)
            SELECT (first::DATE, date_diff('week', first, week)), count(*)
            FROM weeks INNER JOIN firsts USING (profile_id)
            WHERE date_diff('week', first, TIMESTAMP '2026-05-08 08:00') > date_diff('week', first, week)
            GROUP BY ALL""")
    )
    found = {
        (row["cohort_on"].date(), row["period_number"]): row["active_count"]
        for row in grid.to_dict("records")
        if row["active_count"]
    }
    assert found == expected
    assert len(found) > 8


def test_retention__each_measure_follows_from_who_was_active(reader: Reader) -> None:
    grid = retention.grid_of(reader, "first_seen", "week")
    for _, cohort in grid.groupby("cohort_on"):
        assert (cohort["unbounded_count"] >= cohort["active_count"]).all()
        assert cohort["unbounded_count"].is_monotonic_decreasing
        assert cohort["returned_count"].is_monotonic_increasing
        assert cohort["active_count"].iloc[0] == cohort["cohort_count"].iloc[0]


def test_retention__people_of_a_property_add_up_to_all(reader: Reader) -> None:
    whole = retention.grid_of(reader, "first_seen", "month")
    parts = [
        retention.grid_of(reader, "first_seen", "month", "country", each)
        for each in retention.known_values(reader, "country")
    ]
    assert sum(int(part["active_count"].sum()) for part in parts) == int(whole["active_count"].sum())


def test_retention__refuses_a_property_that_is_none(reader: Reader) -> None:
    with pytest.raises(KithError, match="not told apart"):
        retention.grid_of(reader, "first_seen", "week", "email", "x")


def test_retention__who_is_active_at_all_is_in_many_cohorts(reader: Reader, asked: Asked) -> None:
    grid = retention.grid_of(reader, "returning", "week")
    [(weeks,)] = asked("""
        SELECT count(*) FROM (
            SELECT DISTINCT profile_id, date_trunc('week', day) FROM (
                SELECT profile_id, started_at AS day FROM sessions WHERE NOT is_bot
                UNION ALL SELECT profile_id, ended_at FROM sessions WHERE NOT is_bot
                UNION ALL SELECT profile_id, ordered_at FROM orders WHERE NOT is_cancelled
            ) WHERE day < '2026-05-04' AND profile_id IN (SELECT profile_id FROM profiles WHERE NOT is_bot)
        )""")
    assert grid[grid["period_number"] == 0]["cohort_count"].sum() == weeks


def test_cohorts__all_their_money_is_that_of_the_orders(reader: Reader, asked: Asked) -> None:
    frame = cohorts.revenue_by_cohort(reader, "week", "EUR")
    [(amount, count)] = asked("""
        SELECT sum(net_amount), count(*) FROM orders
        WHERE NOT is_cancelled AND currency = 'EUR' AND ordered_at < '2026-05-04'
            AND profile_id IN (SELECT profile_id FROM profiles WHERE NOT is_bot)""")
    assert frame["net_amount"].sum() == pytest.approx(float(amount))
    assert frame["order_count"].sum() == count
    last = frame.groupby("cohort_on").last()
    assert last["net_amount_so_far"].sum() == pytest.approx(float(amount))
    assert cohorts.currencies(reader) == ["EUR", "GBP"]


def test_rfm__squares_hold_every_buyer_once(reader: Reader, asked: Asked) -> None:
    frame = rfm.grid(reader)
    assert frame["people_count"].sum() == asked("SELECT count(*) FROM rfm")[0][0]
    row = frame.iloc[0]
    people = rfm.people(reader, int(row["recency_score"]), int(row["frequency_score"]))
    bounds = rfm.bounds(reader, int(row["recency_score"]), int(row["frequency_score"]))
    in_square = frame[
        (frame["recency_score"] == row["recency_score"])
        & (frame["frequency_score"] == row["frequency_score"])
    ]["people_count"].sum()
    assert bounds["people_count"] == in_square == len(people)
    assert bounds["bounded_count"] >= bounds["people_count"]


def test_attribution__gives_out_every_order_once_by_each_model(reader: Reader, asked: Asked) -> None:
    frame = attribution.reconciliation(reader, 0)
    counted = dict(
        asked(
            "SELECT currency, (count(*), sum(net_amount)) FROM orders WHERE NOT is_cancelled GROUP BY currency"
        )
    )
    assert len(frame) == 4 * len(counted)
    for row in frame.to_dict("records"):
        count, amount = counted[row["currency"]]
        assert (row["order_count"], row["attributed_count"], row["difference"]) == (count, count, 0)
        assert row["attributed_amount"] == row["net_amount"] == float(amount)


def test_attribution__a_missing_credit_shows(reader: Reader) -> None:
    path = reader.snapshot.tables()["attribution"]
    whole = pq.read_table(path)
    pq.write_table(whole.slice(1), path)
    st.cache_data.clear()
    frame = attribution.reconciliation(reader, 0)
    pq.write_table(whole, path)
    st.cache_data.clear()
    assert (frame["order_count"] != frame["attributed_count"]).sum() == 1


def test_attribution__channels_sum_to_the_orders_of_the_time(reader: Reader, asked: Asked) -> None:
    frame = attribution.earned(reader, "EUR", 30)
    [(amount,)] = asked("""
        SELECT sum(net_amount) FROM orders
        WHERE NOT is_cancelled AND currency = 'EUR' AND ordered_at >= TIMESTAMP '2026-05-08 08:00' - INTERVAL 30 DAY""")
    assert frame.groupby("model")["revenue_amount"].sum().tolist() == pytest.approx([float(amount)] * 4)


def test_paths__bands_carry_every_visit_to_the_end(reader: Reader, asked: Asked) -> None:
    frame = paths.flows(reader, days=60, anchor="start", stop="", depth=4, most=2)
    for step in (2, 3):
        into = frame[(frame["step"] == step - 1) & (frame["target"] != paths.END)]["session_count"].sum()
        assert into == frame[frame["step"] == step]["session_count"].sum()
    assert set(frame["source"]) <= {"Product Viewed", "Order Completed", "page (unnamed)", paths.OTHERS}


def test_paths__from_a_stop_begin_there_and_to_a_stop_end_there(reader: Reader) -> None:
    stop = paths.known_stops(reader, 60)[0]
    for anchor in ("start", "end"):
        frame = paths.flows(reader, days=60, anchor=anchor, stop=stop, depth=3, most=5)
        assert set(frame[frame["step"] == 1]["source"]) == {stop}


def test_predictions__standing_counts_the_present_scores(reader: Reader, asked: Asked) -> None:
    frame = predictions.standing(reader)
    expected = dict(asked("SELECT model, count(*) FROM scores GROUP BY model"))
    assert dict(zip(frame["model"], frame["scored_count"], strict=True)) == expected


def test_recommendations__are_told_in_their_order_with_names(reader: Reader, asked: Asked) -> None:
    person = recommended.some_people(reader)[0]
    listed = recommended.for_person(reader, person)
    assert listed["product"].tolist() == ["Watering can", "Cast-iron pan", "Atlas"]
    assert listed["because"].tolist()[:2] == ["Atlas", "Atlas"]
    [(user,)] = asked(f"SELECT user_id FROM profiles WHERE profile_id = '{person}'")
    assert recommended.profile_of(reader, user) == person
    assert recommended.profile_of(reader, "nobody") is None
    assert recommended.figures(reader)["popular_share"] == pytest.approx(1 / 3)


def test_hours__the_week_is_hours_times_weekdays(reader: Reader, asked: Asked) -> None:
    week = hours.week(reader)
    assert len(week) == 7 * 24
    monday, sunday = (week[week["weekday"] == day]["probability"].tolist() for day in (0, 6))
    assert monday == pytest.approx([0.1 + hour / 100 for hour in range(24)])
    assert sunday == pytest.approx([each / 2 for each in monday])
    best = hours.best_hours(reader, "Europe/Berlin")
    assert (
        best["people_count"].sum()
        == asked("SELECT count(*) FROM send_times WHERE time_zone LIKE 'Europe%'")[0][0]
    )
