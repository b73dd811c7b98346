"""A person's page: found by any identifier, nothing of theirs lost, nothing of theirs executed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from kith.ids import stable_id
from kith.run import Run
from tests.unit.dashboards.conftest import Draw
from tests.unit.dashboards.test_dashboard_pages import metric, words

Ask = Callable[..., Any]
SOMEBODY = "SELECT profile_id FROM profiles WHERE order_count > 2 AND email IS NOT NULL ORDER BY 1 LIMIT 1"


def test_person__shows_what_sql_gives(draw: Draw, ask: Ask) -> None:
    person = ask(SOMEBODY)
    app = draw("person", person=person)
    orders, spent, code = (
        ask(f"SELECT {column} FROM profiles WHERE profile_id = $id", {"id": person})
        for column in ("order_count", "order_amount", "currency")
    )
    assert metric(app, "Orders") == str(orders)
    assert metric(app, "Spent") == f"{ {'EUR': '€', 'GBP': '£'}[code] }{spent:,.2f}"
    text = words(app)
    for value in ("email", "user_id", "phone"):
        known = ask(f"SELECT {value} FROM profiles WHERE profile_id = $id", {"id": person})
        assert known is None or known in text


@pytest.mark.parametrize(
    "search",
    [
        "SELECT user_id",
        "SELECT upper(email)",
        "SELECT '  ' || profile_id",
        "SELECT substr(profile_id, 1, 14)",
    ],
)
def test_person__is_found_by_any_identifier(draw: Draw, ask: Ask, search: str) -> None:
    person = ask(SOMEBODY)
    text = ask(f"{search} FROM profiles WHERE profile_id = $id", {"id": person})
    app = draw("person")
    app.text_input[0].input(text).run()
    assert not app.exception
    assert metric(app, "Orders")
    assert app.query_params["person"] == person


def test_person__several_hits_are_listed_as_links(draw: Draw, shop: Run) -> None:
    app = draw("person")
    app.text_input[0].input("u001").run()
    links = [each.value for each in app.markdown if "person?person=" in each.value]
    assert 1 < len(links) <= 10


def test_person__an_old_id_leads_to_the_present_one(draw: Draw, shop: Run) -> None:
    app = draw("person", person=stable_id("anonymous_id", "old"))
    assert not app.warning
    assert "was merged" in words(app)


def test_person__an_unknown_id_is_said(draw: Draw, shop: Run) -> None:
    app = draw("person", person="nobody")
    assert not app.exception
    assert "Nobody has this profile id" in app.warning[0].value


def test_person__a_name_cannot_fetch_an_image_or_run_a_script(draw: Draw, shop: Run, ask: Ask) -> None:
    person = ask(SOMEBODY)
    path = shop.path / "profiles.parquet"
    table = pq.read_table(path)
    evil = {"first_name": "![x](http://tracker.example/a.png)", "city": "<img src=x onerror=alert(1)>"}
    for column, text in evil.items():
        changed = pc.if_else(pc.equal(table["profile_id"], person), text, table[column])
        table = table.set_column(table.schema.get_field_index(column), column, changed.cast(pa.string()))
    pq.write_table(table, path)
    text = words(draw("person", person=person))
    assert "![x](" not in text
    assert "<img" not in text
    assert "&lt;img" in text
