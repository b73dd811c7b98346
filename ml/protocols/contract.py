"""What a protocol gives: the evaluation of a prediction on public data, with figures to hold it against.

One file, `ml/protocols/<prediction>_<protocol>.py`, is one protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kith.errors import KithError
from kith.registry import plugin, plugin_names

PACKAGE = "ml.protocols"


@dataclass(frozen=True)
class Check:
    """One figure against what it has to be."""

    check: str
    value: float
    wanted: str
    is_met: bool


@dataclass(frozen=True)
class Findings:
    """What an evaluation found: checks, single figures, and tables by title."""

    checks: Sequence[Check]
    figures: Mapping[str, Any]
    tables: Mapping[str, Sequence[Mapping[str, Any]]]

    def told(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {**self.figures, **self.tables, "checks": [vars(each) for each in self.checks]}


@dataclass(frozen=True)
class Protocol:
    """`evaluate` gets the folder that holds `file` and is to call `advance` once for each of `steps`."""

    meaning: str
    file: str
    steps: int
    evaluate: Callable[[Path, Callable[[float], None]], Findings]


def find_protocol(prediction: str, name: str) -> Protocol:
    """The protocol of a prediction, or an error that lists those it has."""
    known = [
        each.removeprefix(f"{prediction}_") for each in plugin_names(PACKAGE) if each.startswith(prediction)
    ]
    if name not in known:
        raise KithError(
            f"{prediction} has no protocol '{name}'",
            expected="one of " + ", ".join(known) if known else f"a file ml/protocols/{prediction}_{name}.py",
        )
    return plugin(PACKAGE, f"{prediction}_{name}", Protocol)


def evaluate_protocol(
    prediction: str, name: str, data: Path, advance: Callable[[float], None] = lambda steps: None
) -> Findings:
    """Evaluate a prediction by a protocol on the folder of public data."""
    protocol = find_protocol(prediction, name)
    file = data / protocol.file
    if not file.exists():
        raise KithError(
            "the public data of the protocol isn't there", where=str(file), way_out="pass --data FOLDER"
        )
    return protocol.evaluate(file, advance)


def within(check: str, value: float, published: float, *, share: float = 0.0, distance: float = 0.0) -> Check:
    """A figure that has to lie within a share of a published one, or within a distance."""
    told = f"within {share:.0%} of {published:g}" if share else f"within {distance:g} of {published:g}"
    return Check(check, value, told, abs(value - published) <= (share * abs(published) or distance))


def at_most(check: str, value: float, bound: float, of: str) -> Check:
    """A figure that must not be above another."""
    return Check(check, value, f"at most {bound:.4f} ({of})", value <= bound)
