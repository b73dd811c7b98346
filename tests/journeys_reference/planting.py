"""Bugs planted into the engine's own statements, each of which the comparison with the reference has to find.

A plant changes the text of every statement that holds its `old`; one that is found in no statement is stale.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from activation.journeys.deciding import cap_rules
from tests.journeys_reference.drive import Drive
from tests.journeys_reference.interpreter import History
from tests.journeys_reference.world import World


@dataclass
class Plant:
    """`focused`: it shows where many messages meet at one instant; `ticks`: in so many of them; `kinds`: among
    nodes of these kinds; `feedback`: where that share of questions is about answers. `hits` counts the statements that
    it changed."""

    name: str
    old: str
    new: str
    focused: bool = False
    ticks: int = 1
    kinds: tuple[str, ...] = ()
    feedback: float = 0.0
    hits: int = field(default=0, compare=False)

    def into(self, statement: str) -> str:
        if self.old not in statement:
            return statement
        self.hits += 1
        return statement.replace(self.old, self.new)


class Planted:
    """A connection whose statements are changed on their way."""

    def __init__(self, connection: Any, plant: Plant) -> None:
        self._connection, self._plant = connection, plant

    def execute(self, statement: str, *arguments: Any) -> Any:
        return self._connection.execute(self._plant.into(statement), *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def run_planted(world: World, ends: list[int], plant: Plant) -> History:
    """The history of an engine with the bug."""
    drive = Drive(world, wrap=lambda connection: Planted(connection, plant))
    for end in ends:
        drive.tick(end)
    return drive.history()


def wider_window(**rule: Any) -> Any:
    """A rolling cap that counts the send at its edge."""
    rule["width"] += bool(rule["width"])
    return _RULE(**rule)


_RULE = cap_rules.Rule

#: The prototype's, but for the two that change no statement: the cap's edge and deciding before the log has settled.
PROTOTYPES = (
    Plant(
        "an exit loses a tie",
        "exit_key // 1024 > left_at THEN label",
        "exit_key // 1024 >= left_at THEN label",
        kinds=("delay", "wait"),
    ),
    Plant(
        "a wait counts the event that let in",
        "AND h.at > s.at AND h.at <= s.at",
        "AND h.at >= s.at AND h.at <= s.at",
        kinds=("wait", "delay"),
    ),
    Plant(
        "re-entry at the instant of the end",
        "t.at <= coalesce(e.at",
        "t.at < coalesce(e.at",
        kinds=("delay",),
    ),
    Plant("order without depth", "n.turn, a.depth,", "n.turn, 0 AS depth,", focused=True),
    Plant("nothing waits behind a parked message", "WHERE o.waiting_before = 0", "WHERE true", focused=True),
    Plant(
        "a wall time is read with the offset in force",
        "OR (w.wall >= z.local_from AND w.wall < z.local_to)",
        "OR false",
        kinds=("until_local", "window"),
    ),
)
MORE = (
    Plant(
        "the deadline is not part of a wait",
        "h.at <= s.at + b.timeout",
        "h.at < s.at + b.timeout",
        kinds=("wait",),
    ),
    Plant(
        "who waits is not woken",
        "h.at > p.at AND h.at <= p.at + b.timeout",
        "false",
        ticks=6,
        kinds=("wait",),
    ),
    Plant(
        "a draw without its journey",
        "md5(n.salt || ':' ||",
        "md5('split:' ||",
        kinds=("split",),
    ),
    Plant(
        "consent holds one instant late",
        "k.from_at <= a.decided_at",
        "k.from_at < a.decided_at",
        kinds=("message", "delay"),
    ),
    Plant(
        "suppression holds one instant late",
        "WHERE s.from_at <= a.decided_at",
        "WHERE s.from_at < a.decided_at",
        kinds=("message", "delay"),
    ),
    Plant(
        "an address that is gone is used",
        "a.decided_at < d.to_at",
        "a.decided_at <= d.to_at",
        kinds=("message", "delay"),
    ),
    Plant(
        "a cooldown is one instant longer",
        "t.at < l.entered + g.again_after",
        "t.at <= l.entered + g.again_after",
        kinds=("delay",),
    ),
    Plant(
        "a look-back takes its far edge in",
        "h.at > coalesce(a.at - c.within",
        "h.at >= coalesce(a.at - c.within",
        kinds=("branch", "delay"),
    ),
    Plant(
        "a look-back leaves the present out", "AND h.at <= a.at AND", "AND h.at < a.at AND", kinds=("branch",)
    ),
    Plant(
        "what holds ends one instant late",
        "AND a.at < f.to_at",
        "AND a.at <= f.to_at",
        kinds=("branch", "delay"),
    ),
    Plant("a winner wins before its time", "AND w.from_at <= s.at", "AND true", kinds=("experiment",)),
    Plant("a slot is rounded down", "THEN (_at + ", "THEN (_at + 0 * ", kinds=("message", "delay")),
    Plant(
        "quiet weeks begin on a Thursday", "_offset + 259200000000)", "_offset)", kinds=("message", "delay")
    ),
    Plant(
        "people held out take places",
        "a.holdout = '' AS takes_place",
        "true AS takes_place",
        kinds=("message",),
    ),
    Plant("a local day is UTC's", "a.decided_at + coalesce(z.offset_us, 0)", "a.decided_at", focused=True),
    Plant(
        "sends of earlier ticks are forgotten",
        "FROM past_sends AS s",
        "FROM (FROM past_sends WHERE false) AS s",
        focused=True,
        ticks=6,
    ),
    Plant("keys are one", 'h.person, h."key", h.at', "h.person, '' AS \"key\", h.at", kinds=("delay",)),
    Plant(
        "a message is named by its decision",
        "strftime(make_timestamp(l.at)",
        "strftime(make_timestamp(l.left_at)",
        kinds=("message", "delay"),
    ),
    Plant("one condition is enough", "bool_and((h.enrolment", "bool_or((h.enrolment", kinds=("branch",)),
    Plant(
        "a tie goes to the last",
        "ORDER BY value DESC, number",
        "ORDER BY value DESC, number DESC",
        kinds=("ranked",),
    ),
    Plant(
        "an instant that is now is ahead",
        "WHEN f.instant > s.at THEN 0",
        "WHEN f.instant >= s.at THEN 0",
        kinds=("until_attribute",),
    ),
    Plant(
        "a window's close is open",
        "time_of_day < closes AND (weekdays >> weekday)",
        "time_of_day <= closes AND (weekdays >> weekday)",
        kinds=("window", "delay"),
    ),
    Plant(
        "the first channel carries all",
        "arg_min(channel, (reason <> '', place))",
        "arg_min(channel, place)",
        kinds=("message",),
    ),
    Plant(
        "the address's own refusal is not heard",
        "ANTI JOIN facts_refusals AS r",
        "ANTI JOIN (FROM facts_refusals WHERE false) AS r",
        kinds=("message",),
    ),
    Plant(
        "feedback on any message counts",
        "c.of_step IS NULL OR p.message = h.message",
        "true",
        kinds=("message", "branch", "delay"),
        feedback=0.8,
    ),
)
