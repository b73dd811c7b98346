"""One thing that a message rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: The chapters of a lineage, in their order.
PARTS = (
    *("message", "definition", "enrolment", "segment", "score", "gate", "consent"),
    *("event", "delivery", "body"),
)


@dataclass(frozen=True)
class Entry:
    """`at`: when it took effect (naive UTC), where it has a time. `source`: where it lies."""

    part: str
    what: str
    at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def row(self) -> dict[str, Any]:
        """One line of the table."""
        told = ", ".join(
            f"{name}={value}" for name, value in self.detail.items() if value not in (None, "", [])
        )
        return {"part": self.part, "at": self.at, "what": self.what, "detail": told, "source": self.source}

    def record(self) -> dict[str, Any]:
        """The same for JSON: details keep their types."""
        return {"what": self.what, "at": self.at, **self.detail, "source": self.source}
