"""Composing: opening a campaign changes nothing of it, a control changes one place, a preview fetches nothing."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.compose.document import Page, even_shares, percent_of, read, written
from dashboards.compose.reading import without_network
from dashboards.compose.waterfall import bars
from kith.run import Run
from kith.settings import PROJECT, Settings
from tests.unit.dashboards.conftest import Draw

CAMPAIGNS = sorted((PROJECT / "activation" / "definitions" / "campaigns").glob("*.yml"))
TEXT = """# Why there is one.
name: spring
state: draft  # not yet

to: shoppers
launch_at: 2026-05-01T08:00
send: spring_mail
by: email   # for now
holdout: 0.1
goal: {event: Order Completed, within: 7d}
"""


def page() -> Page:
    said = read(TEXT)
    assert said is not None
    return Page(said)


def test_page__that_nobody_touched_writes_the_same_text() -> None:
    assert written(TEXT, page()) == TEXT


def test_page__changes_one_line_and_leaves_comments() -> None:
    changed = page()
    changed.put("by", ["email"], ["email", "sms"])
    assert written(TEXT, changed) == TEXT.replace("by: email ", "by: [email, sms] ").replace(
        "by: [email, sms]   #", "by: [email, sms]   #"
    )


def test_page__puts_a_new_key_where_the_house_has_it() -> None:
    changed = page()
    changed.put("window", "24h", "12h")
    assert "launch_at: 2026-05-01T08:00\nwindow: 12h\nsend: spring_mail" in written(TEXT, changed)


def test_page__what_a_control_shows_unchanged_is_not_respelled() -> None:
    changed = page()
    before = percent_of(changed.said["holdout"], 10.0)
    changed.put("holdout", before, before, str)
    assert written(TEXT, changed) == TEXT


@pytest.mark.parametrize(
    ("said", "percent"), [("10%", 10.0), (0.25, 25.0), ("0.1", 10.0), (None, 5.0), ("x", 5.0)]
)
def test_percent_of__reads_both_spellings(said: object, percent: float) -> None:
    assert percent_of(said, 5.0) == pytest.approx(percent)


@pytest.mark.parametrize("count", range(1, 12))
def test_even_shares__come_to_a_hundred(count: int) -> None:
    assert sum(percent_of(each, 0) for each in even_shares(count)) == pytest.approx(100)


def test_without_network__leaves_nothing_to_fetch() -> None:
    body = """<link rel=stylesheet href="https://x.example/a.css"><img src="https://x.example/p.png" alt="A cup">
        <img src='http://x.example/q.png' srcset="https://x.example/q2.png 2x"><td background="https://x.example/b.png">
        <div style="background: url(https://x.example/c.png)">Hello</div><a href="https://shop.example">Shop</a>"""
    left = without_network(body)
    assert "x.example" not in left
    assert "A cup" in left
    assert "https://shop.example" in left


def test_bars__every_gate_begins_where_the_next_one_ends() -> None:
    reach = pd.DataFrame(
        [
            {"gate": "Planned", "withheld": 0, "left": 100},
            {"gate": "Holdout", "withheld": 10, "left": 90},
            {"gate": "No consent", "withheld": 0, "left": 90},
            {"gate": "Suppressed", "withheld": 30, "left": 60},
        ]
    )
    found = bars(reach, 60)
    assert list(found["gate"]) == ["Fall due", "Holdout", "Suppressed", "Sent"]
    assert list(found["start"]) == [0, 90, 60, 0]
    assert list(found["end"]) == [100, 100, 90, 60]


@pytest.mark.parametrize("path", CAMPAIGNS, ids=lambda path: path.stem)
def test_compose__opening_a_campaign_changes_nothing_of_it(draw: Draw, shop: Run, path) -> None:
    app = draw("compose", campaign=path.stem)
    assert not app.exception
    assert app.session_state[f"compose_text_{path.stem}"]["text"] == path.read_text()


def test_compose__a_control_changes_the_text_and_lint_answers(draw: Draw, shop: Run) -> None:
    app = draw("compose", campaign="winback")
    [holdout] = [each for each in app.number_input if "Held out" in each.label]
    holdout.set_value(25.0).run()
    path = next(each for each in CAMPAIGNS if each.stem == "winback")
    expected = path.read_text().replace("holdout: 10%", "holdout: 25%")
    assert app.session_state["compose_text_winback"]["text"] == expected


def test_compose__a_new_one_is_begun_with_a_name(draw: Draw, shop: Run, settings: Settings) -> None:
    app = draw("compose")
    app.text_input[0].set_value("spring_sale")
    app.button[0].click().run()
    assert not app.exception
    assert app.query_params["campaign"] == ["spring_sale"] or app.query_params["campaign"] == "spring_sale"
    text = app.session_state["compose_text_spring_sale"]["text"]
    assert text.startswith("name: spring_sale\n")
    assert not (settings.definitions / "campaigns" / "spring_sale.yml").exists()
    st.cache_data.clear()


def test_compose__a_corrupt_file_opens_to_be_mended(
    draw: Draw, shop: Run, settings: Settings, monkeypatch, tmp_path
) -> None:
    folder = tmp_path / "definitions"
    (folder / "campaigns").mkdir(parents=True)
    (folder / "campaigns" / "broken.yml").write_text("name: broken\nby: [email\n")
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    app: AppTest = draw("compose", campaign="broken")
    assert not app.exception
    said = " ".join(each.value for each in [*app.warning, *app.error])
    assert "can't be read as it is" in said
    assert app.text_area[0].value == "name: broken\nby: [email\n"


def test_compose__saves_and_asks_before_it_launches(
    draw: Draw, shop: Run, settings: Settings, monkeypatch, tmp_path
) -> None:
    """The shop was never evaluated, so whom it reaches can't be told, and the confirmation says so."""
    folder = tmp_path / "definitions"
    source = PROJECT / "activation" / "definitions"
    for kind in ("templates", "segments", "caps"):
        shutil.copytree(source / kind, folder / kind)
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    app = draw("compose")
    app.text_input[0].set_value("spring_sale")
    next(each for each in app.button if each.label == "Begin").click().run(timeout=120)
    next(each for each in app.button if each.label == "Save").click().run(timeout=120)
    file = folder / "campaigns" / "spring_sale.yml"
    assert not app.exception
    assert "state: draft" in file.read_text()
    next(each for each in app.button if each.label == "Launch …").click().run(timeout=120)
    assert "can't be told" in " ".join(each.value for each in app.warning)
    assert "Launch all the same" in [each.label for each in app.button]
    assert "state: draft" in file.read_text()  # nothing was launched by looking
