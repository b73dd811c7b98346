"""What was given up, with the reason; an administrator may have it taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboards.actions import Action, show_action
from dashboards.asking import ask_anew
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.notices import nothing
from dashboards.operations.listing import asked, instants, show_live
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from kith.accounts import Right

COUNTS, ROWS = ("deliver", "failed", "--by-reason"), ("deliver", "failed")
FILTERS = ("channel", "provider", "outcome", "reason")
ANY = "Any"
LIMIT = 1_000


def show_messages(reader: Reader, spelling: Spelling) -> None:
    """Counts by reason, filters, the letters, and replay."""
    _show_outcome()
    counts = asked(reader, *COUNTS)
    if counts is None:
        return
    if not counts:
        st.success("No message was given up: there is nothing to replay.", icon=":material/check_circle:")
        return
    chosen = _choose(counts)
    matching = [each for each in counts if all(each[name] == value for name, value in chosen.items())]
    total = sum(each["messages"] for each in matching)
    st.markdown(f"**{spelling.number(total)}** messages were given up or are in doubt.")
    frame = pd.DataFrame(matching)
    columns = {
        **{name: spell_name(name) for name in ("channel", "provider", "outcome", "reason", "detail")},
        "messages": st.column_config.NumberColumn("Messages", format="localized"),
    }
    show_live(reader, frame, COUNTS, "Dead letters by reason", columns)
    _offer_replay(reader, spelling, chosen, total)
    with st.expander("Each message", icon=":material/list:"):
        _show_rows(reader, chosen, total)


def _choose(counts: list[dict[str, Any]]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for column, name in zip(st.columns(len(FILTERS)), FILTERS, strict=True):
        known = sorted({each[name] for each in counts if each[name]})
        key, wanted = f"dead_{name}", st.query_params.get(name)
        if key not in st.session_state and wanted in known:
            st.session_state[key] = wanted
        with column:
            value = st.selectbox(spell_name(name), [ANY, *known], key=key)
        if value != ANY:
            chosen[name] = str(value)
            st.query_params[name] = str(value)
        else:
            st.query_params.pop(name, None)
    return chosen


def _offer_replay(reader: Reader, spelling: Spelling, chosen: Mapping[str, str], total: int) -> None:
    visitor = present_visitor()
    why = "" if visitor.may(Right.OPERATE) else "An administrator may replay."
    label = f"Replay {spelling.number(total)} messages …"
    if st.button(
        label, type="primary", icon=":material/replay:", disabled=bool(why) or not total, help=why or None
    ):
        _confirm(reader, dict(chosen), total)


@st.dialog("Replay these messages?", width="medium")
def _confirm(reader: Reader, chosen: dict[str, str], total: int) -> None:
    spelling = Spelling(st.context.locale or "en", reader.settings.zone)
    told = ", ".join(f"{name} {value}" for name, value in chosen.items()) or "all of them"
    st.markdown(
        f"**{spelling.number(total)} messages** ({plain(told)}) are taken up again. The next delivery judges each "
        "anew: consent, suppression and expiry hold as ever, so not all of them may leave."
    )
    st.caption("What is in doubt goes to the same vendor again, which may mean that somebody gets it twice.")
    is_at_once = st.toggle("Deliver right away", value=True, help="Else the next run or worker does.")
    if st.button(f"Replay {spelling.number(total)}", type="primary", icon=":material/replay:"):
        _replay(reader, chosen, is_at_once)


def _replay(reader: Reader, chosen: dict[str, str], is_at_once: bool) -> None:
    visitor = present_visitor()
    where = [word for name, value in chosen.items() for word in ("--where", f"{name}={value}")]
    subject = ", ".join(f"{name}={value}" for name, value in chosen.items()) or "all"
    action = Action("Replay dead letters", ("deliver", "retry", *where), Right.OPERATE, subject)
    done = show_action(action, visitor, reader.settings)
    if not done.is_done:
        return
    told = f"{done.told.get('reopened', 0)} messages taken up again"
    if is_at_once:
        words = ("deliver", "--until-empty")
        sent = show_action(Action("Deliver", words, Right.OPERATE, subject), visitor, reader.settings)
        counts = sent.told if isinstance(sent.told, dict) else {}
        ends = [f"{counts[name]} {name}" for name in _ENDS if counts.get(name)]
        told += f"; {', '.join(ends) or 'nothing left'}"
    ask_anew()
    st.session_state["dead_letters_told"] = told
    st.rerun(scope="app")


_ENDS = ("accepted", "rejected", "failed", "unknown", "suppressed", "expired", "pending")


def _show_outcome() -> None:
    if told := st.session_state.pop("dead_letters_told", ""):
        st.success(f"{told}.", icon=":material/replay:")


def _show_rows(reader: Reader, chosen: Mapping[str, str], total: int) -> None:
    where = [word for name, value in chosen.items() for word in ("--where", f"{name}={value}")]
    words = (*ROWS, *where, "--limit", str(LIMIT))
    rows = asked(reader, *words)
    if not rows:
        return
    if total > LIMIT:
        st.caption(f"The last {LIMIT:,} of {total:,}.")
    frame = instants(pd.DataFrame(rows), "finished_at")
    columns = {
        "message_id": st.column_config.TextColumn("Message", width="medium"),
        "is_uncertain": st.column_config.CheckboxColumn("In doubt"),
        "finished_at": st.column_config.DatetimeColumn("Given up (UTC)", format="D MMM YYYY, HH:mm"),
        "step_id": "Step",
        **{each: spell_name(each) for each in ("outcome", "reason", "detail", "channel", "provider", "journey",
                                               "template", "purpose", "attempts")},
    }  # fmt: skip
    show_live(reader, frame, words[:2], "Messages that were given up", columns)
    st.caption("`kith deliver trace MESSAGE_ID` tells all that happened to one of them.")


def show_rows_of_syncs(reader: Reader, spelling: Spelling) -> None:
    """Rows that a destination refused, sync by sync."""
    syncs = asked(reader, "syncs", "list") or []
    names = [each["sync"] for each in syncs]
    if not names:
        nothing("No sync is defined.")
        return
    troubled = [
        each["sync"]
        for each in syncs
        if any(word in each["outcomes"] for word in ("rejected", "failed", "unknown"))
    ]
    name = st.selectbox("Sync", names, index=names.index(troubled[0]) if troubled else 0, key="dead_sync")
    name = name or names[0]
    rows = asked(reader, "syncs", "failed", name, "--limit", str(LIMIT))
    if rows is None:
        return
    if not rows:
        st.caption(f":green[:material/check_circle:] No row of {name} was refused.")
        return
    frame = instants(pd.DataFrame(rows), "finished_at")
    if not present_visitor().may(Right.SEE_PEOPLE) and "row_key" in frame:
        frame = frame.drop(columns=["row_key"])
    st.markdown(f"**{spelling.number(len(frame))}** rows of {plain(name)} were refused or given up.")
    show_live(reader, frame, ("syncs", "failed", name), f"Dead rows of {name}", _ROW_COLUMNS)
    _offer_retry(reader, name)


_ROW_COLUMNS = {
    "row_key": st.column_config.TextColumn("Row", pinned=True),
    **{each: spell_name(each) for each in ("outcome", "detail", "operation", "attempts")},
    "provider_code": "What the destination said",
    "is_uncertain": st.column_config.CheckboxColumn("In doubt"),
    "finished_at": st.column_config.DatetimeColumn("Given up (UTC)", format="D MMM YYYY, HH:mm"),
}


def _offer_retry(reader: Reader, name: str) -> None:
    visitor = present_visitor()
    is_barred = not visitor.may(Right.OPERATE)
    help_ = (
        "An administrator may replay." if is_barred else "Takes them up as they now are, and runs the sync."
    )
    if st.button(f"Replay rows of {name}", icon=":material/replay:", disabled=is_barred, help=help_):
        action = Action("Replay rows of a sync", ("syncs", "retry", name), Right.OPERATE, f"syncs/{name}")
        if show_action(action, visitor, reader.settings).is_done:
            ask_anew()
