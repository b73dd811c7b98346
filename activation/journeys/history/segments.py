"""`facts_segments`: who was in which segment from when to when; `facts_evaluations`: when each was evaluated.

Membership takes effect at the instant it was evaluated for. History keeps the ids of its time, and tells changes of whom
people were then: whoever is one with somebody by now is in if any of them was among the members of the evaluation.
"""

from __future__ import annotations

from pathlib import Path

from activation.journeys.history.archive import NEVER, Archive
from activation.journeys.history.lists import lay_lists
from activation.journeys.history.needs import Needs
from activation.segments.tables import EVALUATIONS, HISTORY, MEMBERS, POPULATION
from kith.warehouse import Warehouse, literal

_CHANGES = """
    -- One row per change of membership, under the id of its time and the one of this run.
    CREATE OR REPLACE TEMP TABLE segment_changes AS
    SELECT h.segment, h.change, epoch_us(h.moment) AS moment, h.filename, h.written,
           coalesce(a.person, h.written) AS person
    FROM (
        SELECT segment, change, "at" AS moment, filename, CAST(profile_id AS UUID) AS written
        FROM {history}
        WHERE segment IN ({segments}) AND profile_id <> ''
    ) AS h
    LEFT JOIN facts_aliases AS a ON a.alias = h.written
    WHERE epoch_us(h.moment) < {end}
"""

_OCCASIONS = """
    -- One row per segment and evaluation from the last before the slice on: where its members lie.
    CREATE OR REPLACE TEMP TABLE segment_occasions AS
    WITH told AS (
        SELECT segment, epoch_us(as_of) AS moment, arg_max(struct_pack(
                   members := members_commit, population := members_population, filename := filename
               ), filename) AS latest
        FROM {evaluations}
        WHERE segment IN ({segments}) AND epoch_us(as_of) < {end}
        GROUP BY segment, as_of
    )
    SELECT segment, moment, coalesce(lead(moment) OVER (PARTITION BY segment ORDER BY moment), {never}) AS next_at,
           latest.members AS members, latest.population AS population, latest.filename AS filename
    FROM told
    QUALIFY next_at >= {begin}
"""

_NOBODY = """
    CREATE OR REPLACE TEMP TABLE segment_stays (
        segment TEXT, person UUID, moment BIGINT, next_at BIGINT, entered_at BIGINT
    )
"""

_STAYS = """
    -- One row per evaluation and member of it who is one with somebody else by now.
    INSERT INTO segment_stays
    SELECT {segment} AS segment, n.person, {moment} AS moment, {next_at} AS next_at,
           min(epoch_us(m.entered_at)) AS entered_at
    FROM read_parquet({members}) AS m
    JOIN (
        SELECT p.position, coalesce(a.person, CAST(p.profile_id AS UUID)) AS person
        FROM read_parquet({population}) AS p
        LEFT JOIN facts_aliases AS a ON a.alias = CAST(p.profile_id AS UUID)
        WHERE p.profile_id <> ''
    ) AS n ON n.position = m.position
    SEMI JOIN segment_joint AS j ON j.person = n.person
    WHERE m.segment = {segment}
    GROUP BY n.person
"""

_JOINT = """
    -- One row per person of whom some change was told under an id that is no more.
    CREATE OR REPLACE TEMP TABLE segment_joint AS
    SELECT DISTINCT person FROM segment_changes WHERE written <> person
"""

_SEGMENTS = """
    -- One row per stretch of membership that touches the slice; one that ended at its begin is a leaving in it.
    CREATE OR REPLACE TEMP TABLE facts_segments AS
    WITH spans AS (
        SELECT *, coalesce(lead(moment) OVER (
            PARTITION BY segment, person ORDER BY moment, filename
        ), {never}) AS to_at
        FROM segment_changes ANTI JOIN segment_joint USING (person)
    ),
    marked AS (
        SELECT *, lag(next_at) OVER (PARTITION BY segment, person ORDER BY moment) IS DISTINCT FROM moment AS is_apart
        FROM segment_stays
    ),
    numbered AS (
        SELECT *, sum(CASE WHEN is_apart THEN 1 ELSE 0 END) OVER (
            PARTITION BY segment, person ORDER BY moment
        ) AS stretch
        FROM marked
    ),
    known AS (
        SELECT person, segment, moment AS from_at, to_at FROM spans WHERE change = 'entered'
        UNION ALL
        SELECT person, segment, least(min(moment), min(entered_at)) AS from_at, max(next_at) AS to_at
        FROM numbered
        GROUP BY segment, person, stretch
    )
    SELECT person, segment, from_at, to_at
    FROM known
    WHERE to_at >= {begin} AND to_at > from_at
"""

_EVALUATIONS = """
    -- One row per segment and instant of the slice at which it was evaluated; of two at one instant the later commit's.
    CREATE OR REPLACE TEMP TABLE facts_evaluations AS
    SELECT segment, epoch_us(as_of) AS "at", arg_max(member_count, filename) AS member_count
    FROM {evaluations}
    WHERE segment IN ({segments}) AND epoch_us(as_of) >= {begin} AND epoch_us(as_of) < {end}
    GROUP BY segment, as_of
"""


def lay_segments(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Of the segments and lists that are asked for, out of the lake and a replay's own."""
    named = ", ".join(literal(each) for each in sorted(needs.segments)) or "NULL"
    bounds = {"begin": archive.begin, "end": archive.end, "never": NEVER, "segments": named}
    history, evaluations = archive.files("segments", HISTORY), archive.files("segments", EVALUATIONS)
    run = warehouse.connection.execute
    run(_CHANGES.format(history=history, **bounds))
    run(_JOINT)
    run(_NOBODY)
    if warehouse.value("SELECT count(*) FROM segment_joint"):
        run(_OCCASIONS.format(evaluations=evaluations, **bounds))
        _lay_stays(warehouse)
    run(_SEGMENTS.format(**bounds))
    run(_EVALUATIONS.format(evaluations=evaluations, **bounds))
    run("DROP TABLE segment_changes; DROP TABLE segment_joint; DROP TABLE segment_stays")
    lay_lists(warehouse, archive, needs)


def _lay_stays(warehouse: Warehouse) -> None:
    """A look at the members of each evaluation: of the few who are one with somebody, history alone can't tell."""
    for row in warehouse.rows("SELECT * FROM segment_occasions"):
        room = Path(row["filename"]).parent.parent
        told = {
            "segment": literal(row["segment"]),
            "members": literal(str(room / (row["members"] or "") / f"{MEMBERS.name}.parquet")),
            "population": literal(str(room / (row["population"] or "") / f"{POPULATION.name}.parquet")),
        }
        warehouse.connection.execute(_STAYS.format(moment=row["moment"], next_at=row["next_at"], **told))
