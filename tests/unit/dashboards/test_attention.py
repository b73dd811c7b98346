"""What needs attention is listed with its way out; a run in progress and a faulty definition leave the page calm."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from dashboards.answers.attention import OLD_DATA, concerns
from dashboards.reader import Reader, open_reader
from kith.clock import FixedClock, VirtualClock
from kith.registry import plugin_names
from kith.run import Run, begin_run
from kith.settings import Settings
from tests.unit.dashboards.conftest import Draw
from tests.unit.dashboards.shop_people import AS_OF
from tests.unit.dashboards.snapshot import write_table


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A workspace with a clock that stands at its data, and definitions of its own."""
    folder = tmp_path / "definitions"
    (folder / "segments").mkdir(parents=True)
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    found = settings.model_copy(update={"definitions": folder, "clock": "virtual"})
    VirtualClock(found.clock_file).set(AS_OF.replace(tzinfo=UTC))
    return found


def told(settings: Settings) -> list[str]:
    return [concern.told for concern in concerns(opened(settings))]


def opened(settings: Settings) -> Reader:
    found = open_reader(settings)
    assert found is not None
    return found


def test_concerns__name_what_is_held_and_what_is_in_doubt(settings: Settings, shop: Run) -> None:
    found = "\n".join(told(settings))
    assert "Segment likely_to_leave is held" in found
    assert "messages of winback may have been sent or not" in found
    assert "web: share_of_known_events" in found
    assert "days old" not in found


def test_concerns__lead_to_pages_that_there_are(settings: Settings, shop: Run) -> None:
    (settings.definitions / "segments" / "x.yml").write_text("a: [", encoding="utf-8")
    pages = {concern.page for concern in concerns(opened(settings)) if concern.page}
    assert pages <= set(plugin_names("dashboards.pages"))


def test_concerns__old_data_is_urgent(settings: Settings, shop: Run) -> None:
    VirtualClock(settings.clock_file).set(AS_OF.replace(tzinfo=UTC) + OLD_DATA + timedelta(hours=1))
    assert "The data is 1.1 days old." in told(settings)


def test_concerns__a_faulty_definition_is_named_with_its_line(
    settings: Settings, shop: Run, draw: Draw
) -> None:
    (settings.definitions / "segments" / "mine.yml").write_text(
        "name: mine\nwhere:\n\t- x\n", encoding="utf-8"
    )
    [found] = [each for each in told(settings) if "can't be read" in each]
    assert "segments/mine.yml, line 3" in found
    app = draw("overview")
    assert not app.exception
    assert "mine" in "\n".join(each.value for each in app.markdown)


def test_page__shows_the_last_run_while_the_next_is_written(
    settings: Settings, shop: Run, draw: Draw
) -> None:
    half = begin_run(settings, FixedClock(AS_OF.replace(tzinfo=UTC) + timedelta(days=1)))
    write_table(half.path / "profiles.parquet", "profiles", [])
    (half.path / "orders.parquet").write_bytes(b"half a file")
    app = draw("overview")
    assert not app.exception
    assert shop.run_id in "\n".join(each.value for each in app.caption)
    assert next(each.value for each in app.metric if each.label == "People") != "0"
