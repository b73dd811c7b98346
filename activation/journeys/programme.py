"""Everything that planning needs from the definitions, read and checked together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activation.gates._caps import Cap
from activation.journeys.campaign import Campaign
from activation.journeys.campaign_graph import compile_campaign
from activation.journeys.graph import Graph, Message
from activation.journeys.language.compilation import compile_journey
from activation.journeys.language.journey import JourneyBody
from activation.rendering.templates import Template, Templates
from kith.definitions import Definition, load_kind
from kith.definitions.yaml import Keys
from kith.errors import KithError
from kith.settings import Settings

CAMPAIGNS, JOURNEYS = "campaigns", "journeys"


@dataclass(frozen=True)
class Programme:
    """The campaigns and journeys with what they use.

    `definitions` holds drafts and paused ones too, but no parts of others; `graphs` is what each of them compiles
    into, by name. Those of which `is_live` take people in. `folder` holds the templates; `pinned` are older versions
    with people in them.
    """

    definitions: tuple[Definition[Any], ...]
    graphs: Mapping[str, Graph]
    caps: Mapping[str, Definition[Cap]]
    templates: Mapping[str, Template]
    folder: Path | None = None
    pinned: tuple[Graph, ...] = ()

    def is_live(self, name: str) -> bool:
        return any(each.name == name and each.body.state == "live" for each in self.definitions)

    def live_graphs(self) -> tuple[Graph, ...]:
        """Those that take people in, by name."""
        return tuple(self.graphs[name] for name in sorted(self.graphs) if self.is_live(name))

    def caps_in_use(self) -> tuple[Cap, ...]:
        """The caps that bind any live journey, by name."""
        used = sorted({name for graph in self.live_graphs() for name in graph.caps})
        return tuple(self.caps[name].body.model_copy(update={"name": name}) for name in used)

    def obeys(self) -> dict[str, frozenset[str]]:
        """The caps that bind each live journey."""
        return {graph.journey: frozenset(graph.caps) for graph in self.live_graphs()}


def load_programme(settings: Settings) -> Programme:
    """Reads campaigns, journeys, caps and templates; the first mistake is an error that names file, line and field."""
    caps = {each.name: each for each in load_kind(settings, "caps", Cap)}
    campaigns = tuple(load_kind(settings, CAMPAIGNS, Campaign))
    files = {each.name: each for each in load_kind(settings, JOURNEYS, JourneyBody)}
    graphs = {each.name: compile_campaign(each, settings.zone, tuple(caps)) for each in campaigns}
    whole = tuple(each for each in files.values() if each.body.enter is not None)
    for each in whole:
        if each.name in graphs:
            raise each.error(
                f"there is a campaign '{each.name}' too", ("name",), expected="a name of its own"
            )
        graphs[each.name] = compile_journey(each, settings.zone, tuple(caps), files)
    definitions = tuple(sorted((*campaigns, *whole), key=lambda each: each.name))
    for each in definitions:
        check_caps(each, caps)
    templates = _templates(settings, (*campaigns, *files.values()), graphs.values())
    return Programme(definitions, graphs, caps, templates, settings.definitions / "templates")


def check_caps(definition: Definition[Any], caps: Iterable[str]) -> None:
    """Raises KithError for the first name that no cap has."""
    for error in unknown_caps(definition, caps):
        raise error


def unknown_caps(definition: Definition[Any], caps: Iterable[str]) -> Iterator[KithError]:
    known = set(caps)
    named = () if definition.body.caps == "all" else definition.body.caps
    for number, name in enumerate(named):
        if name not in known:
            yield definition.error(
                f"there is no cap {name}", ("caps", number), expected=", ".join(sorted(known)) or "none"
            )


def sent_by(definition: Definition[Any]) -> Iterator[tuple[Keys, str]]:
    """Each template that the file names, with its place."""
    body = definition.body
    if isinstance(body, Campaign):
        places = [(("variants", n, "send"), each.send) for n, each in enumerate(body.variants)]
        yield from places or ([(("send",), body.send)] if body.send else [])
        return
    for keys, step in body.every_step():
        template = getattr(step, "send", None)
        if isinstance(template, str):
            yield (*keys, "send"), template


def _templates(
    settings: Settings, definitions: Iterable[Definition[Any]], graphs: Iterable[Graph]
) -> dict[str, Template]:
    """Every template that a file names or a graph sends; each variant of it is read."""
    templates = Templates(settings.definitions / "templates")
    known: dict[str, Template] = {}
    for definition in definitions:
        for keys, name in sent_by(definition):
            if not (templates.folder / name).is_dir():
                raise no_template(definition, keys, name, settings)
    named = {name for each in definitions for _, name in sent_by(each)}
    sent = {node.template for graph in graphs for node in graph.nodes if isinstance(node, Message)}
    for name in sorted(named | sent):
        known[name] = templates.get(name)
        for locale in sorted(known[name].locales):
            known[name].variant(locale)
    return known


def no_template(definition: Definition[Any], keys: Keys, name: str, settings: Settings) -> KithError:
    """Nobody wrote what the file sends."""
    folder = settings.definitions / "templates"
    return definition.error(f"there is no template {name}", keys, expected=f"a folder {folder.name}/{name}")
