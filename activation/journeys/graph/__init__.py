"""The small form into which every journey and campaign is compiled, and which alone the engine knows.

A journey version is an acyclic graph of nodes. Loops are unrolled up to their cap on laps and sub-journeys are
inlined when a definition is compiled, so a node is passed at most once by one enrolment and every motion ends.
The engine lands graphs as relations, one per kind of row, so that each kind of step is one statement however
many journeys there are; the reference interpreter of the tests walks the same dataclasses one person at a time.

Times are instants in microseconds since 1970, UTC; spans are microseconds.
"""

from activation.journeys.graph.conditions import (
    LIST_PREFIX,
    AttributeCondition,
    Condition,
    EventCondition,
    EventMatch,
    MessageCondition,
    PropertyFilter,
    ScoreCondition,
    SegmentCondition,
)
from activation.journeys.graph.entries import (
    Entry,
    EventEntry,
    LaunchEntry,
    ListEntry,
    Reentry,
    ScheduleEntry,
    SegmentEntry,
)
from activation.journeys.graph.journey import EXIT, Edge, ExitRule, Graph
from activation.journeys.graph.nodes import (
    Branch,
    Contest,
    Delay,
    Effect,
    Experiment,
    Message,
    Node,
    Ranked,
    Split,
    UntilAttribute,
    UntilLocal,
    Wait,
    WaitBranch,
    Window,
)

__all__ = [
    "EXIT",
    "LIST_PREFIX",
    "AttributeCondition",
    "Branch",
    "Condition",
    "Contest",
    "Delay",
    "Edge",
    "Effect",
    "Entry",
    "EventCondition",
    "EventEntry",
    "EventMatch",
    "ExitRule",
    "Experiment",
    "Graph",
    "LaunchEntry",
    "ListEntry",
    "Message",
    "MessageCondition",
    "Node",
    "PropertyFilter",
    "Ranked",
    "Reentry",
    "ScheduleEntry",
    "ScoreCondition",
    "SegmentCondition",
    "SegmentEntry",
    "Split",
    "UntilAttribute",
    "UntilLocal",
    "Wait",
    "WaitBranch",
    "Window",
]
