"""The limits of caps as the fold takes them: which kinds of messages each counts, and which it binds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from activation.gates._caps import CALENDAR, Cap
from activation.journeys.deciding.caps_fold import Rule
from activation.journeys.deciding.contract import MessageNode

if TYPE_CHECKING:
    import duckdb

_KINDS = pa.schema([("node", pa.int32()), ("channel", pa.string()), ("kind", pa.int16())])


def lay_rules(
    connection: duckdb.DuckDBPyConnection, nodes: Sequence[MessageNode], caps: Mapping[str, Cap]
) -> tuple[Rule, ...]:
    """The limits that bind any of these nodes. Fills message_kinds and past_kinds, what they count and
    bind by, and cap_rules, what they are called."""
    named = sorted({name for each in nodes for name in each.graph.caps})
    in_use = [caps[name] for name in named if name in caps]  # what an old version obeyed may be gone
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE message_kinds (node INTEGER, channel TEXT, kind SMALLINT)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE past_kinds (channel TEXT, purpose TEXT, tags TEXT[], kind SMALLINT)"
    )
    if not in_use:
        _lay_details(connection, ())
        return ()
    kinds: dict[tuple[frozenset[str], str, str, tuple[str, ...]], int] = {}
    rows = []
    for each in nodes:
        for channel in each.node.channels:
            kind = (frozenset(each.graph.caps), each.node.purpose, channel, tuple(sorted(each.node.tags)))
            rows.append({"node": each.code, "channel": channel, "kind": kinds.setdefault(kind, len(kinds))})
    connection.register("laid_rows", pa.Table.from_pylist(rows, schema=_KINDS))
    connection.execute("INSERT INTO message_kinds FROM laid_rows")
    connection.unregister("laid_rows")
    past = connection.execute(
        "SELECT DISTINCT channel, purpose, coalesce(tags, []) FROM past_sends"
    ).fetchall()
    for channel, purpose, tags in past:
        number = kinds.setdefault((frozenset(), purpose, channel, tuple(tags)), len(kinds))
        connection.execute("INSERT INTO past_kinds VALUES (?, ?, ?, ?)", [channel, purpose, tags, number])
    rules = tuple(
        Rule(
            detail=f"{cap.name}: at most {limit.at_most} per {limit.per}",
            at_most=limit.at_most,
            width=limit.microseconds,
            calendar=limit.per if limit.per in CALENDAR else "",
            counts=tuple(cap.counts(purpose, channel, tags) for _, purpose, channel, tags in kinds),
            binds=tuple(
                cap.name in obeyed and cap.counts(purpose, channel, tags)
                for obeyed, purpose, channel, tags in kinds
            ),
        )
        for cap in in_use
        for limit in cap.limits
    )
    _lay_details(connection, rules)
    return rules


def _lay_details(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> None:
    details = {"rule": list(range(len(rules))), "detail": [each.detail for each in rules]}
    schema = pa.schema([("rule", pa.int16()), ("detail", pa.string())])
    connection.register("laid_rows", pa.table(details, schema=schema))
    connection.execute("CREATE OR REPLACE TEMP TABLE cap_rules AS FROM laid_rows")
    connection.unregister("laid_rows")
