"""A world for benches of segments: profiles, what they did over 460 days, scores, lists, published as a run would.

All is drawn from fixed seeds, so that each run lays the same world. An eighth of the people did nothing, a few did
hundreds of things. A person has a device, every second one a user id too, which a third of the rows bear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from kith.clock import FixedClock
from kith.init import initialise
from kith.lake import Home, commit
from kith.run import Run, begin_run, publish_run
from kith.settings import Settings, load_settings
from kith.times import to_utc_naive

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
DAYS = 460
EVENTS = (
    ("Product Viewed", 26), ("Page Viewed", 20), ("Product Added", 9), ("Checkout Started", 5), ("Order Completed", 5),
    ("Email Opened", 11), ("Email Link Clicked", 4), ("Products Searched", 8), ("Product Added to Wishlist", 3),
    ("Coupon Applied", 2), ("Product Reviewed", 1), ("Application Opened", 6),
)  # fmt: skip
CATEGORIES, CHANNELS = tuple(f"cat{n:02d}" for n in range(20)), ("web", "ios", "android", "email", "store")
COUNTRIES, LANGUAGES = ("DE", "FR", "IN", "US", "BR", "GB", "ES", "IT"), ("de", "en", "fr", "hi", "pt", "es")
DEVICES, TIERS, CITIES = ("ios", "android", "web"), ("gold", "silver", "basic"), 200
LISTS, MODELS = 20, ("churn", "lifetime_value")
CHUNK = 1 << 20

_PROFILES = """
    SELECT md5('p' || i) AS profile_id, i AS number,
        {country} AS country, 'City ' || (hash(i, 2) % 200) AS city, {tier} AS tier, {language} AS language,
        {device} AS device, 'u' || i || '@mail' || (hash(i, 6) % 60) || '.example' AS email,
        (pow(hash(i, 7) % 1000003 / 1000003.0, 3) * 60)::BIGINT AS order_count,
        CASE WHEN hash(i, 8) % 10 > 0 THEN (pow(hash(i, 9) % 1000003 / 1000003.0, 4) * 5000)::DECIMAL(18, 4) END
            AS order_amount,
        CASE WHEN hash(i, 10) % 10 > 2 THEN pow(hash(i, 11) % 1000003 / 1000003.0, 2) * 300 END AS average_order_amount,
        (hash(i, 12) % 10000)::BIGINT AS points,
        CASE WHEN hash(i, 13) % 10 > 6 THEN (hash(i, 14) % 11)::BIGINT END AS rating,
        CASE WHEN hash(i, 15) % 20 > 0 THEN hash(i, 16) % 10 < 6 END AS is_subscribed,
        DATE '2026-05-01' - (hash(i, 17) % 1460)::INT AS signed_up_on,
        CASE WHEN hash(i, 18) % 10 > 0 THEN DATE '2010-01-01' - (hash(i, 19) % 20000)::INT END AS birthday,
        CASE WHEN hash(i, 20) % 10 > 0 THEN DATE '2026-05-01' + (hash(i, 21) % 400)::INT - 200 END AS renewal_on,
        CASE WHEN hash(i, 22) % 10 > 3 THEN
            TIMESTAMP '2026-05-01 08:00:00' - to_seconds((hash(i, 23) % 30000000)::BIGINT) END AS last_order_at
    FROM range({people}) AS r(i)"""

_EVENTS = """
    SELECT md5('e' || n) AS event_id, 'track' AS type, {event} AS event, md5('p' || person) AS profile_id,
        'a' || person AS anonymous_id, CASE WHEN person % 2 = 0 AND hash(n, 5) % 3 = 0 THEN 'u' || person END AS user_id,
        effective_at AS occurred_at, effective_at AS received_at, effective_at,
        '{{"category":"' || {category} || '","channel":"' || {channel} || '","quantity":' || (1 + hash(n, 3) % 4)
            || ',"amount":' || (ln(1 + hash(n, 4) % 1000003) * 15)::DECIMAL(18, 2) || '}}' AS properties,
        FALSE AS is_machine
    FROM (SELECT n, person, make_timestamp(moment) AS effective_at FROM drawn)"""


@dataclass(frozen=True)
class SegmentWorld:
    """A home whose present snapshot holds so many profiles and rows of events."""

    home: Path
    people: int
    rows: int

    @property
    def settings(self) -> Settings:
        return load_settings(home=self.home, definitions=self.home / "definitions", zone="UTC")

    def lay(self) -> Run:
        """Publish the world; the profiles' positions are the order of their ids."""
        initialise(self.settings)
        run = begin_run(self.settings, FixedClock(AS_OF), AS_OF)
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(f"CREATE TABLE people AS {self._profiles()}")
            _copy(
                connection,
                "SELECT * EXCLUDE (number) FROM people ORDER BY profile_id",
                run.path / "profiles.parquet",
            )
            _copy(connection, _IDENTITIES, run.path / "identities.parquet")
            _copy(connection, _CONSENTS, run.path / "consents.parquet")
            _copy(
                connection,
                "SELECT '' AS alias_id, '' AS profile_id WHERE false",
                run.path / "profile_aliases.parquet",
            )
            self._lay_events(connection, run.path / "events")
            self._lay_scores(connection)
            self._lay_lists(connection)
        publish_run(self.settings, run)
        return run

    def define(self, bodies: Mapping[str, object]) -> None:
        """Write definitions, a file each."""
        folder = self.home / "definitions" / "segments"
        folder.mkdir(parents=True, exist_ok=True)
        for name, who in bodies.items():
            (folder / f"{name}.yml").write_text(yaml.safe_dump({"who": who}), encoding="utf-8")

    def _profiles(self) -> str:
        picks = {"country": (COUNTRIES, 1), "language": (LANGUAGES, 4), "device": (DEVICES, 5)}
        told = {
            name: f"{_array(words)}[(1 + hash(i, {salt}) % {len(words)})::INT]"
            for name, (words, salt) in picks.items()
        }
        tier = "CASE WHEN hash(i, 3) % 10 < 1 THEN 'gold' WHEN hash(i, 3) % 10 < 4 THEN 'silver' ELSE 'basic' END"
        return _PROFILES.format(people=self.people, tier=tier, **told)

    def _lay_events(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """In files of a million rows, in the order of arrival."""
        folder.mkdir()
        weights = [name for name, weight in EVENTS for _ in range(weight)]
        names = {
            "event": f"{_array(weights)}[(1 + hash(n, 0) % {len(weights)})::INT]",
            "category": f"{_array(CATEGORIES)}[(1 + hash(n, 1) % {len(CATEGORIES)})::INT]",
            "channel": f"{_array(CHANNELS)}[(1 + hash(n, 2) % {len(CHANNELS)})::INT]",
        }
        shares = np.cumsum(_activity(self.people))
        chance = np.random.default_rng(11)
        end = int(np.datetime64(to_utc_naive(AS_OF), "us").astype(np.int64))
        step = timedelta(days=DAYS) // timedelta(microseconds=1) // self.rows
        for first in range(0, self.rows, CHUNK):
            count = min(CHUNK, self.rows - first)
            numbers = np.arange(first, first + count)
            drawn = {
                "n": numbers,
                "person": np.searchsorted(shares, chance.random(count) * shares[-1], "right"),
                "moment": end - (self.rows - numbers) * step + chance.integers(0, max(step, 1), count),
            }
            connection.register("drawn", pa.table(drawn))
            _copy(connection, _EVENTS.format(**names), folder / f"part-{first:010d}.parquet")

    def _lay_scores(self, connection: duckdb.DuckDBPyConnection) -> None:
        at = f"TIMESTAMP '{to_utc_naive(AS_OF):%Y-%m-%d %H:%M:%S}' - INTERVAL 1 HOUR"
        models = [
            f"""SELECT profile_id, '{model}' AS model, {score} AS score, '1' AS model_version, {at} AS scored_at,
                {at} AS as_of, NULL::VARCHAR AS reasons FROM people WHERE hash(number, '{model}', 1) % 50 > 0"""
            for model, score in zip(MODELS, (_CHURN, _VALUE), strict=True)
        ]
        rows = connection.execute(f"SELECT * FROM ({' UNION ALL '.join(models)}) ORDER BY model, profile_id")
        with commit(Home(self.home), "scores") as writer:
            writer.write("scores", rows.to_arrow_table().cast(writer.table("scores").schema))

    def _lay_lists(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fifteen lists of a hundredth of the people, five of a tenth."""
        at = to_utc_naive(AS_OF - timedelta(days=1))
        uploads = [
            {"upload_id": f"upload{n}", "list": f"list_{n}", "mode": "replace", "source": "bench",
             "published_at": at} for n in range(LISTS)
        ]  # fmt: skip
        entries = connection.execute(f"SELECT {_LISTED}").to_arrow_table()
        with commit(Home(self.home), "lists", {"as_of": AS_OF.isoformat()}) as writer:
            for name, rows in (("uploads", pa.Table.from_pylist(uploads)), ("entries", entries)):
                schema = writer.table(name).schema
                columns = {
                    field.name: rows[field.name].cast(field.type)
                    if field.name in rows.column_names
                    else pa.nulls(len(rows), field.type)
                    for field in schema
                }
                writer.write(name, pa.table(columns, schema=schema))


_CHURN = "round(hash(number, 31) % 1000003 / 1000003.0, 3)"
_VALUE = "round(-ln((1 + hash(number, 32) % 1000003) / 1000004.0) * 100, 1)"
_LISTED = f"""
    'upload' || l AS upload_id, 'list_' || l AS list, 'profile_id' AS identifier_type, profile_id AS identifier_value
    FROM people, range({LISTS}) AS s(l)
    WHERE hash(number, l, 41) % 100 < CASE WHEN l < 15 THEN 1 ELSE 10 END"""
_IDENTITIES = """
    SELECT 'anonymous_id' AS identifier_type, 'a' || number AS identifier_value, profile_id FROM people
    UNION ALL
    SELECT 'user_id', 'u' || number, profile_id FROM people WHERE number % 2 = 0"""
_CONSENTS = """
    SELECT profile_id, 'marketing' AS purpose, channel, hash(number, channel, 51) % 3 > 0 AS is_granted
    FROM people, (VALUES ('email'), ('sms')) AS c(channel) WHERE hash(number, channel, 52) % 4 > 0
    ORDER BY profile_id"""


def _activity(people: int) -> NDArray[np.float64]:
    """How much of all that is done a person does."""
    chance = np.random.default_rng(7)
    weights = np.minimum(chance.pareto(1.3, people), 60)
    weights[chance.random(people) < 0.12] = 0
    return weights / weights.sum()


def _array(words: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def _copy(connection: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    connection.execute(f"COPY ({sql}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
