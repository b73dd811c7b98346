"""People fetch pixel, link and one-click unsubscribe out of the mail they got, at their own times."""

from collections import Counter
from datetime import timedelta

import orjson
import pytest

from kith.clock import VirtualClock
from kith.lake import Home
from kith.landing import Cursor, LandingLog, tail
from sandbox.answers import Answers
from sandbox.calendar import LAUNCH, to_ms
from sandbox.feedback import Feedback
from sandbox.loop import closed_loop
from sandbox.providers import PROXY_AGENT, SCANNER_AGENT
from sandbox.settings import SandboxSettings
from tests.integration.sandbox.letters import mail_to, send_all

WEEK = to_ms(LAUNCH + timedelta(days=7))


@pytest.fixture
def mailed(town, links):
    """Everybody with a mailbox got one mail."""
    opened = town()
    people = opened.world.shop.people
    to = [email for p, email in enumerate(people.identity.email) if people.temper.mailbox_exists[p]]
    send_all(opened.server.port, [mail_to(address, links.url, n) for n, address in enumerate(to)])
    return opened


def readers(requests):
    return [each for each in requests if each.agent not in (PROXY_AGENT, SCANNER_AGENT)]


def test_answers__fetch_what_stands_in_the_mail_and_nothing_else(mailed, links):
    mailed.answers.perform_until(WEEK)
    assert {each.path[:3] for each in links.requests} == {"/o/", "/c/", "/u/"}
    opens, clicks = readers(links.asked("GET", "/o/")), readers(links.asked("GET", "/c/"))
    assert len(opens) == mailed.answers.done["open"] > 25
    assert 0 < len(clicks) == mailed.answers.done["click"] < len(opens)
    opened = {each.path[3:].removesuffix(".gif") for each in opens}
    assert {each.path[3:] for each in clicks} <= opened
    assert not mailed.answers.failed


def test_answers__unsubscribe_by_the_post_of_rfc_8058(mailed, links):
    mailed.world.shop.people.temper.unsubscribe_rate[:] = 1.0
    people = mailed.world.shop.people
    to = [email for p, email in enumerate(people.identity.email) if people.temper.mailbox_exists[p]]
    send_all(mailed.server.port, [mail_to(address, links.url, 1000 + n) for n, address in enumerate(to)])
    mailed.answers.perform_until(WEEK)
    posts = links.asked("POST", "/u/")
    assert len(posts) == mailed.answers.done["unsubscribe"] > 10
    assert {each.body for each in posts} == {b"List-Unsubscribe=One-Click"}
    assert {each.kind for each in posts} == {"application/x-www-form-urlencoded"}
    assert all(each.agent == SCANNER_AGENT for each in links.asked("GET", "/u/"))


def test_answers__nobody_posts_without_the_one_click_header(town, links):
    opened = town()
    people = opened.world.shop.people
    people.temper.unsubscribe_rate[:] = 1.0
    mails = [mail_to(to, links.url, n, one_click=False) for n, to in enumerate(people.identity.email)]
    send_all(opened.server.port, mails)
    opened.answers.perform_until(WEEK)
    assert links.asked("POST", "/") == []
    assert opened.answers.done["open"] > 0


def test_answers__scanners_open_every_link_before_the_reader_does(mailed, links):
    mailed.answers.perform_until(to_ms(LAUNCH) + 30_000)
    assert Counter(each.agent for each in links.requests).keys() <= {SCANNER_AGENT, PROXY_AGENT}
    scanned = [each for each in links.requests if each.agent == SCANNER_AGENT]
    assert {each.path[:3] for each in scanned} == {"/o/", "/c/", "/u/"}
    assert {each.method for each in scanned} == {"GET"}


def test_answers__happen_in_order_of_their_times(mailed):
    told = []
    mailed.answers.perform_until(WEEK, told.append)
    assert told == sorted(told)
    assert told[0] > to_ms(LAUNCH)


def test_answers__are_the_same_in_steps_and_at_once(world, town, links, tmp_path):
    opened = town()
    mails = [mail_to(to, links.url, n) for n, to in enumerate(world.shop.people.identity.email)]
    send_all(opened.server.port, mails)
    opened.answers.save(tmp_path)
    again = Answers(world, opened.answers.report, opened.answers.find)
    again.load(tmp_path)
    opened.answers.perform_until(WEEK)
    for hour in range(7 * 24 + 1):
        again.perform_until(to_ms(LAUNCH + timedelta(hours=hour)))
    assert again.done == opened.answers.done
    assert sum(again.done.values()) > 200


def test_answers__send_people_back_to_the_shop(mailed):
    """A click is a visit with its campaign; a mail that was read is felt."""
    mailed.answers.perform_until(WEEK)
    due = Counter(what for reminders in mailed.world.state.due.values() for what, *_rest in reminders)
    assert due["visit"] >= mailed.answers.done["click"] > 0
    assert due["hear"] >= mailed.answers.done["open"] > 0
    arrivals = [a for hour in mailed.world.live(LAUNCH, LAUNCH + timedelta(days=2)) for a in hour]
    assert any(b'"campaign":{"name":"mail"' in arrival.line for arrival in arrivals)


def test_answers__mail_raises_what_people_buy(world):
    """The uplift is real: the same world with everybody reached visits and buys more."""
    import copy

    def lived(state):
        world.state = state
        lines = [a.line for hour in world.live(LAUNCH, LAUNCH + timedelta(days=2)) for a in hour]
        return len(lines)

    quiet, reached = copy.deepcopy(world.state), copy.deepcopy(world.state)
    for person in range(world.shop.people.count):
        reached.remind(reached.hour, "hear", person, "email")
    assert lived(reached) > 1.2 * lived(quiet)


def test_feedback__names_the_message_and_the_address_and_lands_once_known(mailed, tmp_path, clock):
    mailed.world.shop.people.temper.complaint_rate[:] = 1.0
    home = Home(tmp_path / "data")
    feedback = Feedback(LandingLog(home, "mailbox", clock))
    mailed.answers.report = feedback.report
    mailed.answers.perform_until(WEEK)
    batches, _cursor = tail(home, Cursor())
    events = [orjson.loads(line) for batch in batches for line in batch.lines]
    kinds = Counter(event["event"] for event in events)
    assert kinds["Email Delivered"] == mailed.answers.done["deliver"] > 150
    assert len({event["messageId"] for event in events}) == len(events)
    assert all(len(event["properties"]["message_id"]) == 32 for event in events)
    assert all(event["properties"]["email"].partition("@")[2] for event in events)
    bounced = [event for event in events if event["event"] == "Email Bounced"]
    assert all(event["properties"]["bounce_type"] == "hard" for event in bounced)
    assert len(bounced) == mailed.answers.done["bounce"] > 0


def test_loop__stands_still_behind_the_end_and_comes_back_as_it_was(world, tmp_path, links):
    settings = SandboxSettings(home=tmp_path / "sandbox", smtp_port=0)
    world.save(settings.state)
    settings.truth.mkdir(parents=True)
    clock = VirtualClock(tmp_path / "clock")
    clock.set(LAUNCH)
    end = LAUNCH + timedelta(days=2, seconds=30)
    home = Home(tmp_path / "data")
    with closed_loop(settings, home, clock) as loop:
        loop.advance(LAUNCH + timedelta(seconds=30))
        assert loop.events == 0
        people = loop.world.shop.people
        mails = [mail_to(to, links.url, n) for n, to in enumerate(people.identity.email)]
        send_all(loop.server.port, mails)
        loop.advance(end)
        assert loop.events > 50
        assert loop.answers.done["open"] > 0
    assert clock.now() == end
    with closed_loop(settings, home, clock) as loop:
        assert loop.world.has_ended
        before = Counter(loop.answers.done)
        loop.advance(end)
        assert loop.events == 0
        assert loop.answers.done == before
