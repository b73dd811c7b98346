"""When do people answer? Figures of the best-hours page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.reader import Reader

#: So many people's rhythms are averaged at most: a list of 24 chances each, which the mean of more wouldn't change.
MOST_PEOPLE = 20_000


def figures(reader: Reader) -> dict[str, Any]:
    """`people_count, own_count, mean_lift, population_hour, knows_weekdays, sampled_count`."""
    return reader.row(
        """
        SELECT
            count(*) AS people_count,
            count(*) FILTER (WHERE basis = 'own') AS own_count,
            avg(lift) AS mean_lift,
            mode(population_hour) AS population_hour,
            count(best_weekday) > 0 AS knows_weekdays,
            least(count(*), $most) AS sampled_count
        FROM send_times""",
        most=MOST_PEOPLE,
    )


def week(reader: Reader, zone: str = "") -> pd.DataFrame:
    """`weekday, hour, probability`: the mean chance of an answer to a message sent then, weekdays from 0, Monday.

    Over at most MOST_PEOPLE people, chosen by the hash of their id; `zone` keeps those of one time zone.
    """
    return reader.frame(
        f"""
        WITH people AS (
            SELECT
                CAST(hour_weights AS JSON)::DOUBLE[] AS hours,
                CAST(weekday_weights AS JSON)::DOUBLE[] AS weekdays
            FROM send_times
            {"WHERE time_zone = $zone" if zone else ""}
            ORDER BY md5(profile_id)
            LIMIT $most
        )

        SELECT
            CAST(weekday AS BIGINT) AS weekday,
            CAST(hour AS BIGINT) AS hour,
            avg(least(hours[CAST(hour AS INTEGER) + 1] * weekdays[CAST(weekday AS INTEGER) + 1], 1)) AS probability
        FROM people, range(7) AS days (weekday), range(24) AS times (hour)
        GROUP BY ALL
        ORDER BY weekday, hour""",
        **({"zone": zone} if zone else {}),
        most=MOST_PEOPLE,
    )


def best_hours(reader: Reader, zone: str = "") -> pd.DataFrame:
    """`best_hour, people_count`: for how many each local hour is the best one."""
    return reader.frame(
        f"""
        SELECT hour AS best_hour, count(send_times.profile_id) AS people_count
        FROM range(24) AS times (hour)
        LEFT JOIN send_times ON send_times.best_hour = hour {"AND time_zone = $zone" if zone else ""}
        GROUP BY hour
        ORDER BY hour""",
        **({"zone": zone} if zone else {}),
    )


def zones(reader: Reader, most: int = 40) -> list[str]:
    """Time zones of people, the most frequent first."""
    rows = reader.rows(
        "SELECT time_zone FROM send_times GROUP BY time_zone ORDER BY count(*) DESC, time_zone LIMIT $most",
        most=most,
    )
    return [row["time_zone"] for row in rows]


def channels(reader: Reader) -> pd.DataFrame:
    """`channel, people_count, first_count, mean_probability`: for how many each channel is the best."""
    return reader.frame("""
        SELECT
            channel,
            count(*) AS people_count,
            count(*) FILTER (WHERE rank = 1) AS first_count,
            avg(probability) AS mean_probability
        FROM channel_affinity
        GROUP BY channel
        ORDER BY first_count DESC, channel""")
