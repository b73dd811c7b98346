"""The fraction that each campaign meant to hold out, read from its definition."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kith.definitions import load_kind
from kith.settings import Settings
from measurement.assignment import checked_fraction

#: Campaigns are journeys of one message; both kinds may hold people out.
KINDS = ("campaigns", "journeys")


class Design(BaseModel):
    """The one field of a campaign that measurement reads; its own room checks the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    holdout: float | None = None


def read_designs(settings: Settings) -> dict[str, float]:
    """Fractions by name. A campaign without one, or whose file is gone, is absent."""
    found = [definition for kind in KINDS for definition in load_kind(settings, kind, Design)]
    return {
        definition.name: checked_fraction(definition.body.holdout)
        for definition in found
        if definition.body.holdout is not None
    }
