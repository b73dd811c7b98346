"""A table of any file, and what a definition asks of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kith.errors import KithError

if TYPE_CHECKING:
    import pandas as pd

    from ml.contract import Floats

SEPARATORS = ",;\t|"


def read_table(file: Path) -> pd.DataFrame:
    """The rows of a CSV (any usual separator, compressed or not), Parquet or JSON-lines file."""
    import pandas as pd

    name = file.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        return pd.read_parquet(file)
    if name.endswith((".jsonl", ".ndjson")):
        return pd.read_json(file, lines=True)
    if name.endswith((".csv", ".tsv", ".txt")):
        return pd.read_csv(file, sep=_separator(file))
    raise KithError(
        "is no table that can be read", where=str(file), expected="CSV, Parquet or JSON lines, gzip or not"
    )


def _separator(file: Path) -> str:
    """The one that stands most often in the first line."""
    import gzip

    opening = gzip.open if file.name.endswith(".gz") else open
    with opening(file, "rt") as lines:
        first = str(lines.readline())
    return max(SEPARATORS, key=first.count)


def answers_of(values: pd.Series, wanted: Any) -> Floats:
    """1 where the trait is (one of) the wanted, 0 where it is another, NaN where it is unknown (n)."""
    import numpy as np

    among = {_plain(each) for each in (wanted if isinstance(wanted, tuple | list) else (wanted,))}
    found = values.map(lambda value: float(_plain(value) in among), "ignore").astype("float64")
    return np.asarray(found, dtype=float)


def _plain(value: Any) -> str:
    """One writing for equal values: YAML's true is a file's True, 1 is 1.0, and nobody cares for blanks around."""
    text = str(value).strip().lower()
    return text.removesuffix(".0")
