"""The attempt of each person that counts: how far it got, and when it reached each step.

Neighbours in time are found by ASOF joins. A moment t of the step before is the key 2t + 1; an act that may follow at
the same moment is 2t + 1 too, one that also does an earlier step (no act is used twice) 2t: so "at or after" of keys is
"after", or "at the same moment where that is allowed".
"""

from __future__ import annotations

from dashboards.answers.visit_events import VISIT_EVENT
from dashboards.funnels.acts import Span
from measurement.fields import microseconds
from measurement.funnels import Funnel


def attempts_sql(funnel: Funnel, span: Span) -> str:
    """CTEs up to `best`: one row per person who entered, `person, step_1 … step_n, depth, is_open`."""
    found = _unordered(funnel) if funnel.order == "any" else _ordered(funnel)
    begun = "first_at" if funnel.attempts == "first" else "last_at"
    count = len(funnel.steps)
    return f"""
        {found},
        best AS MATERIALIZED (
            SELECT
                chosen.*,
                depth < {count} AND begun.{begun} + {microseconds(funnel.within)} >= {span.end} AS is_open
            FROM chosen
            INNER JOIN entrants AS begun ON chosen.person = begun.person
        )"""


def _ordered(funnel: Funnel) -> str:
    count = len(funnel.steps)
    ends = ",".join(_ends(number) for number in range(2, count + 1))
    levels = ",".join(_level(funnel, number) for number in range(3, count + 1))
    return f"""
        entrants AS MATERIALIZED (
            SELECT person, min(moment) AS first_at, max(moment) AS last_at FROM acts WHERE meets_1 GROUP BY person
        ),
        {ends},
        starts AS (
            SELECT person, moment, 2 * moment + 1 AS key
            FROM acts
            WHERE meets_1 AND person IN (SELECT person FROM ends_2)
        ),
        {_visits(funnel)}
        level_2 AS ({_second_level(funnel)}),
        {levels + "," if levels else ""}
        {_chosen(count, f"level_{count}")}"""


def _ends(number: int) -> str:
    earlier = " OR ".join(f"meets_{each}" for each in range(1, number))
    return f"""
        ends_{number} AS (
            SELECT person, 2 * moment + CASE WHEN {earlier} THEN 0 ELSE 1 END AS key FROM acts WHERE meets_{number}
        )"""


def _visits(funnel: Funnel) -> str:
    """What may come between two steps of a strict funnel: of those who did the second one, all that they did."""
    if funnel.order != "strict":
        return ""
    return f"""
        others AS (
            SELECT hash(profile_id) AS person, epoch_us(occurred_at) AS moment
            FROM events
            WHERE profile_id IS NOT NULL AND hash(profile_id) IN (SELECT person FROM ends_2) AND {VISIT_EVENT}
        ),"""


def _second_level(funnel: Funnel) -> str:
    """Of all attempts that meet at the second step, the one that began last gets furthest: it alone goes on.

    Those who only entered count from their first time.
    """
    window = microseconds(funnel.within)
    if funnel.attempts == "first":
        pairs = _following(
            funnel,
            2,
            "(SELECT person, first_at AS step_1, first_at AS step_before FROM entrants)",
        )
        reached = f"CASE WHEN following - step_1 <= {window} THEN following END"
        return f"SELECT person, step_1, {reached} AS step_2 FROM {pairs}"
    neighbours = f"""
        (
            SELECT ends_2.person, starts.moment AS step_1, min(ends_2.key // 2) AS step_2
            FROM ends_2
            ASOF INNER JOIN starts ON ends_2.person = starts.person AND ends_2.key >= starts.key
            GROUP BY ends_2.person, starts.moment
            HAVING min(ends_2.key // 2) - starts.moment <= {window}
        )"""
    if funnel.order == "strict":
        neighbours = _undisturbed(neighbours)
    return f"""
        SELECT person, step_1, step_2 FROM {neighbours}
        UNION ALL
        SELECT person, first_at AS step_1, CAST(NULL AS BIGINT) AS step_2 FROM entrants"""


def _undisturbed(pairs: str) -> str:
    return f"""
        (
            SELECT pairs.person, pairs.step_1, pairs.step_2
            FROM {pairs} AS pairs
            ASOF LEFT JOIN others ON pairs.person = others.person AND pairs.step_1 < others.moment
            WHERE others.moment IS NULL OR others.moment >= pairs.step_2
        )"""


def _level(funnel: Funnel, number: int) -> str:
    source = f"(SELECT *, step_{number - 1} AS step_before FROM level_{number - 1})"
    kept = ", ".join(f"step_{each}" for each in range(1, number))
    return f"""
        level_{number} AS (
            SELECT
                person, {kept},
                CASE WHEN following - step_1 <= {microseconds(funnel.within)} THEN following END AS step_{number}
            FROM {_following(funnel, number, source)}
        )"""


def _following(funnel: Funnel, number: int, source: str) -> str:
    """`source` (with `person` and `step_before`) and `following`: when the step was next done; null if never.

    DuckDB finds neighbours of a null now and then: who never did the step before is told apart by hand.
    """
    found = f"""
        SELECT source.*, CASE WHEN source.step_before IS NOT NULL THEN ends_{number}.key // 2 END AS following
        FROM {source} AS source
        ASOF LEFT JOIN ends_{number}
            ON source.person = ends_{number}.person AND 2 * source.step_before + 1 <= ends_{number}.key"""
    if funnel.order != "strict":
        return f"({found})"
    return f"""
        (
            SELECT
                found.* EXCLUDE (following),
                CASE WHEN others.moment IS NULL OR others.moment >= following THEN following END AS following
            FROM ({found}) AS found
            ASOF LEFT JOIN others ON found.person = others.person AND found.step_before < others.moment
        )"""


def _unordered(funnel: Funnel) -> str:
    count, window = len(funnel.steps), microseconds(funnel.within)
    done = ", ".join(
        f"min(CASE WHEN meets_{number} THEN moment END) AS done_{number}" for number in range(1, count + 1)
    )
    ahead = ", ".join(f"min(done_{number}) OVER forward AS next_{number}" for number in range(1, count + 1))
    within = ", ".join(
        f"CASE WHEN next_{number} - moment <= {window} THEN next_{number} END"
        for number in range(1, count + 1)
    )
    steps = ", ".join(f"times[{number}] AS step_{number}" for number in range(1, count + 1))
    first = "" if funnel.attempts == "any" else "WHERE moment = first_at"
    return f"""
        starts AS MATERIALIZED (
            SELECT person, moment, {done}
            FROM acts
            WHERE {" OR ".join(f"meets_{number}" for number in range(1, count + 1))}
            GROUP BY person, moment
        ),
        entrants AS (
            SELECT person, min(moment) AS first_at, max(moment) AS last_at FROM starts GROUP BY person
        ),
        ahead AS (
            SELECT person, moment, {ahead}, min(moment) OVER (PARTITION BY person) AS first_at
            FROM starts
            WINDOW forward AS (
                PARTITION BY person ORDER BY moment ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            )
        ),
        gathered AS (
            SELECT person, list_sort(list_filter([{within}], lambda each: each IS NOT NULL)) AS times
            FROM ahead {first}
        ),
        measured AS (SELECT person, {steps} FROM gathered),
        {_chosen(count, "measured")}"""


def _chosen(count: int, source: str) -> str:
    """The most steps, then the earliest to reach the last of them, then the latest to begin."""
    depth = " + ".join(f"(step_{number} IS NOT NULL)::BIGINT" for number in range(1, count + 1))
    last = f"coalesce({', '.join(f'step_{number}' for number in range(count, 0, -1))})"
    steps = ", ".join(f"step_{number}" for number in range(1, count + 1))
    found = ", ".join(f"counts.step_{number}" for number in range(1, count + 1))
    packed = ", ".join(f"'step_{number}': step_{number}" for number in range(1, count + 1))
    return f"""
        chosen AS (
            SELECT person, {found}, counts.depth AS depth
            FROM (
                SELECT
                    person,
                    arg_min({{{packed}, 'depth': depth}}, (-depth, last_at, -step_1)) AS counts
                FROM (SELECT person, {steps}, {depth} AS depth, {last} AS last_at FROM {source})
                GROUP BY person
            )
        )"""
