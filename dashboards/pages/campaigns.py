"""What did a campaign do, to whom, and did it work?"""

from __future__ import annotations

import streamlit as st

from dashboards import charts, kpis
from dashboards.answers import campaigns as answers
from dashboards.cards import Card, show_cards
from dashboards.choice import choose
from dashboards.formatting import NONE, Spelling, spell_name
from dashboards.lift import show_lift
from dashboards.links import person_addresses, person_column
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.tables import Row, show_table

#: Engagement is drawn for so many hours; what comes later is at the right edge.
HORIZON_HOURS = 168.0
FEEDBACK = {
    "messages_replied": "replied",
    "messages_unsubscribed": "unsubscribed",
    "messages_bounced": "bounced",
    "messages_complained": "marked it as spam",
}


def draw(reader: Reader) -> None:
    """The chosen campaign, from its audience to its effect."""
    if not is_published(reader, "messages", "campaign_performance"):
        return
    campaigns = answers.list_campaigns(reader)
    if not campaigns:
        nothing(
            "No campaign has planned a message yet. One file in `activation/definitions/` is one campaign."
        )
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
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown("**From audience to order**")
        _show_steps(reader, spelling, campaign)
    with right:
        st.markdown("**Everyone accounted for**")
        _show_conservation(reader, spelling, campaign)
    st.subheader("Did it work?", anchor="lift")
    show_lift(performance, answers.held_out(reader, campaign), spelling)
    st.subheader("When people answered", anchor="engagement")
    _show_engagement(reader, spelling, campaign, counts)
    st.subheader("Messages to look at", anchor="uncertain")
    _show_uncertain(reader, spelling, campaign)


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


def _show_engagement(
    reader: Reader, spelling: Spelling, campaign: str, counts: dict[str, int] | None
) -> None:
    frame = answers.hours_to_engagement(reader, campaign)
    if frame.empty:
        nothing("Nobody has opened, clicked or ordered so far.")
        return
    chart, notes = st.columns([3, 1], gap="large")
    with chart:
        horizon = min(HORIZON_HOURS, max(24.0, float(frame["hours"].quantile(0.99))))
        charts.show_chart(
            charts.reached_by_hour(frame, horizon),
            f"Opens, clicks and orders of {campaign} by hours since sending",
        )
    with notes:
        for action, hours in frame.groupby("action", sort=False)["hours"].median().items():
            st.markdown(f"**{spelling.number(float(hours), 1)} h** median until {str(action).lower()}")
        if counts is not None:
            for name, label in FEEDBACK.items():
                share = spelling.share(counts[name], counts["messages_sent"], 2)
                st.caption(f"{spelling.number(counts[name])} {label} ({share})")


def _show_uncertain(reader: Reader, spelling: Spelling, campaign: str) -> None:
    frame = answers.uncertain_messages(reader, campaign)
    if frame.empty:
        st.caption(
            ":green[:material/check_circle:] No message is in doubt: each answer of the provider is known."
        )
        return
    st.markdown(
        "The connection broke between handing these over and hearing the answer. They may have arrived "
        "although no answer came, or have arrived twice."
    )
    frame.insert(0, "person", person_addresses(frame.pop("profile_id")))
    for column in ("decided_at", "sent_at", "delivered_at"):
        frame[column] = [spelling.instant(each) for each in frame[column]]
    st.dataframe(
        frame,
        hide_index=True,
        alt=f"Messages of {campaign} whose delivery is uncertain",
        column_config={
            "person": person_column(),
            "message_id": st.column_config.TextColumn("Message", width="medium"),
            "channel": "Channel",
            "outcome": "Outcome",
            "reason": "Reason",
            "attempts": st.column_config.NumberColumn("Attempts"),
            "decided_at": "Planned",
            "sent_at": "Sent",
            "delivered_at": "Delivered",
        },
    )


plugin = Page(
    title="Campaigns",
    question="What did a campaign do, to whom, and did it work?",
    icon=":material/campaign:",
    group="Engage",
    order=50,
    draw=draw,
)
