"""Planning over the past and over any history: the same decisions, each person once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from activation.contract import PlannedMessage, Reason
from activation.journeys.planning import plan
from activation.rendering import load_template, render
from kith.init import initialise
from kith.lake import commits
from kith.run import publish_run
from kith.settings import Settings
from tests.scenarios.campaign_world import DAY, LAUNCH, Person, World, crowd

HOUR = timedelta(hours=1)


def test_replay__decides_as_the_live_run_did_and_touches_nothing(settings: Settings) -> None:
    world = World(settings, crowd(12))
    world.evaluate("churn_risk", LAUNCH)
    live = world.plan(LAUNCH)
    world.plan(LAUNCH + 3 * DAY)
    before = [each.name for each in commits(world.home, "journeys")]
    run = world.begin(LAUNCH)
    assert run.is_replay
    replayed = plan(settings, run)
    assert (replayed.enrolled, replayed.send, dict(replayed.withheld)) == (
        live.enrolled,
        live.send,
        dict(live.withheld),
    )
    assert [each.name for each in commits(world.home, "journeys")] == before
    assert replayed.is_replay


def test_replay__after_the_launch_finds_it_done(settings: Settings) -> None:
    world = World(settings, crowd(3))
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    world.plan(LAUNCH + 3 * DAY)
    assert plan(settings, world.begin(LAUNCH + DAY)).enrolled == 0


_person = st.builds(
    Person,
    name=st.uuids().map(str),
    consent=st.sampled_from([True, True, True, False, None]),
    email=st.sampled_from(["default", "default", "default", None, "bad"]),
    first_name=st.sampled_from(["Ada", None, "", "O'Hara", "😀\n", "{{ x }}", '"\\']),
    favourite_category=st.sampled_from(["Coffee", "Nothing", None]),
    locale=st.sampled_from(["en-GB", "de-DE", None, "", "xx", "'"]),
)
_steps = st.lists(
    st.tuples(
        st.sampled_from(["evaluate", "plan", "merge", "send", "bounce", "replay"]),
        st.integers(0, 60),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    min_size=4,
    max_size=10,
)


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=st.lists(_person, min_size=8, max_size=8, unique_by=lambda p: p.name), steps=_steps)
def test_plan__any_history_writes_to_each_person_once_and_adds_up(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, people: list[Person], steps: list[tuple]
) -> None:
    own = settings.model_copy(update={"home": tmp_path_factory.mktemp("home")})
    initialise(own)
    world = World(own, people)
    now = LAUNCH - 20 * HOUR
    for number, (what, hours, left, right) in enumerate([*steps, ("evaluate", 0, 0, 7), ("plan", 0, 0, 0)]):
        now += timedelta(hours=hours)
        one, other = people[left].name, people[right].name
        if what == "evaluate":
            world.evaluate("churn_risk", now, {person.name for person in people[min(left, right) :]})
        elif what == "plan":
            world.plan(now)
        elif what == "merge" and one != other and not {one, other} & {*world.merged, *world.merged.values()}:
            world.merged[one] = other
        elif what == "send":
            world.say(one, "Message Sent", now, message_id=f"m{number}")
        elif what == "bounce":
            world.say(one, "Email Bounced", now, message_id=f"m{number}", bounce_type="hard")
        elif what == "replay":
            run = world.begin(now - DAY)
            if run.is_replay:
                plan(own, run)
    _check_adds_up(world)


def _check_adds_up(world: World) -> None:
    outbox, enrolments = world.rows("outbox"), world.rows("enrolments")
    assert Counter(row["enrolment_id"] for row in outbox) == Counter(
        row["enrolment_id"] for row in enrolments
    )
    assert len({row["profile_id"] for row in enrolments}) == len(enrolments)
    assert len({row["as_of"] for row in enrolments}) <= 1
    for row in outbox:
        assert (row["decision"] == "send") == (row["reason"] == "")
        assert row["is_holdout"] == (row["reason"] == Reason.HOLDOUT)
        assert row["decision"] == "withhold" or (row["is_eligible"] and row["address"])
        if row["decision"] == "send":
            _check_reads_well(world, PlannedMessage.from_row(row))


def _check_reads_well(world: World, message: PlannedMessage) -> None:
    """What was planned can be rendered from what was frozen, whatever the person is called."""
    template = load_template(world.settings.definitions / "templates" / message.template)
    assert template.version == message.template_version
    link = "https://u.example/token"
    seen = render(template, {**message.variables, "unsubscribe_url": link}, message.locale)
    assert "\n" not in seen.subject
    assert link in seen.html
    assert link in seen.text
    assert "None" not in seen.html


def test_run__that_was_published_is_not_planned_again(settings: Settings) -> None:
    world = World(settings, crowd(2))
    world.evaluate("churn_risk", LAUNCH)
    run = world.begin(LAUNCH)
    plan(settings, run)
    publish_run(settings, run)
    again = world.begin(LAUNCH)
    assert not again.is_replay
    assert plan(settings, again).commit == ""
