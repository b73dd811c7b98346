"""What is said and by which channel: one template, or several that are compared."""

from __future__ import annotations

from typing import Any, get_args

import pandas as pd
import streamlit as st

from activation.journeys.language.channels import Channel
from dashboards.campaign.roster import listed
from dashboards.compose.choices import TemplateChoice
from dashboards.compose.controls import Controls
from dashboards.compose.document import Page, even_shares, mapping

CHANNELS: tuple[str, ...] = get_args(Channel)
NAMES = "ABCDEFGHIJ"


def show_message(controls: Controls, page: Page, templates: list[TemplateChoice], events: list[str]) -> None:
    """Templates and channels."""
    names = [each.name for each in templates if not each.problem]
    is_compared = controls.is_on(
        "Compare several templates", "compare", "variants" in page.said,
        help="Each person gets one of them, drawn by chance; who comes after a winner is proved gets the winner.",
    )  # fmt: skip
    if is_compared:
        _variants(controls, page, names, events)
    else:
        before = page.said.get("send")
        page.drop("variants", "winner", "rest_after")
        first = before or next(iter(names), None)
        page.put("send", before, controls.choice("Template", "send", first, names))
    _channels(controls, page, templates)


def _channels(controls: Controls, page: Page, templates: list[TemplateChoice]) -> None:
    sent = set(sent_by(page.said))
    able = [each for choice in templates if choice.name in sent for each in choice.channels]
    before = listed(page.said.get("by"))
    left, right = st.columns([2, 1])
    with left:
        by = controls.several(
            "Channels, the first one first", "by", before,
            [*dict.fromkeys([*able, *CHANNELS])],
            help="The first that the person agreed to and can be reached by carries it.",
        )  # fmt: skip
    page.put("by", before, by, lambda value: value if len(value) > 1 else value[0])
    with right:
        if len(by) > 1:
            best = controls.is_on("Best answered first", "best", page.said.get("choose") == "best")
            page.put("choose", page.said.get("choose") == "best", best, lambda _: "best")
            if not best:
                page.drop("choose")
        else:
            page.drop("choose")


def _variants(controls: Controls, page: Page, names: list[str], events: list[str]) -> None:
    said = [dict(mapping(each)) for each in page.said.get("variants") or ()]
    if not said:
        first = page.said.get("send") or next(iter(names), "")
        other = next((each for each in names if each != first), first)
        said = [
            {"variant": name.lower(), "send": template, "share": share}
            for name, template, share in zip(NAMES, (first, other), even_shares(2), strict=False)
        ]
    edited = st.data_editor(
        pd.DataFrame(said, columns=["variant", "send", "share"]).astype(str),
        key=controls.key("variants"), num_rows="dynamic", hide_index=True,
        column_config={
            "variant": st.column_config.TextColumn("Variant", required=True),
            "send": st.column_config.SelectboxColumn("Template", options=names, required=True),
            "share": st.column_config.TextColumn("Share", required=True, default="10%"),
        },
    )  # fmt: skip
    fresh = [
        {key: str(each[key]) for key in ("variant", "send", "share")}
        for each in edited.to_dict("records")
        if each["variant"] and str(each["variant"]) not in ("None", "nan")
    ]
    page.drop("send")
    if fresh != [{key: str(each.get(key)) for key in ("variant", "send", "share")} for each in said] or (
        "variants" not in page.said
    ):
        page.said["variants"] = fresh
    _winner(controls, page, events)


def _winner(controls: Controls, page: Page, events: list[str]) -> None:
    said = page.said.get("winner")
    rule = dict(mapping(said))
    has_winner = controls.is_on("Let the better one win", "has_winner", said != "none")
    if not has_winner:
        page.put("winner", said, "none")
        page.drop("rest_after")
        return
    left, middle, right = st.columns(3)
    with left:
        by = controls.choice("Better at", "winner_by", rule.get("by") or "Order Completed", events,
                             accept_new_options=True)  # fmt: skip
    with middle:
        within = controls.text("Within", "winner_within", str(rule.get("within", "7d")))
    with right:
        before = str(page.said.get("rest_after", ""))
        rest = controls.text("The rest waits", "rest_after", before, placeholder="4h",
                             help="With shares below 100 %: who is left waits so long and gets the winner.")  # fmt: skip
    fresh: dict[str, Any] = {**rule, "by": by, "within": within}
    if fresh != rule and not (said is None and not rest and by == "Order Completed" and within == "7d"):
        page.said["winner"] = fresh
    page.put("rest_after", before, rest)


def sent_by(said: dict[str, Any]) -> list[str]:
    """The templates that a document names."""
    compared = [str(mapping(each).get("send", "")) for each in said.get("variants") or ()]
    return [each for each in (compared or [str(said.get("send") or "")]) if each]
