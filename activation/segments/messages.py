"""What became of messages, as rows among the events: `message:sent`, `message:opened` and the like.

A channel tells in its own words ("Push Notification Tapped"), a provider's report names no campaign, and one send
may be reported twice. Here each is said in one way, so that a definition asks for messages as for any
behaviour: `event` is `message:` and the status; `properties` name `message_id` (where there is none, the event's
own id), `campaign` (or journey), `channel`, `template`, `step_id`, `purpose`, `url` and `bounce_type`, taken from
the answer or else from the profile's sending, if that was known when the answer came. A message is sent once,
when it was first said to be. What a machine opened or clicked is left out before.
"""

from __future__ import annotations

from collections.abc import Mapping

from kith.warehouse import literal

PREFIX = "message:"
SENT = "Message Sent"
#: The events by which channels answer, as the warehouse reads them (`feedback_statuses` of dbt/macros/messages.sql).
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "delivered": ("Email Delivered", "SMS Delivered", "Push Notification Received", "Message Delivered"),
    "opened": ("Email Opened", "Message Opened"),
    "clicked": ("Email Link Clicked", "SMS Link Clicked", "Push Notification Tapped", "Message Link Clicked"),
    "bounced": ("Email Bounced", "Push Notification Bounced", "Message Bounced"),
    "complained": ("Email Marked as Spam", "Message Marked as Spam"),
    "replied": ("Email Replied", "SMS Received", "SMS Replied", "Message Replied"),
    # Whatever takes consent back by its name alone (definitions/consent/words.yml) answers the message too.
    "unsubscribed": ("Unsubscribed", "Email Unsubscribed", "SMS Unsubscribed", "Push Unsubscribed"),
}
_CHANNELS = {"Email ": "email", "SMS ": "sms", "Push ": "push"}
_FACTS = ("campaign", "channel", "template", "step_id", "purpose", "url", "bounce_type")


def message_event(status: str) -> str:
    """The name under which a status stands among the events."""
    return f"{PREFIX}{status}"


def with_messages(events: str) -> str:
    """SQL for a relation of events and, beside its rows, those about messages; each status is a branch of its
    own, so that what nobody asks for isn't read."""
    names = ", ".join(literal(message_event(each)) for each in ("sent", *ANSWERS))
    branches = [f"SELECT * FROM {events} WHERE event IS NULL OR event NOT IN ({names})", _sent(events)]
    branches += [_answered(events, status) for status in ANSWERS]
    return "\nUNION ALL\n".join(branches)


def _sent(events: str) -> str:
    facts = _object({"message_id": "message_id", **{name: _text("properties", name) for name in _FACTS}})
    return f"""
        SELECT * EXCLUDE (message_id) REPLACE ({literal(message_event("sent"))} AS event, {facts} AS properties)
        FROM ({_first_sends(events)})
    """


def _answered(events: str, status: str) -> str:
    said = {name: _text("answers.properties", name) for name in _FACTS}
    said["channel"] = f"COALESCE({said['channel']}, {_channel()})"
    known = {name: f"COALESCE({text}, {_text('sends.properties', name)})" for name, text in said.items()}
    message_id = _text("answers.properties", "message_id")
    facts = _object({"message_id": f"COALESCE({message_id}, answers.event_id)", **known})
    return f"""
        SELECT answers.* REPLACE ({literal(message_event(status))} AS event, {facts} AS properties)
        FROM {events} AS answers
        LEFT JOIN ({_first_sends(events)}) AS sends
            ON answers.profile_id = sends.profile_id
            AND {message_id} = sends.message_id
            AND sends.effective_at <= answers.effective_at
        WHERE answers.event IN ({", ".join(literal(each) for each in ANSWERS[status])})
    """


def _first_sends(events: str) -> str:
    message_id = f"COALESCE({_text('properties', 'message_id')}, event_id)"
    return f"""
        SELECT *, {message_id} AS message_id
        FROM {events}
        WHERE event = {literal(SENT)}
        QUALIFY ROW_NUMBER() OVER (PARTITION BY profile_id, {message_id} ORDER BY effective_at, event_id) = 1
    """


def _channel() -> str:
    """A channel by the name of its event."""
    cases = " ".join(
        f"WHEN STARTS_WITH(answers.event, {literal(start)}) THEN {literal(channel)}"
        for start, channel in _CHANNELS.items()
    )
    return f"CASE {cases} END"


def _text(document: str, name: str) -> str:
    return f"JSON_EXTRACT_STRING({document}, {literal('/' + name)})"


def _object(facts: Mapping[str, str]) -> str:
    pairs = ", ".join(f"{literal(name)}, {value}" for name, value in facts.items())
    return f"CAST(JSON_OBJECT({pairs}) AS VARCHAR)"
