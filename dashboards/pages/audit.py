"""Who did what, and has the record been touched?"""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.answers import audit as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling
from dashboards.notices import nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from kith.accounts import Right


def draw(reader: Reader) -> None:
    """The verdict on the chain, then the entries asked for."""
    spelling = visitor_spelling(reader)
    chain = answers.check_chain(reader.settings)
    _show_chain(chain, spelling)
    if not chain.entries:
        nothing("Nothing has been done yet.")
        return
    frame, count = answers.entries(reader.settings, _ask(reader))
    if frame.empty:
        nothing("No entry is like that.")
        return
    shown = frame.assign(
        at=[spelling.instant(each) for each in frame["at"]],
        detail=["" if each == "{}" else each for each in frame["detail"]],
    )
    st.dataframe(
        shown,
        hide_index=True,
        alt="Entries of the log, the newest first",
        height=min(640, 38 + 35 * len(shown)),
        column_config={
            "entry_id": st.column_config.NumberColumn("Entry", format="%d"),
            "at": f"When ({spelling.zone})",
            "actor": "Who",
            "action": st.column_config.TextColumn("What", width="medium"),
            "subject": st.column_config.TextColumn("About", width="medium"),
            "detail": st.column_config.TextColumn("More", width="medium"),
            "digest": st.column_config.TextColumn(
                "Digest", width="small", help="Covers the entry and the one before"
            ),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        offer_csv(reader, frame, "audit", of=count)
        more = (
            f"the newest {len(frame):,} of {count:,} entries" if count > len(frame) else f"{count:,} entries"
        )
        st.caption(f"{more} · the state database, now", width="content")


def _show_chain(chain: answers.Chain, spelling: Spelling) -> None:
    if chain.broken is None:
        st.caption(
            f":green[:material/verified:] All {spelling.number(chain.entries)} entries follow from one another: "
            "none was altered, taken out or put in between."
        )
        return
    st.error(
        f"Entry {chain.broken} doesn't follow from the one before it: it or one before was altered or taken out. "
        "Compare with a backup of the state database before anything else is done.",
        icon=":material/gpp_bad:",
    )


def _ask(reader: Reader) -> answers.Wanted:
    actors, actions = answers.names_in_log(reader.settings)
    told = st.query_params
    who, what, about, days = st.columns([2, 3, 2, 2])
    with who:
        chosen = st.multiselect("Who", actors, default=_known(told.get_all("who"), actors), key="audit_who")
    with what:
        done = st.multiselect(
            "What", actions, default=_known(told.get_all("what"), actions), key="audit_what"
        )
    with about:
        words = st.text_input("Words in it", told.get("words", ""), key="audit_words")
    with days:
        picked = st.date_input("Days (UTC)", value=[], key="audit_days", format="DD/MM/YYYY")
    parameters = {"who": chosen, "what": done, "words": [words] if words.strip() else []}
    st.query_params.from_dict({name: values for name, values in parameters.items() if values})
    first, last = _range(picked)
    return answers.Wanted(tuple(chosen), tuple(done), words, first, last)


def _range(picked: object) -> tuple[date | None, date | None]:
    days = [each for each in picked if isinstance(each, date)] if isinstance(picked, tuple) else []
    return (days[0] if days else None, days[-1] if len(days) == 2 else None)


def _known(named: list[str], known: list[str]) -> list[str]:
    return [each for each in named if each in known]


plugin = Page(
    title="Audit",
    question="Who did what, and has the record been touched?",
    icon=":material/policy:",
    group="Run",
    order=90,
    draw=draw,
    right=Right.ADMINISTER,
)
