"""The message nodes of a tick as relations, with what the policy says about each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from activation.journeys.deciding.contract import MessageNode
from activation.journeys.deciding.policy import Policy
from activation.journeys.deciding.quiet_hours import closing

if TYPE_CHECKING:
    import duckdb

    from activation.rendering.templates import Template

_TEXT, _INT, _BIG = pa.string(), pa.int32(), pa.int64()

#: One row per message node. `turn` is its place among those decided at one instant: priority, journey, step.
#: `quiet` names its week in quiet_quarters, `best_within` is NULL where its hour is not chosen.
MESSAGE_NODES = pa.schema(
    [
        ("node", _INT),
        *(
            (name, _TEXT)
            for name in ("journey", "journey_version", "step_id", "template", "template_version")
        ),
        ("purpose", _TEXT),
        ("tags", pa.list_(_TEXT)),
        ("is_transactional", pa.bool_()),
        ("expires_after", _BIG),
        ("turn", _INT),
        ("slotted", pa.bool_()),
        ("quiet", _INT),
        ("best_within", _BIG),
        ("channel_count", _INT),
    ]
)
#: One row per node and channel, in the order in which they are tried.
MESSAGE_CHANNELS = pa.schema(
    [("node", _INT), ("place", pa.int16()), ("channel", _TEXT), ("by_affinity", pa.bool_())]
)
#: One row per quiet quarter of an hour of a week; both times are microseconds since Monday, the local clock's.
QUIET_QUARTERS = pa.schema([("quiet", _INT), ("quarter", _BIG), ("closes", _BIG)])


def lay_nodes(
    connection: duckdb.DuckDBPyConnection,
    nodes: Sequence[MessageNode],
    policy: Policy,
    templates: Mapping[str, Template],
) -> None:
    """Fills message_nodes, message_channels and quiet_quarters."""
    weeks: dict[frozenset[int], int] = {}
    turns = {order: turn for turn, order in enumerate(sorted({_order(each) for each in nodes}))}
    quiet_of = cache(policy.quiet_quarters)  # of few lists of channels, asked for by every node
    rows = [_row(each, turns[_order(each)], quiet_of, weeks, templates) for each in nodes]
    quarters: list[dict[str, Any]] = [
        {"quiet": number, "quarter": quarter, "closes": closes}
        for week, number in weeks.items()
        for quarter, closes in closing(week).items()
    ]
    channels: list[dict[str, Any]] = [
        {
            "node": each.code,
            "place": place,
            "channel": channel,
            "by_affinity": each.node.chosen_by == "affinity",
        }
        for each in nodes
        for place, channel in enumerate(each.node.channels)
    ]
    _lay(connection, "message_nodes", rows, MESSAGE_NODES)
    _lay(connection, "message_channels", channels, MESSAGE_CHANNELS)
    _lay(connection, "quiet_quarters", quarters, QUIET_QUARTERS)


def _order(each: MessageNode) -> tuple[int, str, str]:
    return each.graph.priority, each.graph.journey, each.node.step_id


def _row(
    each: MessageNode,
    turn: int,
    quiet_of: Callable[[tuple[str, ...]], frozenset[int]],
    weeks: dict[frozenset[int], int],
    templates: Mapping[str, Template],
) -> dict[str, Any]:
    graph, node = each.graph, each.node
    is_loud = node.is_transactional or node.ignores_quiet_hours
    quiet = frozenset() if is_loud else quiet_of(node.channels)
    is_timed = node.best_hour and not node.is_transactional
    template = templates.get(node.template)
    return {
        "node": each.code,
        "journey": graph.journey,
        "journey_version": graph.version,
        "step_id": node.step_id,
        "template": node.template,
        "template_version": template.version if template else "",
        "purpose": node.purpose,
        "tags": list(node.tags),
        "is_transactional": node.is_transactional,
        "expires_after": node.expires_after,
        "turn": turn,
        "slotted": not node.is_transactional,
        "quiet": weeks.setdefault(quiet, len(weeks)) if quiet else None,
        "best_within": node.best_within if is_timed else None,
        "channel_count": len(node.channels),
    }


def _lay(
    connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, object]], schema: pa.Schema
) -> None:
    connection.register("laid_rows", pa.Table.from_pylist(rows, schema=schema))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM laid_rows")
    connection.unregister("laid_rows")
