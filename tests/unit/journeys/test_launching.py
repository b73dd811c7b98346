"""Letting a definition go live: its state alone is rewritten, and what is faulty or live already is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from activation.journeys.controls import controls, standing
from activation.journeys.launching import launch
from activation.journeys.telling import tell
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings

NOW = datetime(2026, 5, 1, 8, 0, 30, tzinfo=UTC)
TEXT = """# For the spring sale.
name: spring
state: draft  # not yet
to: shoppers
launch_at: 2026-05-02T08:00
send: spring_mail
by: email
holdout: 10%
caps: []
goal: {event: Order Completed, within: 7d}
"""


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "definitions"
    for place, text in {
        "campaigns/spring_sale.yml": TEXT,
        "segments/shoppers.yml": "name: shoppers\nwho: {attribute: order_count, at_least: 1}\n",
        "templates/spring_mail/subject.txt": "Spring",
        "templates/spring_mail/body.txt": "Spring. {{ unsubscribe_url }}",
        "templates/spring_mail/body.html": "<p>Spring. <a href='{{ unsubscribe_url }}'>No more</a></p>",
    }.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text)
    return settings.model_copy(update={"definitions": folder})


def file_of(shop: Settings) -> Path:
    return shop.definitions / "campaigns" / "spring_sale.yml"


def test_launch__writes_the_state_and_nothing_else(shop: Settings) -> None:
    done = launch(shop, "spring", "ada", NOW)
    assert (done.was, done.state, done.told) == ("draft", "live", "")
    assert file_of(shop).read_text() == TEXT.replace("state: draft", "state: live")


def test_launch__of_what_is_live_is_refused(shop: Settings) -> None:
    launch(shop, "spring", "ada", NOW)
    with pytest.raises(KithError, match="live already"):
        launch(shop, "spring", "ada", NOW)


def test_launch__lifts_a_pause_that_was_told(shop: Settings) -> None:
    launch(shop, "spring", "ada", NOW)
    tell(shop, "spring", "pause", "bob", NOW)
    assert launch(shop, "spring", "ada", NOW).told == "pause"
    assert standing(controls(Home(shop.home)), "spring") != "pause"


def test_launch__of_what_lint_refuses_changes_nothing(shop: Settings) -> None:
    faulty = TEXT.replace("send: spring_mail", "send: no_such_mail")
    file_of(shop).write_text(faulty)
    with pytest.raises(KithError, match="no_such_mail"):
        launch(shop, "spring", "ada", NOW)
    assert file_of(shop).read_text() == faulty


def test_launch__names_the_known_ones_for_an_unknown_name(shop: Settings) -> None:
    with pytest.raises(KithError, match="no campaign or journey summer") as refused:
        launch(shop, "summer", "ada", NOW)
    assert "spring" in str(refused.value.expected)
