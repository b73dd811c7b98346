"""What would we recommend to this person, or beside this product?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import recommended as answers
from dashboards.cards import Card, show_cards
from dashboards.downloads import offer_csv
from dashboards.formatting import NONE, Spelling, is_absent, spell_name
from dashboards.links import page_address
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.picking import pick_from_list
from dashboards.pictures.bars import named_bars
from dashboards.reader import Reader
from dashboards.sources import show_source

KINDS = {"also_bought": "Bought by the same people", "also_viewed": "Looked at in the same visits"}


def draw(reader: Reader) -> None:
    """A person's list with its reasons, a product's neighbours, and what is recommended most."""
    if not is_published(reader, "recommendations", "product_recommendations", "products", "order_lines"):
        return
    spelling = visitor_spelling(reader)
    found = answers.figures(reader)
    if not found.get("people_count"):
        nothing(
            "Nothing is recommended yet: the model needs people who looked at or bought several products."
        )
        return
    source = "Table `recommendations`"
    show_cards(
        [
            Card("People with a list", spelling.number(found["people_count"]), source,
                 f"of {found['list_length']} products each"),
            Card("Products recommended", spelling.number(found["product_count"]), source, "to somebody"),
            Card("Filled up with popular ones", spelling.percent(found["popular_share"], 2), source, "of all places"),
            Card("Made", spelling.day(found["recommended_at"]), source, f"model version {found['model_version']}"),
        ]
    )  # fmt: skip
    person, product, most = st.tabs(["For a person", "Beside a product", "Recommended most"])
    with person:
        _show_person(reader, spelling)
    with product:
        _show_product(reader, spelling)
    with most:
        _show_most(reader, spelling)


def _show_person(reader: Reader, spelling: Spelling) -> None:
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        text = st.text_input(
            "Person", key="for_person", bind="query-params", placeholder="Profile id or any identifier"
        )
    with right:
        examples = answers.some_people(reader)
        if not text:
            text = pick_from_list("Or one of these", "example", examples) if examples else ""
    profile_id = answers.profile_of(reader, text) if text else None
    if profile_id is None:
        nothing("Nobody is known by that." if text else "Type an identifier to see a person's list.")
        return
    listed = answers.for_person(reader, profile_id)
    if listed.empty:
        nothing("Nothing is recommended to this person: too little is known of them.")
        return
    st.markdown(f"[Open the person's page]({page_address('person', person=profile_id)})")
    told, bought = st.columns([3, 2], gap="large")
    with told:
        st.markdown("**Recommended**")
        _show_list(reader, spelling, listed, profile_id)
    with bought:
        st.markdown("**Bought last**")
        _show_bought(reader, spelling, profile_id)


def _show_list(reader: Reader, spelling: Spelling, listed: pd.DataFrame, profile_id: str) -> None:
    shown = listed.assign(
        price=_prices(spelling, listed),
        why=[
            plain_reason(kind, because, reason)
            for kind, because, reason in zip(listed["kind"], listed["because"], listed["reason"], strict=True)
        ],
    )
    st.dataframe(
        shown,
        hide_index=True,
        alt="Products recommended to the person, with the reason",
        column_order=["rank", "product", "category", "price", "why"],
        column_config={
            "rank": st.column_config.NumberColumn("Place", width="small"),
            "product": "Product",
            "category": "Category",
            "price": "Price",
            "why": st.column_config.TextColumn("Why", width="large"),
        },
    )
    show_source(reader, "recommendations", "products")
    offer_csv(reader, listed, f"recommended-{profile_id[:10]}")


def plain_reason(kind: str, because: str | None, reason: str | None) -> str:
    """`Like Calm Lantern`, `Amber Roast: seen before and not bought`."""
    if kind == "popular":
        return "Popular: their own history says too little"
    told = "" if is_absent(reason) else str(reason)
    cause = "" if is_absent(because) or str(because) in told else str(because)
    words = ": ".join(filter(None, [cause, told])) or spell_name(kind)
    return words[:1].upper() + words[1:]


def _show_bought(reader: Reader, spelling: Spelling, profile_id: str) -> None:
    frame = answers.bought_by(reader, profile_id)
    if frame.empty:
        nothing("Nothing so far.")
        return
    frame["ordered_at"] = [spelling.day(each) for each in frame["ordered_at"]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="What the person bought last",
        column_config={
            "product": "Product",
            "category": "Category",
            "quantity": st.column_config.NumberColumn("Pieces", format="localized"),
            "ordered_at": "Ordered",
        },
    )
    show_source(reader, "order_lines")
    offer_csv(reader, frame, f"bought-{profile_id[:10]}")


def _show_product(reader: Reader, spelling: Spelling) -> None:
    known = answers.known_products(reader)
    if not known:
        nothing("No product has neighbours yet.")
        return
    names = {f"{name} · {product_id}": product_id for product_id, name in known.items()}
    chosen = pick_from_list("Product", "product", list(names))
    frame = answers.beside_product(reader, names[chosen])
    for column, (kind, title) in zip(st.columns(2, gap="large"), KINDS.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            _show_neighbours(spelling, frame[frame["kind"] == kind], title)
    show_source(reader, "product_recommendations", "products")
    offer_csv(reader, frame, f"beside-{names[chosen]}")


def _show_neighbours(spelling: Spelling, frame: pd.DataFrame, title: str) -> None:
    if frame.empty:
        nothing("None: too few people did.")
        return
    st.dataframe(
        frame.assign(price=_prices(spelling, frame)),
        hide_index=True,
        alt=title,
        column_order=["rank", "product", "category", "price", "score"],
        column_config={
            "rank": st.column_config.NumberColumn("Place", width="small"),
            "product": "Product",
            "category": "Category",
            "price": "Price",
            "score": st.column_config.ProgressColumn("Likeness", min_value=0.0, max_value=1.0, format="%.2f"),
        },
    )


def _show_most(reader: Reader, spelling: Spelling) -> None:
    frame = answers.most_recommended(reader)
    drawn = frame.assign(label=[spelling.number(int(count)) for count in frame["people_count"]])
    chart = named_bars(drawn, "product", "people_count", "People with it in their list", "~s")
    charts.show_chart(chart, "Products that lists hold most")
    show_source(reader, "recommendations", "products")
    offer_csv(reader, frame, "recommended-most")


def _prices(spelling: Spelling, frame: pd.DataFrame) -> list[str]:
    return [
        NONE if is_absent(price) else spelling.money(price, code)
        for price, code in zip(frame["price"], frame["currency"], strict=True)
    ]


plugin = Page(
    title="Recommendations",
    question="What would we recommend to this person, or beside this product?",
    icon=":material/recommend:",
    group="Understand",
    order=71,
    draw=draw,
)
