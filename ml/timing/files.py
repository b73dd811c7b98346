"""A learned response as plain files, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from ml.outreach.hierarchy import Hierarchy
from ml.timing.response import Response
from ml.timing.rhythm import Rhythms
from ml.timing.week import Week

if TYPE_CHECKING:
    import numpy as np

ARRAYS, NOTES = "arrays.npz", "notes.json"


@dataclass(frozen=True)
class Artefact:
    """What the life cycle keeps: the response, and the channel whose chances are told."""

    response: Response
    channel: str

    def save(self, folder: Path) -> None:
        """Numbers as npz, all else as JSON."""
        import numpy as np

        response, week, rhythms = self.response, self.response.week, self.response.week.rhythms
        arrays: dict[str, np.ndarray] = {
            "curves": rhythms.curves,
            "shares": rhythms.shares,
            "cohort_shares": rhythms.cohort_shares,
            "weekdays": week.weekdays,
            "weights": response.hierarchy.weights,
            "covariance": response.hierarchy.covariance,
        }
        notes = {
            "concentration": rhythms.concentration,
            "cohort_strength": rhythms.cohort_strength,
            "width": rhythms.width,
            "weekday_strength": week.weekday_strength,
            "half_life": week.half_life,
            "zones": week.zones,
            "channels": response.channels,
            "scope": response.scope,
            "uses_weekday": response.uses_weekday,
            "channel": self.channel,
        }
        np.savez(folder / ARRAYS, **arrays)  # pyright: ignore[reportArgumentType]
        (folder / NOTES).write_bytes(orjson.dumps(notes, option=orjson.OPT_INDENT_2))


def load_artefact(folder: Path) -> Artefact:
    """What `Artefact.save` wrote."""
    import numpy as np

    notes = orjson.loads((folder / NOTES).read_bytes())
    with np.load(folder / ARRAYS, allow_pickle=False) as found:
        arrays = dict(found)
    rhythms = Rhythms(
        arrays["curves"],
        arrays["shares"],
        arrays["cohort_shares"],
        notes["concentration"],
        notes["cohort_strength"],
        notes["width"],
    )
    week = Week(
        rhythms, arrays["weekdays"], notes["weekday_strength"], notes["half_life"], tuple(notes["zones"])
    )
    hierarchy = Hierarchy(arrays["weights"], arrays["covariance"])
    response = Response(week, hierarchy, tuple(notes["channels"]), notes["scope"], notes["uses_weekday"])
    return Artefact(response, notes["channel"])
