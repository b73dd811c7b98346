"""Lines of a hundred days, as a shop's collectors landed them: people who register, agree to mail, look and buy.

All is a function of numbers, so that each run lands the same. Ten lines a person: one that says who they are, one that
they agree to mail, and eight acts, most of which belong to few. Person `p` lives in town `p % 200`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb

from kith.clock import FixedClock
from kith.lake import Home
from kith.landing import LandingLog

FIRST, DAYS, TOWNS, BATCH = datetime(2026, 1, 21, tzinfo=UTC), 100, 200, 2_000
LINES_A_PERSON = 10

_LINES = """
    WITH told AS (
        SELECT n, n % 10 AS k, hash(n, 1) % 1000 AS luck, (hash(n, 2) % 80000)::BIGINT AS second,
            CASE WHEN n % 10 < 2 THEN n // 10
                 ELSE (pow((hash(n // 40) % 1000003) / 1000003.0, 2) * {people})::BIGINT END AS person
        FROM range({first}, {last}) AS r(n)),
    acts AS (
        SELECT *, 'p' || lpad((pow(luck / 1000.0, 3) * 2000)::INT::TEXT, 4, '0') AS product, luck % 90 + 5 AS price,
            strftime(make_timestamp({day} + second * 1000000), '%Y-%m-%dT%H:%M:%SZ') AS moment,
            CASE WHEN k < 2 OR luck < 700 THEN '"userId":"u' || person || '",' ELSE '' END AS bearer
        FROM told)
    SELECT '{{"messageId":"' || md5(n::TEXT) || '","anonymousId":"a' || person || '",' || bearer
        || '"timestamp":"' || moment || '","originalTimestamp":"' || moment || '","sentAt":"' || moment
        || '","context":{{}},'
        || CASE
            WHEN k = 0 THEN '"type":"identify","traits":{{"email":"u' || person || '@example.com","first_name":"Ada",'
                || '"city":"town ' || person % {towns} || '","time_zone":"Europe/Berlin"}}'
            WHEN k = 1 THEN '"type":"track","event":"Consent Updated","properties":{{"purpose":"marketing",'
                || '"channel":"email","status":"granted","legal_basis":"consent","email":"u' || person
                || '@example.com"}}'
            WHEN luck < 100 THEN '"type":"track","event":"Order Completed","properties":{{"order_id":"o' || n
                || '","currency":"EUR","total":' || price || ',"products":[{{"product_id":"' || product
                || '","name":"Thing ' || product || '","category":"c' || product[-1:] || '","quantity":1,"price":'
                || price || '}}]}}'
            WHEN luck < 200 THEN '"type":"track","event":"Product Added","properties":{{"product_id":"' || product
                || '","cart_id":"c' || person || '","price":' || price || ',"currency":"EUR"}}'
            WHEN luck < 400 THEN '"type":"page","name":"Home","properties":{{"url":"https://shop.example/"}}'
            ELSE '"type":"track","event":"Product Viewed","properties":{{"product_id":"' || product
                || '","category":"c' || product[-1:] || '","price":' || price || ',"currency":"EUR"}}'
        END || '}}' AS line
    FROM acts ORDER BY second
"""


def land_lines(home: Home, people: int) -> int:
    """The lines of `people` people; answers how many."""
    count = people * LINES_A_PERSON
    log = LandingLog(home, "web", FixedClock(FIRST + timedelta(days=DAYS)))
    with duckdb.connect(config={"threads": 2}) as connection:
        for day in range(DAYS):
            begin = FIRST + timedelta(days=day)
            told = {"people": people, "towns": TOWNS, "day": int(begin.timestamp()) * 1_000_000}
            rows = connection.execute(
                _LINES.format(first=count * day // DAYS, last=count * (day + 1) // DAYS, **told)
            )
            while lines := rows.fetchmany(BATCH):
                log.append([line.encode() for (line,) in lines], begin + timedelta(days=1, seconds=-1))
    log.close()
    return count
