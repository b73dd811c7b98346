"""A fitted model as plain files: numbers as JSON, arrays as npz, scikit-learn's estimators in its safe format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kith.errors import KithError

#: Whose types an estimator may be made of; what else a file names is never loaded.
TRUSTED = ("sklearn.", "numpy.", "scipy.")
_NUMBERS, _ARRAYS, _ESTIMATOR = "numbers.json", "arrays.npz", ".skops"


@dataclass(frozen=True)
class Kept:
    """What a model is restored from. `numbers` is plain data for JSON, `arrays` are numpy's, `parts` models within
    the model."""

    numbers: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Any] = field(default_factory=dict)
    estimators: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Kept] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Files into a folder, and a folder for each part."""
        import numpy as np
        import orjson

        folder.mkdir(parents=True, exist_ok=True)
        (folder / _NUMBERS).write_bytes(orjson.dumps(dict(self.numbers), option=orjson.OPT_SORT_KEYS))
        if self.arrays:
            np.savez(folder / _ARRAYS, allow_pickle=False, **self.arrays)
        for name, estimator in self.estimators.items():
            _save_estimator(estimator, folder / f"{name}{_ESTIMATOR}")
        for name, part in self.parts.items():
            part.save(folder / name)


def load_kept(folder: Path) -> Kept:
    """What `save` wrote; raises KithError where a file asks for a type of no known library."""
    import numpy as np
    import orjson

    arrays: dict[str, Any] = {}
    if (folder / _ARRAYS).exists():
        with np.load(folder / _ARRAYS, allow_pickle=False) as given:
            arrays = dict(given)
    return Kept(
        orjson.loads((folder / _NUMBERS).read_bytes()),
        arrays,
        {file.stem: _load_estimator(file) for file in sorted(folder.glob(f"*{_ESTIMATOR}"))},
        {part.name: load_kept(part) for part in sorted(folder.iterdir()) if part.is_dir()},
    )


def _save_estimator(estimator: Any, file: Path) -> None:
    from skops.io import dump

    dump(estimator, file)


def _load_estimator(file: Path) -> Any:
    from skops.io import get_untrusted_types, load

    asked = get_untrusted_types(file=file)
    foreign = [name for name in asked if not name.startswith(TRUSTED)]
    if foreign:
        raise KithError(f"the model asks for {', '.join(foreign)}", where=str(file), expected="scikit-learn")
    return load(file, trusted=asked)
