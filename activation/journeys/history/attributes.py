"""`facts_attributes`: traits, computed attributes and columns of profiles, as they were from when to when.

- Computed attributes change at the evaluations that kept another value; whoever has no row has the default.
- Traits change with the events that told them: of the sources of the least priority that spoke, the latest.
- The other columns of `profiles` have no history: one interval, with the value of the snapshot. Over the past they
  know the future, so lint warns (`no_history`).
"""

from __future__ import annotations

from collections.abc import Collection

from activation.journeys.history.archive import NEVER, Archive
from activation.journeys.history.needs import Needs
from activation.journeys.history.traits import empty_attributes, lay_told, texts
from activation.segments.computation.tables import EVALUATIONS, VALUES
from activation.segments.computation.tables import ROOM as ATTRIBUTES
from kith.warehouse import Warehouse, literal, quote

#: Columns of profiles that are told as traits, or that never change once they are known.
TIMED = frozenset(
    {
        *("email", "phone", "first_name", "last_name", "locale", "time_zone", "country", "city", "birthday"),
        *("created_at", "user_id", "first_seen_at"),
    }
)
_COMPUTED = """
    -- One row per person, computed attribute and stretch of one value. The id that stayed speaks, if it ever did.
    INSERT INTO facts_attributes
    WITH evaluated AS (
        SELECT attribute, min(epoch_us(as_of)) AS first_at, arg_max(default_value, (as_of, filename)) AS default_value
        FROM {evaluations}
        WHERE attribute IN ({names}) AND epoch_us(as_of) < {end}
        GROUP BY attribute
    ),
    told AS (
        SELECT v.attribute, coalesce(a.person, CAST(v.profile_id AS UUID)) AS person,
               CAST(v.profile_id AS UUID) AS written, v.value, epoch_us(v.as_of) AS moment, v.filename
        FROM {values} AS v
        LEFT JOIN facts_aliases AS a ON a.alias = CAST(v.profile_id AS UUID)
        WHERE v.attribute IN ({names}) AND v.profile_id <> '' AND epoch_us(v.as_of) < {end}
    ),
    own AS (SELECT * FROM told WHERE written = person),
    inherited AS (
        SELECT * FROM told ANTI JOIN own USING (attribute, person)
        QUALIFY written = max(written) OVER (PARTITION BY attribute, person)
    ),
    speaking AS (SELECT * FROM own UNION ALL SELECT * FROM inherited),
    asked AS (SELECT attribute, person FROM speaking GROUP BY attribute, person),
    points AS (
        SELECT t.attribute, t.person, coalesce(t.value, e.default_value) AS value, t.moment, t.filename
        FROM speaking AS t
        JOIN evaluated AS e ON e.attribute = t.attribute
        UNION ALL
        SELECT a.attribute, a.person, e.default_value AS value, e.first_at AS moment, '' AS filename
        FROM asked AS a
        JOIN evaluated AS e ON e.attribute = a.attribute
    ),
    spans AS (
        SELECT *, coalesce(lead(moment) OVER (
            PARTITION BY attribute, person ORDER BY moment, filename
        ), {never}) AS to_at
        FROM points
    )
    SELECT person, attribute, value, moment AS from_at, to_at
    FROM spans
    WHERE value IS NOT NULL AND to_at > moment AND to_at > {begin}
    UNION ALL
    SELECT p.person, e.attribute, e.default_value AS value, e.first_at AS from_at, {never} AS to_at
    FROM evaluated AS e
    CROSS JOIN facts_people AS p
    ANTI JOIN asked AS a ON a.attribute = e.attribute AND a.person = p.person
    WHERE e.default_value IS NOT NULL
"""

_FALLBACKS = """
    -- Whom nobody told anything of it: what most of their page views say.
    INSERT INTO facts_attributes
    SELECT o.person, {name} AS attribute, p.{column} AS value, 0 AS from_at, {never} AS to_at
    FROM profiles AS p
    JOIN facts_owners AS o ON o.profile_id = p.profile_id
    ANTI JOIN (SELECT person FROM facts_attributes WHERE attribute = {name}) AS told ON told.person = o.person
    WHERE p.{column} IS NOT NULL
"""

_CREATED = """
    -- Whoever says so: the first time counts, so each earlier one takes the place of those before.
    INSERT INTO facts_attributes
    WITH told AS (
        SELECT o.person, t.trait_value AS value, TRY_CAST(t.trait_value AS TIMESTAMPTZ) AS created_at,
               epoch_us(t.valid_from) AS from_at, t.event_id
        FROM profile_traits AS t
        JOIN facts_owners AS o ON o.profile_id = t.profile_id
        WHERE t.trait = 'created_at' AND epoch_us(t.valid_from) < {end}
    ),
    earlier AS (
        SELECT *, min(created_at) OVER (
            PARTITION BY person ORDER BY from_at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS known_at
        FROM told
        WHERE created_at IS NOT NULL
    ),
    spans AS (
        SELECT *, coalesce(lead(from_at) OVER (PARTITION BY person ORDER BY from_at, event_id), {never}) AS to_at
        FROM earlier
        WHERE known_at IS NULL OR created_at < known_at
    )
    SELECT person, 'created_at' AS attribute, value, from_at, to_at
    FROM spans
    WHERE to_at > from_at AND to_at > {begin}
"""

_COLUMN = """
    INSERT INTO facts_attributes
    SELECT o.person, {name} AS attribute, CAST(p.{column} AS VARCHAR) AS value, {since} AS from_at, {never} AS to_at
    FROM profiles AS p
    JOIN facts_owners AS o ON o.profile_id = p.profile_id
    WHERE p.{column} IS NOT NULL AND {since} < {end}
"""


def untimed(names: Collection[str], columns: Collection[str]) -> frozenset[str]:
    """Which of these attributes are columns of profiles that keep no history: over the past they know the future."""
    return frozenset(names) & frozenset(columns) - TIMED


def lay_attributes(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Those that are asked for; a name that nobody knows has no rows."""
    columns = {row["column_name"] for row in warehouse.rows("DESCRIBE profiles")} - {"profile_id"}
    bounds = {"begin": archive.begin, "end": archive.end, "never": NEVER, "lateness": archive.lateness}
    run = warehouse.connection.execute
    empty_attributes(warehouse, "facts_attributes")
    computed = _lay_computed(warehouse, archive, needs.attributes - columns, bounds)
    told = needs.attributes - computed - untimed(needs.attributes, columns) - {"created_at", "first_seen_at"}
    lay_told(warehouse, archive, "facts_attributes", told)
    for name in sorted(told & {"locale", "time_zone"}):
        run(_FALLBACKS.format(name=literal(name), column=quote(name), **bounds))
    if "created_at" in needs.attributes:
        run(_CREATED.format(**bounds))
    for name in sorted(needs.attributes & columns - TIMED | needs.attributes & {"first_seen_at"}):
        since = "epoch_us(p.first_seen_at)" if name == "first_seen_at" else "0"
        run(_COLUMN.format(name=literal(name), column=quote(name), since=since, **bounds))


def _lay_computed(
    warehouse: Warehouse, archive: Archive, names: Collection[str], bounds: dict[str, int]
) -> frozenset[str]:
    """Appends the computed ones among these names and answers which they are."""
    evaluations, values = (archive.files(ATTRIBUTES, each) for each in (EVALUATIONS, VALUES))
    if not names:
        return frozenset()
    known = warehouse.rows(
        f"SELECT DISTINCT attribute FROM {evaluations} WHERE attribute IN ({texts(names)})"
    )
    found = frozenset(row["attribute"] for row in known)
    if found:
        warehouse.connection.execute(
            _COMPUTED.format(evaluations=evaluations, values=values, names=texts(found), **bounds)
        )
    return found
