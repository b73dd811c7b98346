"""Tells a visit as the calls that the shop's page, its app and its servers would make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.calendar import DAY_HOURS, HOUR_MS, SECOND_MS, from_ms
from sandbox.catalogue import CURRENCY, SHOP_URL, Catalogue
from sandbox.devices import APP, KINDS, Devices
from sandbox.lines import Client, Hour
from sandbox.names import PLACES
from sandbox.people import CHANNELS, People
from sandbox.state import GRANTED, NO_RECORD, WITHDRAWN, State
from sandbox.visits import Visit

SHOP = Client("shop")
REFERRERS = ("", "https://search.example/", "https://social.example/", "https://blog.example/picks")
LIST, LOGIN, REGISTER, LATE, LATENESS, REFERRER, AFTER, AFTER_DELAY, LOGOUT, MIND = range(7, 17)
PACE, GUEST, ALIAS = range(17, 20)


@dataclass(frozen=True)
class Shop:
    """The unchanging side of the world, as the telling needs it."""

    people: People
    devices: Devices
    catalogue: Catalogue


@dataclass
class Story:
    """One visit being told: whose user id the client holds, and what time it is."""

    shop: Shop
    state: State
    hour: Hour
    visit: Visit
    client: Client
    at: int
    user: int = -1
    delay: int = 0
    context: bytes = b""
    cart: list[dict[str, Any]] = field(default_factory=list)

    @property
    def user_id(self) -> str | None:
        return self.shop.people.identity.user_id[self.user] if self.user >= 0 else None

    def step(self, seconds: float) -> None:
        self.at += int(seconds * SECOND_MS * (0.5 + self.visit.draws[PACE]))

    def say(self, kind: str, body: dict[str, Any], context: bytes = b"") -> None:
        self.hour.say(
            self.client, self.at, kind, self.user_id, body, context=self.context + context, delay=self.delay
        )

    def track(self, event: str, properties: dict[str, Any], context: bytes = b"") -> None:
        self.say("track", {"event": event, "properties": properties}, context)


def tell(shop: Shop, state: State, hour: Hour, visit: Visit) -> None:
    """Every call of one visit, and what it changes: registration, consent, who is logged in where."""
    story = _begin(shop, state, hour, visit)
    _arrive(story)
    _browse(story)
    if visit.adds:
        _fill_cart(story)
    _introduce(story)
    if visit.buys:
        _check_out(story)
    _change_mind(story)
    _leave(story)


def _begin(shop: Shop, state: State, hour: Hour, visit: Visit) -> Story:
    devices, draws = shop.devices, visit.draws
    source = KINDS[devices.kind[visit.device]][1]
    client = Client(
        source, devices.anonymous_id[visit.device], devices.context[visit.device],
        int(devices.clock_error[visit.device]),
    )  # fmt: skip
    story = Story(shop, state, hour, visit, client, visit.start, int(state.user_of_device[visit.device]))
    if story.user not in (-1, visit.person) and draws[LOGOUT] < 0.6:
        story.user = -1
    if source == "app" and draws[LATE] < 0.04:
        story.delay = int(72 * HOUR_MS * draws[LATENESS] ** 3) + 60 * SECOND_MS
    if visit.campaign is not None:
        lead = {"name": visit.campaign, "medium": visit.channel, "source": "kith"}
        story.context = b',"campaign":' + orjson.dumps(lead)
    return story


def _page(url: str, title: str, referrer: str) -> bytes:
    return b',"page":' + orjson.dumps({"url": url, "title": title, "referrer": referrer})


def _arrive(story: Story) -> None:
    referrer = REFERRERS[int(story.visit.draws[REFERRER] ** 2 * len(REFERRERS))]
    if story.shop.devices.kind[story.visit.device] == APP:
        story.track("Application Opened", {"from_background": story.visit.draws[LIST] < 0.5})
        story.step(4)
        story.say("screen", {"name": "Home", "properties": {}})
    else:
        page = _page(f"{SHOP_URL}/", "Home", referrer)
        story.say("page", {"name": "Home", "properties": {"url": f"{SHOP_URL}/", "referrer": referrer}}, page)
    story.step(12)


def _browse(story: Story) -> None:
    products = [story.shop.catalogue.products[index] for index in story.visit.products]
    draw = story.visit.draws[LIST]
    if draw < 0.45:
        category = products[0]["category"]
        story.track("Product List Viewed", {"list_id": category.lower(), "category": category})
    elif draw < 0.65:
        story.track("Products Searched", {"query": products[0]["name"].split()[-1].lower()})
    for product in products:
        story.step(25)
        story.track("Product Viewed", product, _page(product["url"], product["name"], f"{SHOP_URL}/"))


def _fill_cart(story: Story) -> None:
    count = 1 + (len(story.visit.products) > 2)
    for index in story.visit.products[:count]:
        quantity = 1 + int(story.visit.draws[PACE] ** 4 * 3)
        story.cart.append({**story.shop.catalogue.products[index], "quantity": quantity})
        story.step(15)
        story.track("Product Added", {"cart_id": f"c{story.visit.device:06d}", **story.cart[-1]})
    if story.visit.buys or story.visit.draws[GUEST] < 0.4:
        story.step(20)
        story.track(
            "Checkout Started", {"currency": CURRENCY, "value": _total(story.cart), "products": story.cart}
        )


def _total(cart: list[dict[str, Any]]) -> float:
    return round(sum(line["price"] * line["quantity"] for line in cart), 2)


def _introduce(story: Story) -> None:
    """Log in, or register: most do so when they buy."""
    person, draws = story.visit.person, story.visit.draws
    if story.user == person or (story.user >= 0 and not story.visit.buys):
        return
    story.step(20)
    if story.state.registered_at[person] >= 0:
        if story.visit.buys or draws[LOGIN] < 0.5:
            story.user = person
            story.say("identify", {"traits": _traits(story)})
    elif draws[REGISTER] < (
        0.85 if story.visit.buys else 0.12 * story.shop.people.habits.register_rate[person]
    ):
        _register(story)


def _traits(story: Story) -> dict[str, Any]:
    identity, person = story.shop.people.identity, story.visit.person
    zone, locale, country, *_rest = PLACES[identity.place[person]]
    traits: dict[str, Any] = {
        "email": identity.email[person],
        "first_name": identity.first_name[person],
        "last_name": identity.last_name[person],
        "locale": locale,
        "time_zone": zone,
        "country": country,
        "city": identity.city[person],
        "birthday": identity.birthday[person],
        "created_at": from_ms(int(story.state.registered_at[person])),
    }
    if phone := identity.phone[person]:
        traits["phone"] = phone
    return traits


def _register(story: Story) -> None:
    person = story.visit.person
    story.state.registered_at[person] = story.at
    story.user = person
    if story.visit.draws[ALIAS] < 0.05:
        story.say("alias", {"previousId": story.client.anonymous_id})
    story.say("identify", {"traits": _traits(story)})
    story.step(3)
    story.track("Signed Up", {"method": "email"})
    for number, channel in enumerate(CHANNELS):
        if story.shop.people.temper.consents[person, number]:
            _consent(story, number, channel, "granted", "sign-up form")


def _consent(story: Story, number: int, channel: str, status: str, evidence: str) -> None:
    story.state.consent[story.visit.person, number] = GRANTED if status == "granted" else WITHDRAWN
    body = {"purpose": "marketing", "channel": channel, "status": status, "legal_basis": "consent"}
    email = story.shop.people.identity.email[story.visit.person]
    story.track("Consent Updated", {**body, "evidence": evidence, "email": email})


def _check_out(story: Story) -> None:
    """The order comes from the shop's server: under the user id, or a guest's cookie and e-mail."""
    story.step(60)
    order = {
        "order_id": f"o{story.hour.number - 480_000:06d}{story.hour.message_id()[:6]}",
        "total": _total(story.cart),
        "revenue": _total(story.cart),
        "currency": CURRENCY,
        "products": story.cart,
    }
    guest = story.user != story.visit.person
    client = Client("shop", story.client.anonymous_id) if guest else SHOP
    properties = {**order, "email": story.shop.people.identity.email[story.visit.person]} if guest else order
    user_id = None if guest else story.user_id
    body = {"event": "Order Completed", "properties": properties}
    story.hour.say(client, story.at, "track", user_id, body, context=story.context)
    _regret(story, client, user_id, order)


def _regret(story: Story, client: Client, user_id: str | None, order: dict[str, Any]) -> None:
    """Some orders are cancelled within a day, some refunded within three weeks, in whole or in part."""
    draw, delay = story.visit.draws[AFTER], story.visit.draws[AFTER_DELAY]
    if draw < 0.02:
        event, at, body = "Order Cancelled", story.at + int(delay * DAY_HOURS * HOUR_MS), order
    elif draw < 0.02 + story.shop.people.habits.refund_rate[story.visit.person]:
        lines = order["products"][: 1 if delay < 0.5 else None]
        event, at = "Order Refunded", story.at + int((2 + 19 * delay) * DAY_HOURS * HOUR_MS)
        body = {
            "order_id": order["order_id"],
            "total": _total(lines),
            "currency": CURRENCY,
            "products": lines,
        }
    else:
        return
    story.hour.say(client, at, "track", user_id, {"event": event, "properties": body})


def _change_mind(story: Story) -> None:
    """Now and then somebody who is logged in changes a preference."""
    person, draw = story.visit.person, story.visit.draws[MIND]
    if story.user != person or draw > 0.012:
        return
    number = int(draw / 0.012 * len(CHANNELS))
    now = story.state.consent[person, number]
    status = "withdrawn" if now == GRANTED else "granted"
    if now == NO_RECORD and draw > 0.006:
        return
    story.step(30)
    _consent(story, number, CHANNELS[number], status, "preference page")


def _leave(story: Story) -> None:
    """Own devices mostly stay logged in, shared ones half the time."""
    shared = story.shop.devices.owner[story.visit.device] < 0
    stays = story.visit.draws[LOGOUT] < (0.5 if shared else 0.85)
    story.state.user_of_device[story.visit.device] = story.user if stays else -1
