"""The strongest effects of each row as text: JSON for pages, with words for people inside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ml.reasons.words import Words, compute

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from ml.contract import Floats

#: Reasons a person.
MOST = 3

#: Effects below this share of the scores' spread aren't worth a word: a tenth of a percentage point of a probability.
SMALLEST_SHARE = 0.001


def tell_reasons(
    columns: Sequence[str],
    values: Floats,
    effects: np.ndarray,
    unit: str,
    categories: Mapping[str, Sequence[str]] | None = None,
    most: int = MOST,
) -> pa.Array:
    """One JSON text a row: a list of `feature, value, median, effect, words`, the strongest first.

    `values` is n × columns, `effects` columns × n on the scale of the score, whose `unit` names it. The values of a
    column in `categories` are places in its list.
    """
    import numpy as np
    import pyarrow as pa

    pc, spoken = compute(), Words(columns, unit, categories or {})

    smallest = SMALLEST_SHARE * (1.0 if unit == "probability" else float(np.ptp(effects.sum(axis=0))))
    medians = _medians(columns, values, categories or {})
    parts = [pa.repeat("[", len(values))]
    for number, best in enumerate(_strongest(effects, most)):
        effect = effects[best, np.arange(len(best))]
        told = _texts(spoken, best, values[np.arange(len(best)), best], medians, effect)
        told = pc.binary_join_element_wise("" if number == 0 else ",", told, "")
        parts.append(pc.if_else(pa.array(np.abs(effect) >= smallest), told, ""))
    return pc.binary_join_element_wise(*parts, "]", "")


def _strongest(effects: np.ndarray, most: int) -> list[np.ndarray]:
    """For each rank the feature (n) whose effect is that strong."""
    import numpy as np

    left = np.abs(effects)
    found = []
    for _ in range(min(most, len(effects))):
        best = left.argmax(axis=0)
        left[best, np.arange(left.shape[1])] = -1.0
        found.append(best)
    return found


def _medians(columns: Sequence[str], values: Floats, categories: Mapping[str, Sequence[str]]) -> Floats:
    """Of each column; a category has none, nor has what is unknown for all."""
    import numpy as np

    return np.array(
        [
            np.nan if name in categories or np.isnan(each).all() else np.nanmedian(each)
            for name, each in zip(columns, values.T, strict=True)
        ]
    )


def _texts(spoken: Words, best: np.ndarray, values: Floats, medians: Floats, effects: Floats) -> Any:
    import pyarrow as pa

    usual = medians[best]
    names = pa.array([json.dumps(name) for name in spoken.columns]).take(pa.array(best))
    return compute().binary_join_element_wise(
        '{"feature":',
        names,
        ',"value":',
        _number(values, 4),
        ',"median":',
        _number(usual, 4),
        ',"effect":',
        _number(effects, 4),
        ',"words":"',
        spoken.of(best, values, usual, effects),
        '"}',
        "",
    )


def _number(values: Any, digits: int) -> Any:
    """Numbers as JSON writes them; unknown is null."""
    import numpy as np
    import pyarrow as pa

    pc = compute()
    rounded = np.asarray(values, float).round(digits) + 0.0
    return pc.fill_null(pc.cast(pa.array(rounded, mask=np.isnan(rounded)), pa.string()), "null")
