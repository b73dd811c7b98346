"""Who somebody is and what they agreed to: logging in, registering, consent given and withdrawn."""

from __future__ import annotations

from typing import Any

from sandbox.calendar import from_ms
from sandbox.names import PLACES
from sandbox.people import CHANNELS
from sandbox.state import GRANTED, NO_RECORD, WITHDRAWN
from sandbox.story import ALIAS, LOGIN, MIND, REGISTER, Story
from sandbox.tokens import platform_of, told_as


def introduce(story: Story) -> None:
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


def change_mind(story: Story) -> None:
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
    if channel == "push":
        _tell_device(story, status == "granted")


def _tell_device(story: Story, is_allowed: bool) -> None:
    """The device in somebody's hand says where it is reached from now on, or that it is no more. Others are told of
    when they are used."""
    devices, device = story.shop.devices, story.visit.device
    platform = platform_of(devices, device)
    if platform and devices.owner[device] == story.visit.person:
        story.track(*told_as(platform, devices.anonymous_id[device], is_allowed))
