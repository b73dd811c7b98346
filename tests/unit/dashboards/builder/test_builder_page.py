"""The builder as it is drawn: it shows every condition of the grammar and alters nothing that nobody touched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from activation.segments.preview import preview
from dashboards.editing import open_draft, save_draft
from kith.accounts import Role, Visitor
from kith.definitions import read_yaml
from kith.run import Run
from kith.settings import PROJECT, Settings, load_settings

ADA = Visitor("ada", Role.ADMIN)
EVERYTHING = """# yaml-language-server: $schema=x
name: everything
description: >
  Every condition that there is.
evaluate: daily 06:00
guard: {jump: 20, floor: 1000}
who:
  any:
    - {attribute: country, in: [GB, 'NO']}
    - {attribute: city, not_in: ['02134', a, true]}
    - {attribute: email, missing: true}
    - {attribute: phone, missing: false}
    - {attribute: order_amount, between: [10, 99.5]}
    - {attribute: birthday, anniversary_within: 1w}
    - {attribute: last_seen_at, older_than: 2w}
    - {attribute: first_seen_at, at_least: '2026-01-01'}
    - {attribute: is_bot, is: false}
    - {did: Order Completed, within: 2w, where: {category: shoes, total: {at_least: 100}, 'cart.size': {in: [1, '1']}}}
    - {did_not: Order Completed}
    - {event: Order Completed, sum: {of: total, at_least: 100}, within: 90d}
    - {event: Order Completed, distinct: {of: category, between: [2, 5]}, in_each: 7d, periods: 4}
    - {event: Page Viewed, days: {at_least: 5}, within: 14d, where: {path: {starts_with: /a}}}
    - {event: Order Completed, first: {within: 30d}}
    - {event: Order Completed, last: {between: ['2026-01-01', '2026-02-01']}}
    - {event: Order Completed, average: {of: total, less: 9}}
    - {event: Order Completed, minimum: {of: total, greater: 9}}
    - {event: Order Completed, maximum: {of: total, at_most: 9}}
    - sequence: [{did: Product Added, where: {a: b}}, {did: Order Completed}]
      gap: 90m
      without: {did: Product Removed, where: {c: {missing: true}}}
      within: 30d
    - sequence: [{did: A}, {did: B}]
    - {message: any, was: clicked, channel: email, within: 90d, count: {at_least: 2}}
    - {message: any, was: opened, count: {at_least: 2}, of_last: 5}
    - {message: winback_offer, was_not: opened, campaign: winback, of_last: 5, within: 180d}
    - {message: winback_offer, was: converted, gap: 3d, by: Order Completed, journey: back, step: 'send:x'}
    - {consent: marketing, channel: email, is: refused}
    - {list: vip}
    - {random_share: 0.1, salt: spring_test}
    - {random_share: 0.1, from: 0.25, salt: spring_test}
    - {segment: big_spenders}
    - {score: churn, top_percent: 10, fallback: {did_not: Order Completed, within: 45d}}
    - score: churn
      between: [0.25, 0.5]
      fallback:
        any:
          - {score: propensity, at_least: 0.6, fallback: {none: [{did: A}]}}
          - {attribute: country, is: GB}
    - {attribute: city, contains: '12'}
    - none:
        - all: [{did: A}, {any: [{did: B}]}]
"""


@pytest.fixture
def definitions(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of definitions of our own, with the shipped segments."""
    folder = tmp_path / "definitions"
    shutil.copytree(PROJECT / "activation" / "definitions", folder)
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    return folder


def _draw_conditions(name: str) -> None:
    """The builder's conditions alone, so that names needn't exist."""
    import streamlit as st

    from dashboards.builder.desk import desk_of
    from dashboards.builder.groups import draw_tree
    from dashboards.builder.sentences import Known
    from dashboards.editing import open_draft
    from dashboards.pages.segment_builder import _names, _show_head
    from dashboards.reader import open_reader
    from kith.settings import load_settings

    settings = load_settings()
    reader = open_reader(settings)
    assert reader is not None
    desk = desk_of(open_draft(settings, "segments", name))
    assert desk.root is not None, desk.fault
    _show_head(desk)
    draw_tree(desk.root, Known(reader, _names(reader)))
    desk.follow()
    st.session_state["told"] = desk.document
    st.session_state["text"] = desk.text


NAMES = [
    "everything",
    *sorted(each.stem for each in (PROJECT / "activation/definitions/segments").glob("*.yml")),
]


@pytest.mark.parametrize("name", NAMES)
def test_builder__drawn_alters_nothing(name: str, shop: Run, definitions: Path) -> None:
    st.cache_data.clear()
    (definitions / "segments" / "everything.yml").write_text(EVERYTHING)
    app = AppTest.from_function(_draw_conditions, args=(name,), default_timeout=60).run()
    app.run()
    assert not app.exception
    path = definitions / "segments" / f"{name}.yml"
    assert app.session_state["told"] == read_yaml(path)[0]
    assert app.session_state["text"] == path.read_text()


def pick(app: AppTest, label: str, value: Any, at: int = 0) -> AppTest:
    """Choose in the selectbox of this label, the `at`-th from above."""
    return [each for each in app.selectbox if each.label == label][at].select(value).run()


def test_builder__a_choice_changes_that_alone(shop: Run, definitions: Path) -> None:
    (definitions / "segments" / "everything.yml").write_text(EVERYTHING)
    app = AppTest.from_function(_draw_conditions, args=("everything",), default_timeout=60).run()
    before = read_yaml(definitions / "segments" / "everything.yml")[0]
    pick(app, "When", "90d")  # the first sentence with a window is the one with two weeks
    before["who"]["any"][9]["within"] = "90d"
    assert app.session_state["told"] == before
    assert app.session_state["text"].startswith("# yaml-language-server: $schema=x\n")
    pick(app, "Comparison", "is_not")
    before["who"]["any"][0] = {"attribute": "country", "is_not": "GB"}
    assert app.session_state["told"] == before
    pick(app, "Kind of condition", "list", 2)
    before["who"]["any"][2] = {"list": ""}
    assert app.session_state["told"] == before


def _draw_page() -> None:
    from dashboards.frame.navigation import draw_page
    from dashboards.page import Page
    from kith.registry import plugin
    from kith.settings import load_settings

    draw_page(plugin("dashboards.pages", "segment_builder", Page), load_settings())


@pytest.fixture
def page(shop: Run, definitions: Path) -> AppTest:
    (definitions / "segments" / "here.yml").write_text(
        "description: Here.\nwho: {attribute: country, is: GB}\n"
    )
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_function(_draw_page, default_timeout=60)
    app.query_params["segment"] = "here"
    return app.run()


def people(app: AppTest) -> str:
    return next(each.value for each in app.metric if each.label == "People")


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def test_page__counts_what_the_preview_counts_and_saves(page: AppTest, definitions: Path) -> None:
    path = definitions / "segments" / "here.yml"
    assert not page.exception
    assert people(page) == str(preview(load_settings(), path).size)
    pick(page, "Comparison", "is_not")
    press(page, "Review and save")
    assert not page.exception
    press(page, "Save")
    assert read_yaml(path)[0] == {"description": "Here.", "who": {"attribute": "country", "is_not": "GB"}}
    assert people(page) == str(preview(load_settings(), path).size)
    assert "Saved as" in page.success[0].value


def test_page__follows_the_text_and_stays_calm_while_it_does_not_read(page: AppTest) -> None:
    area = page.text_area[0]
    area.set_value("who: {all: [{attribute: country, is: DE}, {segment: nowhere}]}").run()
    assert [each.value for each in page.selectbox if each.label == "Segment"][1] == "nowhere"
    assert "Not counted yet" in page.warning[0].value
    page.text_area[0].set_value("who: {all: [").run()
    assert not page.exception
    assert "can't be read yet" in page.warning[0].value
    page.text_area[0].set_value("who: {attribute: country, is: DE}").run()
    assert not page.warning
    assert int(people(page)) > 0


def test_page__the_second_of_two_is_told_and_both_texts_are_kept(page: AppTest, definitions: Path) -> None:
    settings = load_settings()
    theirs = "description: Theirs.\nwho: {attribute: country, is: FR}\n"
    pick(page, "Comparison", "is_not")
    press(page, "Review and save")
    save_draft(open_draft(settings, "segments", "here"), theirs, ADA, settings)
    press(page, "Save")
    assert "saved by somebody else" in page.error[0].value
    assert "Theirs." in page.code[-1].value
    assert (definitions / "segments" / "here.yml").read_text() == theirs
    press(page, "Keep mine, and look at it against theirs")
    press(page, "Review and save")
    press(page, "Save")
    assert "is_not" in (definitions / "segments" / "here.yml").read_text()


def test_page__begins_copies_and_deletes(page: AppTest, definitions: Path) -> None:
    next(each for each in page.text_input if each.label == "Name").set_value("over_there").run()
    press(page, "Begin with a copy of Here")
    assert not page.exception
    pick(page, "Comparison", "is_not")
    press(page, "Review and save")
    press(page, "Save")
    path = definitions / "segments" / "over_there.yml"
    assert read_yaml(path)[0]["who"] == {"attribute": "country", "is_not": "GB"}
    assert page.query_params["segment"] in ("over_there", ["over_there"])
    press(page, "Delete it")
    assert not path.exists()
    assert not page.exception


def test_page__does_not_delete_what_others_ask_for(page: AppTest, definitions: Path) -> None:
    (definitions / "segments" / "other.yml").write_text("who: {segment: here}\n")
    page.run()
    assert next(each for each in page.button if each.label == "Delete it").disabled
    assert "segments/other.yml" in page.warning[0].value


def test_page__opens_a_corrupt_file_to_be_mended(page: AppTest, definitions: Path) -> None:
    (definitions / "segments" / "broken.yml").write_text("who: {all: [\n")
    page.query_params["segment"] = "broken"
    page.run()
    assert not page.exception
    assert page.text_area[0].value == "who: {all: [\n"
