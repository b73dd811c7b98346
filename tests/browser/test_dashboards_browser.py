"""The dashboards in a real browser: numbers as `kith query` gives them, no error anywhere, pictures taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from kith.registry import plugin_names
from tests.browser.chromium import Scheme

if TYPE_CHECKING:
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
Ask = Callable[[str], dict[str, Any]]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def number(value: float) -> str:
    """As an English visitor reads it."""
    return f"{value:,}"


def test_person__the_first_deep_link_after_a_start_opens(dashboards: str, visit: Open, ask: Ask) -> None:
    found = ask("SELECT profile_id, order_count FROM profiles ORDER BY order_count DESC, profile_id LIMIT 1")
    page = visit(f"{dashboards}/person?person={found['profile_id']}")
    assert page.figure("Orders") == number(found["order_count"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_overview__shows_what_kith_query_gives(
    dashboards: str, visit: Open, ask: Ask, scheme: Scheme
) -> None:
    expected = ask("""
        SELECT
            (SELECT count(*) FROM profiles WHERE NOT is_bot) AS "People",
            (SELECT count(*) FROM profiles WHERE NOT is_bot AND (user_id IS NOT NULL OR email IS NOT NULL))
                AS "Identified",
            (SELECT sum(metric_value)::BIGINT FROM metrics_daily WHERE metric = 'orders') AS "Orders",
            (SELECT count(*) FROM messages WHERE outcome = 'accepted' AND channel = 'email')
                AS "E-mails accepted",
            (SELECT count(first_opened_at) FROM messages WHERE outcome = 'accepted' AND channel = 'email')
                AS "Opened",
            (SELECT count(first_clicked_at) FROM messages WHERE outcome = 'accepted' AND channel = 'email')
                AS "Clicked" """)
    page = visit(dashboards, scheme)
    page.photograph("overview")
    assert {label: page.figure(label) for label in expected} == {
        label: number(value) for label, value in expected.items()
    }
    assert page.charts() >= 3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_segments__shows_what_kith_query_gives(
    dashboards: str, visit: Open, ask: Ask, scheme: Scheme
) -> None:
    found = ask("SELECT segment, member_count FROM segments ORDER BY member_count, segment LIMIT 1")
    page = visit(f"{dashboards}/segments?segment={found['segment']}", scheme)
    page.photograph("segments")
    assert page.figure("People") == number(found["member_count"])
    page.tab.get_by_role("tab", name="Sample of members").click()
    page.settle()
    page.photograph("segments-members")
    page.tab.get_by_role("tab", name="Overlap").click()
    page.settle()
    page.photograph("segments-overlap")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_campaigns__accounts_for_everyone(dashboards: str, visit: Open, ask: Ask, scheme: Scheme) -> None:
    found = ask("""
        SELECT campaign, count(*) AS planned, count(*) FILTER (WHERE outcome = 'accepted') AS accepted
        FROM messages GROUP BY campaign ORDER BY planned DESC, campaign LIMIT 1""")
    page = visit(f"{dashboards}/campaigns?campaign={found['campaign']}", scheme)
    page.photograph("campaigns")
    assert page.figure("Audience") == number(found["planned"])
    assert page.figure("Accepted") == number(found["accepted"])
    assert f"Audience {number(found['planned'])} = the sum of outcomes" in page.words()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_person__is_found_by_e_mail(dashboards: str, visit: Open, ask: Ask, scheme: Scheme) -> None:
    found = ask("""
        SELECT email, order_count, profile_id
        FROM profiles WHERE email IS NOT NULL ORDER BY order_count DESC, profile_id LIMIT 1""")
    page = visit(f"{dashboards}/person", scheme)
    page.tab.get_by_label("Find a person").fill(found["email"])
    page.tab.keyboard.press("Enter")
    page.tab.wait_for_selector('[data-testid="stMetric"]')
    page.settle()
    page.photograph("person")
    assert page.figure("Orders") == number(found["order_count"])
    assert found["email"] in page.words()
    assert found["profile_id"] in page.tab.url
    assert found["email"] not in page.tab.url


def test_pages__are_all_in_the_navigation(dashboards: str, visit: Open) -> None:
    page = visit(dashboards)
    links = page.tab.locator('[data-testid="stSidebarNavLink"]')
    assert links.count() == len(plugin_names("dashboards.pages"))
    for at in range(links.count()):
        links.nth(at).click()
        page.settle()
        assert page.tab.locator("h1").count() == 1
        assert page.complain() == []


def test_member__leads_from_a_segment_to_the_person(dashboards: str, visit: Open, ask: Ask) -> None:
    member = ask("SELECT profile_id FROM segment_members ORDER BY profile_id LIMIT 1")["profile_id"]
    page = visit(f"{dashboards}/person?person={member}")
    page.tab.get_by_text("Segments", exact=True).last.wait_for()
    link = page.tab.locator('[data-testid="stMarkdown"] a[href*="segments?segment="]').first
    name = link.inner_text()
    with page.tab.context.expect_page() as opened:
        link.click()
    other = opened.value
    other.wait_for_selector('[data-testid="stMetric"]')
    assert name in other.locator("h3").all_inner_texts()


@pytest.mark.parametrize(("scheme", "color"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(12, 21, 20)")])
def test_primary_button__is_written_on_in_a_colour_that_can_be_read(
    dashboards: str, visit: Open, scheme: Scheme, color: str
) -> None:
    page = visit(f"{dashboards}/compose", scheme)
    word = page.tab.locator('[data-testid^="stBaseButton-primary"] p').first
    assert word.evaluate("each => getComputedStyle(each).color") == color
