"""How orders are credited to touches, as an analyst writes it.

name: orders
lookback: 30d
half_life: 7d
touches:
  sessions: {except: [direct]}
  messages: [clicked]
position: {first: 40%, last: 40%}
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field, model_validator

from kith.definitions import Definition, load_kind
from kith.settings import Settings
from measurement.fields import Duration, Name, Share, Strict, microseconds
from measurement.tables import ATTRIBUTION_RULES, TOUCH_KINDS

KIND = "attribution"


class Sessions(Strict):
    """Visits are touches of their channel, but for those of the channels named."""

    except_: Annotated[tuple[str, ...], Field(alias="except")] = ("direct",)


class Touches(Strict):
    """What counts as a touch. Machines never do."""

    sessions: Sessions | None = Sessions()
    messages: tuple[Literal["clicked", "opened"], ...] = ("clicked",)

    @model_validator(mode="after")
    def _some(self) -> Touches:
        if self.sessions is None and not self.messages:
            raise ValueError("nothing counts as a touch; expected sessions, messages or both")
        return self


class Position(Strict):
    """What the first and the last touch earn; those between share the rest evenly."""

    first: Share = 0.4
    last: Share = 0.4

    @model_validator(mode="after")
    def _at_most_all(self) -> Position:
        if not 0 < self.first + self.last <= 1:
            raise ValueError("first and last together earn more than 0% and at most 100%")
        return self


class Attribution(Strict):
    """The one file of definitions/attribution."""

    name: Name
    description: str = ""
    lookback: Duration = timedelta(days=30)
    half_life: Duration = timedelta(days=7)
    touches: Touches = Touches()
    position: Position = Position()


def read_attribution(settings: Settings) -> list[Definition[Attribution]]:
    """The definition, or none. A second one is refused: the credits of an order would count twice."""
    found = load_kind(settings, KIND, Attribution)
    if len(found) > 1:
        raise found[1].error(
            f"attribution is defined in {found[0].path.name} already",
            ("name",),
            expected="one file, so that the credits of an order sum to one",
        )
    return found


def rule_rows(definitions: Sequence[Definition[Attribution]]) -> pa.Table:
    """Rows of ATTRIBUTION_RULES."""
    rows = [
        {
            "attribution": each.name,
            "version": each.version,
            "lookback_microseconds": microseconds(each.body.lookback),
            "half_life_microseconds": microseconds(each.body.half_life),
            "first_share": each.body.position.first,
            "last_share": each.body.position.last,
        }
        for each in definitions
    ]
    return pa.Table.from_pylist(rows, schema=ATTRIBUTION_RULES.schema)


def touch_rows(definitions: Sequence[Definition[Attribution]]) -> pa.Table:
    """Rows of TOUCH_KINDS: `message` names a status that is a touch, `session` (name empty) says that visits
    are, `ignored_channel` a channel of visits that is none."""
    rows: list[dict[str, str]] = []
    for touches in (each.body.touches for each in definitions):
        rows += [{"kind": "message", "name": status} for status in touches.messages]
        if touches.sessions is not None:
            rows.append({"kind": "session", "name": ""})
            rows += [{"kind": "ignored_channel", "name": name} for name in touches.sessions.except_]
    return pa.Table.from_pylist(rows, schema=TOUCH_KINDS.schema)
