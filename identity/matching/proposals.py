"""Merges proposed by likeness: from the traits of identify events to pairs of identifiers.

The matcher looks at identifiers, never at profiles: what is proposed is a function of the events alone, so
that a merge in effect today doesn't change what is proposed tomorrow, and taking it back leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from identity.forms import normal_form
from identity.matching.layer import MatchingRules, load_layer
from identity.matching.matcher import ignore, match_table
from identity.matching.model import Progress
from identity.matching.tables import PROPOSALS
from identity.pairs import IS_EVIDENCE, PREVIOUS, bearings
from identity.rules import IdentityRules
from kith.lake import Commit, Home, commit, latest_commit
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive
from kith.warehouse import Warehouse, literal, quote

ROOM, TABLE = PROPOSALS.room, PROPOSALS.name
FEWEST = 2  # people known by a name, and a second thing
_NO_EDGES = pa.schema(
    [
        ("left_type", pa.string()),
        ("left_value", pa.string()),
        ("right_type", pa.string()),
        ("right_value", pa.string()),
        ("known_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class Accepted:
    """Proposals that take effect, the strongest first: `edges(left_type, left_value, right_type,
    right_value, known_at)`. `version` tells one set of them from another; it is empty while there is none."""

    edges: pa.Table = field(default_factory=_NO_EDGES.empty_table)
    version: str = ""


def is_matching(settings: Settings) -> bool:
    """Whether merges are proposed at all."""
    layer = load_layer(settings)
    return layer is not None and layer.body.enabled


def accepted_edges(
    settings: Settings, run: Run, warehouse: Warehouse, rules: IdentityRules, events: str
) -> Accepted:
    """Propose merges from the rows of the relation `events` (all that count before `run.as_of`), land them
    if they changed, and answer those in effect. Nothing at all while the layer is off."""
    layer = load_layer(settings)
    if layer is None or not layer.body.enabled:
        return Accepted()
    rows = propose(warehouse, rules, layer.body, events)
    _land(settings, run, rows, layer.version)
    return choose(warehouse, rows, layer.body.threshold)


def merges_in_effect(
    warehouse: Warehouse, rules: IdentityRules, layer: MatchingRules | None, events: str
) -> Accepted:
    """Those that would be in effect under a definition; nothing is landed."""
    if layer is None or not layer.enabled:
        return Accepted()
    return choose(warehouse, propose(warehouse, rules, layer, events), layer.threshold)


def choose(warehouse: Warehouse, proposals: pa.Table, threshold: float) -> Accepted:
    """The proposals from the threshold on, in a fixed order."""
    warehouse.connection.register("proposed", proposals)
    edges = warehouse.arrow(
        f"""
        SELECT {", ".join(_NO_EDGES.names)} FROM proposed WHERE score >= ?
        ORDER BY score DESC, left_type, left_value, right_type, right_value
        """,
        [threshold],
    )
    version = warehouse.value(
        "SELECT md5(string_agg(concat_ws(chr(31), left_type, left_value, right_type, right_value), chr(30)"
        " ORDER BY score DESC, left_type, left_value, right_type, right_value))"
        " FROM proposed WHERE score >= ?",
        [threshold],
    )
    return Accepted(edges, str(version or ""))


def propose(
    warehouse: Warehouse,
    rules: IdentityRules,
    layer: MatchingRules,
    events: str,
    progress: Progress = ignore,
) -> pa.Table:
    """All proposals: the lake's columns but `as_of`. The more believed identifier stands left."""
    people = warehouse.arrow(_people(rules, layer, events))
    warehouse.connection.register("people", people)
    if people.num_rows < 2:
        return warehouse.arrow(_PROPOSALS.format(pairs=_NO_PAIRS, version="''"))
    found = match_table(people.select(list(layer.traits)), layer.mapping, layer.listed_from, progress)
    warehouse.connection.register("likenesses", found.pairs)
    return warehouse.arrow(_PROPOSALS.format(pairs="likenesses", version=literal(found.model_version)))


def _people(rules: IdentityRules, layer: MatchingRules, events: str) -> str:
    """One row per identifier that identify events gave traits to (the most believed one of each event), with
    the latest of each trait; the order decides nothing but the numbers of rows."""
    places = [each for each in bearings(rules) if each.column and each.kind != PREVIOUS]
    forms = [(each.kind, normal_form(each.raw, each.form, rules)) for each in places]
    kinds = " ".join(f"WHEN {form} IS NOT NULL THEN {rules.ordered.index(kind)}" for kind, form in forms)
    values = ", ".join(form for _, form in forms)
    traits = {name: f"json_extract_string(traits, {literal('$.' + quote(name))})" for name in layer.traits}
    told = ", ".join(f"{raw} AS {quote(name)}" for name, raw in traits.items())
    latest = ", ".join(
        f"arg_max({quote(name)}, struct_pack(at := received_at, id := event_id))"
        f" FILTER ({quote(name)} IS NOT NULL) AS {quote(name)}"
        for name in traits
    )
    known = " + ".join(f"CAST({quote(name)} IS NOT NULL AS INTEGER)" for name in traits)
    return f"""
        WITH told AS (
            SELECT CASE {kinds} END AS hub_kind, COALESCE({values}) AS hub_value, {told}, received_at, event_id
            FROM {events} WHERE type = 'identify' AND traits IS NOT NULL AND {IS_EVIDENCE}
        ),

        people AS (
            SELECT hub_kind, hub_value, MAX(received_at) AS known_at, {latest}
            FROM told WHERE hub_value IS NOT NULL GROUP BY hub_kind, hub_value
        )

        SELECT ROW_NUMBER() OVER (ORDER BY hub_kind, hub_value) - 1 AS person,
            {_names(rules)} AS identifier_type, people.*
        FROM people WHERE {known} >= {FEWEST}
        ORDER BY person
    """


def _names(rules: IdentityRules) -> str:
    cases = " ".join(f"WHEN {number} THEN {literal(name)}" for number, name in enumerate(rules.ordered))
    return f"CASE hub_kind {cases} END"


def latest_proposals(home: Home) -> list[tuple[tuple[str, str], tuple[str, str], datetime, float, str]]:
    """Both identifiers (type and value), when the last of their traits landed, score and reason; the
    strongest first."""
    import pyarrow.parquet as pq

    found = latest_commit(home, ROOM)
    rows = pq.read_table(found.table(TABLE)).sort_by([("score", "descending")]).to_pylist() if found else []
    return [
        (
            (row["left_type"], row["left_value"]),
            (row["right_type"], row["right_value"]),
            row["known_at"],
            row["score"],
            row["reason"],
        )
        for row in rows
    ]


def _land(settings: Settings, run: Run, rows: pa.Table, version: str) -> Commit | None:
    """Land the proposals as a commit of their own, unless the last one says the same."""
    home, previous = run.home(settings), run.previous_commit(settings, ROOM)
    as_of = pa.array([to_utc_naive(run.as_of)] * rows.num_rows, pa.timestamp("us"))
    if previous is not None:
        earlier = _earlier(previous)
        keys = zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True)
        moments = [earlier.pop(key, None) for key in keys]
        if all(moments) and not earlier:
            return None
        at = [moment or to_utc_naive(run.as_of) for moment in moments]
        as_of = pa.array(at, pa.timestamp("us"))
    meta = {"as_of": format_instant(run.as_of), "definition_version": version}
    with commit(home, ROOM, meta) as writer:
        writer.write(TABLE, rows.append_column("as_of", as_of))
    return Commit(writer.name, writer.path, meta)


def _earlier(previous: Commit) -> dict[tuple[object, ...], datetime]:
    """When each proposal of the last commit was first made so."""
    import pyarrow.parquet as pq

    table = pq.read_table(previous.table(TABLE))
    names = [name for name in table.column_names if name != "as_of"]
    rows = zip(*(table[name].to_pylist() for name in names), strict=True)
    return dict(zip(rows, table["as_of"].to_pylist(), strict=True))


_NO_PAIRS = "(SELECT 0 AS left_row, 0 AS right_row, 0.0 AS score, '' AS reason WHERE FALSE) AS likenesses"
_PROPOSALS = """
    SELECT
        one.identifier_type AS left_type,
        one.hub_value AS left_value,
        other.identifier_type AS right_type,
        other.hub_value AS right_value,
        CAST(likenesses.score AS DOUBLE) AS score,
        likenesses.reason,
        {version} AS model_version,
        GREATEST(one.known_at, other.known_at) AS known_at
    FROM {pairs}
    INNER JOIN people AS one ON likenesses.left_row = one.person
    INNER JOIN people AS other ON likenesses.right_row = other.person
    WHERE likenesses.score IS NOT NULL
    ORDER BY one.person, other.person
"""
