"""Which campaigns are there, what did each do, to whom, and did it work?"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards import charts, kpis
from dashboards.answers import campaigns as answers
from dashboards.campaign.carriers import show_carriers, show_variants
from dashboards.campaign.engagement import show_engagement, show_uncertain
from dashboards.campaign.roster import KIND, list_files
from dashboards.campaign.table import show_list
from dashboards.cards import Card, show_cards
from dashboards.choice import choose
from dashboards.formatting import NONE, Spelling, spell_name
from dashboards.lift import show_lift
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sign_in.present import present_visitor
from dashboards.sources import show_source
from dashboards.tables import Row, show_table
from kith.accounts import Right


def draw(reader: Reader) -> None:
    """All campaigns; below them the chosen one, from its audience to its effect."""
    show_list(reader)
    if present_visitor().may(Right.EDIT_JOURNEYS):
        st.link_button("Compose a campaign", "compose", icon=":material/edit_square:")
    if not is_published(reader, "messages", "campaign_performance"):
        return
    campaigns = answers.list_campaigns(reader)
    if not campaigns:
        nothing("No campaign has planned a message yet: the first run after a launch does.")
        return
    spelling = visitor_spelling(reader)
    campaign = choose("Campaign", "campaign", campaigns)
    if campaign:
        _show_campaign(reader, spelling, campaign)


def _show_campaign(reader: Reader, spelling: Spelling, campaign: str) -> None:
    performance = answers.performance(reader, campaign)
    st.subheader(spell_name(campaign), anchor="campaign")
    kpis.is_told(reader, kpis.CAMPAIGNS)
    counts = answers.told_messages(reader, campaign)
    show_cards(_cards(reader, spelling, counts))
    show_source(reader, "messages", "campaign_performance", definition=_definition(reader, campaign))
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown("**From audience to order**")
        _show_steps(reader, spelling, campaign)
    with right:
        st.markdown("**Everyone accounted for**")
        _show_conservation(reader, spelling, campaign)
    st.subheader("Did it work?", anchor="lift")
    show_lift(performance, answers.held_out(reader, campaign), spelling)
    st.subheader("What was compared", anchor="variants")
    show_variants(reader, spelling, campaign)
    st.subheader("When people answered", anchor="engagement")
    show_engagement(reader, spelling, campaign, counts)
    st.subheader("Did it arrive?", anchor="arrival")
    show_carriers(reader, spelling, campaign)
    st.subheader("Messages to look at", anchor="uncertain")
    show_uncertain(reader, spelling, campaign)


def _definition(reader: Reader, campaign: str) -> Path | None:
    found = [each for each in list_files(reader.settings) if each.name == campaign]
    return reader.settings.definitions / KIND / f"{found[0].file}.yml" if found else None


def _cards(reader: Reader, spelling: Spelling, counts: dict[str, int] | None) -> list[Card]:
    labels = {
        "Audience": "messages_planned",
        "Accepted": "messages_sent",
        "Opened": "messages_opened",
        "Clicked": "messages_clicked",
    }
    if counts is None:
        return [Card(label, NONE, kpis.describe(reader, metric)) for label, metric in labels.items()]
    people, accepted = counts["messages_planned"], counts["messages_sent"]
    notes = (
        f"{spelling.number(counts['messages_held_out'])} held out to compare with",
        f"{spelling.share(accepted, people)} of the audience",
        f"{spelling.share(counts['messages_opened'], accepted)} of accepted",
        f"{spelling.share(counts['messages_clicked'], accepted)} of accepted",
    )
    return [
        Card(label, spelling.number(counts[metric]), kpis.describe(reader, metric), note)
        for (label, metric), note in zip(labels.items(), notes, strict=True)
    ]


def _show_steps(reader: Reader, spelling: Spelling, campaign: str) -> None:
    frame = answers.steps_to_conversion(reader, campaign)
    counts = [int(count) for count in frame["message_count"]]
    frame["label"] = [f"{spelling.number(each)}  ·  {spelling.share(each, counts[0])}" for each in counts]
    text = ", ".join(f"{stage} {count}" for stage, count in zip(frame["stage"], counts, strict=True))
    chart = charts.stage_bars(frame, "stage", "message_count", "Messages", apart="Ordered")
    charts.show_chart(chart, f"Funnel of {campaign}: {text}")
    st.caption(
        "Ordered: within seven days of the decision, with or without a click. Shares are of the audience."
    )


def _show_conservation(reader: Reader, spelling: Spelling, campaign: str) -> None:
    frame = answers.conservation(reader, campaign)
    total, audience = int(frame["message_count"].sum()), answers.audience(reader, campaign)
    rows, last = [], ""
    for outcome, reason, count in zip(frame["outcome"], frame["reason"], frame["message_count"], strict=True):
        cells = (spell_name(reason) or NONE, spelling.number(count), spelling.share(count, audience))
        is_new, last = outcome != last, outcome
        note = answers.OUTCOMES.get(outcome, "") if is_new else ""
        rows.append(Row((spell_name(outcome) if is_new else "", *cells), note))
    rows.append(
        Row(("All together", "", spelling.number(total), spelling.share(total, audience)), is_total=True)
    )
    show_table(
        f"Outcomes of {campaign}", ("What became of it", "Reason", "Messages", "Share"), rows, numbers=2
    )
    if total == audience:
        st.caption(
            f":green[:material/check_circle:] Audience {spelling.number(audience)} = the sum of outcomes."
        )
    else:
        st.error(
            f"The audience is {spelling.number(audience)}, yet outcomes add up to {spelling.number(total)}."
        )


plugin = Page(
    title="Campaigns",
    question="Which campaigns are there, what did each do, to whom, and did it work?",
    icon=":material/campaign:",
    group="Engage",
    order=50,
    draw=draw,
)
