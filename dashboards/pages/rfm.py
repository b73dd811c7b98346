"""Who are the best buyers, and who is slipping away?"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboards.answers import rfm as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, spell_name
from dashboards.links import person_addresses, person_column
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.picking import pick_from_list
from dashboards.pictures.grid import SELECTED, shaded_grid
from dashboards.reader import Reader
from dashboards.rfm_segment import offer_segment
from dashboards.sources import show_source

RECENCY = {5: "5 · bought last", 4: "4", 3: "3", 2: "2", 1: "1 · longest ago"}
FREQUENCY = {1: "1 · fewest orders", 2: "2", 3: "3", 4: "4", 5: "5 · most orders"}
CELL = "square"


def draw(reader: Reader) -> None:
    """The grid; below, the people of the square that was clicked."""
    if not is_published(reader, "rfm"):
        return
    frame = answers.grid(reader)
    if frame.empty:
        nothing("Nobody has bought anything yet.")
        return
    spelling = visitor_spelling(reader)
    st.markdown(
        "Buyers in fifths: by how recently they ordered, and by how often. Click a square to see who is in it."
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_grid(reader, frame)
    with right:
        _show_groups(reader)
    show_source(reader, "rfm")
    _show_square(reader, spelling, frame)


def _show_grid(reader: Reader, frame: pd.DataFrame) -> None:
    measure, unit, shown = "people_count", "People", frame
    currencies = answers.amounts(reader)
    options = ["People", *(f"Spent in {each}" for each in currencies["currency"].dropna().unique())]
    chosen = pick_from_list("Squares show", "squares", options)
    if chosen != "People":
        code = chosen.removeprefix("Spent in ")
        told = currencies[currencies["currency"] == code].drop(columns="currency")
        shown = frame.merge(told, on=["recency_score", "frequency_score"], how="left").fillna(
            {"order_amount": 0.0}
        )
        measure, unit = "order_amount", f"{code} spent"
    shown = shown.assign(
        recency=shown["recency_score"].map(RECENCY),
        frequency=shown["frequency_score"].map(FREQUENCY),
        group=[spell_name(each) for each in shown["rfm_segment"]],
    )
    chart = shaded_grid(
        shown.drop(columns=["recency_score", "frequency_score", "rfm_segment"]), "frequency", "recency", measure,
        across_title="How often they ordered", down_title="How recently", unit=unit, format_="~s",
        tooltip=[
            alt.Tooltip("group:N", title="Called"),
            alt.Tooltip("people_count:Q", title="People", format=","),
            alt.Tooltip(f"{measure}:Q", title=unit, format=",.0f"),
            alt.Tooltip("order_count:Q", title="Orders", format=","),
            alt.Tooltip("recency_days:Q", title="Mean days since the last order", format=".0f"),
        ],
        step=62, selects=True,
    )  # fmt: skip
    event = st.altair_chart(
        chart, width="stretch", on_select=_keep_square, key="rfm_grid",
        alt="Buyers by fifths of recency and frequency",
    )  # fmt: skip
    del event
    offer_csv(reader, frame, "rfm")


def _keep_square() -> None:
    """The square that was clicked goes into the address, so that it can be shared."""
    state: Any = st.session_state.get("rfm_grid") or {}
    picked = (state.get("selection") or {}).get(SELECTED) or []
    if not picked:
        st.query_params.pop(CELL, None)
        return
    st.query_params[CELL] = f"{str(picked[0]['recency'])[:1]}-{str(picked[0]['frequency'])[:1]}"


def _show_groups(reader: Reader) -> None:
    frame = answers.groups(reader)
    frame["rfm_segment"] = [spell_name(each) for each in frame["rfm_segment"]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="Groups of buyers with their sizes",
        column_config={
            "rfm_segment": "Called",
            "people_count": st.column_config.NumberColumn("People", format="localized"),
            "order_count": st.column_config.NumberColumn("Orders", format="localized"),
            "recency_days": st.column_config.NumberColumn("Mean days since", format="%.0f"),
        },
    )
    offer_csv(reader, frame, "rfm-groups")


def _show_square(reader: Reader, spelling: Spelling, frame: pd.DataFrame) -> None:
    recency, _, frequency = st.query_params.get(CELL, "").partition("-")
    found = frame[
        (frame["recency_score"].astype(str) == recency) & (frame["frequency_score"].astype(str) == frequency)
    ]
    if found.empty:
        nothing("No square is chosen.")
        return
    row = found.iloc[0]
    called, count = spell_name(str(row["rfm_segment"])), int(row["people_count"])
    bounds = answers.bounds(reader, int(recency), int(frequency))
    st.subheader(f"{called}: {spelling.number(count)} people", anchor="people")
    days, orders = _range(bounds, "days"), _range(bounds, "orders")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{days} days since the last order, {orders} orders.", width="content")
        offer_segment(
            reader, f"{row['rfm_segment']}_r{recency}_f{frequency}",
            f"{called}: {orders} orders, the last one {days} days ago.", bounds,
        )  # fmt: skip
    if bounds["bounded_count"] != count:
        st.caption(
            f"{spelling.number(bounds['bounded_count'])} people lie within these bounds: a segment takes all of "
            "them, while fifths part people whose figures are equal."
        )
    _show_people(reader, spelling, int(recency), int(frequency), count)


def _range(bounds: dict[str, Any], name: str) -> str:
    least, most = bounds[f"least_{name}"], bounds[f"most_{name}"]
    return f"{least}" if least == most else f"{least} to {most}"


def _show_people(reader: Reader, spelling: Spelling, recency: int, frequency: int, count: int) -> None:
    people = answers.people(reader, recency, frequency)
    shown = people.assign(
        person=person_addresses(people["profile_id"]),
        spent=[
            spelling.money(amount, code)
            for amount, code in zip(people["order_amount"], people["currency"], strict=True)
        ],
    )
    st.dataframe(
        shown,
        hide_index=True,
        alt="People of the chosen square, without addresses",
        column_order=["person", "order_count", "spent", "recency_days", "monetary_score"],
        column_config={
            "person": person_column(),
            "order_count": st.column_config.NumberColumn("Orders", format="localized"),
            "spent": "Spent",
            "recency_days": st.column_config.NumberColumn("Days since the last order", format="%.0f"),
            "monetary_score": st.column_config.NumberColumn("Fifth by money", help="5 spent most"),
        },
    )
    if count > len(people):
        st.caption(f"The first {len(people)} of {spelling.number(count)}, those who spent most first.")
    offer_csv(reader, people, f"rfm-{recency}-{frequency}", of=count)


plugin = Page(
    title="Best buyers",
    question="Who are the best buyers, and who is slipping away?",
    icon=":material/apps:",
    group="Understand",
    order=66,
    draw=draw,
)
