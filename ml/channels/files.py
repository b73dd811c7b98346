"""A learned affinity as plain files, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from ml.channels.affinity import Affinity
from ml.channels.policy import Economics
from ml.outreach.hierarchy import Hierarchy

ARRAYS, NOTES = "arrays.npz", "notes.json"


@dataclass(frozen=True)
class Artefact:
    """What the life cycle keeps."""

    affinity: Affinity
    economics: Economics

    def save(self, folder: Path) -> None:
        """Numbers as npz, all else as JSON."""
        import numpy as np

        affinity = self.affinity
        notes = {
            "channels": affinity.channels,
            "with_openings": affinity.with_openings,
            "value": self.economics.value,
        }
        np.savez(
            folder / ARRAYS,
            weights=affinity.hierarchy.weights,
            covariance=affinity.hierarchy.covariance,
            rates=affinity.rates,
            costs=self.economics.costs,
        )
        (folder / NOTES).write_bytes(orjson.dumps(notes, option=orjson.OPT_INDENT_2))


def load_artefact(folder: Path) -> Artefact:
    """What `Artefact.save` wrote."""
    import numpy as np

    notes = orjson.loads((folder / NOTES).read_bytes())
    with np.load(folder / ARRAYS, allow_pickle=False) as found:
        arrays = dict(found)
    hierarchy = Hierarchy(arrays["weights"], arrays["covariance"])
    affinity = Affinity(tuple(notes["channels"]), tuple(notes["with_openings"]), hierarchy, arrays["rates"])
    return Artefact(affinity, Economics(notes["value"], arrays["costs"]))
