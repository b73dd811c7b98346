"""Every page draws, and shows the numbers that SQL gives on the same snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.page import Page
from kith.registry import plugin_names, plugins
from kith.run import Run
from kith.settings import Settings
from tests.unit.dashboards.conftest import Draw
from tests.unit.dashboards.shop_messages import CAMPAIGN
from tests.unit.dashboards.snapshot import publish_empty

Ask = Callable[..., Any]
PAGES = plugin_names("dashboards.pages")


def metric(app: AppTest, label: str) -> str:
    """The text of the key figure with this label."""
    return next(each.value for each in app.metric if each.label == label)


def words(app: AppTest) -> str:
    """All plain text of a page: Markdown, captions, tables, notices."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.subheader, app.title)
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([str(each.value) for kind in kinds for each in kind] + html)


@pytest.mark.parametrize("page", PAGES)
def test_page__draws_without_exception(page: str, draw: Draw, shop: Run) -> None:
    app = draw(page)
    assert not app.exception
    assert app.title[0].value == plugins("dashboards.pages", Page)[page].title
    assert shop.run_id in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_page__says_that_there_is_no_run_yet(page: str, draw: Draw) -> None:
    app = draw(page)
    assert not app.exception
    assert "No run yet" in words(app)
    assert "make demo" in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_page__draws_a_run_that_found_nothing(page: str, draw: Draw, settings: Settings) -> None:
    publish_empty(settings)
    app = draw(page)
    assert not app.exception
    assert not app.error


def test_overview__shows_what_sql_gives(draw: Draw, ask: Ask) -> None:
    app = draw("overview")
    expected = {
        "People": "SELECT count(*) FROM profiles WHERE NOT is_bot",
        "Identified": "SELECT count(*) FROM profiles WHERE NOT is_bot AND user_id IS NOT NULL",
        "Orders": "SELECT count(*) FROM orders WHERE NOT is_cancelled",
        "E-mails accepted": "SELECT count(*) FROM messages WHERE outcome = 'accepted'",
        "Opened": "SELECT count(first_opened_at) FROM messages WHERE outcome = 'accepted'",
        "Clicked": "SELECT count(first_clicked_at) FROM messages WHERE outcome = 'accepted'",
        "Rows in": "SELECT 1800 + 640 + 1420",
        "Set aside": "SELECT 12 + 0 + 9",
    }
    assert {label: metric(app, label) for label in expected} == {
        label: f"{ask(sql):,}" for label, sql in expected.items()
    }


def test_overview__shows_money_with_its_currency(draw: Draw, ask: Ask) -> None:
    euros, pounds = (
        ask("SELECT sum(net_amount) FROM orders WHERE currency = $code", {"code": code})
        for code in ("EUR", "GBP")
    )
    app = draw("overview")
    assert metric(app, "Revenue") == f"€{euros:,.2f}"
    revenue = next(each for each in app.metric if each.label == "Revenue")
    assert f"£{pounds:,.2f}" in revenue.proto.delta_description


def test_overview__shows_the_lift_with_its_bounds(draw: Draw, ask: Ask) -> None:
    lift, lower = (ask(f"SELECT {name} FROM campaign_performance") for name in ("lift", "lift_lower"))
    app = draw("overview")
    assert metric(app, "Lift") == f"+{lift * 100:.1f} pp"
    assert f"+{lower * 100:.1f} pp" in next(each.delta for each in app.metric if each.label == "Lift")


def test_overview__shows_the_champion_alone(draw: Draw, shop: Run) -> None:
    text = words(draw("overview"))
    assert "0.812" in text
    assert "0.771" not in text


def test_segments__shows_the_one_in_the_address(draw: Draw, ask: Ask) -> None:
    app = draw("segments", segment="big_spenders")
    size = ask("SELECT count(*) FROM segment_members WHERE segment = 'big_spenders'")
    assert metric(app, "People") == str(size)
    assert app.subheader[0].value == "Big spenders"


def test_segments__a_choice_is_kept_in_the_address(draw: Draw, shop: Run) -> None:
    app = draw("segments", segment="big_spenders")
    app.selectbox[0].select("likely_to_leave").run()
    assert app.subheader[0].value == "Likely to leave"
    assert app.query_params["segment"] == "likely_to_leave"


def test_segments__says_that_one_is_held_and_how_it_passes(draw: Draw, shop: Run) -> None:
    [held] = draw("segments", segment="likely_to_leave").warning
    assert "grew from 9 to 90, more than 5 times" in held.value
    assert "kith segments confirm likely_to_leave" in held.value
    assert not draw("segments", segment="big_spenders").warning


def test_segments__shows_no_address_of_a_member(draw: Draw, shop: Run) -> None:
    app = draw("segments", segment="lapsed_buyers")
    shown = " ".join(frame.value.to_csv() for frame in app.dataframe)
    assert "person?person=" in shown
    assert "@example.com" not in shown


def test_segments__says_that_a_name_in_the_address_is_unknown(draw: Draw, shop: Run) -> None:
    app = draw("segments", segment="nobody_there")
    assert not app.exception
    assert "no segment named" in app.warning[0].value


def test_campaigns__accounts_for_everyone(draw: Draw, ask: Ask) -> None:
    app = draw("campaigns", campaign=CAMPAIGN)
    audience = ask("SELECT audience_count FROM campaign_performance")
    assert metric(app, "Audience") == str(audience)
    text = words(app)
    assert f"Audience {audience} = the sum of outcomes" in text
    for reason, count in (("Holdout", "reason = 'holdout'"), ("No consent", "reason = 'no_consent'")):
        number = ask(f"SELECT count(*) FROM messages WHERE {count}")
        assert f'{reason}</td><td class="number">{number}</td>' in text


def test_campaigns__says_aloud_when_somebody_is_missing(draw: Draw, shop: Run) -> None:
    import pyarrow.parquet as pq

    path = shop.path / "messages.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    app = draw("campaigns")
    assert "160" in app.error[0].value
    assert "159" in app.error[0].value


def test_campaigns__lists_the_uncertain_ones(draw: Draw, ask: Ask) -> None:
    app = draw("campaigns")
    uncertain = ask("SELECT count(*) FROM messages WHERE is_uncertain")
    assert uncertain > 0
    assert len(app.dataframe[-1].value) == uncertain


def test_page__names_a_table_that_the_run_did_not_publish(draw: Draw, shop: Run) -> None:
    (shop.path / "campaign_performance.parquet").unlink()
    app = draw("campaigns")
    assert not app.exception
    assert "`campaign_performance`" in app.info[0].value


def test_overview__draws_the_rest_when_a_table_is_missing(draw: Draw, shop: Run) -> None:
    for table in ("messages", "model_runs", "orders"):
        (shop.path / f"{table}.parquet").unlink()
    app = draw("overview")
    assert not app.exception
    assert metric(app, "E-mails accepted") == "–"
    assert metric(app, "People") == "236"
    said = " ".join(each.value for each in app.info)
    assert metric(app, "Orders") == "–"
    assert "`orders`" in said
    assert "`model_runs`" in said


@pytest.mark.parametrize(("page", "figure"), [("overview", "Revenue"), ("campaigns", "Accepted")])
def test_page__says_that_an_older_run_kept_no_metrics(draw: Draw, shop: Run, page: str, figure: str) -> None:
    (shop.path / "metrics.json").unlink()
    app = draw(page)
    assert not app.exception
    assert metric(app, figure) == "–"
    assert "published without its metrics" in " ".join(each.value for each in app.info)


def test_overview__shows_what_the_kept_metric_says(draw: Draw, shop: Run) -> None:
    """The page has no formula of its own: with another definition kept, it shows another number."""
    path = shop.path / "metrics.json"
    path.write_text(
        path.read_text().replace("SUM(__orders)", "SUM(__orders) * 0 + 7").replace("SUM(orders)", "7")
    )
    days = len(pd.read_parquet(shop.path / "orders.parquet")["ordered_at"].dt.date.unique())
    assert metric(draw("overview"), "Orders") == str(7 * days)


def test_campaigns__shows_what_sql_gives(draw: Draw, ask: Ask) -> None:
    app = draw("campaigns", campaign=CAMPAIGN)
    for label, condition in {
        "Accepted": "outcome = 'accepted'",
        "Opened": "first_opened_at IS NOT NULL",
        "Clicked": "first_clicked_at IS NOT NULL",
    }.items():
        assert metric(app, label) == str(ask(f"SELECT count(*) FROM messages WHERE {condition}"))
