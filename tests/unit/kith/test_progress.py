"""Progress where there is no terminal: lines now and then, which a page reads again."""

from __future__ import annotations

import pytest

from kith.cli import Output, progress
from kith.cli.progress import Progress, read_progress


def _advance(capsys: pytest.CaptureFixture[str], steps: int) -> list[str]:
    with Output().progress("slices") as advance:
        for _ in range(steps):
            advance(1, 3)
    told = capsys.readouterr()
    assert told.out == ""
    return told.err.splitlines()


def test_progress__what_is_over_soon_tells_nothing(capsys):
    assert _advance(capsys, 3) == []


def test_progress__what_takes_long_tells_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    lines = _advance(capsys, 3)
    assert [read_progress(line) for line in lines] == [Progress("slices", done, 3) for done in (1, 2, 3)]


@pytest.mark.parametrize("line", ["", "3 of 4", "slices of many", "one of 3 things", "slices 1 of 3."])
def test_read_progress__another_line_is_none(line):
    assert read_progress(line) is None
