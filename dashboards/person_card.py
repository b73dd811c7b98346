"""The upper part of a person's page: who it is, key figures, traits, scores with their reasons."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from dashboards.answers import person as answers
from dashboards.cards import Card, show_cards
from dashboards.formatting import NONE, Spelling, plain, spell_name
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader
from dashboards.scales import scale_of, spell_score
from dashboards.tables import Row, show_table

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
    title = name or profile.get("email") or profile.get("user_id") or "Anonymous visitor"
    st.subheader(plain(title), anchor="person")
    with st.container(horizontal=True):
        known = bool(profile.get("user_id") or profile.get("email"))
        st.badge("Identified" if known else "Anonymous", color="green" if known else "gray")
        if profile.get("is_bot"):
            st.badge("Bot", icon=":material/smart_toy:", color="orange")
        st.badge(f"Profile {profile['profile_id'][:10]}", color="gray", help=profile["profile_id"])
    show_cards(_cards(profile, spelling))


def show_traits(profile: dict[str, Any]) -> None:
    """What the person, or the shop, told us."""
    st.markdown("#### Traits")
    rows = [Row((label, str(profile[field]))) for field, label in TRAITS.items() if profile.get(field)]
    if rows:
        show_table("Traits of this person", ("Trait", ""), rows, numbers=0)
    else:
        nothing("Nothing is known about this visitor.")


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
            scale, share_below = scale_of(score["model"]), float(score["share_below"])
            told = spell_score(float(score["score"]), scale, share_below, spelling)
            st.markdown(f"**{spell_name(score['model'])}** &ensp; {told.text}")
            st.progress(told.fullness)
            below = spelling.percent(share_below, 0)
            scored = f"version `{score['model_version']}` · {spelling.instant(score['scored_at'])}"
            st.caption(f"Higher than that of {below} of people · {scored}")
            for line in spell_reasons(score["reasons"], spelling):
                st.markdown(line)


def spell_reasons(text: str | None, spelling: Spelling) -> list[str]:
    """Reasons as lines of Markdown, from JSON: a list whose entries have `words`, or `feature, value, median, effect`
    (0–1)."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return [_reason_line(each, spelling) for each in found if isinstance(each, dict) and _is_told(each)]


def _is_told(reason: dict[str, Any]) -> bool:
    return "words" in reason or "feature" in reason


def _reason_line(reason: dict[str, Any], spelling: Spelling) -> str:
    if reason.get("words"):
        effect = reason.get("effect")
        mark = "" if not effect else ":orange[▲] " if effect > 0 else ":green[▼] "
        return f"{mark}{plain(reason['words'])}"
    effect, value, median = (reason.get(name) for name in ("effect", "value", "median"))
    mark = "" if not effect else ":orange[▲] " if effect > 0 else ":green[▼] "
    shift = "" if effect is None else f"**{spelling.points(effect)}** "
    usual = "" if median is None else f" (usual: {spelling.decimal(median)})"
    return f"{mark}{shift}{plain(spell_name(reason['feature']))}: {spelling.decimal(value)}{usual}"
