"""Each playbook over the past of its own trade's world: it lets people in, and they are written to.

`make soak ONLY=playbooks` does so for all four trades and prints what each met; media is among the plain tests.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from activation.journeys.backtest import Findings, backtest, load_rehearsal
from activation.journeys.estimating.estimate import Estimate, estimate
from activation.journeys.graph import LaunchEntry, ScheduleEntry
from kith.settings import Settings
from sandbox.calendar import LAUNCH
from tests.integration.journeys.shop_days import AFTER_THE_HOUR, daily, live_definitions, open_days
from tests.integration.journeys.shop_log import read_log

pytestmark = pytest.mark.whole

#: The playbooks of each trade, and the fewest (entrants, sends) that its small world must show. Nothing is sent where a
#: model has to be there first, or an attribute that is only known from a run after the event.
TRADES: dict[str, dict[str, tuple[int, int]]] = {
    "commerce": {
        "journeys/abandoned_cart": (20, 5),
        "journeys/loyalty_milestone": (1, 0),
        "journeys/post_purchase": (20, 5),
        "campaigns/weekly_recommendations": (3, 0),
    },
    "media": {
        "campaigns/next_story": (20, 5),
        "journeys/subscription_lifecycle": (10, 1),
        "journeys/re_engagement": (3, 1),
        "journeys/retention": (1, 1),
    },
    "travel": {
        "campaigns/booking_confirmation": (10, 5),
        "journeys/trip_reminder": (10, 0),
        "journeys/travel_loyalty": (1, 1),
        "campaigns/nearby_offer": (10, 1),
    },
    "finance": {
        "campaigns/transaction_notice": (3, 1),
        "journeys/security_alert": (10, 5),
        "journeys/cross_sell": (10, 1),
        "journeys/compliance_notice": (20, 10),
    },
}
#: What a calendar begins that isn't this world's, and what waits for a model that learns from months.
NOT_LIVE = ("compliance_notice", "weekly_recommendations")
DAYS_LIVED = 12
DAYS, AHEAD, PEOPLE = 75, timedelta(days=40), 150


def met(folder: Path, trade: str, patch: pytest.MonkeyPatch, people: int) -> dict[str, Findings | Estimate]:
    """What each playbook of the trade does to the people of its world."""
    definitions = live_definitions(folder / "definitions", ())
    with open_days(
        folder, definitions, patch, people=people, days=DAYS, live_days=2, vocabulary=trade
    ) as days:
        days.live_until(LAUNCH + AFTER_THE_HOUR)
        return {path: _rehearsed(days.settings, definitions / f"{path}.yml") for path in TRADES[trade]}


def _rehearsed(settings: Settings, path: Path) -> Findings | Estimate:
    """From the beginning of the history on; what a calendar begins, from the segment's evaluation on."""
    rehearsal = load_rehearsal(settings, path)
    if isinstance(rehearsal.graph.entry, LaunchEntry | ScheduleEntry):
        return estimate(settings, rehearsal, AHEAD.days)
    return backtest(settings, rehearsal, LAUNCH - timedelta(days=DAYS), LAUNCH + AHEAD)


def check(trade: str, found: dict[str, Findings | Estimate]) -> None:
    for path, (entrants, sends) in TRADES[trade].items():
        each = found[path]
        print(f"{trade} {path}: {figures(each)}")
        assert each.entrants >= entrants, path
        assert each.sent >= sends, path


def figures(found: Findings | Estimate) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("entrants", "held_out", "planned", "sent")}


@pytest.mark.timeout(900)
def test_playbooks__of_a_media_house_write_to_its_readers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check("media", met(tmp_path, "media", monkeypatch, PEOPLE))


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("trade", TRADES)
def test_playbooks__write_to_the_people_of_their_trade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trade: str, strikes: int | None
) -> None:
    check(trade, met(tmp_path, trade, monkeypatch, PEOPLE if strikes else 4 * PEOPLE))


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("trade", TRADES)
def test_playbooks__live_day_by_day_are_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trade: str, strikes: int | None
) -> None:
    """As a marketer would start them; with fewer days than all only that people come in is asked."""
    names = [path.partition("/")[2] for path in TRADES[trade]]
    definitions, lived = (
        live_definitions(tmp_path / "definitions", names),
        min(strikes or DAYS_LIVED, DAYS_LIVED),
    )
    shape = {"people": PEOPLE, "days": 45, "live_days": DAYS_LIVED, "vocabulary": trade}
    with open_days(tmp_path, definitions, monkeypatch, **shape) as days:
        for moment in daily(LAUNCH, lived):
            days.live_until(moment)
        log, mails = read_log(days.settings), len(days.loop.server.postbox.received())
    entered = Counter(row["journey"] for row in log.enrolments)
    sent = Counter(row["journey"] for row in log.outbox if row["decision"] == "send")
    print(f"{trade}, {lived} days: entered {dict(entered)}, sent {dict(sent)}, {mails} mails")
    assert mails > 0
    for name in names:
        if name not in NOT_LIVE and lived == DAYS_LIVED:
            assert entered[name] > 0, name
            assert sent[name] > 0, name
