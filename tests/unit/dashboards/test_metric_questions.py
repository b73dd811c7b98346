"""What the explorer tells is what `kith metrics query` answers; and no value of a filter becomes a program."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from dashboards.answers.metrics import (
    ABSENT,
    Asked,
    Filter,
    catalogue_of,
    compiled,
    dimensions_of,
    spell_literal,
    tell,
    values_of,
)
from dashboards.reader import Reader, open_reader
from kith.errors import KithError
from kith.metrics.reading import answer, compile_question, open_catalogue
from kith.run import Run
from kith.settings import Settings
from tests.unit.dashboards.conftest import Draw

DAYS = (date(2026, 4, 1), date(2026, 4, 30))
QUESTIONS = [
    Asked(("orders",)),
    Asked(("orders", "net_revenue"), ("country",), "week"),
    Asked(("conversion_rate", "sessions"), ("device",), "", (), *DAYS),
    Asked(("sessions",), ("channel",), "month", (Filter("country", ("GB", "DE")),)),
    Asked(("sessions",), (), "", (Filter("profile__country", ("GB", ABSENT), is_not=True),)),
    Asked(("messages_sent", "open_rate"), ("campaign", "channel"), "day"),
    Asked(("placed_orders",), ("status",), "quarter", (), *DAYS),
]


@pytest.fixture
def reader(settings: Settings, shop: Run) -> Reader:
    found = open_reader(settings)
    assert found is not None
    return found


def test_tell__equals_kith_metrics_query(reader: Reader, settings: Settings) -> None:
    for asked in QUESTIONS:
        sql = compile_question(
            reader.snapshot, open_catalogue(reader.snapshot), None, metrics=asked.metrics, by=asked.by,
            where=asked.where, grain=asked.grain or None, first=asked.first, last=asked.last,
        )  # fmt: skip
        expected = answer(settings, reader.snapshot, sql)
        told = tell(reader, asked)
        assert len(told.frame) == len(expected) > 0, asked.command
        for metric in asked.metrics:
            amounts = [float(row[metric]) for row in expected if row[metric] is not None]
            found = told.frame[metric].dropna().astype(float)
            assert sorted(found) == pytest.approx(sorted(amounts)), asked.command


@pytest.mark.parametrize("values", [("GB",), (ABSENT,), ("GB", ABSENT), ("it's {here}",)])
def test_filter__and_its_opposite_are_everybody(values: tuple[str, ...]) -> None:
    rows = "(VALUES ('GB'), ('DE'), (NULL), ('it''s {here}')) AS told (country)"
    counts = []
    for is_not in (False, True):
        where = Asked(("sessions",), filters=(Filter("country", values, is_not),)).where
        found = duckdb.sql(f"SELECT count(*) FROM {rows} WHERE {where}").fetchone()
        counts.append(found[0] if found else 0)
    assert counts == [len(values), 4 - len(values)]


def test_values__are_those_in_the_data(reader: Reader) -> None:
    found = {
        row["country"]
        for row in reader.rows("SELECT DISTINCT country FROM profiles WHERE country IS NOT NULL")
    }
    assert set(values_of(reader, "new_profiles", "country")) - {ABSENT} <= found


@example("{{ x }}")
@example("{")
@example("a{%b")
@given(some.text(max_size=40))
def test_literal__never_holds_a_brace_that_opens_a_template(value: str) -> None:
    assert "{" not in spell_literal(value)


def test_filter__by_a_template_finds_nothing_and_runs_nothing(reader: Reader) -> None:
    hostile = "{{ cycler.__init__.__globals__.os.mkdir('/tmp/kith-was-here') }}{% x %}"
    asked = Asked(("sessions",), ("device",), filters=(Filter("profile__country", (hostile,)),))
    assert tell(reader, asked).frame["sessions"].sum() == 0
    assert "chr(123)" in compiled(reader, asked)


def test_question__that_has_no_answer_is_a_sentence(reader: Reader) -> None:
    with pytest.raises(KithError, match="no metric named"):
        tell(reader, Asked(("no_such",)))
    with pytest.raises(KithError, match="can't be told by"):
        tell(reader, Asked(("orders",), ("channel",)))


def test_dimensions__are_named_in_full_where_two_share_a_name(reader: Reader) -> None:
    assert "country" in dimensions_of(catalogue_of(reader), ["sessions"])
    assert all("metric_time" not in each for each in dimensions_of(catalogue_of(reader), ["orders"]))


def test_metrics__a_link_keeps_the_question(draw: Draw, shop: Run) -> None:
    app = draw("metrics", metrics="sessions", by="device", chart="table", filter="country:GB")
    assert not app.exception
    assert app.multiselect(key="explorer_metrics").value == ["sessions"]
    assert app.query_params["filter"] == "country:GB"
    app.multiselect(key="explorer_metrics").set_value(["sessions", "page_views"]).run()
    assert app.query_params["metrics"] == "sessions,page_views"


def test_metrics__an_unknown_metric_in_the_link_is_said(draw: Draw, shop: Run) -> None:
    app = draw("metrics", metrics="nonsense")
    assert "no metric named" in app.warning[0].value
    assert not app.exception
