"""The words about consent land as a table, a row per version: the warehouse reads events by them."""

from __future__ import annotations

from activation.gates._words import KIND, load_words
from kith.definitions import land_versions, version_table
from kith.run import Run
from kith.settings import Settings

WORDS = version_table(KIND)


def land_words(settings: Settings, run: Run) -> int:
    """Append the workspace's words if they are not the version that landed last; answers how many landed.

    Called before the warehouse is built: the run reads its events by what lies here.
    """
    return land_versions(run.home(settings), WORDS, [load_words(settings)], run.as_of)
