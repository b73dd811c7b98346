"""Who is held out, which caps and quiet hours hold, what counts as a success."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.campaign.roster import listed
from dashboards.compose.choices import budgets_in_words, caps_in_words, names_of, quiet_hours_in_words
from dashboards.compose.controls import Controls
from dashboards.compose.document import Page, mapping, percent_of, spell_percent
from kith.settings import Settings

MARKETING, NOTICE = "Marketing", "A notice they wait for"


def show_rules(controls: Controls, page: Page, settings: Settings) -> None:
    """Purpose, holdout, caps and quiet hours as they will apply."""
    was = NOTICE if page.said.get("purpose") == "transactional" else MARKETING
    purpose = controls.one_of("Purpose", "purpose", was, (MARKETING, NOTICE))
    page.put("purpose", was, purpose, lambda value: "transactional" if value == NOTICE else "marketing")
    if purpose == NOTICE:
        page.drop("holdout", "caps", "quiet_hours")
        st.caption("A receipt, a password, a booking: nobody is held out, no cap and no quiet hour holds.")
    else:
        page.said.setdefault("holdout", "10%")
        _holdout(controls, page)
        _limits(controls, page, settings)
    before = str(page.said.get("expires_after", "48h"))
    after = controls.text("Not sent at all if it waits longer than", "expires", before)
    page.put("expires_after", before, after)


def show_goal(controls: Controls, page: Page, events: list[str]) -> None:
    """What counts as a success."""
    said = dict(mapping(page.said.get("goal")))
    left, right = st.columns(2)
    with left:
        event = controls.choice("A success is", "goal_event", said.get("event") or "Order Completed", events,
                                accept_new_options=True)  # fmt: skip
    with right:
        within = controls.text("Within", "goal_within", str(said.get("within", "7d")))
    fresh: dict[str, Any] = {**said, "event": event, "within": within}
    if fresh != said:
        page.said["goal"] = fresh


def _holdout(controls: Controls, page: Page) -> None:
    before = percent_of(page.said.get("holdout"), 10.0)
    after = controls.number(
        "Held out to compare with (%)", "holdout", before, min_value=0.0, max_value=90.0, step=1.0, format="%g",
        help="Drawn by chance, never written to: only the difference between the two tells what the message did.",
    )  # fmt: skip
    page.put("holdout", before, after, spell_percent)
    if after == 0:
        page.said["holdout"] = "0%"


def _limits(controls: Controls, page: Page, settings: Settings) -> None:
    known = names_of(settings, "caps")
    said = page.said.get("caps", "all")
    has_all = controls.is_on("All caps hold", "all_caps", said == "all")
    if has_all:
        page.put("caps", said, "all")
    else:
        before = [] if said == "all" else listed(said)
        chosen = controls.several("Caps that hold", "caps", before, known)
        page.said["caps"] = chosen
    keeps = controls.is_on("Keep quiet hours", "quiet", page.said.get("quiet_hours", "keep") == "keep")
    page.put("quiet_hours", page.said.get("quiet_hours", "keep") == "keep", keeps,
             lambda _: "keep")  # fmt: skip
    if not keeps:
        page.said["quiet_hours"] = "ignore"
    by = listed(page.said.get("by"))
    told = [
        ("Caps", caps_in_words(settings, "all" if has_all else listed(page.said.get("caps")))),
        ("Quiet hours", quiet_hours_in_words(settings, by) if keeps else []),
        ("Budgets and throttles", budgets_in_words(settings)),
    ]
    for title, sentences in told:
        st.caption(f"{title}: {'; '.join(sentences) if sentences else 'none'}")
