"""Tells a visit as the calls that the shop's page, its app and its servers would make; of another trade in its words."""

from __future__ import annotations

import orjson

from sandbox.calendar import HOUR_MS, SECOND_MS
from sandbox.catalogue import CURRENCY, SHOP_URL
from sandbox.devices import APP, KINDS
from sandbox.lines import Client, Hour
from sandbox.orders import check_out, total
from sandbox.people import CHANNELS
from sandbox.registration import change_mind, introduce
from sandbox.state import GRANTED, State
from sandbox.story import GUEST, LATE, LATENESS, LIST, LOGOUT, PACE, REFERRER, Shop, Story
from sandbox.tokens import platform_of, token_context, token_of
from sandbox.visits import Visit
from sandbox.vocabulary import load_vocabulary, tell_in

PUSH = CHANNELS.index("push")
REFERRERS = ("", "https://search.example/", "https://social.example/", "https://blog.example/picks")


def tell(shop: Shop, state: State, hour: Hour, visit: Visit) -> None:
    """Every call of one visit, and what it changes: registration, consent, who is logged in where."""
    story = _begin(shop, state, hour, visit)
    if (vocabulary := load_vocabulary(shop.vocabulary)) is not None:
        tell_in(vocabulary, story)
        _leave(story)
        return
    _arrive(story)
    _browse(story)
    if visit.adds:
        _fill_cart(story)
    introduce(story)
    if visit.buys:
        check_out(story)
    change_mind(story)
    _leave(story)


def _begin(shop: Shop, state: State, hour: Hour, visit: Visit) -> Story:
    devices, draws = shop.devices, visit.draws
    source = KINDS[devices.kind[visit.device]][1]
    client = Client(
        source, devices.anonymous_id[visit.device], _context(shop, state, visit.device),
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


def _context(shop: Shop, state: State, device: int) -> bytes:
    """An app bears its token for as long as its owner allows notifications."""
    devices = shop.devices
    context, owner = devices.context[device], devices.owner[device]
    if devices.kind[device] != APP or owner < 0 or state.consent[owner, PUSH] != GRANTED:
        return context
    platform = platform_of(devices, device)
    token = token_of(platform, devices.anonymous_id[device])
    return context.replace(
        b'"device":{"type":"' + platform.encode() + b'"}', token_context(platform, token), 1
    )


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


def _page(url: str, title: str, referrer: str) -> bytes:
    return b',"page":' + orjson.dumps({"url": url, "title": title, "referrer": referrer})


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
            "Checkout Started", {"currency": CURRENCY, "value": total(story.cart), "products": story.cart}
        )


def _leave(story: Story) -> None:
    """Own devices mostly stay logged in, shared ones half the time."""
    shared = story.shop.devices.owner[story.visit.device] < 0
    stays = story.visit.draws[LOGOUT] < (0.5 if shared else 0.85)
    story.state.user_of_device[story.visit.device] = story.user if stays else -1
