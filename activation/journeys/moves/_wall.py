"""Wall clocks: when a person's clock shows a time of day, and what it shows at an instant.

A zone's row of `facts_zones` holds for [from_at, to_at) of UTC and, read from the wall, for [local_from, local_to):
the boundary there is the change plus the greater of the two offsets, so that a wall time in a gap is read with the
offset before it. A wall time that comes twice is found on both of the rows that show it.
"""

DAY = 86_400_000_000

#: (enrolment, at, zone, midnight): what day it is for those at one kind of node; `midnight` is a wall time.
TODAY = f"""
        SELECT s.enrolment, s.node, s.at, p.zone, (s.at + z.offset_us) - (s.at + z.offset_us) % {DAY} AS midnight
        FROM standing AS s
        JOIN {{nodes}} AS k ON k.node = s.node
        JOIN facts_people AS p ON p.person = s.person
        JOIN facts_zones AS z ON z.zone = p.zone AND s.at >= z.from_at AND s.at < z.to_at
"""

#: (enrolment, at, instant): the instants at which the clock of `walls(enrolment, at, zone, wall)` shows `wall`.
INSTANTS = """
        SELECT w.enrolment, w.at, w.wall - z.offset_us AS instant
        FROM walls AS w
        JOIN facts_zones AS z
          ON z.zone = w.zone
         AND ((w.wall - z.offset_us >= z.from_at AND w.wall - z.offset_us < z.to_at)
              OR (w.wall >= z.local_from AND w.wall < z.local_to))
"""


def weekday(wall: str) -> str:
    """SQL: 0 is Monday. 1970 began on a Thursday; wall times are never below zero."""
    return f"(({wall} // {DAY} + 3) % 7)"


def days_ahead(weekdays: int) -> range:
    """The days, from today's wall date, on which an occurrence may lie. Yesterday's comes again where a clock is
    set back over midnight; a week and a day is needed where a change swallows the only one of a week."""
    return range(-1, 3) if weekdays == 0b1111111 else range(-1, 16)
