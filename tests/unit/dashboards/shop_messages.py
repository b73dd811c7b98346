"""Segments and one campaign of the hand-made shop, with every way in which a message can end."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kith.ids import stable_id
from tests.unit.dashboards.shop_people import AS_OF, Person
from tests.unit.dashboards.shop_trade import Order

LAUNCH = datetime(2026, 5, 1, 8, 0)
CAMPAIGN = "winback"
SEGMENTS = {
    "lapsed_buyers": ("People who bought before and have been silent since.", "yaml"),
    "likely_to_leave": ("Identified people whose churn score is above one half.", "yaml"),
    "big_spenders": ("The analysts' model: spent more than 100 in all.", "sql"),
}

COLUMNS = {
    "segments": (
        "segment:s version:s description:s kind:s member_count:i evaluated_at:t "
        "is_held:b held_since:t held_reason:s held_count:i"
    ),
    "segment_members": "segment:s profile_id:s entered_at:t",
    "segment_history": "segment:s profile_id:s change:s reason:s at:t version:s",
    "messages": (
        "message_id:s campaign:s journey_version:s step_id:s enrolment_id:s profile_id:s "
        "channel:s purpose:s template:s decision:s outcome:s reason:s is_holdout:b is_eligible:b "
        "is_uncertain:b attempts:i planned_at:t decided_at:t sent_at:t delivered_at:t "
        "first_opened_at:t first_clicked_at:t bounced_at:t complained_at:t unsubscribed_at:t "
        "replied_at:t converted_at:t conversion_amount:money"
    ),
    "campaign_performance": (
        "campaign:s channel:s audience_count:i holdout_count:i withheld_count:i "
        "suppressed_count:i expired_count:i accepted_count:i rejected_count:i failed_count:i "
        "unknown_count:i pending_count:i uncertain_count:i delivered_count:i opened_count:i "
        "clicked_count:i bounced_count:i complained_count:i unsubscribed_count:i "
        "converted_count:i conversion_amount:money treated_count:i treated_conversion_rate:f "
        "holdout_conversion_rate:f lift:f lift_lower:f lift_upper:f revenue_per_treated:f "
        "revenue_per_holdout:f currency:s srm_p_value:f"
    ),
}


def message_tables(people: list[Person], trade: dict[str, list[Order]]) -> dict[str, list[dict[str, Any]]]:
    """All tables of this module."""
    history = [row for segment in SEGMENTS for person in people for row in _moves(segment, person, trade)]
    members = _members(history)
    audience = [person for person in people if person.is_identified]
    messages = [_message(person) for person in audience]
    return {
        "segments": [_segment(segment, members) for segment in SEGMENTS],
        "segment_members": members,
        "segment_history": history,
        "messages": messages,
        "campaign_performance": [_performance(messages)],
    }


def _segment(segment: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    description, kind = SEGMENTS[segment]
    is_held = segment == "likely_to_leave"
    return {
        "segment": segment,
        "version": stable_id("segment", segment),
        "description": description,
        "kind": kind,
        "member_count": sum(row["segment"] == segment for row in members),
        "evaluated_at": AS_OF,
        "is_held": is_held,
        "held_since": AS_OF if is_held else None,
        "held_reason": "grew from 9 to 90, more than 5 times" if is_held else None,
        "held_count": 90 if is_held else None,
    }


def _moves(segment: str, person: Person, trade: dict[str, list[Order]]) -> list[dict[str, Any]]:
    spent = sum(order.net_amount for order in trade.get(person.profile_id, []))
    chance = {"lapsed_buyers": 0.45, "likely_to_leave": 0.35, "big_spenders": float(spent > 100)}[segment]
    if not person.is_identified or person.draw(segment) > chance:
        return []
    day = int(person.draw(f"{segment} in") * 8)
    moves = [("entered", "first" if day == 0 else "time", LAUNCH + timedelta(days=day))]
    if person.draw(f"{segment} out") < 0.2 and day < 6:
        moves.append(
            ("left", "behaviour", LAUNCH + timedelta(days=day + 1 + int(person.draw("stay") * (6 - day))))
        )
    return [
        {
            "segment": segment,
            "profile_id": person.profile_id,
            "change": change,
            "reason": reason,
            "at": at,
            "version": stable_id("segment", segment),
        }
        for change, reason, at in moves
    ]


def _members(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    left = {(row["segment"], row["profile_id"]) for row in history if row["change"] == "left"}
    return [
        {"segment": row["segment"], "profile_id": row["profile_id"], "entered_at": row["at"]}
        for row in history
        if (row["segment"], row["profile_id"]) not in left
    ]


def _outcome(person: Person) -> tuple[str, str]:
    if person.draw("holdout") < 0.2:
        return "withheld", "holdout"
    if not person.email:
        return "withheld", "unreachable"
    if person.draw("consent email") >= 0.8:
        return "withheld", "no_consent"
    special = {
        18: ("suppressed", "unsubscribed"),
        19: ("rejected", "550 no such user"),
        27: ("failed", "attempts_exhausted"),
        28: ("unknown", "no_answer"),
        33: ("expired", "not_after"),
        37: ("pending", ""),
        51: ("withheld", "frequency_cap"),
    }
    return special.get(person.number, ("accepted", ""))


def _message(person: Person) -> dict[str, Any]:
    outcome, reason = _outcome(person)
    accepted = outcome == "accepted"
    sent = LAUNCH + timedelta(seconds=31 + person.number) if accepted else None
    opened = (
        sent + timedelta(hours=30 * person.draw("open") ** 2)
        if sent and person.draw("opens") < 0.45
        else None
    )
    clicked = opened + timedelta(minutes=9) if opened and person.draw("clicks") < 0.4 else None
    treated = outcome not in ("withheld",)
    buys = person.draw("buys") < (0.24 if treated else 0.1)
    bought = LAUNCH + timedelta(hours=2 + 120 * person.draw("when")) if buys else None
    bounced = sent + timedelta(minutes=1) if sent and person.number % 40 == 15 else None
    return {
        "message_id": stable_id(CAMPAIGN, person.name),
        "campaign": CAMPAIGN,
        "journey_version": stable_id("journey", CAMPAIGN),
        "step_id": "send-winback",
        "enrolment_id": stable_id("enrolment", person.name),
        "profile_id": person.profile_id,
        "channel": "email",
        "purpose": "marketing",
        "template": "winback",
        "decision": "withhold" if outcome == "withheld" else "send",
        "outcome": outcome,
        "reason": reason,
        "is_holdout": reason == "holdout",
        "is_eligible": treated or reason == "holdout",
        "is_uncertain": outcome == "unknown" or person.number == 54,
        "attempts": 2 if outcome in ("failed", "unknown") else int(treated),
        "planned_at": LAUNCH,
        "decided_at": LAUNCH,
        "sent_at": sent,
        "delivered_at": None if bounced or not sent else sent + timedelta(seconds=2),
        "first_opened_at": None if bounced else opened,
        "first_clicked_at": None if bounced else clicked,
        "bounced_at": bounced,
        "complained_at": None,
        "unsubscribed_at": sent + timedelta(hours=3) if sent and person.number % 50 == 10 else None,
        "replied_at": None,
        "converted_at": bought,
        "conversion_amount": Decimal("41.5000") + person.number % 20 if bought else None,
    }


def _performance(messages: list[dict[str, Any]]) -> dict[str, Any]:
    outcomes = Counter(row["outcome"] for row in messages)
    times = {name: f"{name}_at" for name in ("delivered", "bounced", "complained", "unsubscribed")}
    times |= {"opened": "first_opened_at", "clicked": "first_clicked_at", "converted": "converted_at"}
    sent = [row for row in messages if row["decision"] == "send"]
    held = [row for row in messages if row["is_holdout"]]
    treated = [row for row in messages if row["is_eligible"] and not row["is_holdout"]]
    rates = [
        sum(row["converted_at"] is not None for row in arm) / max(len(arm), 1) for arm in (treated, held)
    ]
    names = ("withheld", "suppressed", "expired", "accepted", "rejected", "failed", "unknown", "pending")
    return {
        "campaign": CAMPAIGN,
        "channel": "email",
        "audience_count": len(messages),
        "holdout_count": len(held),
        **{f"{name}_count": outcomes[name] for name in names},
        "uncertain_count": sum(row["is_uncertain"] for row in messages),
        **{f"{name}_count": sum(row[column] is not None for row in sent) for name, column in times.items()},
        "conversion_amount": sum((row["conversion_amount"] or Decimal(0) for row in sent), Decimal(0)),
        "treated_count": len(treated),
        "treated_conversion_rate": rates[0],
        "holdout_conversion_rate": rates[1],
        "lift": rates[0] - rates[1],
        "lift_lower": rates[0] - rates[1] - 0.09,
        "lift_upper": rates[0] - rates[1] + 0.09,
        "revenue_per_treated": 9.31,
        "revenue_per_holdout": 4.2,
        "currency": "EUR",
        "srm_p_value": 0.62,
    }
