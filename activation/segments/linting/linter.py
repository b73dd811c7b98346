"""Every finding of some files, or of all definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from activation.segments.asked_attributes import lay_asked_attributes
from activation.segments.catalogue import refuse_shared_names
from activation.segments.evaluation import KIND
from activation.segments.grammar import SegmentBody
from activation.segments.linting.data import compare, judge_analysts, look
from activation.segments.linting.findings import Finding, Keys, Severity, finding, refusal
from activation.segments.linting.logic import Logic
from activation.segments.linting.texts import hidden_characters, repeated_values, unused
from activation.segments.linting.values import Moment
from activation.segments.normalisation import Normaliser
from activation.segments.ordering import levels, refuse_depth
from activation.segments.terms import Group, Scored, Segment, Term, Tree
from activation.segments.world import World, open_world
from kith.definitions import Definition, definition_files, load_definition
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import current_snapshot


def lint(settings: Settings, files: Sequence[Path] = ()) -> list[Finding]:
    """Findings by file and line; of all definitions and analysts' models where no file is named.

    Without a published snapshot names, types and data can't be looked up: that is itself a finding.
    """
    wanted = [*(files or definition_files(settings, KIND))]
    others = [each for each in definition_files(settings, KIND) if each.resolve() not in _resolved(wanted)]
    found: list[Finding] = []
    definitions = _loaded(wanted, found)
    by_name = {each.name: each for each in (*_loaded(others, []), *definitions)}
    with _world(settings, found) as world:
        found += [
            finding(each, *told)
            for each in definitions
            for told in (*hidden_characters(each.document), *repeated_values(each.document))
        ]
        if world is not None:
            found += _judged(world, by_name, definitions)
            found += [] if files else judge_analysts(world)
    if not files:
        idle = unused(settings, definitions)
        message = "no other definition asks for it; fine if people or syncs do"
        found += [
            finding(each, ("name",), "unused", Severity.NOTE, message)
            for each in definitions
            if each.name in idle
        ]
    return sorted(set(found))


def _resolved(paths: Sequence[Path]) -> set[Path]:
    return {each.resolve() for each in paths}


def _loaded(paths: Sequence[Path], found: list[Finding]) -> list[Definition[SegmentBody]]:
    """What can be read; what can't is a finding, and so is a second of one name."""
    loaded: dict[str, Definition[SegmentBody]] = {}
    for path in paths:
        try:
            definition = load_definition(path, SegmentBody, kind=KIND)
        except KithError as error:
            found.append(refusal(error, str(path)))
            continue
        if definition.name in loaded:
            message = f"{loaded[definition.name].path.name} has another '{definition.name}'"
            found.append(finding(definition, ("name",), "refused", Severity.ERROR, message))
        loaded.setdefault(definition.name, definition)
    return list(loaded.values())


@contextmanager
def _world(settings: Settings, found: list[Finding]) -> Iterator[World | None]:
    snapshot = current_snapshot(Home(settings.home))
    if snapshot is None:
        message = "nothing is published yet, so names, types and data were not looked up"
        found.append(Finding("", 0, "", "no_snapshot", Severity.NOTE, message))
        yield None
        return
    with open_world(settings, snapshot) as world:
        yield world


def _judged(
    world: World, by_name: Mapping[str, Definition[SegmentBody]], wanted: Sequence[Definition[SegmentBody]]
) -> list[Finding]:
    found: list[Finding] = []
    rules, segments = Normaliser(world.catalogue, by_name.keys(), world.as_of), {}
    names = {each.name for each in wanted}
    for name, definition in by_name.items():
        try:
            refuse_shared_names(world.catalogue, {name: definition})
            segments[name] = rules.segment(definition)
        except KithError as error:
            found += [refusal(error, str(definition.path))] if name in names else []
    found += _refused_together(segments, by_name, names)
    lay_asked_attributes(world, {name: each for name, each in segments.items() if name in names})
    mine = {name: list(_placed(each.tree, ("who",))) for name, each in segments.items() if name in names}
    seen = look(world, [term for placed in mine.values() for _, term in placed])
    logic = Logic(Moment(world.as_of, world.zone))
    for name, placed in mine.items():
        told = [*logic.findings(segments[name].tree, ("who",)), *compare(world, seen, placed)]
        found += [finding(by_name[name], *each) for each in told]
    return found


def _refused_together(
    segments: Mapping[str, Segment], by_name: Mapping[str, Definition[Any]], names: set[str]
) -> list[Finding]:
    """Circles and depth, which only several definitions have."""
    try:
        refuse_depth(levels(segments, by_name), by_name)
    except KithError as error:
        return [refusal(error, str(by_name[min(names)].path) if names else "")]
    return []


def _placed(tree: Tree, keys: Keys) -> Iterator[tuple[Keys, Term]]:
    """Each term with its place."""
    if isinstance(tree, Group):
        for number, child in enumerate(tree.children):
            yield from _placed(child, (*keys, tree.word, number))
    elif isinstance(tree, Scored):
        yield keys, tree.term
        yield from _placed(tree.fallback, (*keys, "fallback"))
    else:
        yield keys, tree
