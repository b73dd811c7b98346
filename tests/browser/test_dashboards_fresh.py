"""A page left open: before the first run, when one is published, and when the next one replaces it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kith.init import initialise
from kith.settings import load_settings
from tests.browser.conftest import serving_dashboards
from tests.unit.dashboards.shop_people import AS_OF
from tests.unit.dashboards.snapshot import publish_shop

if TYPE_CHECKING:
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


def test_open_page__follows_the_pointer_without_a_click(tmp_path: Path, visit: Open) -> None:
    settings = load_settings(home=tmp_path / "home")
    initialise(settings)
    with serving_dashboards(settings.home, tmp_path / "dashboards.log") as address:
        page = visit(address)
        assert "No run yet" in page.words()
        page.photograph("overview-empty")
        for people, shown in ((60, "59"), (120, "118")):
            publish_shop(settings, people=people, at=AS_OF + timedelta(days=people))
            page.tab.locator('[data-testid="stMetricValue"]').first.filter(has_text=shown).wait_for(
                timeout=45_000
            )
            page.settle()
            assert page.figure("People") == shown
