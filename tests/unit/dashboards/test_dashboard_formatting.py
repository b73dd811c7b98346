"""Numbers and times as the visitor writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dashboards.formatting import Spelling, plain, spell_age, spell_name
from dashboards.lift import say_verdict
from dashboards.person_card import spell_reasons

ENGLISH, GERMAN, FRENCH = Spelling("en-GB"), Spelling("de-DE"), Spelling("fr-FR")


@pytest.mark.parametrize(
    ("spelling", "amount", "currency", "text"),
    [
        (ENGLISH, Decimal("1234.5"), "EUR", "€1,234.50"),
        (ENGLISH, Decimal("-3"), "GBP", "−£3.00"),
        (ENGLISH, 8_911_407.9, "GBP", "£8,911,408"),
        (ENGLISH, 12, "CHF", "CHF 12.00"),
        (ENGLISH, 1200, "JPY", "¥1,200"),
        (GERMAN, Decimal("1234.5"), "EUR", "1.234,50 €"),
        (FRENCH, Decimal("1234.5"), "EUR", "1\N{NARROW NO-BREAK SPACE}234,50 €"),
        (ENGLISH, 5, None, "?5.00"),
        (ENGLISH, None, "EUR", "–"),
        (ENGLISH, float("nan"), "EUR", "–"),
    ],
)
def test_money__is_written_with_its_currency(
    spelling: Spelling, amount: Decimal | float | None, currency: str | None, text: str
) -> None:
    assert spelling.money(amount, currency) == text


def test_rates__are_written_in_per_cent() -> None:
    assert ENGLISH.percent(0.1234) == "12.3 %"
    assert GERMAN.share(1, 8) == "12,5 %"
    assert ENGLISH.share(1, 0) == "–"
    assert ENGLISH.points(0.015) == "+1.5 pp"
    assert ENGLISH.points(-0.015) == "−1.5 pp"


def test_instant__is_in_the_zone_of_the_workspace() -> None:
    summer = datetime(2026, 7, 1, 22, 30)
    assert Spelling(zone="Europe/Berlin").instant(summer) == "2 Jul 2026, 00:30"
    assert Spelling(zone="Europe/Berlin").day(summer.replace(tzinfo=UTC)) == "2 Jul 2026"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5, minutes=59), "5 hours ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_age__is_in_words(age: timedelta, text: str) -> None:
    assert spell_age(age) == text


def test_plain__leaves_no_markdown_alive() -> None:
    assert plain("[a](b)") == r"\[a\]\(b\)"
    assert plain("Müller 7") == "Müller 7"
    assert spell_name("lapsed_buyers") == "Lapsed buyers"


@pytest.mark.parametrize(
    ("lower", "upper", "verdict"),
    [
        (0.01, 0.2, "It worked"),
        (-0.2, -0.01, "It did harm"),
        (-0.1, 0.1, "Too early to tell"),
        (None, None, "too few"),
    ],
)
def test_verdict__says_no_more_than_the_interval(
    lower: float | None, upper: float | None, verdict: str
) -> None:
    assert verdict in say_verdict({"lift_lower": lower, "lift_upper": upper}, ENGLISH)


def test_reasons__are_read_from_json() -> None:
    told = '[{"feature": "days_since_last_visit", "value": 4.0, "median": 9.5, "effect": -0.08}]'
    line = spell_reasons(told, ENGLISH)[0]
    assert "Days since last visit: 4 (usual: 9.50)" in line
    assert "−8.0 pp" in line
    assert spell_reasons("not json", ENGLISH) == []
    assert spell_reasons(None, ENGLISH) == []
