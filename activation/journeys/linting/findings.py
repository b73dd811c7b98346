"""What lint finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from activation.journeys.language.step import Keys, written
from activation.segments.linting import Severity
from kith.definitions import Definition
from kith.errors import KithError


@dataclass(frozen=True)
class Finding:
    """One mistake: where it is (`file:line: field`), what it is, and the way out. An `error` is refused, or does
    nothing of what it says; a `warning` is hardly meant; a `note` is good to know."""

    where: str
    problem: str
    way_out: str = ""
    rule: str = "refused"
    severity: Severity = Severity.ERROR


#: What to do where a refusal doesn't say it, by how it begins.
_WAYS = {
    "no such field": "take it out, or correct its name; 'kith journeys schema' lists them",
    "is missing": "add it; 'kith journeys schema' tells what it may be",
    "no valid YAML": "put it right; a text with a colon or a bracket stands in quotes",
}
_ANY_WAY = "'kith journeys schema' tells what it may be"


def refusal(error: KithError) -> Finding:
    """A definition that is refused."""
    expected = f"expected {error.expected}" if error.expected else ""
    ways = [expected, error.way_out or ""]
    if not any(ways) and "expected" not in error.problem:
        ways = [next((way for start, way in _WAYS.items() if error.problem.startswith(start)), _ANY_WAY)]
    return Finding(error.where or "", error.problem, "; ".join(filter(None, ways)))


def at(definition: Definition[Any], keys: Keys) -> str:
    """`file:line: field` of a place of a definition."""
    return definition.position.of(written(keys, definition.document))
