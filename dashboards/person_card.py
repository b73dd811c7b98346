"""The upper part of a person's page: who it is, key figures, traits, scores with their reasons."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from dashboards.answers import person as answers
from dashboards.cards import Card, show_cards
from dashboards.formatting import NONE, Spelling, spell_name
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader

TRAITS = {
    "user_id": "User id",
    "email": "E-mail",
    "phone": "Phone",
    "city": "City",
    "country": "Country",
    "locale": "Language",
    "time_zone": "Time zone",
    "birthday": "Birthday",
    "favourite_category": "Favourite category",
    "usual_device": "Usual device",
}


def show_header(profile: dict[str, Any], spelling: Spelling) -> None:
    """Name, what is special about this profile, key figures and traits."""
    name = " ".join(str(part) for part in (profile.get("first_name"), profile.get("last_name")) if part)
    st.subheader(
        name or profile.get("email") or profile.get("user_id") or "Anonymous visitor", anchor="person"
    )
    with st.container(horizontal=True):
        known = bool(profile.get("user_id") or profile.get("email"))
        st.badge("Identified" if known else "Anonymous", color="green" if known else "gray")
        if profile.get("is_bot"):
            st.badge("Bot", icon=":material/smart_toy:", color="orange")
        st.badge(f"Profile {profile['profile_id'][:10]}", color="gray", help=profile["profile_id"])
    show_cards(_cards(profile, spelling))
    traits = {label: profile.get(field) for field, label in TRAITS.items()}
    shown = [f"**{label}**&ensp;{value}" for label, value in traits.items() if value not in (None, "")]
    if shown:
        st.markdown("&emsp; ".join(shown))


def _cards(profile: dict[str, Any], spelling: Spelling) -> list[Card]:
    table = "Table `profiles`"
    orders = profile.get("order_count") or 0
    mean = spelling.money(profile.get("average_order_amount"), profile.get("currency")) if orders else NONE
    spent = spelling.money(profile.get("order_amount"), profile.get("currency")) if orders else NONE
    return [
        Card("Orders", spelling.number(orders), table, f"last {spelling.day(profile.get('last_order_at'))}"),
        Card("Spent", spent, f"{table}: `order_amount`, net of refunds", f"{mean} an order"),
        Card(
            "Visits",
            spelling.number(profile.get("session_count") or 0),
            table,
            f"{spelling.number(profile.get('event_count') or 0)} events",
        ),
        Card(
            "Last seen",
            spelling.day(profile.get("last_seen_at")),
            table,
            f"first {spelling.day(profile.get('first_seen_at'))}",
        ),
    ]


def show_scores(reader: Reader, spelling: Spelling, person: str) -> None:
    """Each score, where it stands among everyone's, and why."""
    st.markdown("#### Predictions")
    if not is_published(reader, "scores"):
        return
    scores = answers.scores_of(reader, person)
    if not scores:
        nothing("No model has a score for this person.")
    for score in scores:
        with st.container(border=True):
            st.markdown(f"**{spell_name(score['model'])}** &ensp; {spelling.percent(score['score'])}")
            st.progress(min(max(float(score["score"]), 0.0), 1.0))
            st.caption(
                f"Higher than that of {spelling.percent(score['share_below'], 0)} of people · version `{score['model_version']}` · {spelling.instant(score['scored_at'])}"
            )
            for line in spell_reasons(score["reasons"], spelling):
                st.markdown(line)


def spell_reasons(text: str | None, spelling: Spelling) -> list[str]:
    """Reasons as lines. They are JSON: a list of objects with a feature and, where known, its value and effect."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return [_reason_line(each, spelling) for each in (found if isinstance(found, list) else [])]


def _reason_line(reason: Any, spelling: Spelling) -> str:
    if not isinstance(reason, dict):
        return f"- {spell_name(str(reason))}"
    name = spell_name(str(reason.get("feature") or reason.get("name") or "unknown"))
    value = reason.get("value")
    shown = (
        spelling.number(value, 0 if float(value).is_integer() else 2)
        if isinstance(value, int | float)
        else value
    )
    effect = next(
        (reason[key] for key in ("effect", "contribution", "weight", "impact") if key in reason), None
    )
    arrow = "" if effect is None else ":red[▲] " if effect > 0 else ":green[▼] "
    return f"- {arrow}{name}" + ("" if value is None else f": **{shown}**")
