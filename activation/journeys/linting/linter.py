"""Every finding of all definitions, drafts included, or of some files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from activation.gates._caps import Cap
from activation.journeys.campaign import Campaign
from activation.journeys.campaign_graph import compile_campaign, mistakes
from activation.journeys.deciding.budgets import KIND as BUDGETS
from activation.journeys.deciding.budgets import Budget
from activation.journeys.deciding.policy import load_policy
from activation.journeys.graph import Graph
from activation.journeys.language.compilation import compile_journey, drafted
from activation.journeys.language.journey import JourneyBody
from activation.journeys.linting import across, limits, paths, texts
from activation.journeys.linting.findings import Finding, Severity, at, refusal
from activation.journeys.linting.known import look_up
from activation.journeys.linting.references import References
from activation.journeys.programme import CAMPAIGNS, JOURNEYS, unknown_caps
from activation.journeys.report import whereabouts
from activation.segments.catalogue import Catalogue
from activation.segments.computation import KIND as ATTRIBUTES
from activation.segments.computation import AttributeBody, read_attribute
from activation.segments.linting.texts import hidden_characters
from kith.definitions import Definition, definition_files, load_definition
from kith.errors import KithError
from kith.lake import Home, commits
from kith.settings import Settings

#: A definition of an attribute has no relative dates, so any will do to read it.
NO_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Linter:
    """One look at everything."""

    settings: Settings
    found: list[Finding] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def run(self, files: Sequence[Path] = ()) -> list[Finding]:
        self.caps = self._load("caps", Cap)
        self.budgets = self._load(BUDGETS, Budget)
        self.attributes = self._load(ATTRIBUTES, AttributeBody)
        self._policy()
        for each in self.attributes.values():
            self._attribute(each)
        self.campaigns = self._load(CAMPAIGNS, Campaign)
        self.journeys = self._load(JOURNEYS, JourneyBody)
        emitted = [
            getattr(step, "emit", "") for each in self.journeys.values() for _, step in each.body.every_step()
        ]
        self.known = look_up(self.settings, self.caps, self.attributes, emitted)
        graphs = dict(self._graphs())
        definitions = {**self.campaigns, **self.journeys}
        for definition in definitions.values():
            self.found += self._of_one(definition, graphs.get(definition.name))
        self.found += across.findings(definitions, graphs)
        self.found += self._left_behind(definitions)
        wanted = {str(each.resolve()) for each in files}
        kept = [each for each in dict.fromkeys(self.found) if not wanted or _file_of(each) in wanted]
        return sorted(kept, key=lambda each: (each.severity != Severity.ERROR, each.where))

    def _load(self, kind: str, model: type) -> dict[str, Definition[Any]]:
        loaded: dict[str, Definition[Any]] = {}
        for path in definition_files(self.settings, kind):
            try:
                definition = load_definition(path, model, kind=kind)
            except KithError as error:
                self.found.append(refusal(error))
                self.unread |= {path.stem} if kind in (CAMPAIGNS, JOURNEYS) else set()
                continue
            if definition.name in loaded:
                twin = loaded[definition.name].path.name
                self.found.append(refusal(definition.error(f"{twin} has the same name", ("name",))))
            loaded[definition.name] = definition
        return loaded

    def _policy(self) -> None:
        """What only several definitions of one kind have wrong."""
        try:
            load_policy(self.settings)
        except KithError as error:
            self.found.append(refusal(error))

    def _attribute(self, definition: Definition[Any]) -> None:
        """Whether it shadows a column of the profiles is seen by the run, which has them."""
        try:
            read_attribute(definition, Catalogue({}, (), self.settings.zone), NO_INSTANT)
        except KithError as error:
            self.found.append(refusal(error))

    def _graphs(self) -> Iterator[tuple[str, Graph]]:
        """Of everything that compiles."""
        for name, definition in self.campaigns.items():
            errors = [refusal(each) for each in mistakes(definition, self.settings.zone)]
            self.found += errors
            if not errors:
                yield from self._compiled(name, definition)
        for name, definition in self.journeys.items():
            if name in self.campaigns:
                self.found.append(refusal(definition.error(f"there is a campaign '{name}' too", ("name",))))
            elif definition.body.enter is not None:
                yield from self._compiled(name, definition)
            else:
                self.found += self._part(definition)

    def _compiled(self, name: str, definition: Definition[Any]) -> Iterator[tuple[str, Graph]]:
        caps = tuple(self.caps)
        try:
            if isinstance(definition.body, Campaign):
                yield name, compile_campaign(definition, self.settings.zone, caps)
            else:
                yield name, compile_journey(definition, self.settings.zone, caps, self.journeys)
        except KithError as error:
            if error.problem not in {f"there is no journey {each}" for each in self.unread}:
                self.found.append(refusal(error))

    def _part(self, definition: Definition[Any]) -> Iterator[Finding]:
        """A part that others use is compiled with them."""
        used = {
            getattr(step, "journey", None)
            for each in self.journeys.values()
            for _, step in each.body.every_step()
        }
        if definition.name in used or self.unread:
            return
        problem, way_out = "nobody enters it and no journey uses it", "say who enters, or use it in another"
        yield Finding(at(definition, ("steps",)), problem, way_out, "unused_part", Severity.NOTE)
        try:
            drafted(definition, self.journeys)
        except KithError as error:
            yield refusal(error)

    def _left_behind(self, definitions: Mapping[str, Definition[Any]]) -> Iterator[Finding]:
        """Journeys without a file, with people inside."""
        inside: dict[str, int] = {}
        for row in self._whereabouts():
            if row["node_id"] and row["journey"] not in definitions and row["journey"] not in self.unread:
                inside[row["journey"]] = inside.get(row["journey"], 0) + row["enrolments"]
        for name, count in inside.items():
            problem = f"{count:,} are in {name}, whose file is gone; they go on under their version"
            way_out = f"put the file back, or 'kith journeys stop {name}'"
            where = str(self.settings.definitions / JOURNEYS)
            yield Finding(where, problem, way_out, "left_behind", Severity.WARNING)

    def _whereabouts(self) -> list[dict[str, Any]]:
        """None where nobody ever entered anything, or the lake is of a version that a run would refuse."""
        if not commits(Home(self.settings.home), "journeys"):
            return []
        try:
            return whereabouts(self.settings)
        except duckdb.Error:
            return []

    def _of_one(self, definition: Definition[Any], graph: Graph | None) -> Iterator[Finding]:
        yield from (refusal(each) for each in unknown_caps(definition, self.caps))
        yield from References(definition, self.known, self.settings.zone).findings()
        yield from texts.findings(self.settings, definition, self.known.computed)
        for keys, rule, severity, problem in hidden_characters(definition.document):
            yield Finding(at(definition, keys), problem, "take it out", rule, severity)
        if graph is None:
            return
        if isinstance(definition.body, JourneyBody):
            yield from paths.findings(definition, graph, self.journeys)
        caps = {name: each.body for name, each in self.caps.items()}
        budgets = [each.body.model_copy(update={"name": name}) for name, each in self.budgets.items()]
        yield from limits.findings(definition, graph, caps, budgets, _places(definition))


def lint(settings: Settings, files: Sequence[Path] = ()) -> list[Finding]:
    """Every mistake in campaigns, journeys, caps, attributes and the templates they use; of `files` alone, where any
    are named."""
    return Linter(settings).run(files)


def _places(definition: Definition[Any]) -> Mapping[str, tuple[str | int, ...]]:
    """Where each message of the file stands, by its step id."""
    if isinstance(definition.body, Campaign):
        return {f"message:{name}": keys for keys, name, *_ in texts.sent(definition)}
    return {step.step_id(): keys for keys, step in definition.body.every_step()}


def _file_of(finding: Finding) -> str:
    return str(Path(finding.where.partition(":")[0]).resolve())
