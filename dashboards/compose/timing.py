"""To whom and when: once, again and again, or when somebody does something."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import streamlit as st

from dashboards.compose.controls import Controls
from dashboards.compose.document import Page, mapping

ONCE, AGAIN, EVENT = "Once", "Again and again", "When somebody does something"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
AT_ONCE, AT_TIME, AT_BEST = "At once", "At a time of their own clock", "At their own best hour"
ALWAYS, ONLY_ONCE, LATER = "Each time", "Once only", "At most every …"


def show_timing(controls: Controls, page: Page, zone: str, events: list[str], today: date) -> None:
    """The part of the form that says when."""
    was = EVENT if "when" in page.said else AGAIN if "schedule" in page.said else ONCE
    kind = controls.one_of("When", "kind", was, (ONCE, AGAIN, EVENT), label_visibility="collapsed")
    if kind == ONCE:
        page.drop("schedule", "when", "from", "until")
        _once(controls, page, zone, today)
    elif kind == AGAIN:
        page.drop("launch_at", "window", "when")
        _again(controls, page, zone)
    else:
        page.drop("launch_at", "window", "schedule")
        _trigger(controls, page, events)
    _own_clock(controls, page)


def _once(controls: Controls, page: Page, zone: str, today: date) -> None:
    said = page.said.get("launch_at")
    begins = _instant(said) or datetime.combine(today, time(9, 0))
    left, middle, right = st.columns(3)
    with left:
        day = st.date_input("Day", key=controls.begin("day", begins.date()), format="YYYY-MM-DD")
    with middle:
        at = st.time_input(f"Time ({zone})", key=controls.begin("time", begins.time()), step=900)
    with right:
        window = controls.text("For how long", "window", str(page.said.get("window", "24h")),
                               help="The first evaluation of the segment within this time is the audience.")  # fmt: skip
    chosen = datetime.combine(day, at) if isinstance(day, date) else begins
    if said is None or chosen != begins:
        page.said["launch_at"] = f"{chosen:%Y-%m-%dT%H:%M}"
    page.put("window", str(page.said.get("window", "24h")), window)


def _again(controls: Controls, page: Page, zone: str) -> None:
    rule = str(page.said.get("schedule", "weekly mon 09:00")).split()
    every = rule[0] if rule and rule[0] in (DAILY, WEEKLY, MONTHLY) else WEEKLY
    left, right = st.columns(2)
    with left:
        chosen = controls.choice("Every", "every", every, (DAILY, WEEKLY, MONTHLY))
    on = _days(controls, chosen, rule, every)
    with right:
        at = st.time_input(f"Time ({zone})", key=controls.begin("again_at", _clock(rule[-1])), step=900)
    fresh = " ".join(filter(None, (chosen, on, f"{at:%H:%M}")))
    if fresh != page.said.get("schedule"):
        page.said["schedule"] = fresh
    with st.expander("From and until"):
        for key, label in (("from", "Not before"), ("until", "Not after")):
            before = str(page.said.get(key, ""))
            page.put(key, before, controls.text(label, key, before, placeholder="2026-12-01T00:00"))


def _days(controls: Controls, chosen: str, rule: list[str], every: str) -> str:
    known = rule[1] if len(rule) == 3 and chosen == every else ""
    if chosen == WEEKLY:
        before = [each for each in known.split(",") if each in WEEKDAYS] or ["mon"]
        days = st.pills("On", WEEKDAYS, selection_mode="multi", key=controls.begin("days", before))
        return ",".join(each for each in WEEKDAYS if each in days) or "mon"
    if chosen == MONTHLY:
        day = int(known) if known.isdigit() else 1
        return str(int(controls.number("On day", "month_day", day, min_value=1.0, max_value=31.0, step=1.0)))
    return ""


def _trigger(controls: Controls, page: Page, events: list[str]) -> None:
    said = dict(mapping(page.said.get("when")))
    left, middle, right = st.columns(3)
    with left:
        event = controls.choice("Event", "event", said.get("event") or next(iter(events), None), events,
                                accept_new_options=True)  # fmt: skip
    with middle:
        key = controls.text("Told apart by", "event_key", str(said.get("key", "")),
                            help="A property such as cart_id: another cart is another occasion.")  # fmt: skip
    was = ONLY_ONCE if said.get("again") == "once" else LATER if "again_after" in said else ALWAYS
    with right:
        again = controls.choice("Again", "again", was, (ALWAYS, ONLY_ONCE, LATER))
    fresh: dict[str, Any] = {**said, "event": event}
    fresh = _with(fresh, "key", key)
    if again != was:
        fresh.pop("again", None)
        fresh.pop("again_after", None)
        fresh |= {"again": "once"} if again == ONLY_ONCE else {}
    if again == LATER:
        fresh["again_after"] = controls.text("Every", "again_after", str(said.get("again_after", "7d")))
    if fresh != said:
        page.said["when"] = fresh
    if said.get("where"):
        st.caption("Only where the event's properties say so: see `where` in the file.")


def _own_clock(controls: Controls, page: Page) -> None:
    said = page.said.get("at")
    was = AT_BEST if said == "best_hour" else AT_TIME if said else AT_ONCE
    how = controls.choice("Each person gets it", "own", was, (AT_ONCE, AT_TIME, AT_BEST))
    if how != was:
        page.drop("at", "within")
    if how == AT_TIME:
        at = st.time_input(
            "On their own clock", key=controls.begin("own_at", _clock(str(said or "09:00"))), step=900
        )
        page.put("at", said, f"{at:%H:%M}")
    elif how == AT_BEST:
        page.said["at"] = "best_hour"
        before = str(page.said.get("within", ""))
        page.put("within", before, controls.text("Within", "within", before or "24h"))


def _with(said: dict[str, Any], key: str, value: str) -> dict[str, Any]:
    """With the value, or without the key where there is none."""
    return {**said, key: value} if value else {name: each for name, each in said.items() if name != key}


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return time(9, 0)


def _instant(said: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(said)).replace(tzinfo=None, second=0)
    except ValueError:
        return None
