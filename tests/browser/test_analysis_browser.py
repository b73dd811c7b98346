"""An analyst draws up a funnel, breaks it down and keeps it by its link; a model shows its card with calibration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import Scheme

if TYPE_CHECKING:
    from tests.browser.chromium import Visit
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
Ask = Callable[[str], dict[str, Any]]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def choose(page: Visit, label: str, option: str) -> None:
    """Pick an option of a select box, as a visitor does: open it, type, press Enter."""
    box = page.tab.locator('[data-testid="stSelectbox"]', has_text=label).first
    box.locator("input").click()
    box.locator("input").fill(option)
    page.tab.keyboard.press("Enter")
    page.settle()


def test_funnel__is_drawn_up_broken_down_and_kept_by_its_link(dashboards: str, visit: Open, ask: Ask) -> None:
    page = visit(f"{dashboards}/funnels")
    choose(page, "Funnel", "Draw up a new one")
    choose(page, "Step 1", "Product Viewed")
    choose(page, "Break down by", "Country")
    expected = ask("""
        SELECT count(DISTINCT profile_id) AS people FROM events
        WHERE event = 'Product Viewed' AND type = 'track'
            AND occurred_at >= (SELECT max(as_of) FROM model_runs) - INTERVAL 90 DAY
            AND profile_id IN (SELECT profile_id FROM profiles WHERE NOT is_bot)""")
    entered = f"{expected['people']:,}"
    page.await_figure("Entered", entered)
    assert page.tab.get_by_role("heading", name="By country").count() == 1
    assert page.charts() >= 2
    link = page.tab.url
    assert "draft=" in link

    again = visit(link)
    again.await_figure("Entered", entered)
    assert again.tab.get_by_role("heading", name="By country").count() == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_card__shows_what_the_champion_reached(
    dashboards: str, visit: Open, ask: Ask, scheme: Scheme
) -> None:
    found = ask("""
        SELECT model_version, train_rows FROM model_runs
        WHERE model = 'churn' AND is_champion ORDER BY trained_at DESC, model_version DESC LIMIT 1""")
    page = visit(f"{dashboards}/predictions?prediction=churn", scheme)
    page.photograph("predictions")
    assert page.figure("Learned from") == f"{found['train_rows']:,}"
    assert f"Version {found['model_version']}" in page.words()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "name", ["funnels", "retention", "cohorts", "rfm", "paths", "attribution", "recommended", "best_hours"]
)
def test_page__is_drawn(dashboards: str, visit: Open, name: str, scheme: Scheme) -> None:
    page = visit(f"{dashboards}/{name}", scheme)
    page.photograph(name)
    assert "run " in page.words()
