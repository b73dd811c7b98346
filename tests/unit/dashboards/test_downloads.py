"""Downloads hold what is shown, as text that no spreadsheet runs."""

from __future__ import annotations

import csv
from io import StringIO

import pandas as pd
import pytest

from dashboards.downloads import csv_bytes


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1"])
def test_csv__a_formula_is_told_as_text(cell: str) -> None:
    [[_], [told]] = list(csv.reader(StringIO(csv_bytes(pd.DataFrame({"name": [cell]})).decode())))
    assert told == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+44 20 7946 0958", "a,b", 'says "x"', "Müller\nB", "-3.5"])
def test_csv__all_else_is_as_it_was(cell: str) -> None:
    [_, [told]] = list(csv.reader(StringIO(csv_bytes(pd.DataFrame({"name": [cell]})).decode(), newline="")))
    assert told == cell


def test_csv__lists_numbers_and_absent_cells() -> None:
    frame = pd.DataFrame({"n": [1.5, None], "l": [[1, 2], []], "t": [pd.Timestamp("2026-05-01"), pd.NaT]})
    lines = csv_bytes(frame).decode().splitlines()
    assert lines[0] == '"n","l","t"'
    assert lines[1].startswith('1.5,"[1, 2]",2026-05-01')
    assert lines[2] == ',"[]",'
