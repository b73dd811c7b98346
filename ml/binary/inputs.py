"""Which columns of a table are learned from, and as what: found by their type, nothing is told by hand.

Numbers, booleans and dates become floats; texts become categories, by codes. An unknown value is NaN. A category
that wasn't there when it was learned is one of the others, if there were rare ones, and else unknown: whoever scores
meets new ones, and no score may fail for that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: A category needs so many rows; the most frequent ones are kept, the others count as one.
ROWS_OF_A_CATEGORY = 10
MOST_CATEGORIES = 100
OTHERS = "(others)"

#: Of fewer known values nothing can be learned, and some fold would know none of them.
LEAST_KNOWN = 30

#: A text is a number written down if so large a share of its values can be read as one.
SHARE_OF_NUMBERS = 0.95

#: A text that differs in more than this share of the rows names the row: nothing can be learned from it.
SHARE_OF_NAMES = 0.5


@dataclass(frozen=True)
class Inputs:
    """`numbers` and `categories` (with their known values) are learned from, in this order; `dates` are those of
    the numbers that hold days since 1970, `blank` those that nearly nobody had when it was learned: they count as 0
    for everybody. `left_out` says of every other column why."""

    numbers: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """All that are learned from."""
        return (*self.numbers, *self.categories)

    def matrix(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns of a frame (n rows) as floats: NaN where unknown, a code where a category."""
        import pandas as pd

        found: dict[str, Any] = {name: _numbers(frame[name], name in self.dates) for name in self.numbers}
        found |= dict.fromkeys(self.blank, 0.0)
        found |= {name: _codes(frame[name], known) for name, known in self.categories.items()}
        return pd.DataFrame(found, index=frame.index, columns=list(self.columns))

    def without(self, reasons: Mapping[str, str]) -> Inputs:
        """Less some columns, each with the reason."""
        return Inputs(
            tuple(name for name in self.numbers if name not in reasons),
            {name: known for name, known in self.categories.items() if name not in reasons},
            tuple(name for name in self.dates if name not in reasons),
            tuple(name for name in self.blank if name not in reasons),
            {**self.left_out, **reasons},
        )

    def told(self) -> dict[str, Any]:
        """As plain data for JSON; `inputs_of` reads it again."""
        return asdict(self)


def inputs_of(told: Mapping[str, Any]) -> Inputs:
    """Inputs from what `told` gave."""
    categories = {name: tuple(values) for name, values in told["categories"].items()}
    dates, blank = (tuple(told[name]) for name in ("dates", "blank"))
    return Inputs(tuple(told["numbers"]), categories, dates, blank, dict(told["left_out"]))


def find_inputs(frame: pd.DataFrame, leave_out: Collection[str] = (), keep: Collection[str] = ()) -> Inputs:
    """What can be learned from in a frame of n rows; columns named in `leave_out` are none of it.

    Those in `keep` are numbers whatever they hold: a feature that is the same for all today may tell something tomorrow,
    and models of both days must take the same columns to be compared.
    """
    numbers, categories, dates, left_out = list(keep), {}, [], {}
    for name in (each for each in map(str, frame.columns) if each not in keep):
        kind, known = ("left out by the definition", ()) if name in leave_out else _kind(frame[name])
        if kind in ("number", "date"):
            numbers.append(name)
            dates += [name] if kind == "date" else []
        elif kind == "category":
            categories[name] = known
        else:
            left_out[name] = kind
    blank = tuple(name for name in keep if frame[name].notna().sum() < LEAST_KNOWN)
    return Inputs(tuple(numbers), categories, tuple(dates), blank, left_out)


def _kind(column: pd.Series) -> tuple[str, Sequence[str]]:
    """number, date, category (with its values), or why it is none."""
    import pandas as pd

    if column.notna().sum() < LEAST_KNOWN:
        return "unknown in nearly every row", ()
    if pd.api.types.is_datetime64_any_dtype(column):
        return _unless_constant("date", column)
    if pd.api.types.is_numeric_dtype(column):
        return _unless_constant("number", column)
    texts = _texts(column)
    if texts.notna().sum() < LEAST_KNOWN:
        return "unknown in nearly every row", ()
    if pd.to_numeric(texts, errors="coerce").notna().sum() >= SHARE_OF_NUMBERS * texts.notna().sum():
        return _unless_constant("number", texts)
    counts = texts.value_counts()
    if len(counts) == 1:
        return "the same in every row", ()
    if len(counts) > SHARE_OF_NAMES * texts.notna().sum():
        return "a name of its own in nearly every row", ()
    frequent = counts[counts >= min(ROWS_OF_A_CATEGORY, counts.iloc[0])]
    kept = sorted(map(str, frequent.index[:MOST_CATEGORIES]))
    return "category", (*kept, OTHERS) if len(kept) < len(counts) else tuple(kept)


def _unless_constant(kind: str, column: pd.Series) -> tuple[str, Sequence[str]]:
    is_constant = column.nunique() == 1 and column.notna().all()
    return ("the same in every row", ()) if is_constant else (kind, ())


def _texts(column: pd.Series) -> pd.Series:
    """Trimmed; a blank is unknown."""
    texts = column.astype("object").where(column.notna()).map(lambda value: str(value).strip(), "ignore")
    return texts.where(texts != "", None)


def _numbers(column: pd.Series, is_date: bool) -> pd.Series:
    """Floats; infinities and what can't be read are unknown."""
    import numpy as np
    import pandas as pd

    if is_date:
        since = pd.to_datetime(column, errors="coerce", utc=True) - pd.Timestamp("1970-01-01", tz="UTC")
        return since / pd.Timedelta(days=1)
    is_text = not pd.api.types.is_numeric_dtype(column)
    numbers = pd.to_numeric(_texts(column), errors="coerce") if is_text else column
    floats = numbers.astype("float64")
    return floats.where(np.isfinite(floats))


def _codes(column: pd.Series, known: Sequence[str]) -> pd.Series:
    """The place of each value among the known ones."""
    codes = {value: float(number) for number, value in enumerate(known)}
    texts = _texts(column)
    found = texts.map(codes).astype("float64")
    return found.where(found.notna() | texts.isna(), codes[OTHERS]) if OTHERS in codes else found
