"""The journeys' page without a browser: what it shows in every state, and that its figures are the snapshot's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.canvas.desk import Desk
from dashboards.canvas.sketch import node_id
from dashboards.canvas.writing import document_of
from kith.accounts import Role, Visitor
from kith.run import Run
from kith.settings import Settings, load_settings
from kith.warehouse import Warehouse
from tests.unit.dashboards.canvas.shop_journeys import publish_journeys
from tests.unit.dashboards.conftest import Draw

REAL = load_settings().definitions


@pytest.fixture
def definitions(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped definitions, to be written in."""
    folder = Path(copytree(REAL, tmp_path / "shown"))
    monkeypatch.setenv("KITH_DEFINITIONS", str(folder))
    return folder


@pytest.fixture
def run(settings: Settings, definitions: Path) -> Run:
    return publish_journeys(settings)


@pytest.fixture
def ask(settings: Settings, run: Run) -> Iterator[Callable[..., Any]]:
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(run.snapshot)
        yield warehouse.value


def drawn(app: AppTest) -> dict[str, Any]:
    """What the canvas was given to draw."""
    import json

    [canvas] = app.get("bidi_component")
    return json.loads(canvas.proto.json)


def step(app: AppTest, *keys: str | int) -> dict[str, Any]:
    """A step of the canvas by its keys."""

    def found(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for each in steps:
            yield each
            for arm in each["arms"]:
                yield from found(arm["steps"])

    return next(each for each in found(drawn(app)["sketch"]["steps"]) if each["id"] == node_id(keys))


def figures(shown: dict[str, Any]) -> dict[str, str]:
    return {each["label"]: each["value"] for each in shown["figures"]}


def test_list__shows_every_file_with_the_figures_of_the_snapshot(
    draw: Draw, run: Run, ask: Callable[..., Any]
) -> None:
    app = draw("journeys")
    assert not app.exception
    frame = app.dataframe[0].value.set_index("journey")
    assert set(frame.index) == {path.stem for path in (REAL / "journeys").glob("*.yml")}
    cart = frame.loc["abandoned_cart"].to_dict()
    assert cart["entrants"] == ask(
        "SELECT sum(enrolment_count) FROM journeys WHERE journey = 'abandoned_cart'"
    )
    assert cart["inside"] == ask("SELECT count(*) FROM enrolments WHERE NOT is_ended")
    assert cart["state"] == "draft"
    assert frame.loc["ask_for_review"].to_dict()["state"] == "part"


def test_canvas__tells_at_each_step_what_sql_tells(draw: Draw, run: Run, ask: Callable[..., Any]) -> None:
    app = draw("journeys", journey="abandoned_cart")
    assert not app.exception
    waiting = "SELECT count(*) FROM enrolments WHERE NOT is_ended AND node_id = $node"
    passed = "SELECT count(*) FROM journey_transitions WHERE step_id = $node AND label = 'next'"
    first = figures(step(app, "steps", 0))
    assert first["here now"] == str(ask(waiting, {"node": "wait:2h"}))
    assert first["passed"] == str(ask(passed, {"node": "wait:2h"}))
    sent = "SELECT count(*) FROM messages WHERE step_id = 'message:cart_reminder' AND outcome = 'accepted'"
    assert figures(step(app, "steps", 2))["sent"] == str(ask(sent))
    answer = step(app, "steps", 3)
    clicked = "SELECT count(*) FROM journey_transitions WHERE step_id LIKE 'wait:cart%' AND label = $label"
    assert [arm["note"].split(" ")[0] for arm in answer["arms"]] == [
        str(ask(clicked, {"label": label})) for label in ("1", "timeout")
    ]
    assert figures(answer)["to the goal"] == str(ask(clicked, {"label": "goal"}))


def test_canvas__tells_of_one_version_alone(draw: Draw, run: Run, ask: Callable[..., Any]) -> None:
    older = "b" * 32
    app = draw("journeys", journey="abandoned_cart", version=older)
    count = ask("SELECT enrolment_count FROM journeys WHERE journey_version = $version", {"version": older})
    assert figures(drawn(app)["sketch"]["entry"])["entered"] == str(count)


def test_file__that_is_no_yaml_opens_to_be_mended(draw: Draw, run: Run, definitions: Path) -> None:
    (definitions / "journeys" / "retention.yml").write_text("name: retention\nsteps: [\n")
    app = draw("journeys", journey="retention")
    assert not app.exception
    assert "can't be drawn" in app.warning[0].value
    assert not app.get("bidi_component")
    assert next(each for each in app.text_area if each.label == "Text of the file").value


def test_list__names_a_broken_file_and_shows_the_others(draw: Draw, run: Run, definitions: Path) -> None:
    (definitions / "journeys" / "retention.yml").write_text("name: retention\nstps: []\n")
    app = draw("journeys")
    assert not app.exception
    assert any("retention" in each.value for each in app.warning)
    assert len(app.dataframe[0].value) == len(list((definitions / "journeys").glob("*.yml")))


def test_name__that_nobody_has_is_said(draw: Draw, run: Run) -> None:
    app = draw("journeys", journey="nobody_there")
    assert "no journey named" in app.warning[0].value
    assert app.dataframe


def test_viewer__looks_and_can_change_nothing(draw: Draw, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.sign_in.visitors.EVERYBODY", Visitor("vic", Role.VIEWER))
    monkeypatch.setattr("dashboards.pages.journeys.present_visitor", lambda: Visitor("vic", Role.VIEWER))
    app = draw("journeys", journey="abandoned_cart")
    assert not drawn(app)["isEditable"]
    assert all(each.disabled for each in app.text_input)
    assert all(
        each.disabled for each in app.button if each.label in ("Start", "Pause", "Stop", "Run the backtest")
    )
    assert not [each for each in app.button if each.label == "Save to the file"]


def test_form__changes_the_file_s_text_and_lint_follows(draw: Draw, run: Run) -> None:
    app = draw("journeys", journey="abandoned_cart")
    next(each for each in app.text_input if each.label == "Held out").set_value("25%").run()
    desk: Desk = app.session_state["desk_abandoned_cart"]
    assert desk.text == desk.draft.text.replace("holdout: 10%", "holdout: 25%")
    next(each for each in app.text_input if each.label == "Held out").set_value("a lot").run()
    marks = drawn(app)["sketch"]["entry"]["findings"]
    assert marks[0]["severity"] == "error"
    line = desk.text.splitlines().index("holdout: a lot") + 1
    assert marks[0]["line"] == line


@pytest.mark.parametrize("path", sorted((REAL / "journeys").glob("*.yml")), ids=lambda path: path.stem)
def test_forms__left_alone_change_nothing(path: Path, settings: Settings, definitions: Path) -> None:
    from dashboards.canvas.arms import steps_in, walk

    app = AppTest.from_function(_forms_script, args=(path.read_text(),), default_timeout=60).run()
    assert not app.exception
    assert app.session_state["changed"] == []
    # What the browser tells of untouched widgets, when something else was clicked, is taken as it was shown.
    app.run()
    assert app.session_state["changed"] == []
    assert app.session_state["asked"] == len(
        list(walk(steps_in(document_of(path.read_text())["steps"]), ("steps",)))
    )


def _forms_script(text: str) -> None:
    import streamlit as st

    from dashboards.canvas.arms import steps_in, walk
    from dashboards.canvas.forms import draw_form, journey_shape, step_shape
    from dashboards.canvas.palette import word_of
    from dashboards.canvas.writing import document_of

    document, changed, asked = document_of(text), [], 0
    own = {key: each for key, each in document.items() if key != "steps"}
    if draw_form(journey_shape(), own, "journey", {}) != own:
        changed.append("journey")
    for keys, step in walk(steps_in(document["steps"]), ("steps",)):
        asked += 1
        if step != "end" and draw_form(step_shape(word_of(step)), step, str(keys), {}) != step:
            changed.append(str(keys))
    st.session_state["changed"], st.session_state["asked"] = changed, asked
