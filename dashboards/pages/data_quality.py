"""Can the data be trusted: what was checked, what was set aside, what waits?"""

from __future__ import annotations

from dashboards.notices import is_published, visitor_spelling
from dashboards.operations.listing import choose_part
from dashboards.operations.quality import KINDS, show_checks, show_held, show_set_aside
from dashboards.page import Page
from dashboards.reader import Reader

SET_ASIDE, HELD = "Rows set aside", "Batches that wait"


def draw(reader: Reader) -> None:
    """One part at a time, kept in the link."""
    if not is_published(reader, "quality_checks"):
        return
    spelling = visitor_spelling(reader)
    part = choose_part((*KINDS, SET_ASIDE, HELD))
    if part == SET_ASIDE:
        show_set_aside(reader, spelling)
    elif part == HELD:
        show_held(reader, spelling)
    else:
        show_checks(reader, spelling, part)


plugin = Page(
    title="Data quality",
    question="Can the data be trusted: what was checked, what was set aside, what waits?",
    icon=":material/rule:",
    group="Run",
    order=83,
    draw=draw,
)
