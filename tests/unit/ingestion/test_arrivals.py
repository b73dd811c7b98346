"""Great Expectations judges figures and columns; volume is judged where a source was steady."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from ingestion import figures as figures_module
from ingestion.arrivals import Figures, columns_needed, judge, suite_of
from ingestion.figures import volume_ratio
from ingestion.mapping import Expectation
from kith.errors import KithError

GOOD = Figures(
    rows_in=1000, rows_set_aside=20, rows_nobody=5, rows_unaccounted=0, set_aside_share=0.02,
    nobody_share=0.005,
    missing_event_ids=0, unknown_types=0, before_1990=0, after_arrival=0, volume_ratio=None,
)  # fmt: skip
FAULTS = [
    ("rows_in", {"rows_in": 0}),
    ("rows_unaccounted", {"rows_unaccounted": 1}),
    ("rows_unaccounted", {"rows_unaccounted": -1}),
    ("set_aside_share", {"set_aside_share": 0.21, "rows_set_aside": 210}),
    ("nobody_share", {"nobody_share": 0.06, "rows_nobody": 60}),
    ("missing_event_ids", {"missing_event_ids": 1}),
    ("unknown_types", {"unknown_types": 1}),
    ("before_1990", {"before_1990": 1}),
    ("after_arrival", {"after_arrival": 1}),
    ("volume_ratio", {"volume_ratio": 0.1}),
]


def test_judge__a_good_batch_passes_every_check() -> None:
    checks = judge(replace(GOOD, volume_ratio=0.9), None, [])
    assert [check.name for check in checks if not check.is_passed] == []
    assert len(checks) == 9


@pytest.mark.parametrize(("name", "change"), FAULTS)
def test_judge__each_planted_fault_is_stopped(name: str, change: dict) -> None:
    failed = [check for check in judge(replace(GOOD, **change), None, []) if not check.is_passed]
    assert [(check.name, check.is_blocking) for check in failed] == [(name, True)]
    assert failed[0].observed == {name: change[name]}


def test_judge__a_handful_of_odd_rows_stops_nothing() -> None:
    small = replace(
        GOOD, rows_in=12, rows_set_aside=9, set_aside_share=0.75, rows_nobody=9, nobody_share=0.75
    )
    assert all(check.is_passed for check in judge(small, None, []))


def test_judge__further_expectations_look_at_columns() -> None:
    known = Expectation.model_validate({
        "expect": "expect_column_values_to_be_in_set", "with": {"column": "event", "value_set": ["A", "B"]},
    })  # fmt: skip
    dear = Expectation.model_validate({
        "expect": "expect_column_values_to_be_between",
        "with": {"column": "properties.total", "max_value": 100},
        "blocking": False,
    })  # fmt: skip
    assert columns_needed([known, dear]) == ["event", "properties.total"]
    events = pd.DataFrame({"event": ["A", "C"], "properties.total": [5.0, 500.0]})
    found = {check.name: check for check in judge(GOOD, events, [known, dear]) if not check.is_passed}
    assert {name: check.is_blocking for name, check in found.items()} == {
        "column_values_to_be_in_set(event)": True,
        "column_values_to_be_between(properties.total)": False,
    }
    assert "C" not in str(found["column_values_to_be_in_set(event)"].observed), "odd values may name a person"


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ({"expect": "expect_the_moon"}, "no 'expect_the_moon'"),
        ({"expect": "expect_column_values_to_be_between", "with": {"colum": "event"}}, "told wrongly"),
    ],
)
def test_judge__an_expectation_that_cannot_be_is_named(told: dict, part: str) -> None:
    with pytest.raises(KithError, match=part):
        judge(GOOD, pd.DataFrame({"event": ["A"]}), [Expectation.model_validate(told)])


def test_suite__is_a_file_of_the_source(tmp_path) -> None:
    text = "expectations:\n  - {expect: expect_column_values_to_not_be_null, with: {column: user_id}}\n"
    (tmp_path / "web.yml").write_text(text)
    assert [each.expect for each in suite_of("web", tmp_path)] == ["expect_column_values_to_not_be_null"]
    assert suite_of("app", tmp_path) == []


@pytest.mark.parametrize(
    ("past", "rows", "days", "expected"),
    [
        ([1000] * 7, 100, 1.0, 0.1),
        ([1000] * 7, 950, 1.0, 0.95),
        ([1000] * 6, 10, 1.0, None),  # too little history
        ([1000] * 7, 10, 0.01, None),  # a run soon after another
        ([3000, 1500, 700, 350, 170, 100, 100], 10, 1.0, None),  # receipts fade after a campaign
        ([50] * 7, 1, 1.0, None),  # too thin a source
    ],
)
def test_volume__is_judged_where_a_source_was_steady(home, monkeypatch, past, rows, days, expected) -> None:
    metas = [{"verdicts": [], "rows_in": {"web": count}, "days": 1.0} for count in past]
    monkeypatch.setattr(figures_module, "metas", lambda home: iter(metas))
    assert volume_ratio(home, "web", rows, days) == expected
