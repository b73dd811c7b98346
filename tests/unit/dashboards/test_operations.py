"""Pages of the group “Run”: figures as SQL gives them, states told calmly, actions for those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel, ConfigDict

from activation.delivery import dead_letters
from activation.delivery.vendor_standing import standing, vendor_standing
from activation.delivery.worker import deliver
from dashboards.answers import campaign_carriers, definition_versions
from dashboards.answers import campaigns as campaign_answers
from dashboards.answers import operations as answers
from dashboards.operations.listing import spell_found
from dashboards.reader import Reader, open_reader
from kith.clock import FixedClock
from kith.definitions.loader import load_kind
from kith.definitions.versions import land_versions, version_table
from kith.lake import Home
from kith.run import Run
from kith.settings import Settings, load_settings
from tests.integration.delivery.delivery_world import plan
from tests.unit.dashboards.conftest import Draw
from tests.unit.dashboards.shop_messages import CAMPAIGN
from tests.unit.dashboards.shop_people import AS_OF
from tests.unit.dashboards.snapshot import publish_empty
from tests.unit.dashboards.test_dashboard_pages import words

Ask = Callable[..., Any]
QUIET = ("data_quality", "freshness", "identity_conflicts", "definitions")


class Loose(BaseModel):
    """Any definition."""

    model_config = ConfigDict(extra="allow")


@pytest.fixture
def reader(settings: Settings, shop: Run) -> Reader:
    found = open_reader(settings)
    assert found is not None
    return found


def test_activation__accounts_for_every_planned_message(reader: Reader, ask: Ask) -> None:
    frame = answers.activation(reader)
    assert int(frame["planned"].sum()) == ask("SELECT count(*) FROM messages")
    assert int(frame["gap"].abs().sum()) == 0
    for outcome in ("accepted", "withheld", "pending", "unknown"):
        expected = ask(f"SELECT count(*) FROM messages WHERE coalesce(outcome, 'pending') = '{outcome}'")
        assert int(frame[outcome].sum()) == expected


def test_activation__shows_a_gap_where_an_outcome_is_unheard_of(settings: Settings, shop: Run) -> None:
    path = shop.path / "messages.parquet"
    frame = pd.read_parquet(path)
    frame.loc[0, "outcome"] = "evaporated"
    frame.to_parquet(path)
    reader = open_reader(settings)
    assert reader is not None
    assert int(answers.activation(reader)["gap"].sum()) == 1


def test_sync_runs__conserve_rows(reader: Reader, ask: Ask) -> None:
    frame = answers.sync_runs(reader)
    ends = frame[["accepted", "skipped", "rejected", "failed", "unknown"]].sum(axis=1)
    assert ends.tolist() == frame["planned"].tolist()
    assert int(frame["planned"].sum()) == ask("SELECT count(*) FROM sync_rows")


def test_consent_words__standing_is_what_holds_at_the_end(reader: Reader, ask: Ask) -> None:
    frame = answers.consent_words_by_week(reader)
    expected = ask("SELECT count(*) FROM consent_history WHERE is_granted AND valid_to IS NULL")
    assert int(frame["standing"].iloc[-1]) == expected
    assert int(frame["granted"].sum()) == ask("SELECT count(*) FROM consent_history WHERE is_granted")
    assert int(frame["refused"].sum()) == ask("SELECT count(*) FROM consent_history WHERE NOT is_granted")


def test_reached_by_hour__ends_with_all_that_answered(reader: Reader, ask: Ask) -> None:
    frame = campaign_answers.reached_by_hour(reader, CAMPAIGN)
    told = frame.groupby("action")["reached"].max().to_dict()
    where = "WHERE outcome = 'accepted' AND {0} >= sent_at"
    assert told == {
        "Opened": ask("SELECT count(*) FROM messages " + where.format("first_opened_at")),
        "Clicked": ask("SELECT count(*) FROM messages " + where.format("first_clicked_at")),
        "Ordered": ask("SELECT count(*) FROM messages " + where.format("converted_at")),
    }
    opened = frame[frame["action"] == "Opened"]
    step = opened.iloc[len(opened) // 2]
    within = "date_diff('second', sent_at, first_opened_at) BETWEEN 0 AND 3600 * $hours"
    expected = ask(
        f"SELECT count(*) FROM messages WHERE outcome = 'accepted' AND {within}", {"hours": step["hours"]}
    )
    assert 0 < expected < told["Opened"]
    assert step["reached"] == expected


def test_reached_by_hour__puts_who_came_later_at_the_right_edge(settings: Settings, shop: Run) -> None:
    path = shop.path / "messages.parquet"
    frame = pd.read_parquet(path)
    first = frame[(frame["outcome"] == "accepted") & frame["converted_at"].notna()].index[0]
    frame.loc[first, "converted_at"] = frame.loc[first, "sent_at"] + pd.Timedelta(days=30)
    frame.to_parquet(path)
    reader = open_reader(settings)
    assert reader is not None
    assert campaign_answers.reached_by_hour(reader, CAMPAIGN)["hours"].max() == 168


def test_engagement_by_day__counts_each_message_once(reader: Reader, ask: Ask) -> None:
    frame = campaign_carriers.engagement_by_day(reader, CAMPAIGN)
    assert int(frame.loc[frame["action"] == "Sent", "messages"].sum()) == ask(
        "SELECT count(sent_at) FROM messages WHERE outcome = 'accepted'"
    )


def test_domains__are_those_of_the_campaigns_days(reader: Reader) -> None:
    frame = campaign_carriers.domains(reader, CAMPAIGN)
    told = dict(zip(frame["mailbox_domain"], frame["bounce_rate"], strict=True))
    assert told == {"example.com": pytest.approx(1 / 120), "mail.test": pytest.approx(2 / 40)}


@pytest.mark.parametrize("page", QUIET)
def test_page__draws_the_shop_and_an_empty_run(page: str, draw: Draw, shop: Run, settings: Settings) -> None:
    app = draw(page)
    assert not app.exception
    assert not app.error
    publish_empty(settings)
    assert not draw(page).exception


def test_freshness__counts_rows_by_the_footers(draw: Draw, ask: Ask) -> None:
    tables = next(
        each.value for each in draw("freshness").dataframe if "written" in each.value and "rows" in each.value
    )
    rows = dict(zip(tables["table"], tables["rows"], strict=True))
    assert rows["messages"] == ask("SELECT count(*) FROM messages")
    assert rows["profiles"] == ask("SELECT count(*) FROM profiles")


def test_dead_letters__nothing_given_up_is_told_calmly(draw: Draw, shop: Run) -> None:
    app = draw("dead_letters")
    assert not app.exception
    assert "nothing to replay" in app.success[0].value


def test_dead_letters__are_counted_as_the_command_counts_them(
    draw: Draw, shop: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    found = load_settings()
    clock = FixedClock(AS_OF.astimezone() if AS_OF.tzinfo else pd.Timestamp(AS_OF, tz="UTC").to_pydatetime())
    plan(found, ["a@shop.example", "b@shop.example"], clock.now(), channel="pigeon")
    deliver(found, clock, wait=lambda _seconds: None)
    app = draw("dead_letters")
    assert not app.exception
    [counted] = dead_letters.dead_letter_counts(found, {})
    assert (counted["messages"], counted["detail"]) == (2, "no_such_channel")
    assert "**2** messages were given up" in words(app)
    assert "a@shop.example" not in words(app) + app.dataframe[0].value.to_csv()


def test_standing__tells_what_waits_and_what_ended(settings: Settings, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    found = load_settings()
    clock = FixedClock(pd.Timestamp(AS_OF, tz="UTC").to_pydatetime())
    plan(found, ["a@shop.example"], clock.now(), channel="pigeon")
    deliver(found, clock, wait=lambda _seconds: None)
    rows = [(each["channel"], each["outcome"], each["messages"]) for each in standing(found)]
    assert rows == [("pigeon", "failed", 1)]


def test_vendor_standing__says_who_is_set_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("KITH_SMTP_SENDER", "hello@kith.example")
    rows = vendor_standing(load_settings(), pd.Timestamp(AS_OF, tz="UTC").to_pydatetime())
    told = {(each["channel"], each["vendor"]): each for each in rows}
    assert told["email", "smtp"]["is_set_up"]
    assert not told["sms", "twilio"]["is_set_up"]
    assert told["sms", "twilio"]["failing_since"] is None


def test_definitions__show_the_difference_of_two_versions(
    draw: Draw, shop: Run, settings: Settings, tmp_path
) -> None:
    folder = tmp_path / "definitions" / "segments"
    folder.mkdir(parents=True)
    changed = settings.model_copy(update={"definitions": folder.parent})
    for number, least in enumerate((1, 3)):
        (folder / "buyers.yml").write_text(
            f"name: buyers\nwho: {{attribute: order_count, at_least: {least}}}\n"
        )
        at = pd.Timestamp(AS_OF, tz="UTC") + pd.Timedelta(days=number)
        land_versions(
            Home(settings.home),
            version_table("segments"),
            load_kind(changed, "segments", Loose),
            at.to_pydatetime(),
        )
    app = draw("definitions", definition="segments/buyers")
    assert not app.exception
    difference = next(each.value for each in app.code if each.language == "diff")
    assert "-  at_least: 1" in difference
    assert "+  at_least: 3" in difference


def test_as_yaml__leaves_what_is_no_json() -> None:
    assert definition_versions.as_yaml("name: x") == "name: x"


@pytest.mark.parametrize(
    ("told", "words_"),
    [('{"max": 0.25}', "max 0.25"), ('{"rows_in": 2316}', "2316"), (None, ""), ("odd", "odd"), ("{}", "")],
)
def test_spell_found__says_it_in_words(told: str | None, words_: str) -> None:
    assert spell_found(told) == words_
