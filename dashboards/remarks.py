"""What is said of a definition's text: how bad it is, and on which line."""

from __future__ import annotations

from dataclasses import dataclass

from kith.errors import KithError


@dataclass(frozen=True)
class Remark:
    """What was found in a text. An `error` stands in the way of saving; a `warning` and a `note` do not."""

    severity: str
    message: str
    line: int = 0
    field: str = ""
    way_out: str = ""


def refusal(error: KithError) -> Remark:
    """An error of reading as a remark at its line."""
    ways = [f"expected {error.expected}" if error.expected else "", error.way_out or ""]
    return Remark("error", error.problem, *place_of(error.where or ""), "; ".join(filter(None, ways)))


def place_of(where: str) -> tuple[int, str]:
    """`file:line: field` as line and field."""
    place, _, field = where.partition(": ")
    line = place.rpartition(":")[2]
    return (int(line) if line.isdigit() else 0), field
