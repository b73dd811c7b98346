"""The pages under "Understand": what they say in each state, and that a choice in the link is followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.funnels.drafting import BLANK, funnel_text, pack, read_funnel, unpack
from dashboards.rfm_segment import segment_text
from kith.errors import KithError
from kith.run import Run
from kith.settings import Settings, load_settings

PAGES = (
    "funnels", "retention", "cohorts", "rfm", "paths", "attribution", "predictions", "recommended", "best_hours",
)  # fmt: skip
#: The shop has no check-out, so its saved funnels hold nobody.
LINKS = {"funnels": {"draft": pack(BLANK)}, "rfm": {"square": "5-5"}}
DrawFor = Callable[..., AppTest]


@pytest.fixture
def draw_for(settings: Settings) -> DrawFor:
    """Draw a page for a role; named arguments are the address's parameters."""
    st.cache_data.clear()
    st.cache_resource.clear()

    def _draw(page: str, role: str = "admin", **parameters: str) -> AppTest:
        app = AppTest.from_function(
            _script, args=(page, role, str(settings.definitions)), default_timeout=120
        )
        for name, text in parameters.items():
            app.query_params[name] = text
        return app.run()

    return _draw


def _script(page: str, role: str, definitions: str) -> None:
    from pathlib import Path

    from dashboards.frame.navigation import draw_page
    from dashboards.page import Page
    from kith.accounts import Role, Visitor
    from kith.registry import plugin
    from kith.settings import load_settings

    settings = load_settings().model_copy(update={"definitions": Path(definitions)})
    draw_page(plugin("dashboards.pages", page, Page), settings, Visitor("ada", Role(role)))


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.subheader)
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([str(each.value) for kind in kinds for each in kind] + html)


@pytest.mark.parametrize("page", PAGES)
def test_page__draws_its_figures(page: str, draw_for: DrawFor, explained: Run) -> None:
    _check_drawn(draw_for(page, **LINKS.get(page, {})), explained)


@pytest.mark.parametrize("page", ["funnels", "paths", "rfm", "recommended"])
def test_page__draws_without_what_tells_of_people(page: str, draw_for: DrawFor, explained: Run) -> None:
    _check_drawn(draw_for(page, "viewer", **LINKS.get(page, {})), explained)


def _check_drawn(app: AppTest, run: Run) -> None:
    assert not app.exception
    assert run.run_id in words(app)
    assert app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart") or app.dataframe


def test_funnels__one_from_a_link_is_counted(draw_for: DrawFor, explained: Run) -> None:
    drafted = {**BLANK, "steps": [{"event": "Product Viewed"}, {"event": "Product Viewed"}], "within": "30d"}
    app = draw_for("funnels", draft=pack(drafted))
    entered = next(each.value for each in app.metric if each.label == "Entered")
    reached = next(each.value for each in app.metric if each.label == "Converted")
    assert int(entered) > int(reached) > 0
    assert "in the address of this page" in words(app)


def test_funnels__a_link_that_was_cut_is_said(draw_for: DrawFor, explained: Run) -> None:
    app = draw_for("funnels", draft=pack(BLANK)[:-9])
    assert not app.exception
    assert "holds no funnel" in app.warning[0].value


def test_funnels__a_step_is_added_and_stands_in_the_link(draw_for: DrawFor, explained: Run) -> None:
    app = draw_for("funnels", draft=pack(BLANK))
    next(each for each in app.button if each.label == "Add a step").click().run()
    assert not app.exception
    assert len(unpack(app.query_params["draft"])["steps"]) == 3
    assert [each.label for each in app.selectbox if each.label.startswith("Step ")] == [
        "Step 1",
        "Step 2",
        "Step 3",
    ]


def test_funnels__what_looks_into_events_isn_t_counted_for_a_viewer(
    draw_for: DrawFor, explained: Run
) -> None:
    drafted = {
        **BLANK,
        "steps": [{"event": "Product Viewed", "where": {"name": "Atlas"}}, {"order": "completed"}],
    }
    assert "which your role doesn't see" in words(draw_for("funnels", "viewer", draft=pack(drafted)))
    assert "which your role doesn't see" not in words(draw_for("funnels", "analyst", draft=pack(drafted)))


def test_funnels__a_faulty_file_is_told_and_the_others_are_shown(
    tmp_path: Path, settings: Settings, explained: Run
) -> None:
    folder = tmp_path / "definitions" / "funnels"
    folder.mkdir(parents=True)
    (folder / "good.yml").write_text(funnel_text("", {**BLANK, "name": "good"}))
    (folder / "bad.yml").write_text("name: bad\nsteps: [{event: A}]\n")
    app = AppTest.from_function(
        _script, args=("funnels", "admin", str(tmp_path / "definitions")), default_timeout=120
    )
    app.run()
    assert not app.exception
    assert "bad" in app.warning[0].value
    assert app.selectbox[0].options == ["Good", "Draw up a new one"]


def test_funnels__only_who_may_save_is_offered_it(draw_for: DrawFor, explained: Run) -> None:
    labels = {role: _buttons(draw_for("funnels", role, draft=pack(BLANK))) for role in ("viewer", "analyst")}
    assert "Save as a new funnel" in labels["analyst"]
    assert "Save as a new funnel" not in labels["viewer"]


def _buttons(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def test_funnels__saving_writes_a_file_that_reads_the_same(
    tmp_path: Path, settings: Settings, explained: Run
) -> None:
    folder = tmp_path / "definitions"
    (folder / "funnels").mkdir(parents=True)
    app = AppTest.from_function(_script, args=("funnels", "analyst", str(folder)), default_timeout=120)
    app.query_params["draft"] = pack({**BLANK, "name": "kept"})
    app.run()
    next(each for each in app.button if each.label == "Save as a new funnel").click().run()
    assert not app.exception
    import yaml

    told = yaml.safe_load((folder / "funnels" / "kept.yml").read_text())
    assert read_funnel(told) == read_funnel({**BLANK, "name": "kept"})


def test_rfm__a_square_in_the_link_shows_its_people_and_a_segment(draw_for: DrawFor, explained: Run) -> None:
    app = draw_for("rfm", square="5-5")
    assert not app.exception
    assert any("person" in frame.value.columns for frame in app.dataframe)
    assert "Save the segment" in _buttons(app)
    assert "Save the segment" not in _buttons(draw_for("rfm", "viewer", square="5-5"))


def test_rfm__a_square_becomes_a_segment_that_the_grammar_reads(tmp_path: Path) -> None:
    from activation.segments.linting import lint

    bounds = {"least_days": 3, "most_days": 9, "least_orders": 2, "most_orders": 2}
    settings = load_settings().model_copy(update={"definitions": tmp_path})
    path = tmp_path / "segments" / "square.yml"
    path.parent.mkdir()
    path.write_text(segment_text("square", "Somebody", bounds))
    assert [each for each in lint(settings, [path]) if each.severity.value == "error"] == []
    assert "older_than: 3d" in path.read_text()
    assert "is: 2" in path.read_text()


def test_attribution__says_aloud_when_it_does_not_add_up(draw_for: DrawFor, explained: Run) -> None:
    assert "gives out every order exactly once" in words(draw_for("attribution"))
    import pyarrow.parquet as pq

    path = explained.path / "attribution.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    st.cache_data.clear()
    assert "more or less than the orders" in words(draw_for("attribution"))


def test_predictions__the_card_is_of_the_champion_unless_another_is_asked_for(
    draw_for: DrawFor, explained: Run
) -> None:
    assert "Version `3`" in words(draw_for("predictions", prediction="churn"))
    app = draw_for("predictions", prediction="churn")
    app.selectbox(key="version_of_churn").select("4").run()
    assert "Version `4`" in words(app)


def test_drafting__a_bomb_in_a_link_is_refused() -> None:
    import base64
    import zlib

    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" * 10_000_000, 9)).decode()
    with pytest.raises(KithError, match="holds no funnel"):
        unpack(bomb)
    for text in ("", "%%%", "AAAA", pack(["a"])):  # type: ignore[arg-type]
        with pytest.raises(KithError, match="holds no funnel"):
            unpack(text)
    assert unpack(pack(BLANK)) == BLANK
