"""What is rehearsed: one definition with the caps, quiet hours and templates that it would run with today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from activation.gates._caps import Cap
from activation.journeys.campaign import Campaign
from activation.journeys.campaign_graph import compile_campaign
from activation.journeys.deciding import Policy, load_policy
from activation.journeys.deciding.policy import with_throttles
from activation.journeys.graph import Graph, LaunchEntry, Message, ScheduleEntry
from activation.journeys.history import Needs, needs_of
from activation.journeys.history.archive import microseconds
from activation.journeys.language.compilation import compile_journey
from activation.journeys.language.journey import JourneyBody
from activation.journeys.programme import CAMPAIGNS, JOURNEYS, check_caps
from activation.rendering.templates import Template, Templates
from kith.definitions import Definition, load_definition, load_kind
from kith.definitions.yaml import read_yaml
from kith.errors import KithError
from kith.settings import Settings


@dataclass(frozen=True)
class Rehearsal:
    """`is_moved`: a window that lay outside the span was moved into it, so that anybody comes in at all."""

    graph: Graph
    policy: Policy
    templates: Mapping[str, Template]
    is_moved: bool = False

    @property
    def needs(self) -> Needs:
        return needs_of([self.graph], self.templates.values(), tuple(self.policy.caps.values()))

    def within(self, since: datetime, until: datetime) -> Rehearsal:
        """Open to entrants in [since, until) alone. One whose own window has no part of it starts where it begins."""
        begin, end = microseconds(since), microseconds(until)
        graph = self.graph
        if graph.enter_from < end and graph.enter_until > begin:
            window = max(begin, graph.enter_from), min(end, graph.enter_until)
            return replace(self, graph=replace(graph, enter_from=window[0], enter_until=window[1]))
        window = begin, min(end, begin + graph.enter_until - graph.enter_from)
        entry = graph.entry
        if isinstance(entry, LaunchEntry | ScheduleEntry):
            entry = replace(entry, enter_from=window[0], enter_until=window[1])
        graph = replace(graph, entry=entry, enter_from=window[0], enter_until=window[1])
        return replace(self, graph=graph, is_moved=True)


def load_rehearsal(settings: Settings, path: Path) -> Rehearsal:
    """The journey or campaign of a file, wherever it lies and whatever its state; a mistake names file and line."""
    caps = {each.name: each for each in load_kind(settings, "caps", Cap)}
    graph = _graph(settings, path, tuple(caps))
    templates = Templates(settings.definitions / "templates")
    sent = sorted({node.template for node in graph.nodes if isinstance(node, Message)})
    return Rehearsal(
        graph=graph,
        policy=with_throttles(load_policy(settings), [graph]),
        templates={name: templates.get(name) for name in sent},
    )


def _graph(settings: Settings, path: Path, caps: tuple[str, ...]) -> Graph:
    document, _ = read_yaml(path)
    if not isinstance(document, dict):
        raise KithError("holds no mapping", where=str(path), expected="a journey or a campaign")
    definition: Definition[Campaign] | Definition[JourneyBody]
    if "steps" in document:
        definition = load_definition(path, JourneyBody, kind=JOURNEYS)
        check_caps(definition, caps)
        parts = {each.name: each for each in load_kind(settings, JOURNEYS, JourneyBody)}
        return compile_journey(definition, settings.zone, caps, parts)
    definition = load_definition(path, Campaign, kind=CAMPAIGNS)
    check_caps(definition, caps)
    return compile_campaign(definition, settings.zone, caps)
