"""Saving a journey, and telling one that runs: start, pause, stop, migrate."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.actions import Action, perform, show_action
from dashboards.canvas.desk import leave
from dashboards.canvas.views import View
from dashboards.definition_kinds import Remark
from dashboards.editing import Overtaken, open_draft, save_draft, text_difference
from dashboards.formatting import plain
from dashboards.notices import nothing
from kith.accounts import Right
from kith.errors import KithError

_MAP = "One a line: old=new, or old=out to let them leave. The others go to the step of their name."
_EFFECTS = {
    "start": ("Start", ":material/play_arrow:", "People may come in again from now on."),
    "pause": ("Pause", ":material/pause:", "Nobody comes in from now on; those inside go on."),
    "stop": ("Stop", ":material/stop:", "Nobody comes in from now on, and everybody inside leaves."),
}


def show_saving(view: View, remarks: list[Remark]) -> None:
    """The button to save, with what would change."""
    desk = view.desk
    if not view.is_editable:
        st.caption(":material/lock: Your role may look at journeys, not edit them.")
        return
    errors = [each for each in remarks if each.severity == "error"]
    with st.popover("Save", icon=":material/save:", type="primary" if desk.is_changed else "secondary",
                    disabled=not desk.is_changed, key=f"saving_{view.name}"):  # fmt: skip
        st.markdown("**What changes in the file**")
        before = "" if desk.draft.is_new else desk.draft.text
        st.code(text_difference(before, desk.text, "saved", "yours") or "Nothing.", language="diff")
        if errors:
            st.error(
                f"Lint finds {len(errors)} to put right first: {plain(errors[0].message)}",
                icon=":material/error:",
            )
        if st.button("Save to the file", type="primary", disabled=bool(errors), key=f"save_{view.name}"):
            _save(view)
    if (
        desk.is_changed
        and not desk.draft.is_new
        and st.button("Discard", icon=":material/undo:", type="tertiary")
    ):
        leave(view.name)
        st.rerun()


def _save(view: View) -> None:
    desk, settings = view.desk, view.reader.settings
    try:
        desk.saved(save_draft(desk.draft, desk.text, view.visitor, settings))
    except Overtaken as overtaken:
        desk.remembered["overtaken"] = overtaken
    except KithError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    else:
        st.session_state["journey_told"] = f"{view.name} is saved"
    st.rerun()


def show_overtaken(view: View) -> None:
    """Somebody else saved the file meanwhile: both texts, and the two ways on."""
    overtaken: Overtaken | None = view.desk.remembered.get("overtaken")
    if overtaken is None:
        return
    with st.container(border=True):
        st.warning(plain(overtaken.problem), icon=":material/group:")
        st.code(overtaken.diff, language="diff")
        mine, theirs = st.columns(2)
        if mine.button("Go on with mine, from their file", key="overtaken_mine"):
            if overtaken.theirs is not None:
                view.desk.saved(open_draft(view.reader.settings, "journeys", view.desk.draft.name))
            del view.desk.remembered["overtaken"]
            st.rerun()
        if theirs.button("Take theirs", key="overtaken_theirs"):
            leave(view.name)
            st.rerun()


def show_running(view: View) -> None:
    """What a running journey can be told, each an action that is written down."""
    may = view.visitor.may(Right.LAUNCH)
    with st.popover("Run", icon=":material/rocket_launch:", disabled=view.desk.draft.is_new):
        state = view.listed.state if view.listed else "draft"
        if state in ("draft", "part", "broken"):
            nothing("Nobody comes in: the file says so. Set its state to live, under In hand, and save.")
        for word, (title, icon, effect) in _EFFECTS.items():
            if st.button(
                title, icon=icon, help=effect, disabled=not may, key=f"{word}_{view.name}", width="stretch"
            ):
                words = ("journeys", word, view.name, "--by", view.visitor.name)
                show_action(Action(f"{title} a journey", words, Right.LAUNCH, f"journeys/{view.name}"), view.visitor,
                            view.reader.settings)  # fmt: skip
        if not may:
            nothing("Your role may not let journeys go live, pause or stop them.")
        _show_migration(view, may)


def _show_migration(view: View, may: bool) -> None:
    current = view.listed.version if view.listed else ""
    older = [each for each in view.versions if each["version"] != current and each["inside"]]
    if not older or not may:
        return
    st.divider()
    inside = sum(each["inside"] for each in older)
    st.markdown(f"**{view.spelling.number(inside)} are inside older versions**")
    told = st.text_area("Steps that have another name now", key=f"map_{view.name}", placeholder="wait:3d=wait:2d",
                        help=_MAP)  # fmt: skip
    pairs = [word for line in told.splitlines() if line.strip() for word in ("--map", line.strip())]
    words = ("journeys", "migrate", view.name, *pairs, "--by", view.visitor.name)
    if st.button("Who would go where", icon=":material/search:", key=f"foresee_{view.name}"):
        done = perform(_migration(view, (*words, "--dry-run")), view.visitor, view.reader.settings)
        if done.is_done and isinstance(done.told, list):
            st.dataframe(pd.DataFrame(done.told), hide_index=True, alt="Who would go where")
        else:
            st.error(plain(done.problem), icon=":material/error:")
    if st.button("Move them to the present version", icon=":material/move_down:", key=f"migrate_{view.name}"):
        show_action(_migration(view, words), view.visitor, view.reader.settings)


def _migration(view: View, words: tuple[str, ...]) -> Action:
    return Action("Migrate a journey", words, Right.LAUNCH, f"journeys/{view.name}")
