"""How many people of each variant had their result in by each look, and how many had reached the goal.

A person counts from the first time they met the experiment, with the variant they met then, once the time for their
result is over: then it changes no more, and looking often costs nothing. Who was held out got no message and counts
for no variant; who met two variants by a merge leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from measurement.contests import Contest

STANDINGS = pa.schema(
    [
        ("journey", pa.string()),
        ("step_id", pa.string()),
        ("variant", pa.string()),
        ("look", pa.int64()),  # microseconds since 1970: the first look that sees these people
        ("people", pa.int64()),
        ("reached", pa.int64()),
        ("first_met_at", pa.int64()),  # of anybody in the experiment, microseconds
    ]
)

_VARIANTS = pa.schema(
    [
        ("journey", pa.string()),
        ("journey_version", pa.string()),
        ("node_id", pa.string()),
        ("label", pa.string()),
        ("step_id", pa.string()),
        ("variant", pa.string()),
        ("goal", pa.string()),
        ("within", pa.int64()),
        ("every", pa.int64()),
    ]
)


def read_standings(warehouse: Warehouse, contests: Sequence[Contest], as_of: datetime) -> pa.Table:
    """STANDINGS: one row per experiment, variant and look at which results came in, looks before `as_of` alone.

    Reads `lake_journeys_transitions`, `lake_journeys_enrolments`, `profile_aliases` and `events`.
    """
    warehouse.connection.register("contest_variants", _variants(contests))
    return warehouse.arrow(_STANDINGS, {"as_of": to_utc_naive(as_of)}).cast(STANDINGS)


def _variants(contests: Sequence[Contest]) -> pa.Table:
    rows = [
        {
            "journey": each.journey,
            "journey_version": each.version,
            "node_id": each.node_id,
            "label": str(number),
            "step_id": each.step_id,
            "variant": variant,
            "goal": each.goal,
            "within": each.within,
            "every": each.every,
        }
        for each in contests
        for number, variant in enumerate(each.variants, 1)
        if variant
    ]
    return pa.Table.from_pylist(rows, schema=_VARIANTS)


_STANDINGS = """
-- One row per experiment, variant and look.
WITH met AS (
    SELECT
        v.journey,
        v.step_id,
        v.variant,
        v.goal,
        v.within,
        v.every,
        coalesce(a.profile_id, t.profile_id) AS profile_id,
        epoch_us(t.at) AS met_at
    FROM lake_journeys_transitions AS t
    INNER JOIN contest_variants AS v
        ON
            v.journey = t.journey
            AND v.journey_version = t.journey_version
            AND v.node_id = t.node_id
            AND v.label = t.label
    INNER JOIN lake_journeys_enrolments AS e ON e.enrolment_id = t.enrolment_id
    LEFT JOIN profile_aliases AS a ON a.alias_id = t.profile_id
    WHERE NOT e.is_holdout AND t.at < $as_of
),

people AS (
    SELECT
        journey,
        step_id,
        profile_id,
        min(variant) AS variant,
        arg_min(goal, met_at) AS goal,
        arg_min(within, met_at) AS within,
        arg_min(every, met_at) AS every,
        min(met_at) AS met_at
    FROM met
    GROUP BY journey, step_id, profile_id
    HAVING count(DISTINCT variant) = 1
),

begun AS (
    SELECT journey, step_id, min(met_at) AS first_met_at
    FROM met
    GROUP BY journey, step_id
),

answers AS (
    SELECT DISTINCT people.journey, people.step_id, people.profile_id
    FROM people
    INNER JOIN events
        ON
            events.profile_id = people.profile_id
            AND events.event = people.goal
            AND epoch_us(events.effective_at) > people.met_at
            AND epoch_us(events.effective_at) <= people.met_at + people.within
    WHERE events.effective_at < $as_of
),

-- The first look after the time for a result is over: an event at that very instant is known to it.
results AS (
    SELECT
        people.journey,
        people.step_id,
        people.variant,
        ((people.met_at + people.within) // people.every + 1) * people.every AS look,
        answers.profile_id IS NOT NULL AS is_reached
    FROM people
    LEFT JOIN answers
        ON
            answers.journey = people.journey
            AND answers.step_id = people.step_id
            AND answers.profile_id = people.profile_id
)

SELECT
    results.journey,
    results.step_id,
    results.variant,
    results.look,
    count(*) AS people,
    count(*) FILTER (WHERE results.is_reached) AS reached,
    any_value(begun.first_met_at) AS first_met_at
FROM results
INNER JOIN begun ON begun.journey = results.journey AND begun.step_id = results.step_id
WHERE results.look < epoch_us($as_of)
GROUP BY results.journey, results.step_id, results.variant, results.look
ORDER BY results.journey, results.step_id, results.look, results.variant
"""
