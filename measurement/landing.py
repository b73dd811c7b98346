"""The definitions of this room land as tables before the warehouse is built: dbt reads rows, never YAML."""

from __future__ import annotations

from dataclasses import dataclass

from kith.definitions import land_versions, load_kind
from kith.run import Run
from kith.settings import Settings
from measurement.attribution import read_attribution, rule_rows, touch_rows
from measurement.funnel_rows import funnel_rows
from measurement.funnels import Funnel
from measurement.state import replace_tables
from measurement.tables import ATTRIBUTION, ATTRIBUTION_RULES, FUNNEL_STEPS, FUNNELS, TOUCH_KINDS


@dataclass(frozen=True)
class Landed:
    """How many definitions there are, how many versions were new, and the commit, None if nothing changed."""

    funnel_count: int
    attribution_count: int
    new_versions: int
    commit: str | None


def land_definitions(settings: Settings, run: Run) -> Landed:
    """Check and land funnels and attribution: their present rows, and each new version for good."""
    home = run.home(settings)
    funnels = load_kind(settings, "funnels", Funnel)
    attribution = read_attribution(settings)
    new = land_versions(home, FUNNELS, funnels, run.as_of) + land_versions(
        home, ATTRIBUTION, attribution, run.as_of
    )
    present = {
        FUNNEL_STEPS.name: funnel_rows(funnels),
        ATTRIBUTION_RULES.name: rule_rows(attribution),
        TOUCH_KINDS.name: touch_rows(attribution),
    }
    name = replace_tables(home, FUNNEL_STEPS.room, present, run.as_of)
    return Landed(len(funnels), len(attribution), new, name)
