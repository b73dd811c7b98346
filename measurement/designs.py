"""What each campaign set out to measure, read from its definition."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from kith.definitions import load_kind
from kith.settings import Settings

#: Campaigns are journeys of one message; both kinds may hold people out.
KINDS = ("campaigns", "journeys")


def _fraction(value: Any) -> Any:
    """`10%` is 0.1."""
    return float(value.rstrip("% ")) / 100 if isinstance(value, str) and value.endswith("%") else value


class Design(BaseModel):
    """The one field of a campaign that measurement reads; its own room checks the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    holdout: Annotated[float | None, BeforeValidator(_fraction)] = None


def read_designs(settings: Settings) -> dict[str, float]:
    """The fractions held out, by name. A campaign without a holdout, or whose file is gone, is absent."""
    found = [definition for kind in KINDS for definition in load_kind(settings, kind, Design)]
    return {each.name: each.body.holdout for each in found if each.body.holdout}
