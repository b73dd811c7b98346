"""What people and machines do with the mail and texts they got: a queue by virtual time, carried out over real HTTP."""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from kith.durable import write_durably
from kith.ids import share
from sandbox.calendar import HOUR_MS, SECOND_MS, to_ms
from sandbox.chance import generator
from sandbox.fetch import get, one_click
from sandbox.mail import Letter
from sandbox.mailbox import Delivery
from sandbox.people import CHANNELS
from sandbox.providers import PROXY_AGENT, SCANNER_AGENT, provider_of
from sandbox.pushes import PUSH, Push
from sandbox.pushes import deeds_of as push_deeds
from sandbox.reactions import Reaction, react, receive
from sandbox.texts import SMS, Text, deeds_of
from sandbox.world import World

EMAIL = CHANNELS.index("email")
DELIVERY_MS = 2 * SECOND_MS
BOUNCE_DELAY_MS = 4 * 60 * SECOND_MS


@dataclass(frozen=True, order=True)
class Deed:
    """One thing that somebody does at `at` (ms). `url` is empty for what isn't fetched; of a STOP it is the carrier."""

    at: int
    number: int
    kind: str
    person: int
    recipient: str
    url: str
    agent: str
    kith_id: str
    campaign: str


@dataclass
class Answers:
    """The deeds that are still to come. `report` lands what a provider tells of a mail; `stop` sends STOP from a number
    by way of a carrier."""

    world: World
    report: Callable[[str, Deed], None]
    find: Callable[[str], int | None]
    stop: Callable[[str, str], None] = lambda carrier, number: None
    waiting: list[Deed] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    _number: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, delivery: Delivery) -> None:
        """Think of everything that follows from a mail. Called from the mail server's thread."""
        if not delivery.is_first:
            return
        with self._turn:
            self.mails[delivery.recipient] += 1
            person = self.find(delivery.recipient)
            self._machines(delivery, person)
            if person is not None:
                self._reader(delivery, person)

    def receive_text(self, text: Text, person: int | None) -> None:
        """Think of everything that follows from a text. Called from the vendors' thread."""
        with self._turn:
            self.mails[text.number] += 1
            if person is None:
                return
            world = self.world
            chance = generator(world.shape.seed, "text", text.number, self.mails[text.number])
            reaction = react(chance, world.shop.people, world.state, person, SMS, to_ms(text.at))
            receive(world.state, person, "sms")
            agent = world.shop.devices.user_agent[world.shop.devices.first[person]]
            for kind, after, target in deeds_of(reaction, text):
                self._push(to_ms(text.at) + after, kind, person, text.number, target, agent)

    def receive_push(self, push: Push, device: int | None) -> None:
        """Think of everything that follows from a push. Called from the vendors' thread."""
        with self._turn:
            self.mails[push.token] += 1
            if device is None:
                return
            world, devices = self.world, self.world.shop.devices
            person = int(devices.owner[device])
            chance = generator(world.shape.seed, "push", push.token, self.mails[push.token])
            reaction = react(chance, world.shop.people, world.state, person, PUSH, to_ms(push.at))
            receive(world.state, person, "push")
            who, agent = devices.anonymous_id[device], devices.user_agent[device]
            for kind, after in push_deeds(reaction):
                self._push(to_ms(push.at) + after, kind, person, who, "", agent, push.message_id, "")

    def next_at(self) -> int | None:
        """When the next deed falls due (ms)."""
        with self._turn:
            return self.waiting[0].at if self.waiting else None

    def perform_until(self, until: int, at: Callable[[int], None] = lambda ms: None) -> int:
        """Carry out every deed due up to `until` (ms); `at` is told the time of each before it happens."""
        performed = 0
        while (deed := self._pop(until)) is not None:
            at(deed.at)
            self._perform(deed)
            performed += 1
        return performed

    def save(self, folder: Path) -> None:
        with self._turn:
            document = {
                "waiting": [asdict(deed) for deed in self.waiting],
                "done": self.done, "failed": self.failed, "mails": self.mails, "number": self._number,
            }  # fmt: skip
            write_durably(folder / "answers.json", orjson.dumps(document))

    def load(self, folder: Path) -> None:
        """Take up what an earlier process left to be done."""
        file = folder / "answers.json"
        if not file.exists():
            return
        document = orjson.loads(file.read_bytes())
        self.waiting = [Deed(**deed) for deed in document["waiting"]]
        heapq.heapify(self.waiting)
        self.done, self.failed = Counter(document["done"]), Counter(document["failed"])
        self.mails, self._number = Counter(document["mails"]), document["number"]

    def _pop(self, until: int) -> Deed | None:
        with self._turn:
            return heapq.heappop(self.waiting) if self.waiting and self.waiting[0].at <= until else None

    def _plan(
        self, delivery: Delivery, person: int, after: int, kind: str, url: str = "", agent: str = ""
    ) -> None:
        letter, agent = delivery.letter, agent or provider_of(delivery.recipient).agent
        at = to_ms(delivery.at) + after
        self._push(at, kind, person, delivery.recipient, url, agent, letter.kith_id, letter.campaign)

    def _push(
        self, at: int, kind: str, person: int, recipient: str, url: str, agent: str, *about: str
    ) -> None:
        """`about`: the message's own id and its campaign, where it tells them."""
        self._number += 1
        kith_id, campaign = about or ("", "")
        deed = Deed(at, self._number, kind, person, recipient, url, agent, kith_id, campaign)
        heapq.heappush(self.waiting, deed)

    def _machines(self, delivery: Delivery, person: int | None) -> None:
        """Providers report the delivery; image proxies fetch pixels; scanners open every link there is."""
        provider, letter = provider_of(delivery.recipient), delivery.letter
        who = -1 if person is None else person
        if person is None or not self.world.shop.people.temper.mailbox_fails_later[person]:
            self._plan(delivery, who, DELIVERY_MS, "deliver")
        if provider.proxies_images:
            for pixel in letter.pixels:
                self._plan(delivery, who, 20 * SECOND_MS, "proxy", pixel, PROXY_AGENT)
        ordinal = f"{delivery.recipient}#{self.mails[delivery.recipient]}"
        if share(ordinal, "scan") < provider.scan_rate:
            for url in (*letter.pixels, *letter.links):
                self._plan(delivery, who, 2 * SECOND_MS, "scan", url, SCANNER_AGENT)

    def _reader(self, delivery: Delivery, person: int) -> None:
        world, letter = self.world, delivery.letter
        if world.shop.people.temper.mailbox_fails_later[person]:
            self._plan(delivery, person, BOUNCE_DELAY_MS, "bounce")
            return
        agent = world.shop.devices.user_agent[world.shop.devices.first[person]]
        chance = generator(world.shape.seed, "mail", delivery.recipient, self.mails[delivery.recipient])
        reaction = react(chance, world.shop.people, world.state, person, EMAIL, to_ms(delivery.at))
        receive(world.state, person, "email")
        for kind, after, url in _deeds(reaction, letter):
            self._plan(delivery, person, after, kind, url, agent)

    def _perform(self, deed: Deed) -> None:
        if deed.kind in REPORTS:
            self.report(REPORTS[deed.kind], deed)
            self.done[deed.kind] += 1
        elif deed.kind == "text stop":
            self.stop(deed.url, deed.recipient)
            self.done[deed.kind] += 1
        elif deed.url:
            ask = one_click if deed.kind == "unsubscribe" else get
            answer = ask(deed.url, deed.agent)
            if not answer.is_elsewhere:
                (self.done if answer.is_good else self.failed)[deed.kind] += 1
        self._feel(deed)

    def _feel(self, deed: Deed) -> None:
        """What the deed changes in the world: visits, and wishes that the shop must respect."""
        state, hour = self.world.state, deed.at // HOUR_MS
        if deed.kind == "open":
            state.remind(hour, "hear", deed.person, "email")
        elif deed.kind == "click":
            start = deed.at + 4 * SECOND_MS
            state.remind(start // HOUR_MS, "visit", deed.person, start, deed.campaign or "mail", "email")
        elif deed.kind == "text click":
            start = deed.at + 4 * SECOND_MS
            state.remind(hour, "hear", deed.person, "sms")
            state.remind(start // HOUR_MS, "visit", deed.person, start, "text", "sms")
        elif deed.kind == "push tap":
            start = deed.at + 4 * SECOND_MS
            state.remind(hour, "hear", deed.person, "push")
            state.remind(start // HOUR_MS, "visit", deed.person, start, "push", "push")
        elif deed.kind in ("unsubscribe", "complain"):
            state.remind(hour, "withdraw", deed.person, "email")
        elif deed.kind == "text stop":
            state.remind(hour, "withdraw", deed.person, "sms")


#: What providers report of their own accord, and what an app tells of a notification.
REPORTS = {
    "deliver": "Email Delivered",
    "complain": "Email Marked as Spam",
    "reply": "Email Replied",
    "bounce": "Email Bounced",
    "push show": "Push Notification Received",
    "push tap": "Push Notification Tapped",
}


def _deeds(reaction: Reaction, letter: Letter) -> list[tuple[str, int, str]]:
    """Kind, delay and address of each deed. One-click needs both of its headers; no link, no click."""
    unsubscribe = letter.unsubscribe if letter.is_one_click else None
    found = [("open", reaction.opens, pixel) for pixel in letter.pixels or ("",)]
    found += [("click", reaction.clicks, link) for link in letter.offers[:1]]
    found += [("unsubscribe", reaction.unsubscribes, link) for link in (unsubscribe,) if link]
    found += [("complain", reaction.complains, ""), ("reply", reaction.replies, "")]
    return [(kind, after, url) for kind, after, url in found if after is not None]
