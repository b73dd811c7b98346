"""Which variables a template can't do without, read from its syntax tree before any message is planned.

A use is guarded, and its variable optional, in `x | default(…)`, in `x is defined`, and wherever such a test
has shown it to be there. All other uses make it required. The answer errs on the strict side alone.

A computed attribute is a variable of its own, `profile.orders_90d`: what one template reads of a person, and
nothing else of them, is frozen with its messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from jinja2 import Environment, meta, nodes

PROFILE = "profile"
_DEFAULTS = ("default", "d")
Names = frozenset[str]
_NONE: Names = frozenset()


@dataclass(frozen=True)
class Needs:
    """The names that a template reads from its context; of the profile one for each attribute, `profile.<name>`."""

    required: Names
    optional: Names

    @property
    def names(self) -> Names:
        return self.required | self.optional

    def __or__(self, other: Needs) -> Needs:
        required = self.required | other.required
        return Needs(required, (self.optional | other.optional) - required)


NOTHING = Needs(_NONE, _NONE)


def needs(environment: Environment, name: str) -> Needs:
    """What the named file of an environment needs, with the files that it includes or extends."""
    found, queue, seen = NOTHING, [name], set[str]()
    while queue:
        file = queue.pop()
        if file in seen or environment.loader is None:
            continue
        seen.add(file)
        source, _, _ = environment.loader.get_source(environment, file)
        tree = environment.parse(source, file)
        found |= _needs_of(tree)
        queue.extend(each for each in meta.find_referenced_templates(tree) if each)
    return found


def _needs_of(tree: nodes.Template) -> Needs:
    undeclared = frozenset(meta.find_undeclared_variables(tree))
    required = frozenset(name for name in _unguarded(tree, _NONE) if _root(name) in undeclared)
    read = frozenset(name for name in _reads(tree) if _root(name) in undeclared)
    return Needs(required, read - required)


def _root(name: str) -> str:
    return name.partition(".")[0]


def _reads(node: nodes.Node) -> Iterator[str]:
    """Every name read below this node."""
    if found := _name_of(node):
        yield from found
        return
    for child in node.iter_child_nodes():
        yield from _reads(child)


def _unguarded(node: nodes.Node, safe: Names) -> Iterator[str]:
    """Names read below this node outside any guard; `safe` are those shown to be there, or bound."""
    if name := _name_of(node):
        yield from name - safe
        return
    if _guards(node):
        safe = safe | _name_of(node.node)
    if isinstance(node, (nodes.If, nodes.CondExpr)):
        yield from _branches(node, safe)
    elif isinstance(node, nodes.And):
        yield from _unguarded(node.left, safe)
        yield from _unguarded(node.right, safe | _shown(node.left))
    elif isinstance(node, nodes.For):
        yield from _loop(node, safe)
    else:
        for child in node.iter_child_nodes():
            yield from _unguarded(child, safe)


def _guards(node: nodes.Node) -> TypeGuard[nodes.Filter | nodes.Test]:
    return (isinstance(node, nodes.Filter) and node.name in _DEFAULTS) or (
        isinstance(node, nodes.Test) and node.name in ("defined", "undefined")
    )


def _branches(node: nodes.If | nodes.CondExpr, safe: Names) -> Iterator[str]:
    yield from _unguarded(node.test, safe)
    shown, missing = safe | _shown(node.test), safe | _shown(nodes.Not(node.test))
    if isinstance(node, nodes.CondExpr):
        yield from _unguarded(node.expr1, shown)
        if node.expr2 is not None:
            yield from _unguarded(node.expr2, missing)
        return
    for child in node.body:
        yield from _unguarded(child, shown)
    for child in [*node.elif_, *node.else_]:
        yield from _unguarded(child, missing)


def _loop(node: nodes.For, safe: Names) -> Iterator[str]:
    yield from _unguarded(node.iter, safe)
    targets = {
        each.name for each in [node.target, *node.target.find_all(nodes.Name)] if isinstance(each, nodes.Name)
    }
    bound = safe | targets | {"loop"}
    for child in [*([node.test] if node.test else []), *node.body]:
        yield from _unguarded(child, bound)
    for child in node.else_:
        yield from _unguarded(child, safe)


def _shown(test: nodes.Node) -> Names:
    """The names that are there for certain where this test is true."""
    if isinstance(test, nodes.Test):
        return _name_of(test.node) if test.name == "defined" else _NONE
    if isinstance(test, nodes.And):
        return _shown(test.left) | _shown(test.right)
    if isinstance(test, nodes.Or):
        return _shown(test.left) & _shown(test.right)
    if isinstance(test, nodes.Not):
        return _shown_by_not(test.node)
    return _NONE


def _shown_by_not(test: nodes.Node) -> Names:
    if isinstance(test, nodes.Not):
        return _shown(test.node)
    if isinstance(test, nodes.Test) and test.name == "undefined":
        return _name_of(test.node)
    return _NONE


def _name_of(node: nodes.Node | None) -> Names:
    """The one variable that a node reads, if it is nothing but that."""
    if isinstance(node, nodes.Name):
        return frozenset({node.name}) if node.ctx == "load" else _NONE
    if not isinstance(node, (nodes.Getattr, nodes.Getitem)) or not _is_profile(node.node):
        return _NONE
    if isinstance(node, nodes.Getattr):
        return frozenset({f"{PROFILE}.{node.attr}"})
    return (
        frozenset({f"{PROFILE}.{node.arg.value}"})
        if isinstance(node.arg, nodes.Const)
        else frozenset({PROFILE})
    )


def _is_profile(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == PROFILE
