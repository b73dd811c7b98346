"""The order of evaluation: a segment after those that it asks for; a circle is refused."""

from __future__ import annotations

from collections.abc import Mapping

from activation.segments.grammar import SegmentBody
from activation.segments.terms import Group, MemberTerm, Scored, Segment, Tree, references
from kith.definitions import Definition

DEEPEST_TOGETHER = 120


def levels(
    segments: Mapping[str, Segment], definitions: Mapping[str, Definition[SegmentBody]]
) -> list[list[Segment]]:
    """Segments by depth: those of one level ask only for those of earlier ones."""
    left = dict(segments)
    asked = {name: set(references(each.tree)) for name, each in segments.items()}
    found: list[list[Segment]] = []
    while left:
        level = [each for name, each in left.items() if asked[name].isdisjoint(left)]
        if not level:
            raise _circle(left, definitions)
        found.append(level)
        for each in level:
            del left[each.name]
    return found


def refuse_depth(leveled: list[list[Segment]], definitions: Mapping[str, Definition[SegmentBody]]) -> None:
    """Segments that ask for others that ask for others: their conditions nest as if they were one."""
    heights: dict[str, int] = {}
    for each in (each for level in leveled for each in level):
        heights[each.name] = 0
        for depth, leaf in _leaves(each.tree):
            below = heights.get(leaf.segment, 0) if isinstance(leaf, MemberTerm) else 0
            heights[each.name] = max(heights[each.name], depth + below)
            if depth + below > DEEPEST_TOGETHER and isinstance(leaf, MemberTerm):
                definition = definitions[each.name]
                raise definition.error(
                    f"nests {depth + below} levels, those of the segments that are asked for with them",
                    _place(definition.document, leaf.segment, ()),
                    expected=f"at most {DEEPEST_TOGETHER}",
                )


def _leaves(tree: Tree) -> list[tuple[int, Tree]]:
    """Each leaf with the number of levels down to it."""
    found, waiting = [], [(1, tree)]
    while waiting:
        depth, each = waiting.pop()
        if isinstance(each, Group):
            waiting += [(depth + 1, child) for child in each.children]
        elif isinstance(each, Scored):
            waiting.append((depth + 1, each.fallback))
        else:
            found.append((depth, each))
    return found


def closure(segments: Mapping[str, Segment], wanted: list[str]) -> dict[str, Segment]:
    """The wanted segments and all that they ask for, directly or not."""
    found: dict[str, Segment] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in segments and name not in found:
            found[name] = segments[name]
            waiting.extend(references(segments[name].tree))
    return {name: each for name, each in segments.items() if name in found}


def _circle(left: Mapping[str, Segment], definitions: Mapping[str, Definition[SegmentBody]]) -> Exception:
    """Follow the first unresolved reference until a name stands twice."""
    path = [min(left)]
    while path[-1] not in path[:-1]:
        path.append(next(name for name in references(left[path[-1]].tree) if name in left))
    circle = path[path.index(path[-1]) :]
    definition = definitions[circle[0]]
    keys = _place(definition.document, circle[1], ())
    return definition.error(
        f"segments ask for each other in a circle: {' → '.join(circle)}", keys, way_out="take one of them out"
    )


def _place(document: object, name: str, keys: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where a document says `segment: name`."""
    if isinstance(document, dict):
        if document.get("segment") == name:
            return (*keys, "segment")
        children = list(document.items())
    else:
        children = list(enumerate(document)) if isinstance(document, list) else []
    return next((found for key, child in children if (found := _place(child, name, (*keys, key)))), ())
