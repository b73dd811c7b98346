"""The world is a function of its shape, whatever the steps in which it is lived."""

import hashlib
import re
from collections import Counter
from datetime import timedelta

import orjson
import pytest

from kith.errors import KithError
from kith.lake import Home
from kith.landing import Cursor, tail
from sandbox.calendar import LAUNCH, from_hour
from sandbox.people import CHANNELS
from sandbox.world import Shape, World, history

SMALL = Shape(seed=7, people=200, days=30)


def lived(world, start, until):
    return [arrival for hour in world.live(start, until) for arrival in hour]


def fingerprint(arrivals):
    digest = hashlib.md5(usedforsecurity=False)
    for arrival in arrivals:
        digest.update(repr(arrival).encode())
    return digest.hexdigest()


def first(world):
    return from_hour(world.calendar.first_hour)


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    """A small history: its home, its truth's folder and the world."""
    folder = tmp_path_factory.mktemp("world")
    home = Home(folder / "data")
    return home, folder / "truth-side", history(home, folder / "truth-side", SMALL)


@pytest.fixture(scope="module")
def batches(landed):
    return tail(landed[0], Cursor())[0]


def well_formed(batches):
    for batch in batches:
        for line in batch.lines:
            try:
                event = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(event, dict):
                yield batch, event


def test_world__is_the_same_to_the_byte_for_the_same_seed():
    one, other = World(SMALL), World(SMALL)
    assert fingerprint(lived(one, first(one), LAUNCH)) == fingerprint(lived(other, first(other), LAUNCH))


def test_world__differs_for_another_seed():
    one, other = World(SMALL), World(Shape(seed=8, people=200, days=30))
    assert fingerprint(lived(one, first(one), LAUNCH)) != fingerprint(lived(other, first(other), LAUNCH))


def test_world__is_the_same_at_one_go_and_hour_by_hour_through_a_saved_state(tmp_path):
    start = LAUNCH - timedelta(hours=36)
    at_once, stepped = World(SMALL), World(SMALL)
    lived(at_once, first(at_once), start)
    lived(stepped, first(stepped), start)
    whole = lived(at_once, start, LAUNCH + timedelta(hours=36))
    steps = []
    while (now := from_hour(stepped.state.hour)) < LAUNCH + timedelta(hours=36):
        steps += lived(stepped, now, now + timedelta(hours=1))
        stepped.save(tmp_path)
        reopened = World.open(tmp_path)
        assert reopened is not None
        stepped = reopened
    assert fingerprint(steps) == fingerprint(whole)
    assert len(whole) > 100


def test_world__lives_on_only_from_where_it_stands():
    with pytest.raises(KithError, match="stands at hour"):
        next(World(SMALL).live(LAUNCH, LAUNCH + timedelta(hours=1)))


def test_world__ends_and_yields_nothing_more():
    world = World(Shape(people=20, days=2, live_days=1))
    lived(world, first(world), LAUNCH + timedelta(days=30))
    assert world.has_ended
    assert lived(world, from_hour(world.state.hour), LAUNCH + timedelta(days=60)) == []


def test_history__ends_before_launch(batches):
    assert max(batch.received_at for batch in batches) < LAUNCH
    assert all(event["sentAt"] < "2027" for _batch, event in well_formed(batches))


def test_history__lands_as_many_lines_as_the_ledger_says(landed, batches):
    ledger = orjson.loads((landed[1] / "truth" / "ledger.json").read_bytes())
    by_source = Counter()
    for batch in batches:
        by_source[batch.source] += len(batch.lines)
    assert dict(by_source) == ledger["landed"]
    assert set(by_source) == {"web", "app", "shop", "messages"}


def test_history__holds_exactly_the_dirt_that_was_planted(landed, batches):
    flaws = landed[2].state.flaws
    lines = [line for batch in batches for line in batch.lines]
    events = [event for _batch, event in well_formed(batches)]
    ids = Counter(event["messageId"] for event in events if "messageId" in event)
    assert len(lines) - len(events) == flaws["malformed"]
    assert (
        len({orjson.dumps(event) for event in events if "messageId" not in event}) == flaws["no_message_id"]
    )
    nobody = [event for event in events if not event.get("anonymousId") and not event.get("userId")]
    assert len(nobody) == flaws["no_person"]
    copies = Counter(lines)
    assert sum(count - 1 for count in copies.values()) == flaws["duplicate"]
    assert max(ids.values()) == 2


def test_history__lines_are_segment_calls(batches):
    kinds = Counter(event["type"] for _batch, event in well_formed(batches))
    assert set(kinds) == {"track", "identify", "page", "screen", "alias"} - ({"alias"} - set(kinds))
    for _batch, event in well_formed(batches):
        assert {"timestamp", "originalTimestamp", "sentAt", "context"} <= set(event)
        assert event["type"] != "track" or event["event"]
        assert event["type"] != "identify" or event["traits"]["email"]


def test_history__correcting_the_clock_gives_the_true_time(landed, batches):
    """Received minus (sent minus original) lies within the world's span, whatever the client's clock."""
    from kith.times import parse_instant

    skewed = 0
    for batch, event in well_formed(batches):
        original, sent = parse_instant(event["originalTimestamp"]), parse_instant(event["sentAt"])
        occurred = batch.received_at - (sent - original)
        skewed += abs(sent - batch.received_at) > timedelta(minutes=1)
        assert first(landed[2]) <= occurred + timedelta(minutes=5)
        assert occurred < LAUNCH
    assert skewed >= landed[2].state.flaws["clock"] > 0


def test_history__names_nobody_outside_reserved_domains_and_networks(batches):
    text = b"\n".join(line for batch in batches for line in batch.lines)
    domains = {match.decode() for match in re.findall(rb"@([a-z0-9.-]+\.[a-z]+)", text)}
    assert domains
    assert all(re.fullmatch(r"example\.(com|org|net)|.+\.(example|test)", domain) for domain in domains)
    hosts = {match.decode() for match in re.findall(rb"https?://([a-z0-9.-]+)", text)}
    assert all(host.endswith(".example") for host in hosts)
    ips = {match.decode() for match in re.findall(rb'"ip":"([0-9.]+)"', text)}
    reserved = ("192.0.2.", "198.51.100.", "203.0.113.", "198.18.")
    assert ips
    assert all(ip.startswith(reserved) for ip in ips)
    phones = {match.decode() for match in re.findall(rb'"phone":"([^"]+)"', text)}
    assert phones
    assert all(phone.startswith("+999") for phone in phones)


def test_history__keeps_its_truth_out_of_the_home(landed):
    home, truth_side, _world = landed
    assert {path.name for path in home.root.iterdir()} == {"landing"}
    assert {path.name for path in (truth_side / "truth").iterdir()} == {
        "people.parquet", "devices.parquet", "ownership.parquet", "bots.parquet", "ledger.json",
    }  # fmt: skip
    hidden = (b"uplift", b"gone_at", b"fatigue", b"is_disguised", b"price_sensitivity")
    for path in home.landing.rglob("*.open"):
        content = path.read_bytes()
        assert not any(word in content for word in hidden)


def test_history__logs_past_sends_with_their_propensity(batches):
    arms, sent = Counter(), Counter()
    for _batch, event in well_formed(batches):
        if event.get("event") == "Experiment Viewed":
            arms[event["properties"]["variation_id"]] += 1
            assert 0.25 <= event["properties"]["propensity"] <= 0.5
        elif event.get("event") == "Message Sent":
            sent[event["properties"]["channel"]] += 1
    assert set(arms) == {"control", *CHANNELS}
    assert set(sent) == set(CHANNELS)


def test_history__people_die_off_so_that_silence_tells():
    """Of those who bought, the recent ones buy again far more often than the silent ones."""
    world = World(Shape(seed=3, people=1500, days=120))
    last, cut = {}, LAUNCH - timedelta(days=30)
    again = set()
    for arrival in lived(world, first(world), LAUNCH):
        if b'"Order Completed"' not in arrival.line or arrival.flaw == "malformed":
            continue
        event = orjson.loads(arrival.line)
        who = event.get("userId")
        if who is None:
            continue
        if arrival.received < cut.timestamp() * 1000:
            last[who] = arrival.received
        else:
            again.add(who)
    border = (cut - timedelta(days=25)).timestamp() * 1000
    recent = [who in again for who, at in last.items() if at >= border]
    silent = [who in again for who, at in last.items() if at < border]
    assert len(recent) > 50
    assert len(silent) > 50
    assert sum(recent) / len(recent) > 2 * sum(silent) / len(silent)
