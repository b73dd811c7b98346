"""Budgets and throttles: what everybody's messages together may cost, and how fast they may leave.

They come last and judge in one order for all: the decision time, then the message id, which is a hash. A message that
they refuse keeps its place under the person's caps: otherwise each person's fold would hang on everybody else's. What
earlier ticks gave out is read from their outbox rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from activation.contract import Reason
from activation.journeys.deciding.budget_periods import period_starts
from activation.journeys.deciding.budgets import Budget
from activation.journeys.deciding.columns import columns_of
from activation.journeys.deciding.contract import MessageNode
from activation.journeys.deciding.crowd_fold import NEVER, Pot, Throttle, release, spend
from activation.journeys.deciding.policy import Policy

if TYPE_CHECKING:
    import duckdb
    import numpy as np

_TABLES = """
    CREATE OR REPLACE TEMP TABLE crowded_out (seq INTEGER, reason TEXT, detail TEXT);
    CREATE OR REPLACE TEMP TABLE releases (seq INTEGER, release_at BIGINT)
"""

_QUEUE = """
    -- One row per marketing message that its person's own gates let through, in the order of judging.
    SELECT v.seq, a.decided_at, a.decided_at + n.expires_after AS not_after, k.kind
    FROM verdicts AS v
    JOIN arrivals AS a ON a.seq = v.seq
    JOIN judgements AS j ON j.seq = v.seq
    JOIN message_nodes AS n ON n.node = a.node
    JOIN crowd_kinds AS k ON k.node = a.node AND k.channel = CAST(j.channel AS TEXT)
    WHERE v.reason = '' AND NOT n.is_transactional
    ORDER BY a.decided_at, a.message
"""

_GIVEN = f"""
    -- One row per channel: what took of the budget in a period before this tick; and whether it ever refused somebody.
    SELECT channel, count(*) FILTER (reason IN ('', '{Reason.THROTTLED}')) AS taken,
           coalesce(bool_or(reason = '{Reason.BUDGET}' AND detail = {{bound}}), false) AS is_closed
    FROM past_crowd
    WHERE decided_at >= {{start}} AND decided_at < {{end}} AND NOT is_transactional AND {{counts}}
    GROUP BY channel
"""

_LAST = """
    SELECT max(coalesce(release_at, decided_at)) FROM past_crowd WHERE reason = '' AND NOT is_transactional AND {counts}
"""

Kind = tuple[str, str, tuple[str, ...]]  # (journey, channel, tags)


def lay_crowd(connection: duckdb.DuckDBPyConnection, nodes: Sequence[MessageNode], policy: Policy) -> None:
    """Fills crowded_out(seq, reason, detail) and releases(seq, release_at)."""
    connection.execute(_TABLES)
    if policy.budgets:
        _Crowd(connection, nodes, policy).judge()


class _Crowd:
    """The queue of one tick."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, nodes: Sequence[MessageNode], policy: Policy
    ) -> None:
        self._connection, self._policy = connection, policy
        self._budgets = sorted(
            (each for each in policy.budgets if not each.throttle), key=lambda each: each.name
        )
        self._throttles = sorted(
            (each for each in policy.budgets if each.throttle), key=lambda each: each.name
        )
        self._kinds = _lay_kinds(connection, nodes)
        self._queue = columns_of(connection, _QUEUE)

    def judge(self) -> None:
        import numpy as np

        decided, not_after = self._queue["decided_at"], self._queue["not_after"]
        if not len(decided):
            return
        pots = list(self._pots())
        cause = spend(len(decided), [pot for _, pot in pots])
        self._refuse(cause, Reason.BUDGET, [budget.bound for budget, _ in pots])
        throttles = [self._throttle(each, cause < 0) for each in self._throttles]
        leaves = release(decided, not_after, throttles)
        late = np.full(len(decided), -1, dtype=np.int16)
        for number in reversed(range(len(throttles))):
            rows = throttles[number].rows
            late[rows[leaves[rows] == NEVER]] = number
        self._refuse(late, Reason.THROTTLED, [each.bound for each in self._throttles])
        self._release(np.flatnonzero((leaves > decided) & (leaves < NEVER)), leaves)

    def _pots(self) -> Iterator[tuple[Budget, Pot]]:
        """Budgets by name, each by its periods."""
        import numpy as np

        decided = self._queue["decided_at"]
        for budget in self._budgets:
            rows = self._counted(budget)
            prices = np.array(
                [self._policy.price(channel, budget) for _, channel, _ in self._kinds], dtype=np.int64
            )
            starts = period_starts(int(decided[0]), int(decided[-1]), budget.per, self._policy.zone)
            edges = np.searchsorted(decided[rows], starts)
            for place, start in enumerate(starts[:-1]):
                own = rows[edges[place] : edges[place + 1]]
                given = self._given(budget, start, starts[place + 1])
                taken = sum(self._policy.price(channel, budget) * count for channel, count, _ in given)
                is_closed = any(closed for _, _, closed in given)
                left = self._policy.limit(budget) - taken
                yield budget, Pot(own, prices[self._queue["kind"][own]], left, is_closed)

    def _given(self, budget: Budget, start: int, end: int) -> list[tuple[str, int, bool]]:
        sql = _GIVEN.format(bound=_text(budget.bound), start=start, end=end, counts=_counts(budget))
        return self._connection.execute(sql).fetchall()

    def _throttle(self, budget: Budget, alive: np.ndarray) -> Throttle:
        count, span = budget.throttle or (1, 1)
        step = -(-span // count)
        row = self._connection.execute(_LAST.format(counts=_counts(budget))).fetchone()
        first = row[0] + step if row and row[0] is not None else 0
        rows = self._counted(budget)
        return Throttle(rows[alive[rows]], step, first)

    def _counted(self, budget: Budget) -> np.ndarray:
        """The places of the queue that a budget counts."""
        import numpy as np

        counts = np.array([budget.counts(journey, channel, tags) for journey, channel, tags in self._kinds])
        return np.flatnonzero(counts[self._queue["kind"]])

    def _refuse(self, cause: np.ndarray, reason: Reason, details: Sequence[str]) -> None:
        rows = cause >= 0
        connection = self._connection
        connection.register("refused", pa.table({"seq": self._queue["seq"][rows], "cause": cause[rows]}))
        connection.register(
            "causes",
            pa.table(
                {"cause": pa.array(range(len(details)), pa.int16()), "detail": list(details)}, schema=_CAUSES
            ),
        )
        connection.execute(
            f"""INSERT INTO crowded_out
                SELECT r.seq, '{reason}' AS reason, c.detail FROM refused AS r JOIN causes AS c ON c.cause = r.cause"""
        )
        connection.unregister("refused")
        connection.unregister("causes")

    def _release(self, rows: np.ndarray, leaves: np.ndarray) -> None:
        self._connection.register(
            "later", pa.table({"seq": self._queue["seq"][rows], "release_at": leaves[rows]})
        )
        self._connection.execute("INSERT INTO releases SELECT seq, release_at FROM later")
        self._connection.unregister("later")


_CAUSES = pa.schema([("cause", pa.int16()), ("detail", pa.string())])


def _counts(budget: Budget) -> str:
    """`Budget.counts` as SQL over past_crowd."""
    parts = ["true"]
    if budget.channels != "all":
        parts.append(f"channel IN ({', '.join(map(_text, budget.channels))})")
    if budget.journeys != "all":
        parts.append(f"journey IN ({', '.join(map(_text, budget.journeys))})")
    if budget.tags != "all":
        parts.append(f"list_has_any(coalesce(tags, []), [{', '.join(map(_text, budget.tags))}])")
    return " AND ".join(parts)


def _text(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _lay_kinds(connection: duckdb.DuckDBPyConnection, nodes: Sequence[MessageNode]) -> list[Kind]:
    """Fills crowd_kinds: what budgets tell messages apart by."""
    kinds: dict[Kind, int] = {}
    rows = []
    for each in nodes:
        for channel in each.node.channels:
            number = kinds.setdefault((each.graph.journey, channel, each.node.tags), len(kinds))
            rows.append({"node": each.code, "channel": channel, "kind": number})
    schema = pa.schema([("node", pa.int32()), ("channel", pa.string()), ("kind", pa.int32())])
    connection.register("laid_rows", pa.Table.from_pylist(rows, schema=schema))
    connection.execute("CREATE OR REPLACE TEMP TABLE crowd_kinds AS FROM laid_rows")
    connection.unregister("laid_rows")
    return list(kinds)
