"""Pairs of identifiers for the benches of identity: people with up to eight identifiers, seen two at a time."""

from __future__ import annotations

from pathlib import Path

START = "TIMESTAMP '2026-01-01'"
# A person's slots by kind: one user id, two addresses, one telephone number, four devices.
KIND = "CASE WHEN {slot} = 0 THEN 0 WHEN {slot} < 3 THEN 1 WHEN {slot} = 3 THEN 2 ELSE 3 END"
TYPES = ("user_id", "email", "phone", "anonymous_id")


def write_pairs(file: Path, count: int, people: int, seed: float, strays: float = 0.01) -> None:
    """`count` rows with the columns of `evidence`, in order of landing.

    Each pairs two slots of one person; a share of `strays` pairs slots of two. Values are unique over kinds.
    """
    import duckdb

    with duckdb.connect(config={"threads": 2, "memory_limit": "6GB"}) as connection:
        connection.execute(f"SELECT setseed({seed})")
        connection.execute(f"""
            COPY (
                WITH drawn AS (
                    SELECT
                        CAST(floor(random() * {people}) AS BIGINT) AS person,
                        CAST(floor(random() * {people}) AS BIGINT) AS stranger,
                        random() < {strays} AS is_stray,
                        CAST(floor(pow(random(), 2) * 7) AS BIGINT) AS slot,
                        1 + CAST(floor(random() * 2) AS BIGINT) AS step,
                        range AS number
                    FROM range({count})
                ),

                ends AS (
                    SELECT
                        CASE WHEN is_stray THEN stranger ELSE person END * 8 + slot AS one,
                        person * 8 + least(slot + step, 7) AS other,
                        {START} + to_microseconds(number * 100003) AS first_received_at
                    FROM drawn
                )

                SELECT
                    CAST({KIND.format(slot="one % 8")} AS TINYINT) AS left_kind,
                    'id-' || one AS left_value,
                    CAST({KIND.format(slot="other % 8")} AS TINYINT) AS right_kind,
                    'id-' || other AS right_value,
                    FALSE AS is_left_behind,
                    first_received_at,
                    CAST(1 AS BIGINT) AS edge_count
                FROM ends
                WHERE one <> other
            ) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
        """)


def wide_rules():
    """The workspace's rules with limits that no person of this world meets."""
    from identity.rules import load_rules
    from kith.settings import load_settings

    rules = load_rules(load_settings()).body
    types = {name: each.model_copy(update={"limit": 10_000}) for name, each in rules.types.items()}
    return rules.model_copy(update={"types": types})


def partition_of(rows: str) -> dict[str, int]:
    """What tells a partition whatever its labels: clusters, members, the greatest, the sum of squares, and a
    sum over members of a hash of their cluster's least member. `rows` selects (identifier, cluster)."""
    import duckdb

    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB"}) as connection:
        found = connection.execute(f"""
            WITH members AS ({rows}),
            clusters AS (
                SELECT COUNT(*) AS members, MIN(identifier) AS least,
                    SUM(CAST(hash(identifier) % 1000003 AS HUGEINT)) AS content
                FROM members GROUP BY cluster
            )
            SELECT COUNT(*), SUM(members), MAX(members), SUM(members * members),
                SUM(CAST(hash(least) % 1000003 AS HUGEINT) * content)
            FROM clusters
        """).fetchone()
    assert found is not None
    names = ("clusters", "members", "greatest", "sum_of_squares", "content")
    return {name: int(value) for name, value in zip(names, found, strict=True)}
