"""What brought the orders, and how much does the answer depend on how one counts?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import attribution as answers
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.picking import pick, pick_from_list
from dashboards.pictures.bars import compared_bars
from dashboards.pictures.grid import shaded_grid
from dashboards.reader import Reader
from dashboards.sources import show_source
from dashboards.tables import Row, show_table

SPANS = {0: "All time", 90: "90 days", 30: "30 days", 7: "7 days"}
BY = {"channel": "Channels", "campaign": "Campaigns of messages"}
MEASURES = {"revenue_amount": "Revenue", "order_credit": "Orders"}
MOST_NAMES, COMPARED = 12, 4
EXPLAINED = {
    "first": "All to the first touch.",
    "last": "All to the last touch before the order.",
    "linear": "The same to every touch.",
    "position": "Most to the first and the last, the rest between.",
    "time_decay": "Halved for each half-life before the order.",
    "markov": "By how many orders would be lost without the channel.",
    "shapley": "By what the channel adds to every set of others.",
}


def draw(reader: Reader) -> None:
    """What each channel earned by each model, and that all of them sum to the orders."""
    if not is_published(reader, "attribution", "orders"):
        return
    known = answers.currencies(reader)
    if not known:
        nothing(
            "No order has been attributed yet. `activation/definitions/attribution/` says what a touch is."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = pick("Orders of", "since", SPANS)
        by = pick("Earned by", "earned_by", BY)
        measure = pick("Measured in", "in", MEASURES)
    currency = known[0]
    if len(known) > 1:
        currency = pick_from_list(
            "Currency", "paid_in", known, help_="Amounts of different currencies are never added"
        )
    frame = answers.earned(reader, currency, days, by)
    if frame.empty:
        nothing("No order of this time.")
        return
    spelling = visitor_spelling(reader)
    unit = f"Revenue ({currency})" if measure == "revenue_amount" else "Orders"
    _show_compared(reader, frame, measure, unit, by)
    show_source(reader, "attribution", definition="attribution/orders.yml")
    _show_reconciliation(reader, spelling, days)
    _show_touches(reader, currency, days)


def _show_compared(reader: Reader, frame: pd.DataFrame, measure: str, unit: str, by: str) -> None:
    names = frame.groupby("name")[measure].max().sort_values(ascending=False).index.tolist()
    kept = frame[frame["name"].isin(names[:MOST_NAMES])].copy()
    kept["model"] = kept["model"].map(answers.MODELS).fillna(kept["model"])
    order = [words for code, words in answers.MODELS.items() if code in set(frame["model"])]
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.subheader(f"By {BY[by].lower()}", anchor="compared")
        chosen = st.multiselect(
            "Models", order, default=[each for each in ("Last touch", "Linear", "Shapley") if each in order],
            key="models", bind="query-params", max_selections=COMPARED,
        )  # fmt: skip
        shown = kept[kept["model"].isin(chosen)]
        if shown.empty:
            nothing("Choose at least one model.")
        else:
            shown = shown.assign(at=shown["name"].map({name: at for at, name in enumerate(names)}))
            chart = compared_bars(shown.sort_values("at"), "name", measure, "model", chosen, unit)
            charts.show_chart(chart, f"{unit} by {BY[by].lower()} and model of attribution")
    with right:
        st.subheader("Every model", anchor="models")
        _show_grid(kept, names, order, measure, unit)
    if len(names) > MOST_NAMES:
        st.caption(f"The {MOST_NAMES} that earned most of {len(names)}; all are in the file.")
    offer_csv(reader, frame, f"attribution-{by}")


def _show_grid(kept: pd.DataFrame, names: list[str], order: list[str], measure: str, unit: str) -> None:
    import altair as alt

    whole = kept.groupby("model")[measure].transform("sum")
    shown = kept.assign(share=kept[measure] / whole.where(whole > 0), at=kept["name"].map(names.index))
    shown["place"] = shown["model"].map(order.index)
    chart = shaded_grid(
        shown.sort_values(["at", "place"])[["name", "model", "share", measure]], "model", "name", "share",
        across_title=None, down_title=None, unit="Of all that is shown", format_=".0%",
        tooltip=[
            alt.Tooltip("name:N", title="Earned by"),
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip(f"{measure}:Q", title=unit, format=",.2f"),
            alt.Tooltip("share:Q", title="Of all that is shown", format=".1%"),
        ],
        step=30, label_angle=-40,
    )  # fmt: skip
    charts.show_chart(chart, f"Share of {unit} by what earned it and by model")


def _show_reconciliation(reader: Reader, spelling: Spelling, days: int) -> None:
    frame = answers.reconciliation(reader, days)
    st.subheader("Does it add up?", anchor="reconciliation")
    wrong = frame[(frame["difference"].abs() > 0) | (frame["order_count"] != frame["attributed_count"])]
    if wrong.empty:
        st.markdown(
            ":green[:material/check_circle:] Each model gives out every order exactly once: its revenue is that of the "
            "orders that count, to the last digit."
        )
    else:
        st.error(
            "Some model gives out more or less than the orders brought. `kith run` builds attribution anew; if it stays "
            "so, the check `assert_attribution_reconciles_to_orders` says which orders.",
            icon=":material/error:",
        )
    rows = [
        Row(
            (
                answers.MODELS.get(str(row["model"]), str(row["model"])),
                spelling.number(row["order_count"]),
                spelling.number(row["attributed_count"], 0),
                spelling.money(row["net_amount"], row["currency"]),
                spelling.money(row["attributed_amount"], row["currency"]),
                spelling.money(row["difference"], row["currency"]),
            ),
            EXPLAINED.get(str(row["model"]), ""),
        )
        for row in frame.to_dict("records")
    ]
    header = (
        "Model",
        "Orders that count",
        "Orders given out",
        "Their revenue",
        "Revenue given out",
        "Difference",
    )
    show_table("Orders and revenue beside what each model gives out", header, rows, numbers=5)
    show_source(reader, "orders", "attribution")
    offer_csv(reader, frame, "attribution-reconciliation")


def _show_touches(reader: Reader, currency: str, days: int) -> None:
    import altair as alt

    frame = answers.touches(reader, currency, days)
    st.subheader("How many touches an order takes", anchor="touches")
    shown = frame.assign(
        touches=["10 and more" if count >= 10 else f"{count}" for count in frame["touch_count"]],
        share=frame["order_count"] / max(int(frame["order_count"].sum()), 1),
    )
    chart = (
        alt.Chart(shown, height=charts.HEIGHT)
        .mark_bar(color=charts.TEAL, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X("touches:N", sort=shown["touches"].tolist(), title="Touches before the order",
                    axis=alt.Axis(labelAngle=0, grid=False, ticks=False)),
            y=alt.Y("order_count:Q", title="Orders", axis=alt.Axis(format="~s", domain=False, ticks=False)),
            tooltip=[
                alt.Tooltip("touches:N", title="Touches"),
                alt.Tooltip("order_count:Q", title="Orders", format=","),
                alt.Tooltip("share:Q", title="Of all", format=".1%"),
                alt.Tooltip("revenue_amount:Q", title=f"Revenue ({currency})", format=",.2f"),
            ],
        )
    )  # fmt: skip
    charts.show_chart(chart, "Orders by the number of touches that led to them")
    show_source(reader, "attribution")
    offer_csv(reader, frame, "touches")


plugin = Page(
    title="Attribution",
    question="What brought the orders, and how much does the answer depend on how one counts?",
    icon=":material/hub:",
    group="Understand",
    order=68,
    draw=draw,
)
