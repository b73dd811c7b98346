"""What a journey may know, as relations over time: laid for a slice of a live run, or of the past for a backtest.

    needs = needs_of(graphs, templates, caps)
    lay_history(warehouse, Archive(settings, run.snapshot, begin, end), needs)

One file per relation, named by its noun. Instants are BIGINT microseconds UTC, people are UUIDs (the 32 hex digits of
a profile's id), intervals are [from_at, to_at) and end at NEVER while they hold. What takes effect at an instant is
known at it; what takes effect at `end` or later is not there.
"""

from activation.journeys.history.archive import NEVER, Archive, identity_before
from activation.journeys.history.attributes import untimed
from activation.journeys.history.laying import lay_history
from activation.journeys.history.needs import EVER, Needs, needs_of

__all__ = ["EVER", "NEVER", "Archive", "Needs", "identity_before", "lay_history", "needs_of", "untimed"]
