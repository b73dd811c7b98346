"""How is the shop doing, and can the data be trusted?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import charts, kpis
from dashboards.answers import overview as answers
from dashboards.attention import show_attention, show_channels
from dashboards.cards import Card, show_cards, spell_change
from dashboards.formatting import NONE, Spelling, spell_name
from dashboards.health import show_models, show_quality
from dashboards.movers import show_movers
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.sources import show_source

SPARK_DAYS = 30


def draw(reader: Reader) -> None:
    """Key figures and what needs attention, then activity and why it changed, then health of channels, data, models."""
    spelling = visitor_spelling(reader)
    show_cards([*_people(reader, spelling), *_trade(reader, spelling)])
    show_cards([*_mail(reader, spelling), _lift(reader, spelling)])
    show_source(reader, "profiles", "orders", "messages", "campaign_performance")
    show_attention(reader)
    _activity(reader, spelling)
    show_movers(reader, spelling)
    _visits(reader)
    show_channels(reader, spelling)
    show_quality(reader, spelling)
    show_models(reader, spelling)


def _people(reader: Reader, spelling: Spelling) -> list[Card]:
    source, told = kpis.describe(reader, "new_profiles"), kpis.describe(reader, "identified_profiles")
    people = answers.count_people(reader)
    if people is None:
        return [Card("People", NONE, source), Card("Identified", NONE, told)]
    course = answers.people_by_day(reader)["people"].tail(SPARK_DAYS).tolist()
    note = f"{spelling.number(people.bots)} bots apart" if people.bots else None
    return [
        Card("People", spelling.number(people.people), source, note, spark=course),
        Card(
            "Identified",
            spelling.number(people.identified),
            told,
            f"{spelling.share(people.identified, people.people)} of all people",
        ),
    ]


def _trade(reader: Reader, spelling: Spelling) -> list[Card]:
    counted, paid = kpis.describe(reader, "orders"), kpis.describe(reader, "net_revenue")
    orders, revenues = answers.sum_orders(reader), answers.sum_revenues(reader)
    if orders is None and revenues is None:
        return [Card("Orders", NONE, counted), Card("Revenue", NONE, paid)]
    return [_orders_card(reader, spelling, orders, counted), _revenue_card(reader, spelling, revenues, paid)]


def _orders_card(reader: Reader, spelling: Spelling, orders: answers.Measure | None, source: str) -> Card:
    if orders is None:
        return Card("Orders", spelling.number(0), source)
    course = _full_days(reader, answers.orders_by_day(reader))
    change, note = spell_change(orders.recent, orders.earlier, answers.TREND_DAYS)
    return Card("Orders", spelling.number(int(orders.total)), source, note, change, course)


def _revenue_card(
    reader: Reader, spelling: Spelling, revenues: list[answers.Measure] | None, source: str
) -> Card:
    if not revenues:
        return Card("Revenue", NONE, source)
    main, *rest = revenues
    course = _full_days(reader, answers.revenue_by_day(reader, main.currency))
    change, note = spell_change(main.recent, main.earlier, answers.TREND_DAYS)
    others = " and ".join(spelling.money(each.total, each.currency) for each in rest)
    note = f"besides {others}" if others else note
    return Card("Revenue", spelling.money(main.total, main.currency), source, note, change, course)


def _full_days(reader: Reader, frame: pd.DataFrame) -> list[float]:
    """The last days without the one under way, which would look like a slump."""
    today = pd.Timestamp(reader.as_of.date())
    return frame.loc[frame["day"] < today, "amount"].tail(SPARK_DAYS).tolist()


def _mail(reader: Reader, spelling: Spelling) -> list[Card]:
    labels = {"E-mails accepted": "messages_sent", "Opened": "messages_opened", "Clicked": "messages_clicked"}
    sources = [kpis.describe(reader, metric) for metric in labels.values()]
    mail = answers.count_mail(reader)
    if mail is None:
        return [Card(label, NONE, source) for label, source in zip(labels, sources, strict=True)]
    opened, clicked = (spelling.share(part, mail.accepted) for part in (mail.opened, mail.clicked))
    notes = ("taken by a provider", f"{opened} of accepted", f"{clicked} of accepted")
    counts = (mail.accepted, mail.opened, mail.clicked)
    return [
        Card(label, spelling.number(count), source, note)
        for label, count, source, note in zip(labels, counts, sources, notes, strict=True)
    ]


def _lift(reader: Reader, spelling: Spelling) -> Card:
    source = (
        "Table `campaign_performance`: people who ordered among the treated less those among the holdout, in "
        "percentage points, with bounds that hold however often one looks"
    )
    found = {} if reader.missing("campaign_performance") else answers.largest_campaign(reader)
    if found.get("lift") is None:
        return Card("Lift", NONE, source, "no campaign measured yet")
    note = spell_name(found["campaign"])
    if found["lift_lower"] is not None:
        note += f" · {spelling.points(found['lift_lower'])} to {spelling.points(found['lift_upper'])}"
    return Card("Lift", spelling.points(found["lift"]), source, note)


def _activity(reader: Reader, spelling: Spelling) -> None:
    st.subheader("Activity", anchor="activity")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Events per day**, by source")
        if is_published(reader, "events_daily"):
            frame = answers.events_by_day(reader)
            text = f"Events per day by source, {spelling.number(int(frame['event_count'].sum()))} in all"
            charts.show_chart(
                charts.daily_bars(frame, "occurred_on", "event_count", "source", "Events"), text
            )
    with right:
        st.markdown("**Orders and revenue per day**, with the mean of seven days")
        if kpis.is_told(reader, kpis.ORDERS, kpis.REVENUE):
            _trade_charts(reader, spelling)


def _trade_charts(reader: Reader, spelling: Spelling) -> None:
    codes = [each.currency for each in answers.sum_revenues(reader) or []]
    orders = answers.orders_by_day(reader)
    if orders.empty and not codes:
        nothing("No order so far.")
        return
    shown = st.segmented_control(
        "Shown", [*codes, "Orders"], default=codes[0] if codes else "Orders", format_func=_spell_choice,
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    if shown == "Orders":
        total = spelling.number(int(orders["amount"].sum()))
        chart = charts.daily_line(orders, "day", "amount", "Orders", charts.BLUE)
        charts.show_chart(chart, f"Orders per day, {total} in all")
        return
    frame = answers.revenue_by_day(reader, str(shown))
    total = spelling.money(float(frame["amount"].sum()), str(shown))
    chart = charts.daily_line(frame, "day", "amount", f"Revenue ({shown})")
    charts.show_chart(chart, f"Revenue per day in {shown}, {total} in all")


def _spell_choice(choice: str) -> str:
    return choice if choice == "Orders" else f"Revenue in {choice}" if choice else "Revenue"


def _visits(reader: Reader) -> None:
    st.subheader("Where visits come from, and where they end", anchor="visits")
    if not is_published(reader, "sessions"):
        return
    frame = answers.visits_by_channel(reader)
    if frame.empty:
        nothing("No visit so far; imports of orders alone have none.")
        return
    chart = charts.grouped_stages(frame, "channel", "stage", "visit_count", "Visits")
    charts.show_chart(chart, "Visits by channel: all, with two pages or more, signed in, ordered")


plugin = Page(
    title="Overview",
    question="How is the shop doing, and can the data be trusted?",
    icon=":material/space_dashboard:",
    group="Today",
    order=10,
    draw=draw,
)
