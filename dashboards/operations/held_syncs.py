"""Syncs that stand still: held by a guard or broken off; an administrator lets one pass once, or runs it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from activation.syncs.guards import DRIFT, EMPTY, REMOVAL
from dashboards.actions import Action, show_action
from dashboards.asking import ask_anew
from dashboards.formatting import plain
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right

#: What lets a run pass once, by the guard that held it: the option of `kith syncs run`, and what it is called here.
PASSES: Mapping[str, tuple[str, str]] = {
    REMOVAL: ("--confirm", "Let the removal pass once"),
    DRIFT: ("--accept-schema", "Go on with the changed columns"),
}


def show_trouble(reader: Reader, sync: Mapping[str, Any]) -> None:
    """Why the sync stands still, as the last look told it, and the ways on."""
    name, detail = str(sync["sync"]), str(sync["detail"])
    with st.container(border=True):
        st.warning(f"**{plain(name)}** is {sync['state']}: {plain(detail)}", icon=":material/sync_problem:")
        guard = detail.partition(":")[0]
        with st.container(horizontal=True, vertical_alignment="center"):
            if sync["state"] == "held" and guard in PASSES:
                _offer_pass(reader, name, guard)
            _offer_run(reader, name, "Run it again", ())
        if guard == EMPTY:
            st.caption(
                "If nothing is what there should be: `guards: {may_be_empty: true}` in its definition."
            )
        st.caption(f"`kith syncs diff {name}` tells what the next run would push; it changes nothing.")


def _offer_pass(reader: Reader, name: str, guard: str) -> None:
    _, label = PASSES[guard]
    with st.popover(label, icon=":material/lock_open:"):
        st.markdown("This run alone goes on in spite of the guard; the next one is judged again.")
        _offer_run(reader, name, label, (*_passed(name), guard))


def _offer_run(reader: Reader, name: str, label: str, guards: tuple[str, ...]) -> None:
    visitor = present_visitor()
    is_barred = not visitor.may(Right.OPERATE)
    words = ("syncs", "run", name, *dict.fromkeys(PASSES[each][0] for each in guards))
    if not st.button(
        label if not guards else "Yes, this once", icon=":material/play_arrow:", disabled=is_barred,
        help="An administrator may do this." if is_barred else f"`kith {' '.join(words)}`",
        key=" ".join(("sync", *words)),
    ):  # fmt: skip
        return
    # A run may be held by one guard after another: what was let pass is let pass again until it is through.
    st.session_state[_key(name)] = guards
    done = show_action(
        Action(f"{label} (sync)", words, Right.OPERATE, f"syncs/{name}"), visitor, reader.settings
    )
    ask_anew()
    if done.is_done:
        st.session_state.pop(_key(name), None)
        st.rerun()


def _passed(name: str) -> tuple[str, ...]:
    return tuple(st.session_state.get(_key(name), ()))


def _key(name: str) -> str:
    return f"sync_passed_{name}"
