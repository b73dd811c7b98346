"""The shop's past sends: twice a week some of its customers get nothing, an e-mail, an SMS or a push.

Each assignment is logged with its propensity, so later models may learn effects from the events alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kith.ids import stable_id
from sandbox.calendar import DAY_HOURS, HOUR_MS, MINUTE_MS, SECOND_MS, Calendar, weekday
from sandbox.catalogue import SHOP_URL
from sandbox.chance import generator
from sandbox.lines import Client, Hour
from sandbox.people import CHANNELS, People
from sandbox.providers import PROXY_AGENT, SCANNER_AGENT, provider_of
from sandbox.reactions import Reaction, react, receive
from sandbox.state import GRANTED, State

SENDER = Client("messages")
QUIET_DAYS = 10
AUDIENCE_SHARE = 0.4
SEND_WINDOW_HOURS = 13

#: Tuesdays and Fridays at this hour (UTC).
WEEKDAYS = (1, 4)
WRITING_HOUR = 7
TEMPLATES = ("new_arrivals", "your_taste", "weekend_offer", "back_in_stock")

#: Event names of delivery, opening and click, by channel.
NAMES = {
    "email": ("Email Delivered", "Email Opened", "Email Link Clicked"),
    "sms": ("SMS Delivered", None, "SMS Link Clicked"),
    "push": ("Push Notification Received", None, "Push Notification Tapped"),
}


def is_campaign_hour(calendar: Calendar, hour: int) -> bool:
    """Tuesdays and Fridays at 07:00 UTC; the last ones a week before launch."""
    in_time = calendar.first_hour + QUIET_DAYS * DAY_HOURS <= hour < calendar.launch_hour - 7 * DAY_HOURS
    return in_time and hour % DAY_HOURS == WRITING_HOUR and weekday(hour) in WEEKDAYS


def send_campaign(people: People, state: State, hour: Hour) -> None:
    """Assign, send, and let people answer; what they do later is put off until its hour."""
    chance = generator(hour.seed, "campaign", hour.number)
    name = f"picks_{hour.number // DAY_HOURS}"
    reachable = (state.consent == GRANTED).any(axis=1) & (chance.random(people.count) < AUDIENCE_SHARE)
    state.heard *= 0.6
    for person in np.flatnonzero(reachable).tolist():
        arms = ["control", *(c for n, c in enumerate(CHANNELS) if state.consent[person, n] == GRANTED)]
        draws = chance.random(3).tolist()
        arm = arms[int(draws[0] * len(arms))]
        send = Send(people, state, hour, person, arm, name, TEMPLATES[int(draws[1] * len(TEMPLATES))])
        send.assign(1.0 / len(arms))
        if arm != "control":
            at = hour.number * HOUR_MS + int(draws[2] * SEND_WINDOW_HOURS * HOUR_MS)
            send.deliver(at, react(chance, people, state, person, CHANNELS.index(arm), at))
            receive(state, person, arm)


class Send:
    """One person's part in one campaign."""

    def __init__(
        self, people: People, state: State, hour: Hour, person: int, arm: str, campaign: str, template: str
    ) -> None:
        self.people, self.state, self.hour, self.person, self.arm = people, state, hour, person, arm
        self.user_id = people.identity.user_id[person]
        self.message = {
            "message_id": stable_id("history", campaign, self.user_id),
            "campaign": campaign,
            "channel": arm,
            "template": template,
            "purpose": "marketing",
        }

    def say(self, event: str, at: int, context: bytes = b"", **properties: Any) -> None:
        body = {"event": event, "properties": {**self.message, **properties}}
        self.hour.say(SENDER, at, "track", self.user_id, body, context=context)

    def assign(self, propensity: float) -> None:
        """The arm, logged for those who get nothing too."""
        body = {
            "experiment_id": self.message["campaign"],
            "variation_id": self.arm,
            "propensity": round(propensity, 6),
        }
        event = {"event": "Experiment Viewed", "properties": body}
        self.hour.say(SENDER, self.hour.number * HOUR_MS, "track", self.user_id, event)

    def deliver(self, at: int, reaction: Reaction) -> None:
        """The send and everything that follows from it."""
        self.say("Message Sent", at)
        address = self.people.identity.email[self.person]
        if self.arm == "email" and not self.people.temper.mailbox_exists[self.person]:
            self.say("Email Bounced", at + 5 * SECOND_MS, bounce_type="hard", email=address)
            return
        delivered, opened, clicked = NAMES[self.arm]
        arrived = at + 3 * SECOND_MS
        self.say(delivered, arrived)
        if self.arm == "email":
            self._machines(address, arrived)
        if reaction.opens is not None:
            if opened:
                self.say(opened, arrived + reaction.opens)
            self.state.remind((arrived + reaction.opens) // HOUR_MS, "hear", self.person, self.arm)
        if reaction.clicks is not None:
            self._click(clicked, arrived + reaction.clicks)
        if reaction.unsubscribes is not None:
            self._withdraw("Unsubscribed", arrived + reaction.unsubscribes)
        if self.arm == "email" and reaction.complains is not None:
            self._withdraw("Email Marked as Spam", arrived + reaction.complains)

    def _machines(self, address: str, arrived: int) -> None:
        """Some providers fetch images, some open every link, before the reader sees the mail."""
        provider = provider_of(address)
        chance = generator(self.hour.seed, "machines", self.message["message_id"]).random()
        if provider.proxies_images:
            self.say("Email Opened", arrived + 20 * SECOND_MS, _agent(PROXY_AGENT))
        if chance < provider.scan_rate:
            self.say("Email Opened", arrived + 2 * SECOND_MS, _agent(SCANNER_AGENT))
            self.say("Email Link Clicked", arrived + 2 * SECOND_MS, _agent(SCANNER_AGENT), url=f"{SHOP_URL}/")

    def _click(self, event: str, at: int) -> None:
        self.say(event, at, url=f"{SHOP_URL}/")
        start = at + 4 * SECOND_MS
        self.state.remind(start // HOUR_MS, "visit", self.person, start, self.message["campaign"], self.arm)

    def _withdraw(self, event: str, at: int) -> None:
        self.say(event, at + MINUTE_MS)
        self.state.remind((at + MINUTE_MS) // HOUR_MS, "withdraw", self.person, self.arm)


def _agent(name: str) -> bytes:
    return b',"userAgent":"' + name.encode() + b'"'
