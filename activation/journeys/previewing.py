"""How a template reads for real people: rendered with the variables that a run would freeze for them now.

Nothing is planned, nobody is asked for leave, and no link is signed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from activation.attributes.state import evaluations_of, lay_values
from activation.journeys.facts import lay_out_look_ups
from activation.journeys.variables import attributes_asked, freeze
from activation.rendering import Rendered, RenderRefused, Template, load_template, render
from activation.rendering.variants import EMAIL
from kith.errors import KithError
from kith.lake import Home
from kith.run import Run
from kith.settings import Settings
from kith.snapshot import Snapshot, current_snapshot
from kith.warehouse import Warehouse

#: Stands where the signed link will stand.
UNSUBSCRIBE = "https://unsubscribe.invalid/preview"

_DRAFTS = """
    -- One row per person to preview: those asked for, else people by chance, the same each time.
    CREATE TEMP TABLE drafts AS
    SELECT profile_id AS message_id, profile_id, $template AS template, coalesce($locale, locale) AS locale
    FROM profiles
    WHERE len($profiles) = 0 OR list_contains($profiles, profile_id)
    ORDER BY md5(profile_id)
    LIMIT $count
"""

_SEEN = """
    SELECT d.profile_id, coalesce(d.locale, '') AS locale, f.variables, f.missing_variable
    FROM drafts AS d
    JOIN frozen AS f ON f.message_id = d.message_id
    ORDER BY md5(d.profile_id)
"""


@dataclass(frozen=True)
class Previewed:
    """One person's message, or in one sentence why there would be none."""

    profile_id: str
    locale: str
    content: Rendered | None
    problem: str = ""


def preview(
    settings: Settings,
    name: str,
    profiles: Sequence[str] = (),
    count: int = 5,
    channel: str = EMAIL,
    locale: str | None = None,
) -> list[Previewed]:
    """Render `name` for these profiles, or for `count` of all. Raises KithError where there is no such template, no
    published run, or a profile nobody has."""
    template = load_template(settings.definitions / "templates" / name)
    snapshot = current_snapshot(Home(settings.home))
    if snapshot is None:
        raise KithError("nothing is published yet", way_out="run 'kith run' first")
    with Warehouse(settings) as warehouse:
        rows = _rows(settings, warehouse, snapshot, template, list(profiles), count, locale)
    if missing := sorted(set(profiles) - {row["profile_id"] for row in rows}):
        raise KithError(f"there is no profile {missing[0]}", where=f"run {snapshot.run_id}")
    return [_previewed(template, row, channel) for row in rows]


def _rows(
    settings: Settings,
    warehouse: Warehouse,
    snapshot: Snapshot,
    template: Template,
    profiles: list[str],
    count: int,
    locale: str | None,
) -> list[dict[str, Any]]:
    warehouse.attach_lake("recommendations")
    warehouse.attach_snapshot(snapshot)
    wanted = {"template": template.name, "locale": locale, "profiles": profiles}
    warehouse.connection.execute(_DRAFTS, {**wanted, "count": len(profiles) or count})
    lay_out_look_ups(warehouse, snapshot.as_of)
    asked = attributes_asked([template])
    run = Run(snapshot.run_id, snapshot.as_of, None, False, snapshot.path, settings.home / "warehouse.duckdb")
    attributes = lay_values(warehouse, evaluations_of(settings, run), asked) if asked else {}
    freeze(warehouse.connection, {template.name: template}, attributes)
    return warehouse.rows(_SEEN)


def _previewed(template: Template, row: dict[str, Any], channel: str) -> Previewed:
    variables = {**json.loads(row["variables"]), "unsubscribe_url": UNSUBSCRIBE}
    if row["missing_variable"]:
        problem = f"the variable {row['missing_variable']} is missing"
        return Previewed(row["profile_id"], row["locale"], None, problem)
    try:
        content = render(template, variables, row["locale"], channel)
    except RenderRefused as refusal:
        return Previewed(row["profile_id"], row["locale"], None, str(refusal))
    return Previewed(row["profile_id"], row["locale"], content)
