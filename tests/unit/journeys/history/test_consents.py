"""What a profile permits at any instant is what a run of that instant would have published, over random histories."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from activation.journeys.history import Needs
from activation.journeys.history import consents as laid
from activation.journeys.history.consents import lay_consents
from kith.ids import stable_id
from tests.unit.gates import consent_pipeline as pipeline
from tests.unit.gates.histories import History, random_histories
from tests.unit.gates.published_leave import published_leave

NEEDS = Needs(purposes=frozenset({"marketing"}), channels=frozenset({"email"}))
WORLDS = 400
SECOND = 1_000_000
LAST = 1_000  # seconds; nothing is said later


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return pipeline.compiled_models(tmp_path_factory.mktemp("consent"))


class Worlds:
    """Many histories whose people are known as they are in the end; what is known of words depends on the instant."""

    def __init__(self, models: dict[str, str], histories: Sequence[History]) -> None:
        self.models, self.histories = models, histories
        self.profiles = {
            stable_id(str(world), str(number)): (world, profile)
            for world, history in enumerate(histories)
            for number, profile in enumerate(history.profiles)
        }

    def known_until(self, second: int) -> duckdb.DuckDBPyConnection:
        """The published tables of a run at `second`."""
        connection = duckdb.connect(config={"threads": 2})
        uttered = [row for row in pipeline._uttered(self.histories) if _instant(row) < pipeline.at(second)]
        identifiers = pipeline._identifiers(self.histories, self.profiles)
        for name, rows, schema in (
            ("int_consents__uttered", uttered, pipeline.UTTERED),
            ("stg_kith__identifiers", identifiers, pipeline.IDENTIFIERS),
        ):
            connection.register("rows", pa.Table.from_pylist(rows, schema=schema))
            connection.execute(f"CREATE TABLE {name} AS FROM rows")
        for name in pipeline.MODELS:
            connection.execute(f"CREATE TABLE {name} AS {self.models[name]}")
        connection.execute("CREATE VIEW identities AS FROM stg_kith__identifiers")
        return connection

    def published(self, second: int) -> dict[str, tuple[bool, str, str]]:
        """Answer, legal basis and the refusals that the plan gate saw lifted, by profile."""
        with self.known_until(second) as connection:
            connection.execute("""
                CREATE TABLE candidates AS
                SELECT DISTINCT profile_id AS message_id, profile_id, 'marketing' AS purpose, 'email' AS channel,
                       '' AS address, TIMESTAMP '3000-01-01' AS decided_at, false AS is_transactional
                FROM identities""")
            relation = published_leave(connection)
            rows = connection.execute(f"""
                SELECT c.profile_id, c.is_granted, c.legal_basis, coalesce(p.lifted, '[]')
                FROM consents AS c LEFT JOIN {relation} AS p ON p.message_id = c.profile_id""").fetchall()
        return {who: (granted, basis, lifted if granted else "[]") for who, granted, basis, lifted in rows}


def _instant(row: Mapping[str, Any]) -> datetime:
    return row["effective_at"]


def facts_at(connection: duckdb.DuckDBPyConnection, at: int) -> dict[str, tuple[bool, str, str]]:
    rows = connection.execute(
        """SELECT replace(CAST(person AS VARCHAR), '-', ''), is_granted, legal_basis, lifted
           FROM facts_consents WHERE from_at <= $at AND to_at > $at""",
        {"at": at},
    ).fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {who: tuple(rest) for who, *rest in rows}


def lay(connection: duckdb.DuckDBPyConnection, begin: int, end: int) -> None:
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE facts_identities AS
        SELECT identifier_type, identifier_value, CAST(profile_id AS UUID) AS person, joined_at FROM identities""")
    lay_consents(
        SimpleNamespace(connection=connection),  # pyright: ignore[reportArgumentType]
        SimpleNamespace(begin=begin, end=end),  # pyright: ignore[reportArgumentType]
        NEEDS,
    )


def microseconds(second: int) -> int:
    return int((pipeline.at(second) - pipeline.at(0)).total_seconds() * SECOND) + _EPOCH


_EPOCH = int((pipeline.START - pipeline.START.__class__(1970, 1, 1)).total_seconds()) * SECOND


def differences(worlds: Worlds, seconds: Sequence[int], begin: int = 0) -> int:
    """At how many (profile, instant) the relation says something else than what a run then published."""
    wrong = 0
    with worlds.known_until(LAST) as connection:
        lay(connection, microseconds(begin), microseconds(LAST))
        for second in seconds:
            facts, published = facts_at(connection, microseconds(second) - 1), worlds.published(second)
            wrong += sum(facts.get(who) != published.get(who) for who in facts.keys() | published.keys())
    return wrong


def test_consents__at_any_instant_are_what_a_run_of_it_would_have_published(
    models: dict[str, str], seed: int
) -> None:
    worlds = Worlds(models, list(random_histories(seed, WORLDS)))
    assert differences(worlds, (110, 330, 530, 771, LAST)) == 0
    assert differences(worlds, (530, 771), begin=500) == 0
    lifted = [json.loads(row[2]) for row in worlds.published(771).values()]
    assert sum(map(bool, lifted)) > WORLDS / 50


PLANTED = {
    "a word ends as the next one is said, not as it is known": ("h.known_to", "h.binds_at"),
    "any grant lifts any refusal": (" AND g.told_at >= r.joined_at AND g.told_at >= g.joined_at", ""),
    "an older grant lifts": ("g.binds_at > r.binds_at", "true"),
    "the mildest word counts": ("WHEN is_granted THEN 1 ELSE 0 END", "WHEN is_granted THEN 0 ELSE 1 END"),
    "changes within the slice are overlooked": (
        "max(known_from) <= {begin} AND min(known_to) >= {end}",
        "true",
    ),
    "no grant is looked for that came after a refusal": (
        "FILTER (NOT is_granted), true)",
        "FILTER (NOT is_granted), true) OR true",
    ),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_consents__a_planted_bug_is_seen(
    models: dict[str, str], seed: int, bug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, replacement = PLANTED[bug]
    found = 0
    for name in ("_WORDS", "_SETTLED", "_CONSENTS"):
        sql = " ".join(getattr(laid, name).split())
        found += text in sql
        lines = "\n".join(
            line for line in getattr(laid, name).splitlines() if not line.strip().startswith("--")
        )
        monkeypatch.setattr(laid, name, " ".join(lines.split()).replace(text, replacement))
    assert found
    worlds = Worlds(models, list(random_histories(seed, WORLDS)))
    assert differences(worlds, (330, 771)) + differences(worlds, (530, 771), begin=500) > 0
