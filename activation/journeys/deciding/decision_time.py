"""When a message is judged: the best hour, then the slot, then the person's quiet hours.

Zones are a table, never a function of the engine: the offset in force is tried first, and only where the clock
changes on the way is the wall time looked up. A wall time that a gap leaves out is read with the offset before it,
one that comes twice is its first occurrence ahead.
"""

from __future__ import annotations

HOUR = 3_600_000_000
QUARTER = HOUR // 4
DAY = 24 * HOUR
WEEK = 7 * DAY
#: 1970 began on a Thursday; weeks begin on Mondays.
_THURSDAY = 3 * DAY

#: Columns that are taken away again at the end.
_OWN = ("_quiet", "_hours", "_within", "_zone", "_at")


def decision_times(arriving: str, slot: int, by_best_hour: bool, by_quiet_hours: bool) -> str:
    """SQL: `arriving`'s columns and `decided_at`, in microseconds, never before `at`.

    Reads message_nodes(node, quiet, best_within), quiet_quarters, facts_people and facts_zones. Transactional
    nodes have no `quiet`, no `best_within` and no slot.
    """
    sql = f"""
        SELECT a.*, n.quiet AS _quiet, n.best_within AS _within, n.slotted AS _slotted,
               p.zone AS _zone, p.best_hours AS _hours, a."at" AS _at
        FROM ({arriving}) AS a
        JOIN message_nodes AS n ON n.node = a.node
        LEFT JOIN message_people AS p ON p.person = a.person"""
    if by_best_hour:
        sql = _at_best_hour(sql)
    if slot > 1:
        ceiling = f"CASE WHEN _slotted THEN (_at + {slot - 1}) // {slot} * {slot} ELSE _at END"
        sql = f"SELECT * REPLACE ({ceiling} AS _at) FROM ({sql})"
    if by_quiet_hours:
        sql = _after_quiet_hours(_after_quiet_hours(f"SELECT *, _quiet AS _asked FROM ({sql})"))
        sql = f"SELECT * EXCLUDE (_asked) FROM ({sql})"
    return f"SELECT * EXCLUDE ({', '.join((*_OWN, '_slotted'))}), _at AS decided_at FROM ({sql})"


def _at_best_hour(source: str) -> str:
    """The highest in the person's order of hours that begins within the window of the wall clock, or has begun."""
    clock = f"(_at + _offset) % {DAY}"
    ahead = f"(h * {HOUR} - {clock} + {DAY}) % {DAY}"
    hour = f"""
        CASE WHEN _within IS NULL OR _hours IS NULL THEN NULL
             WHEN _within >= {DAY} THEN _hours[1]
             ELSE list_filter(_hours, lambda h: h = ({clock}) // {HOUR} OR {ahead} <= _within)[1] END"""
    chosen = f"SELECT *, {hour} AS h FROM ({_with_offset(source, '_within IS NOT NULL')})"
    delta = f"CASE WHEN h IS NULL OR h = ({clock}) // {HOUR} THEN 0 ELSE {ahead} END"
    reached = _reached(f"SELECT *, {delta} AS _delta FROM ({chosen})")
    return f"SELECT * EXCLUDE (h, _delta, _offset, _to_at, _is_gap) FROM ({reached})"


def _after_quiet_hours(source: str) -> str:
    """Once to the end of the quiet span; `_asked` stays for those alone whom a gap of the clock moved beyond it."""
    wall = f"(_at + _offset + {_THURSDAY}) % {WEEK}"
    spans = f"""
        SELECT c.*, CASE WHEN q.closes IS NULL THEN 0
                         ELSE (q.closes - {wall} + {WEEK}) % {WEEK} END AS _delta
        FROM ({_with_offset(source, "_asked IS NOT NULL")}) AS c
        LEFT JOIN quiet_quarters AS q
          ON q.quiet = c._asked AND q.quarter = ({wall}) // {QUARTER}"""
    return f"""
        SELECT * EXCLUDE (_delta, _offset, _to_at, _is_gap) REPLACE (CASE WHEN _is_gap THEN _quiet END AS _asked)
        FROM ({_reached(spans)})"""


def _with_offset(source: str, condition: str) -> str:
    """The offset in force at `_at` and until when; of UTC where nobody knows a zone or nobody asks."""
    return f"""
        SELECT c.*, coalesce(z.offset_us, 0) AS _offset, coalesce(z.to_at, 1::BIGINT << 60) AS _to_at
        FROM ({source}) AS c
        LEFT JOIN facts_zones AS z
          ON z.zone = CASE WHEN {condition} THEN c._zone END
         AND z.from_at <= c._at AND c._at < z.to_at"""


def _reached(source: str) -> str:
    """`_at` moved on by `_delta` of the wall clock, and whether that wall time lies in a gap."""
    wall = "c._at + c._offset + c._delta"
    return f"""
        SELECT c.* REPLACE (coalesce({wall} - z.offset_us, c._at + c._delta) AS _at),
               coalesce({wall} - z.offset_us >= z.to_at, false) AS _is_gap
        FROM ({source}) AS c
        LEFT JOIN facts_zones AS z
          ON z.zone = CASE WHEN c._delta > 0 AND c._at + c._delta >= c._to_at THEN c._zone END
         AND z.local_from <= {wall} AND {wall} < z.local_to"""
