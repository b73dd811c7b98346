"""Features in words: `days_since_last_order` 74 becomes "74 days since the last order (usually 20): +12.1 points"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats

_WINDOW = re.compile(r"_(\d+)d$")
_PARTICIPLES = ("sent", "opened", "clicked", "placed", "seen")


def phrase_of(feature: str) -> tuple[str, str]:
    """What stands before and after the value of a feature."""
    window = _WINDOW.search(feature)
    bare, when = (feature[: window.start()], f" in the last {window[1]} days") if window else (feature, "")
    name = bare.replace("_", " ")
    if bare.startswith("days_since_"):
        return "", f" days since the {bare.removeprefix('days_since_').replace('_', ' ')}"
    if bare.endswith("_count"):
        return "", f" {_many(bare.removesuffix('_count').replace('_', ' '))}{when or ' so far'}"
    if bare.endswith("_days"):
        return f"{name.removesuffix(' days')}{when}: ", " days"
    return f"{name}{when}: ", ""


def _many(noun: str) -> str:
    """order → orders, search → searches, message sent → messages sent."""
    first, _, participle = noun.rpartition(" ")
    if first and participle in _PARTICIPLES:
        return f"{_many(first)} {participle}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "sh", "ch", "x")) else f"{noun}s"


def compute() -> Any:
    """pyarrow's functions, which its type hints don't know."""
    import pyarrow.compute

    return pyarrow.compute


@dataclass(frozen=True)
class Words:
    """How the features of a model are spoken of; the values of a column in `categories` are places in its list."""

    columns: Sequence[str]
    unit: str
    categories: Mapping[str, Sequence[str]]

    def of(self, best: np.ndarray, values: Floats, usual: Floats, effects: Floats) -> Any:
        """For each row (n) the words of feature `best`, as they may stand inside a JSON text."""
        import numpy as np
        import pyarrow as pa

        pc, at = compute(), pa.array(best)
        before, after = ([phrase_of(_safe(name))[part] for name in self.columns] for part in (0, 1))
        has_usual = ~np.isnan(usual)
        told = pc.binary_join_element_wise(
            *(pa.array(before).take(at), self._spoken_values(best, values), pa.array(after).take(at)),
            *(pa.array(np.where(has_usual, " (usually ", "")), _spoken(usual, "")),
            *(pa.array(np.where(has_usual, ")", "")), ""),
        )
        label = pa.array([_safe(name).replace("_", " ") for name in self.columns]).take(at)
        known = pc.if_else(
            pa.array(np.isnan(values)), pc.binary_join_element_wise(label, " unknown", ""), told
        )
        return pc.binary_join_element_wise(known, ": ", _spoken_effect(effects, self.unit), "")

    def _spoken_values(self, best: np.ndarray, values: Floats) -> Any:
        import numpy as np
        import pyarrow as pa

        told = _spoken(values)
        for name, known in self.categories.items():
            own = (best == self.columns.index(name)) & ~np.isnan(values)
            texts = np.array([_safe(each) for each in known])[np.where(own, values, 0).astype(int)]
            told = compute().if_else(pa.array(own), pa.array(texts), told)
        return told


def _safe(name: str) -> str:
    return re.sub(r"[^\w .,+-]", " ", name)


def _spoken(values: Floats, unknown: str = "unknown") -> Any:
    """Short numbers: no digits after the point from 100 on, one from 1 on, else two."""
    import numpy as np
    import pyarrow as pa

    size = np.abs(values)
    short = (
        np.where(size >= 100, values.round(0), np.where(size >= 1, values.round(1), values.round(2))) + 0.0
    )
    return compute().fill_null(compute().cast(pa.array(short, mask=np.isnan(short)), pa.string()), unknown)


def _spoken_effect(effects: Floats, unit: str) -> Any:
    import numpy as np
    import pyarrow as pa

    shown = effects * 100.0 if unit == "probability" else effects
    signs = pa.array(np.where(effects < 0, "−", "+"))
    word = " points" if unit == "probability" else f" {unit}"
    return compute().binary_join_element_wise(signs, _spoken(np.abs(shown.astype(float))), word, "")
