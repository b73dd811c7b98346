"""What identity resolution made of a sandbox world, held against the world's hidden truth.

    python -m tests.integration.identity.device_truth KITH_HOME SANDBOX_HOME

prints the figures of a whole home, by its published `identities`. An identifier belongs to one person, or,
a shared device, to several; wrong is a pair in one profile that no person has in common.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Figures:
    """Counts of people, profiles and pairs of identifiers.

    A person's device is evidenced if an event ever bore it together with one of the person's own ids: no
    rule could know of the others. `*_pairs` are pairs of identifiers in one profile (found), of one person
    (true), of one person and connected by evidence (evidenced). `merged_profiles` hold user ids of several.
    """

    people_seen: int
    people_with_evidenced_devices: int
    people_joined_rightly: int
    profiles: int
    merged_profiles: int
    profiles_of_two: int
    found_pairs: int
    right_pairs: int
    true_pairs: int
    true_found_pairs: int
    evidenced_pairs: int
    evidenced_found_pairs: int
    shared_devices_seen: int
    shared_devices_alone: int

    @property
    def share_joined_rightly(self) -> float:
        return self.people_joined_rightly / max(1, self.people_with_evidenced_devices)

    @property
    def wrong_pairs(self) -> int:
        return self.found_pairs - self.right_pairs

    @property
    def precision(self) -> float:
        return self.right_pairs / max(1, self.found_pairs)

    @property
    def recall(self) -> float:
        """Over all true pairs, those that no event connects included."""
        return self.true_found_pairs / max(1, self.true_pairs)

    @property
    def evidenced_recall(self) -> float:
        return self.evidenced_found_pairs / max(1, self.evidenced_pairs)

    def lines(self) -> list[str]:
        rates = {
            name: round(getattr(self, name), 4)
            for name in ("share_joined_rightly", "wrong_pairs", "precision", "recall", "evidenced_recall")
        }
        return [f"{name:32} {value:>12}" for name, value in {**asdict(self), **rates}.items()]


def compare(database: duckdb.DuckDBPyConnection, truth: Path, identities: str, events: str) -> Figures:
    """Figures of a relation `identities(identifier_type, identifier_value, profile_id)` and one of events."""
    run = database.execute
    for name in ("people", "devices", "ownership", "bots"):
        run(f"CREATE OR REPLACE VIEW true_{name} AS FROM read_parquet('{truth / f'{name}.parquet'}')")
    run(_OWNERS)
    run(
        f"CREATE OR REPLACE TEMP TABLE held AS SELECT identifier_type, identifier_value, profile_id FROM {identities}"
    )
    run(_EVIDENCED.format(events=events))
    run(_KNOWN)
    run(_PAIRS)
    row = database.execute(_FIGURES).fetchall()[0]
    return Figures(*(int(value or 0) for value in row))


# Who each identifier is of. Bots are people of their own here.
_OWNERS = """
    CREATE OR REPLACE TEMP TABLE owners AS
    SELECT 'user_id' AS identifier_type, user_id AS identifier_value, person, FALSE AS is_shared FROM true_people
    UNION ALL SELECT 'email', lower(email), person, FALSE FROM true_people
    UNION ALL SELECT 'phone', phone, person, FALSE FROM true_people
    UNION ALL
    SELECT 'anonymous_id', devices.anonymous_id, ownership.person, ownership.is_shared
    FROM true_ownership AS ownership INNER JOIN true_devices AS devices USING (device)
    UNION ALL SELECT 'anonymous_id', anonymous_id, -1 - ROW_NUMBER() OVER (ORDER BY anonymous_id), FALSE
    FROM true_bots
"""
_EVIDENCED = """
    CREATE OR REPLACE TEMP TABLE evidenced AS
    SELECT DISTINCT owners.person, borne.anonymous_id
    FROM (
        SELECT DISTINCT anonymous_id, trim(user_id) AS user_id,
            lower(trim(coalesce(json_extract_string(traits, '$.email'),
                json_extract_string(context, '$.traits.email'),
                json_extract_string(properties, '$.email')))) AS email
        FROM {events} WHERE anonymous_id IS NOT NULL
    ) AS borne
    INNER JOIN owners
        ON owners.identifier_value IN (borne.user_id, borne.email)
        AND owners.identifier_type IN ('user_id', 'email')
"""
_KNOWN = """
    CREATE OR REPLACE TEMP TABLE known AS
    SELECT
        held.profile_id,
        held.identifier_type,
        held.identifier_value,
        list_sort(list(owners.person)) AS people,
        bool_or(owners.is_shared) AS is_shared,
        bool_or(held.identifier_type <> 'anonymous_id' OR evidenced.person IS NOT NULL) AS is_evidenced
    FROM held
    INNER JOIN owners USING (identifier_type, identifier_value)
    LEFT JOIN evidenced
        ON evidenced.anonymous_id = held.identifier_value AND evidenced.person = owners.person
    GROUP BY held.profile_id, held.identifier_type, held.identifier_value
"""
_PAIRS = """
    CREATE OR REPLACE TEMP TABLE found AS
    SELECT
        len(list_intersect(one.people, other.people)) > 0 AS is_right,
        NOT one.is_shared AND NOT other.is_shared AS is_own,
        one.is_evidenced AND other.is_evidenced AS is_evidenced
    FROM known AS one
    INNER JOIN known AS other
        ON one.profile_id = other.profile_id
        AND (one.identifier_type, one.identifier_value) < (other.identifier_type, other.identifier_value)
"""
_FIGURES = """
    WITH own AS (SELECT *, people[1] AS person FROM known WHERE NOT is_shared AND people[1] >= 0),

    seen AS (
        SELECT
            person,
            bool_or(identifier_type = 'user_id') AS is_named,
            count(*) AS n,
            count(*) FILTER (is_evidenced) AS evidenced,
            count(*) FILTER (is_evidenced AND identifier_type = 'anonymous_id') AS devices,
            count(DISTINCT profile_id) FILTER (is_evidenced) AS profile_count,
            any_value(profile_id) FILTER (is_evidenced) AS profile_id
        FROM own GROUP BY person
    ),

    crowd AS (
        SELECT profile_id, count(DISTINCT people[1]) FILTER (NOT is_shared) AS people,
            count(*) FILTER (identifier_type = 'user_id') AS users
        FROM known GROUP BY profile_id
    )

    SELECT
        (SELECT count(*) FROM seen),
        (SELECT count(*) FROM seen WHERE is_named AND devices > 0),
        (SELECT count(*) FROM seen INNER JOIN crowd USING (profile_id)
            WHERE is_named AND devices > 0 AND profile_count = 1 AND people = 1),
        (SELECT count(DISTINCT profile_id) FROM held),
        (SELECT count(*) FROM crowd WHERE users > 1),
        (SELECT count(*) FROM crowd WHERE people > 1),
        (SELECT count(*) FROM found),
        (SELECT count(*) FROM found WHERE is_right),
        (SELECT sum(n * (n - 1) / 2) FROM seen),
        (SELECT count(*) FROM found WHERE is_right AND is_own),
        (SELECT sum(evidenced * (evidenced - 1) / 2) FROM seen),
        (SELECT count(*) FROM found WHERE is_right AND is_own AND is_evidenced),
        (SELECT count(*) FROM known WHERE is_shared),
        (SELECT count(*) FROM known AS shared WHERE is_shared AND NOT EXISTS (
            SELECT 1 FROM known AS other WHERE other.profile_id = shared.profile_id
                AND other.identifier_value <> shared.identifier_value))
"""


def published(home: Path) -> str:
    """The relation of the latest published `identities` of a home."""
    (file,) = sorted(home.glob("published/*/identities.parquet"))[-1:]
    return f"read_parquet('{file}')"


if __name__ == "__main__":
    root, sandbox = Path(sys.argv[1]), Path(sys.argv[2])
    lake = f"read_parquet('{root}/lake/events/*/*/*.parquet', union_by_name = true)"
    print("\n".join(compare(duckdb.connect(), sandbox / "truth", published(root), lake).lines()))
