"""Fitted effects, kept as plain files: notes as JSON, regressors in scikit-learn's safe format (skops)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ml.safe_format import TRUSTED
from ml.uplift.views import VIEWS

if TYPE_CHECKING:
    from ml.uplift.pairs import Floats

NOTES = "effects.json"
OUTCOMES = ("control", "treated")


@dataclass(frozen=True)
class Effects:
    """Fitted effects. `view` names what the effect's regressors see; without any, the effect is the expected
    outcome of treatment less that of control. `weights` says what each regressor counts."""

    columns: tuple[str, ...]
    control: Any
    treated: Any
    view: str
    regressors: Mapping[str, Any]
    weights: Mapping[str, float]

    def predict(self, values: Any) -> Floats:
        """The effect on the outcome, within −1..1 (n), for rows of features (n × columns, or a frame of them)."""
        import numpy as np

        rows = np.asarray(values, float)
        return self.given(rows, np.stack([self.control.predict(rows), self.treated.predict(rows)]))

    def given(self, values: Floats, expected: Floats) -> Floats:
        """The same where the expected outcomes (2 × n) are known already."""
        import numpy as np

        if not self.regressors:
            return np.clip(expected[1] - expected[0], -1.0, 1.0)
        seen = VIEWS[self.view](values, self.columns, expected)
        found = np.zeros(len(values))
        for name, each in self.regressors.items():
            found += self.weights[name] * each.predict(seen)
        return np.clip(found, -1.0, 1.0)

    def save(self, folder: Path) -> None:
        """Plain files, which `load_effects` reads: one a regressor, and what holds them together."""
        notes = {
            "columns": self.columns,
            "view": self.view,
            "weights": dict(self.weights),
            "regressors": list(self.regressors),
        }
        (folder / NOTES).write_bytes(orjson.dumps(notes, option=orjson.OPT_INDENT_2))
        for name in OUTCOMES:
            _dump(getattr(self, name), folder / f"outcome_{name}.skops")
        for name, regressor in self.regressors.items():
            _dump(regressor, folder / f"effect_{name}.skops")


def load_effects(folder: Path) -> Effects:
    """What `Effects.save` wrote; a file that holds anything but known types is refused."""
    notes = orjson.loads((folder / NOTES).read_bytes())
    return Effects(
        columns=tuple(notes["columns"]),
        control=_load(folder / "outcome_control.skops"),
        treated=_load(folder / "outcome_treated.skops"),
        view=notes["view"],
        regressors={name: _load(folder / f"effect_{name}.skops") for name in notes["regressors"]},
        weights=notes["weights"],
    )


def _dump(regressor: Any, file: Path) -> None:
    from skops.io import dump

    dump(regressor, file)


def _load(file: Path) -> Any:
    from skops.io import get_untrusted_types, load

    known = [name for name in get_untrusted_types(file=file) if name.startswith(TRUSTED)]
    return load(file, trusted=known)
