"""What was given up, why, and can it be tried again?"""

from __future__ import annotations

from dashboards.notices import visitor_spelling
from dashboards.operations.dead_letters import show_messages, show_rows_of_syncs
from dashboards.operations.listing import choose_part
from dashboards.page import Page
from dashboards.reader import Reader

MESSAGES, ROWS = "Messages", "Rows of syncs"


def draw(reader: Reader) -> None:
    """Messages, then rows of syncs."""
    spelling = visitor_spelling(reader)
    if choose_part((MESSAGES, ROWS)) == MESSAGES:
        show_messages(reader, spelling)
    else:
        show_rows_of_syncs(reader, spelling)


plugin = Page(
    title="Dead letters",
    question="What was given up, why, and can it be tried again?",
    icon=":material/unsubscribe:",
    group="Run",
    order=81,
    draw=draw,
)
