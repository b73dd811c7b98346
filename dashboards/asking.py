"""What the state database and the lake say this minute, as public `kith` commands that only read tell it.

A page reads the snapshot for figures; what is under way (dead letters, held batches, vendors) is asked here, in a
process of its own: no page holds a connection to the state database, so none can stand in the pipeline's way.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.actions import run_command
from kith.errors import KithError
from kith.settings import Settings

#: So old an answer may be before it is asked again.
FRESH_SECONDS = 20


def ask(settings: Settings, *words: str) -> Any:
    """The JSON that `kith <words>` answers. Raises KithError where the command didn't work."""
    return _told(settings, str(settings.home), words)


def ask_anew() -> None:
    """Forget all answers: something was changed."""
    _told.clear()


@st.cache_data(ttl=FRESH_SECONDS, max_entries=200, show_spinner=False)
def _told(_settings: Settings, home: str, words: tuple[str, ...]) -> Any:
    done = run_command(_settings, words)
    if not done.is_done:
        raise KithError(done.problem or "the command did not work", where=f"kith {' '.join(words)}")
    return done.told
