"""`facts_people`: everybody, with the zone and language that they are written to in, and their best hours."""

from __future__ import annotations

from activation.journeys.history.archive import Archive
from activation.journeys.history.needs import Needs
from activation.journeys.history.traits import empty_attributes, lay_told
from kith.warehouse import Warehouse, literal

_OWNERS_NOW = """
    -- One row per person, whose profile they are.
    CREATE OR REPLACE TEMP TABLE facts_owners AS
    SELECT person, replace(CAST(person AS VARCHAR), '-', '') AS profile_id
    FROM facts_identities
    GROUP BY person
"""

_OWNERS_THEN = """
    -- One row per person of the time and the profile that they are part of by now: traits are known under its id.
    CREATE OR REPLACE TEMP TABLE facts_owners AS
    SELECT f.person, min(i.profile_id) AS profile_id
    FROM facts_identities AS f
    LEFT JOIN identities AS i
      ON i.identifier_type = f.identifier_type AND i.identifier_value = f.identifier_value
    GROUP BY f.person
"""

_PEOPLE = """
    -- One row per person. A zone that nobody knows is none: the workspace's stands in.
    CREATE OR REPLACE TEMP TABLE facts_people AS
    WITH zones AS (SELECT DISTINCT zone FROM lake_reference_tz_offsets_latest),
    hours AS ({hours})
    SELECT o.person, replace(CAST(o.person AS VARCHAR), '-', '') AS profile_id,
           coalesce(z.zone, {zone}) AS zone, coalesce(l.value, p.locale) AS locale, h.best_hour, h.best_hours
    FROM facts_owners AS o
    LEFT JOIN profiles AS p ON p.profile_id = o.profile_id
    LEFT JOIN told_of_people AS t ON t.person = o.person AND t.attribute = 'time_zone' AND t.to_at >= {end}
    LEFT JOIN told_of_people AS l ON l.person = o.person AND l.attribute = 'locale' AND l.to_at >= {end}
    LEFT JOIN zones AS z ON z.zone = coalesce(t.value, p.time_zone)
    LEFT JOIN hours AS h ON h.person = o.person
"""

_HOURS = """
    SELECT coalesce(a.person, s.scored) AS person,
           arg_max(s.best_hour, (s.scored = coalesce(a.person, s.scored), s.scored)) AS best_hour,
           arg_max(s.best_hours, (s.scored = coalesce(a.person, s.scored), s.scored)) AS best_hours
    FROM (
        SELECT CAST(profile_id AS UUID) AS scored, CAST(best_hour AS INTEGER) AS best_hour,
               list_transform(
                   list_grade_up(list_transform(CAST(hour_weights AS DOUBLE[]), lambda weight: -weight)),
                   lambda place: CAST(place - 1 AS TINYINT)
               ) AS best_hours
        FROM read_parquet({file})
        WHERE profile_id <> ''
    ) AS s
    LEFT JOIN facts_aliases AS a ON a.alias = s.scored
    GROUP BY 1"""

_NO_HOURS = """
    SELECT CAST(NULL AS UUID) AS person, CAST(NULL AS INTEGER) AS best_hour,
           CAST(NULL AS TINYINT[]) AS best_hours
    WHERE false"""


def lay_people(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """As of the end of the slice; best hours are of the scoring in force at its begin, where a step asks for them."""
    run = warehouse.connection.execute
    run(_OWNERS_THEN if archive.is_past else _OWNERS_NOW)
    scoring = archive.in_force("send_times") if needs.has_best_hours else None
    hours = _HOURS.format(file=literal(str(scoring.table("send_times")))) if scoring else _NO_HOURS
    empty_attributes(warehouse, "told_of_people")
    if archive.is_past:  # the profiles of the snapshot know what was told since
        lay_told(warehouse, archive, "told_of_people", {"time_zone", "locale"})
    run(_PEOPLE.format(hours=hours, zone=literal(archive.settings.zone), end=archive.end))
    run("DROP TABLE told_of_people")
