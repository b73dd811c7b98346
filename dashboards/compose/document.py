"""The file of a campaign as the form reads and writes it: keys in the house's order, untouched ones to the letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from dashboards.canvas.writing import change, document_of
from kith.errors import KithError

ORDER = (
    *("name", "description", "state", "to", "launch_at", "window", "schedule", "when", "from", "until"),
    *("at", "within", "send", "variants", "winner", "rest_after", "by", "choose", "purpose", "tags"),
    *("quiet_hours", "expires_after", "holdout", "caps", "priority", "goal"),
)
_SHARE = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*(%?)\s*$")

EMPTY = """\
name: {name}
description: {description}
state: draft

to: {segment}
launch_at: {launch_at}
window: 24h

send: {template}
by: {channel}
purpose: marketing
expires_after: 48h

holdout: 10%
caps: all

goal:
  event: Order Completed
  within: 7d
"""


@dataclass
class Page:
    """A document under the form's hands. `put` changes a key where the visitor chose something else."""

    said: dict[str, Any]
    _before: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._before = deepcopy(self.said)

    @property
    def is_changed(self) -> bool:
        return self.said != self._before

    def put(
        self, key: str, before: Any, after: Any, write: Callable[[Any], Any] = lambda value: value
    ) -> None:
        """`before` is what the control showed, `after` what it shows now; an empty one takes the key out."""
        if before == after:
            return
        if after in (None, "", [], (), {}):
            self.said.pop(key, None)
        else:
            self.said[key] = write(after)

    def drop(self, *keys: str) -> None:
        for key in keys:
            self.said.pop(key, None)

    def ordered(self) -> dict[str, Any]:
        """The keys in the house's order, where a new one finds its place; unknown ones stay last."""
        rank = {key: at for at, key in enumerate(ORDER)}
        return dict(sorted(self.said.items(), key=lambda item: rank.get(item[0], len(ORDER))))


def read(text: str) -> dict[str, Any] | None:
    """The document of a text; None where it is no mapping or no YAML."""
    try:
        said = document_of(text)
    except KithError:  # lint tells it at its line
        return None
    return said if isinstance(said, dict) else None


def written(text: str, page: Page) -> str:
    """The text with what the form changed, and nothing else of it."""
    return change(text, (), page.ordered()) if page.is_changed else text


def percent_of(value: Any, otherwise: float) -> float:
    """`10%` and `0.1` as 10.0."""
    found = _SHARE.match(str(value)) if value is not None else None
    if found is None:
        return otherwise
    return float(found[1]) * (1 if found[2] else 100)


def spell_percent(value: float) -> str:
    """10.0 as `10%`."""
    return f"{value:g}%"


def even_shares(count: int) -> list[str]:
    """So many shares that come to 100 %, in hundredths of a per cent: `33.34%, 33.33%, 33.33%`."""
    base, rest = divmod(10_000, count)
    return [f"{(base + (at < rest)) / 100:g}%" for at in range(count)]


def mapping(value: Any) -> Mapping[str, Any]:
    """A nested mapping; nothing of one where something else stands."""
    return value if isinstance(value, dict) else {}
