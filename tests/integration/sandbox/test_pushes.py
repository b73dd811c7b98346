"""People and their devices: who allows notifications can be reached, and some tap what they are shown."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import orjson

from activation.addresses import address_type
from kith.clock import FixedClock
from kith.lake import Home
from kith.landing import Cursor, LandingLog, tail
from sandbox.answers import Answers
from sandbox.calendar import from_hour, to_ms
from sandbox.directory import Directory
from sandbox.feedback import Feedback
from sandbox.loop import _handed_over
from sandbox.people import CHANNELS
from sandbox.pushes import Push, push_of
from sandbox.state import GRANTED
from sandbox.tokens import is_removed, platform_of, token_of
from sandbox.world import Shape, World
from tests.integration.sandbox.conftest import LAUNCH

WEEK = to_ms(LAUNCH + timedelta(days=7))
KINDS = {"android": "fcm_token", "ios": "apns_token", "web": "web_push"}


def told(world: World) -> list[dict]:
    fresh = World(world.shape)
    whole = fresh.live(from_hour(fresh.calendar.first_hour), LAUNCH)
    return [orjson.loads(each.line) for some in whole for each in some if each.flaw in ("", "late", "clock")]


def test_devices__tell_a_token_while_their_owner_allows_notifications():
    crowd = World(Shape(seed=7, people=900, days=8, live_days=1))
    events, devices = told(crowd), crowd.shop.devices
    by_name = {name: device for device, name in enumerate(devices.anonymous_id)}
    reached = [e for e in events if e["context"].get("device", {}).get("token")]
    assert len(reached) > 10
    for event in reached:
        device, told_of = by_name[event["anonymousId"]], event["context"]["device"]
        platform = platform_of(devices, device)
        assert told_of == {"type": platform, "token": token_of(platform, event["anonymousId"])}
        assert address_type("push", told_of["token"]) == KINDS[platform]
    named = Counter(event.get("event") for event in events)
    assert named["Push Token Registered"] > 0
    assert named["Web Push Subscribed"] > 0
    endpoints = {
        event["properties"]["subscription"]["endpoint"].rpartition("/")[2]
        for event in events
        if event.get("event") == "Web Push Subscribed"
    }
    assert {platform_of(devices, by_name[name]) for name in endpoints} == {"web"}


def test_devices__that_nobody_owns_or_whose_owner_refuses_tell_none(world):
    devices, granted = world.shop.devices, world.state.consent[:, CHANNELS.index("push")] == GRANTED
    assert granted.any()
    assert not granted.all()
    last = {event["anonymousId"]: event for event in told(world) if event.get("anonymousId")}
    for device, name in enumerate(devices.anonymous_id):
        if devices.owner[device] < 0:
            assert platform_of(devices, device) == ""
            assert "token" not in last.get(name, {"context": {}})["context"].get("device", {})


def test_push__is_a_message_of_a_push_service():
    row = {"kind": "message", "key": "m", "to": "t"}
    assert push_of("apns", row, LAUNCH) == Push("t", "m", LAUNCH)
    assert push_of("apns", {**row, "kind": "token"}, LAUNCH) is None
    assert push_of("twilio", row, LAUNCH) is None


def test_pushes__are_shown_and_tapped_and_the_app_tells(world, tmp_path):
    directory = Directory(world.shop.people, world.shop.devices)
    devices, log = world.shop.devices, LandingLog(Home(tmp_path), "mailbox", FixedClock(LAUNCH))
    answers = Answers(world, Feedback(log).report, directory.find)
    tokens = [
        token_of(platform, devices.anonymous_id[device])
        for device in range(devices.count)
        if (platform := platform_of(devices, device))
    ]
    for token in tokens:
        answers.receive_push(Push(token, f"m-{token}", LAUNCH), directory.find_device(token))
    answers.perform_until(WEEK)
    log.close()
    assert answers.done["push show"] == len(tokens)
    assert answers.done["push tap"] > 3
    batches, _ = tail(Home(tmp_path), Cursor())
    events = [orjson.loads(line) for batch in batches for line in batch.lines]
    assert {event["anonymousId"] for event in events} <= set(devices.anonymous_id)
    assert {event["properties"]["channel"] for event in events} == {"push"}
    assert not any("email" in event["properties"] for event in events)
    due = Counter(what for reminders in world.state.due.values() for what, *_rest in reminders)
    assert due["visit"] >= answers.done["push tap"]


def test_tokens__of_some_are_removed_and_only_of_this_world(world):
    directory = Directory(world.shop.people, world.shop.devices)
    many = [token_of("ios", str(number)) for number in range(5_000)]
    assert 0.06 < sum(map(is_removed, many)) / 5_000 < 0.10
    assert directory.find_device(many[0]) is None


def test_world__with_devices_is_still_the_same_twice():
    shape = Shape(seed=7, people=60, days=4, live_days=1)
    assert told(World(shape)) == told(World(shape))


def test_keys__of_vendors_are_the_platform_s_own_copies(tmp_path):
    home, hidden = Home(tmp_path / "data"), tmp_path / "hidden" / "vapid.pem"
    hidden.parent.mkdir()
    hidden.write_bytes(b"a key")
    given = _handed_over("KITH_WEBPUSH_KEY", str(hidden), home)
    assert given == str(home.root / "secrets" / "kith_webpush_key.pem")
    assert (home.root / "secrets" / "kith_webpush_key.pem").read_bytes() == b"a key"
    assert (home.root / "secrets" / "kith_webpush_key.pem").stat().st_mode & 0o777 == 0o600
    for plain in ("any", "http://127.0.0.1:1/fcm", str(hidden.parent), str(tmp_path / "none.pem")):
        assert _handed_over("KITH_X", plain, home) == plain
