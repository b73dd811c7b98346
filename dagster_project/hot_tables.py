"""What a hot run renews of the warehouse: the logs always, what is made of them only where something new speaks of it.

The logs (incremental models) cost what landed. Consents, traits, addresses and the machines among those who open mail
are tables that dbt makes anew from all that was ever said, so they are made only for words, identify calls, people
or answers that came since they were last made. Events go out as a base and what came after it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.dbt_runner import build_hot
from kith.durable import write_durably
from kith.lake import Home
from kith.run import HOT_EVENTS, Run
from kith.settings import Settings
from kith.warehouse import literal

LOGS = "+tag:hot,config.materialized:incremental +tag:hot,path:models/staging"
_ANSWERS = "int_message_feedback__classified"
_TABLES = ("addresses", "consents", "consent_history", "identities", "profile_aliases", "profile_traits")
#: Which tables a kind of news may change.
_CHANGES: Mapping[str, tuple[str, ...]] = {
    "words": ("consents", "consent_history"),
    "traits": ("profile_traits",),
    "devices": ("addresses",),
    "people": ("consents", "consent_history", "profile_traits", "addresses"),
    "answers": (_ANSWERS,),
}
#: Beside identify calls, what tells that an address of a device came or went (dbt/macros/addresses.sql).
DEVICE_EVENTS = (
    *("Push Token Registered", "Web Push Subscribed", "Device Registered", "Device Created or Updated"),
    *("Address Added", "Push Token Unregistered", "Web Push Unsubscribed", "Application Uninstalled"),
    *("Device Deleted", "Address Removed", "Message Rejected", "Message Moved", "Message Bounced"),
    *("Push Notification Bounced", "Address Suppressed"),
)
_BUILDS = """
    SELECT coalesce(max(build_number) FILTER (WHERE log = 'events'), 0),
           coalesce(max(build_number) FILTER (WHERE log = 'identities'), 0)
    FROM kith_builds"""
_NEWS = """
    -- What is new since both logs were at these builds. A consent object that says what the last one of the same bearer
    -- said is no word.
    WITH news AS (SELECT * FROM int_events__landed WHERE changed_in > $events),
    said AS (
        SELECT event_id, effective_at,
               lag(categories) OVER (
                   PARTITION BY user_id, anonymous_id, email, phone ORDER BY effective_at, event_id
               ) IS DISTINCT FROM categories AS is_other
        FROM int_consents__observed
        WHERE coalesce(user_id, '') || chr(31) || coalesce(anonymous_id, '') IN (
            SELECT coalesce(user_id, '') || chr(31) || coalesce(anonymous_id, '') FROM news
        )
    )
    SELECT (SELECT count(*) FROM news WHERE event = ANY($words) OR displaced_in IS NOT NULL)
               + (SELECT count(*) FROM said JOIN news USING (event_id) WHERE is_other) AS words,
           (SELECT count(*) FROM news WHERE type = 'identify') AS traits,
           (SELECT count(*) FROM news
            WHERE type = 'identify' OR event = ANY($devices) OR context LIKE '%"token"%'
               OR context LIKE '%externalIds%') AS devices,
           (SELECT count(*) FROM int_identifiers__tracked WHERE build_number > $identities) AS people,
           (SELECT count(*) FROM news WHERE event = ANY($answers) OR displaced_in IS NOT NULL) AS answers
"""
_STALE = """
    -- Whether a base of these builds tells anything that is no more so: another profile, another copy, another reader.
    SELECT EXISTS (SELECT 1 FROM int_events__landed WHERE displaced_in > $events AND build_number <= $events)
        OR EXISTS (
            WITH changed AS (
                SELECT identifier_type, identifier_value FROM int_identifiers__tracked
                WHERE build_number > $identities
            )
            SELECT 1 FROM int_events__landed
            WHERE build_number <= $events AND displaced_in IS NULL AND (
                user_id IN (SELECT identifier_value FROM changed WHERE identifier_type = 'user_id')
                OR anonymous_id IN (SELECT identifier_value FROM changed WHERE identifier_type = 'anonymous_id')
            )
        )
        OR EXISTS (
            SELECT 1 FROM int_message_feedback__classified AS f
            JOIN int_events__landed AS e ON e.event_id = f.event_id
            JOIN read_parquet($base) AS b ON b.event_id = f.event_id
            WHERE e.build_number <= $events AND b.is_machine <> f.is_machine
        )
"""


@dataclass(frozen=True)
class Renewal:
    """How many models dbt built and because of what news, and how many events lie beside the base."""

    models: int
    news: dict[str, int]
    events_beside_base: int


def renew_tables(settings: Settings, run: Run) -> Renewal:
    """Leave the tables of `tag:hot` as of the run in its folder."""
    home = Home(settings.home)
    models = build_hot(settings, run, LOGS)
    with _reading(home) as warehouse:
        builds = _builds(warehouse)
        news = _news(settings, warehouse, _read(home, "made", builds))
    tables = sorted({table for kind, count in news.items() if count for table in _CHANGES[kind]})
    if tables:
        models += build_hot(
            settings, run, " ".join(f"+{table},config.materialized:table" for table in tables)
        )
    with _reading(home) as warehouse:
        beside = _export(home, run, warehouse, builds, news)
    _write(home, "made", builds)
    return Renewal(models, news, beside)


def _news(
    settings: Settings, warehouse: duckdb.DuckDBPyConnection, made: Mapping[str, int] | None
) -> dict[str, int]:
    if made is None:
        return dict.fromkeys(_CHANGES, 1)
    from activation.gates._words import load_words
    from activation.segments.messages import ANSWERS

    said = {
        **made,
        "words": list(load_words(settings).body.event_names),
        "devices": list(DEVICE_EVENTS),
        # Machines are told from people among those who open and follow; what else comes changes none of them.
        "answers": [*ANSWERS["opened"], *ANSWERS["clicked"]],
    }
    found = warehouse.execute(_NEWS, said)
    names = [column[0] for column in found.description or []]
    return dict(zip(names, found.fetchone() or (), strict=True))


def _export(
    home: Home,
    run: Run,
    warehouse: duckdb.DuckDBPyConnection,
    builds: Mapping[str, int],
    news: Mapping[str, int],
) -> int:
    for table in _TABLES:
        _copy(warehouse, f"SELECT * FROM {table}", run.path / f"{table}.parquet")
    base, mark = home.hot / HOT_EVENTS, _read(home, "base", builds)
    if mark is None or not base.exists() or _is_stale(warehouse, base, mark, news):
        base.unlink(missing_ok=True)
        _copy(warehouse, "SELECT * FROM events", base)
        _write(home, "base", mark := builds)
    (run.path / "events").mkdir()
    os.link(base, run.path / "events" / "base.parquet")
    later = f"SELECT event_id FROM int_events__landed WHERE build_number > {mark['events']}"
    return _copy(
        warehouse, f"SELECT * FROM events WHERE event_id IN ({later})", run.path / "events" / "later.parquet"
    )


def _is_stale(
    warehouse: duckdb.DuckDBPyConnection, base: Path, mark: Mapping[str, int], news: Mapping[str, int]
) -> bool:
    if not (news["people"] or news["answers"]):
        return False
    row = warehouse.execute(_STALE, {**mark, "base": str(base)}).fetchone()
    return row is None or bool(row[0])


def _copy(warehouse: duckdb.DuckDBPyConnection, sql: str, file: Path) -> int:
    row = warehouse.execute(
        f"COPY ({sql}) TO {literal(str(file))} (FORMAT parquet, USE_TMP_FILE true)"
    ).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _reading(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """Between two calls of dbt, which holds the file for itself while it is at work; the run's lock is ours."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        yield connection


def _builds(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    row = warehouse.execute(_BUILDS).fetchone() or (0, 0)
    return {"events": int(row[0]), "identities": int(row[1])}


def _read(home: Home, name: str, builds: Mapping[str, int]) -> dict[str, int] | None:
    """The builds that something was made at; None if it never was, or in a warehouse that is no more."""
    file = home.hot / f"{name}.json"
    if not file.exists():
        return None
    kept: dict[str, int] = json.loads(file.read_bytes())
    return kept if all(kept[log] <= number for log, number in builds.items()) else None


def _write(home: Home, name: str, builds: Mapping[str, int]) -> None:
    write_durably(home.hot / f"{name}.json", json.dumps(dict(builds)).encode())
