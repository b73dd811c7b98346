"""A published snapshot in which every flag, outcome, currency and gap occurs, so that a wrong definition shows.

Chance is md5 of the table, the row and a word: the same rows at each call.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from kith.run import Run

ROWS = 600
CURRENCY = "CASE WHEN {0} < 0.6 THEN 'EUR' WHEN {0} < 0.95 THEN 'GBP' END"
MONEY = "CAST(round({0} * 90 + 5, 2) AS DECIMAL(18, 4))"


def _share(word: str) -> str:
    return f"(CAST('0x' || substr(md5('{{table}}:{word}:' || n), 1, 8) AS BIGINT) / 4294967296.0)"


def _at(word: str, days: int = 60) -> str:
    return f"TIMESTAMP '2026-03-01' + to_seconds(CAST(floor({_share(word)} * {days * 86400}) AS BIGINT))"


def _where(word: str, chance: float, then: str) -> str:
    return f"CASE WHEN {_share(word)} < {chance} THEN {then} END"


_PROFILE = "'p' || CAST(floor({} * 130) AS BIGINT)".format(_share("profile"))
_CURRENCY, _AMOUNT = CURRENCY.format(_share("currency")), MONEY.format(_share("amount"))

TABLES = {
    "profiles": f"""
        'p' || n AS profile_id, {_where("user", 0.5, "'u' || n")} AS user_id, {_where("mail", 0.3, "'e' || n")} AS email,
        ['DE', 'FR', 'GB', NULL][1 + CAST(floor({_share("country")} * 4) AS BIGINT)] AS country, 'Oslo' AS city,
        'en' AS locale, 'mobile' AS usual_device, 'home' AS favourite_category,
        {_where("seen", 0.9, _at("seen at"))} AS first_seen_at,
        {_where("ordered", 0.6, _at("ordered at"))} AS first_order_at,
        CAST(floor({_share("orders")} * 4) AS BIGINT) AS order_count, {_share("bot")} < 0.1 AS is_bot""",
    "orders": f"""
        'o' || n AS order_id, {_where("known", 0.9, _PROFILE)} AS profile_id, {_at("at")} AS ordered_at,
        ['completed', 'refunded'][1 + CAST({_share("status")} < 0.2 AS INT)] AS status, 'web' AS source,
        {_share("cancelled")} < 0.2 AS is_cancelled, {_share("completion")} < 0.85 AS has_completion,
        {_AMOUNT} AS order_amount, {MONEY.format(_share("refund"))} AS refunded_amount,
        {MONEY.format(_share("discount"))} AS discount_amount, {MONEY.format(_share("net"))} AS net_amount,
        {_CURRENCY} AS currency""",
    "order_lines": f"""
        'o' || n AS order_id, n AS line_number, {_PROFILE} AS profile_id, 'x' AS product_id, 'X' AS product_name,
        ['home', 'garden'][1 + CAST({_share("category")} < 0.5 AS INT)] AS category,
        CAST(floor({_share("quantity")} * 5) - 1 AS DOUBLE) AS quantity,
        {_AMOUNT} AS line_amount, {_CURRENCY} AS currency,
        {_share("cancelled")} < 0.2 AS is_cancelled, {_at("at")} AS ordered_at""",
    "sessions": f"""
        's' || n AS session_id, {_PROFILE} AS profile_id, {_at("at")} AS started_at,
        CAST(floor({_share("pages")} * 9) AS BIGINT) AS page_count,
        CAST(floor({_share("orders")} * 1.5) AS BIGINT) AS order_count,
        ['email', 'direct'][1 + CAST({_share("channel")} < 0.5 AS INT)] AS channel, 'Email' AS channel_group,
        'mobile' AS device, 'iOS' AS os, 'Safari' AS browser, {_share("bot")} < 0.3 AS is_bot""",
    "messages": f"""
        'm' || n AS message_id, {_PROFILE} AS profile_id, {_at("at")} AS decided_at,
        ['winback', 'welcome'][1 + CAST({_share("campaign")} < 0.5 AS INT)] AS campaign,
        ['email', 'sms'][1 + CAST({_share("channel")} < 0.3 AS INT)] AS channel, 'marketing' AS purpose, 't' AS template,
        's' AS step_id, {_share("holdout")} < 0.1 AS is_holdout, '' AS reason,
        CASE WHEN {_share("send")} < 0.7 THEN 'send' ELSE 'withhold' END AS decision,
        CASE
            WHEN {_share("send")} >= 0.7 THEN 'withheld' WHEN {_share("outcome")} < 0.8 THEN 'accepted' ELSE 'unknown'
        END AS outcome,
        {_where("delivered", 0.8, _at("x"))} AS delivered_at, {_where("opened", 0.5, _at("x"))} AS first_opened_at,
        {_where("clicked", 0.3, _at("x"))} AS first_clicked_at, {_where("bounced", 0.1, _at("x"))} AS bounced_at,
        {_where("complained", 0.1, _at("x"))} AS complained_at, {_where("left", 0.1, _at("x"))} AS unsubscribed_at,
        {_where("replied", 0.1, _at("x"))} AS replied_at, {_where("bought", 0.2, _at("x"))} AS converted_at""",
    "message_revenue": f"""
        DATE '2026-03-01' + CAST(n // 8 AS INT) AS decided_on, ['winback', 'welcome'][1 + (n % 2)] AS campaign,
        ['email', 'sms'][1 + (n // 2) % 2] AS channel, ['EUR', 'GBP'][1 + (n // 4) % 2] AS currency,
        CAST(1 + floor({_share("sent")} * 40) AS BIGINT) AS sent_count, {_AMOUNT} AS conversion_amount""",
    "events_daily": f"""
        DATE '2026-03-01' + CAST(n // 10 AS INT) AS occurred_on, ['web', 'app'][1 + (n % 2)] AS source, 'track' AS type,
        'E' || (n % 10) AS event, CAST(1 + floor({_share("count")} * 40) AS BIGINT) AS event_count""",
}
CALENDAR = """
    SELECT CAST(day AS DATE) AS calendar_on
    FROM generate_series(TIMESTAMP '2026-03-01', TIMESTAMP '2026-04-30', INTERVAL 1 DAY) AS days(day)"""


def publish_world(run: Run) -> None:
    """Every table that a metric reads, into the run's folder."""
    with duckdb.connect() as connection:
        _write(connection, run.path / "calendar.parquet", CALENDAR)
        for table, columns in TABLES.items():
            select = f"SELECT {columns} FROM range({ROWS}) AS numbers(n)".replace("{table}", table)
            _write(connection, run.path / f"{table}.parquet", select)


def _write(connection: duckdb.DuckDBPyConnection, path: Path, select: str) -> None:
    connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
