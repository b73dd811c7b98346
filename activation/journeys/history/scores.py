"""`facts_scores`: what models said of people. A score holds until the model's next scoring: who isn't in it has none."""

from __future__ import annotations

from itertools import pairwise

from activation.journeys.history.archive import NEVER, Archive, evaluated_at
from activation.journeys.history.needs import Needs
from kith.lake import Commit
from kith.warehouse import Warehouse, literal

_EMPTY = """
    CREATE OR REPLACE TEMP TABLE facts_scores (
        person UUID, score TEXT, value DOUBLE, from_at BIGINT, to_at BIGINT
    )
"""

_SCORES = """
    -- One row per person of one scoring. Where two who were scored are one now, the id that stayed speaks.
    INSERT INTO facts_scores
    SELECT person, score, arg_max(value, (written = person, written)) AS value, {begin} AS from_at, {end} AS to_at
    FROM (
        SELECT CAST(s.profile_id AS UUID) AS written, coalesce(a.person, CAST(s.profile_id AS UUID)) AS person,
               s.model AS score, s.score AS value
        FROM read_parquet({file}) AS s
        LEFT JOIN facts_aliases AS a ON a.alias = CAST(s.profile_id AS UUID)
        WHERE s.model = {model} AND s.score IS NOT NULL AND s.profile_id <> ''
    ) AS scored
    GROUP BY person, score
"""


def lay_scores(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """The scorings in force during the slice, a file each; no other is opened."""
    warehouse.connection.execute(_EMPTY)
    for model in sorted(needs.scores):
        for commit, begin, end in _in_force(archive, model):
            warehouse.connection.execute(
                _SCORES.format(
                    file=literal(str(commit.table("scores"))), model=literal(model), begin=begin, end=end
                )
            )


def _in_force(archive: Archive, model: str) -> list[tuple[Commit, int, int]]:
    """The model's scorings with when each holds; of two for one instant the later commit's."""
    latest: dict[int, Commit] = {}
    for each in archive.evaluated("scores"):
        if each.meta.get("model") == model:
            latest[evaluated_at(each)] = each
    instants = [*sorted(latest), NEVER]
    spans = [(latest[at], at, following) for at, following in pairwise(instants)]
    return [each for each in spans if each[2] > archive.begin and each[1] < archive.end]
