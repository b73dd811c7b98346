"""Planning: everyone once, one decision each, whatever is run again, merged or killed in between."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from activation.contract import OUTBOX_SCHEMA, PlannedMessage, Reason, enrolment_id, message_id
from activation.journeys import messages as message_step
from activation.journeys import planning
from activation.journeys.planning import ConservationError, plan
from activation.rendering import load_template, render
from kith.ids import share, stable_id
from kith.init import initialise
from kith.lake import commits
from kith.run import publish_run
from kith.settings import Settings
from kith.times import from_utc_naive
from tests.scenarios.campaign_world import DAY, LAUNCH, MUG, Person, World

HOUR = timedelta(hours=1)


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Settings over a copy of the definitions, for tests that edit them."""
    folder = tmp_path / "definitions"
    copytree(settings.definitions, folder)
    return settings.model_copy(update={"definitions": folder})


def crowd(count: int) -> list[Person]:
    return [Person(f"u{number}") for number in range(count)]


def test_plan__everyone_who_enters_has_one_decision_and_three_moves(settings: Settings) -> None:
    world = World(settings, [*crowd(30), Person("no", consent=False), Person("mute", email=None)])
    world.evaluate("churn_risk", LAUNCH)
    counts = world.plan(LAUNCH)
    assert counts.enrolled == counts.planned == counts.send + sum(counts.withheld.values()) == 32
    assert counts.holdout == counts.withheld["holdout"] > 0
    assert Counter(row["kind"] for row in world.rows("transitions")) == {
        "entered": 32,
        "exited": 32,
        "sent": counts.send,
        "withheld": 32 - counts.send,
    }
    assert {row["enrolment_id"] for row in world.rows("outbox")} == {
        row["enrolment_id"] for row in world.rows("enrolments")
    }


def test_plan__names_its_rows_as_the_contract_does(settings: Settings) -> None:
    world = World(settings, crowd(3))
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    for row in world.rows("outbox"):
        enrolment = enrolment_id("winback", row["profile_id"], "", from_utc_naive(row["entered_at"]))
        assert row["enrolment_id"] == enrolment
        assert row["message_id"] == message_id("winback", row["step_id"], enrolment, LAUNCH)
        assert row["step_id"] == "message:winback_offer"
        assert row["is_holdout"] == (share(row["profile_id"], "holdout:winback") < 0.1)


def test_plan__an_outbox_row_reads_as_a_message(settings: Settings) -> None:
    world = World(settings, [Person("u1")])
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    (row,) = world.rows("outbox")
    assert list(row) == OUTBOX_SCHEMA.names
    message = PlannedMessage.from_row(row)
    assert message.identifiers == (("email", "u1@example.com"), ("user_id", "u1"))
    assert message.variables["first_name"] == "Ada"
    assert message.variables["picks"][0]["price"] == "12.50"
    assert set(message.variables) == {"first_name", "favourite_category", "picks"}
    assert message.not_after == LAUNCH + 48 * HOUR


def test_plan__picks_three_bought_products_with_web_addresses(settings: Settings) -> None:
    odd = [
        {"url": "javascript:alert(1)"},
        {"url": None},
        {"url": "https://a b"},
        {"order_count": 0},
        {"price": None},
        {"category": "Garden"},
    ]
    good = [{"name": f"Good {n}", "order_count": n, "image_url": "data:image/png"} for n in (1, 4, 3, 2)]
    products = [
        {**MUG, "product_id": f"p{n}", "order_count": 9, **each} for n, each in enumerate([*odd, *good])
    ]
    world = World(settings, [Person("u1")], products=products)
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    picks = PlannedMessage.from_row(world.rows("outbox")[0]).variables["picks"]
    assert [pick["name"] for pick in picks] == ["Good 4", "Good 3", "Good 2"]
    assert {pick["image_url"] for pick in picks} == {None}


def test_plan__twice_plans_once(settings: Settings) -> None:
    world = World(settings, crowd(5))
    world.evaluate("churn_risk", LAUNCH)
    assert world.plan(LAUNCH, publish=False).commit
    for as_of in (LAUNCH, LAUNCH, LAUNCH + HOUR, LAUNCH + DAY, LAUNCH + 9 * DAY):
        counts = world.plan(as_of)
        assert (counts.enrolled, counts.commit) == (0, "")
    assert len(commits(world.home, "journeys")) == 1


def test_plan__who_joins_the_segment_later_comes_too_late(settings: Settings) -> None:
    world = World(settings, crowd(5))
    world.evaluate("churn_risk", LAUNCH, {"u0", "u1"})
    world.plan(LAUNCH)
    world.evaluate("churn_risk", LAUNCH + HOUR)
    assert world.plan(LAUNCH + HOUR).enrolled == 0
    assert set(world.decisions()) == {"u0", "u1"}


@pytest.mark.parametrize("has_own_run", [True, False])
def test_plan__an_empty_first_evaluation_waits_for_the_next(settings: Settings, has_own_run: bool) -> None:
    """The answer is the same whether the empty one was planned in a run of its own or not."""
    world = World(settings, crowd(2))
    world.evaluate("churn_risk", LAUNCH, set())
    if has_own_run:
        assert world.plan(LAUNCH).commit == ""
    world.evaluate("churn_risk", LAUNCH + HOUR)
    world.plan(LAUNCH + HOUR)
    assert {row["entered_at"] for row in world.rows("outbox")} == {(LAUNCH + HOUR).replace(tzinfo=None)}


def test_plan__who_left_before_the_launch_is_not_written_to(settings: Settings) -> None:
    world = World(settings, crowd(3))
    world.evaluate("churn_risk", LAUNCH - DAY)
    world.evaluate("churn_risk", LAUNCH, {"u0"})
    world.plan(LAUNCH)
    assert set(world.decisions()) == {"u0"}


def test_plan__what_an_earlier_run_passed_is_never_revised(own: Settings) -> None:
    """A campaign written after the run that could have started it starts at the next evaluation."""
    world = World(own, crowd(2))
    path = own.definitions / "campaigns" / "winback.yml"
    text = path.read_text()
    path.write_text(text.replace("state: live", "state: draft"))
    world.evaluate("churn_risk", LAUNCH)
    assert world.plan(LAUNCH).enrolled == 0
    path.write_text(text)
    assert world.plan(LAUNCH + HOUR).enrolled == 0
    world.evaluate("churn_risk", LAUNCH + 2 * HOUR)
    assert world.plan(LAUNCH + 2 * HOUR).enrolled == 2
    assert {row["decided_at"] for row in world.rows("outbox")} == {(LAUNCH + 2 * HOUR).replace(tzinfo=None)}


def test_plan__a_merge_lets_nobody_in_twice(own: Settings) -> None:
    """The campaign is launched anew; those who had the first one under another id stay out."""
    world = World(own, crowd(6))
    world.evaluate("churn_risk", LAUNCH, {"u1", "u2", "u3"})
    world.plan(LAUNCH)
    world.merged = {"u1": "u0", "u2": "u3"}
    path = own.definitions / "campaigns" / "winback.yml"
    path.write_text(path.read_text().replace("2026-05-01T08:00", "2026-05-09T08:00"))
    later = LAUNCH + 8 * DAY
    world.evaluate("churn_risk", later, {"u0", "u3", "u4"})
    assert world.plan(later).enrolled == 1
    written = Counter(world.merged.get(name, name) for name in world.decisions())
    assert written == {"u0": 1, "u3": 2, "u4": 1}  # u2 and u3 were still two people at the first launch


def test_plan__two_members_who_are_one_person_by_now_get_one_message(settings: Settings) -> None:
    world = World(settings, crowd(3))
    world.evaluate("churn_risk", LAUNCH)
    world.merged = {"u1": "u0"}
    counts = world.plan(LAUNCH + HOUR)  # the run at the launch failed, and they merged meanwhile
    assert counts.enrolled == 2


def test_plan__past_sends_and_complaints_follow_a_merge(own: Settings) -> None:
    world = World(own, crowd(4))
    world.say("u1", "Message Sent", LAUNCH - HOUR, message_id="x")
    world.merged = {"u1": "u0"}
    world.evaluate("churn_risk", LAUNCH, {"u0"})
    world.plan(LAUNCH)
    (row,) = world.rows("outbox")
    assert (row["reason"], row["is_eligible"]) in {("frequency_cap", False), ("holdout", False)}


def test_plan__what_was_planned_under_an_old_id_takes_its_place(own: Settings) -> None:
    names = [name for name in (f"u{n}" for n in range(40)) if not _is_held(name, "winback", "other")]
    world = World(own, [Person(name) for name in names[:2]])
    world.evaluate("churn_risk", LAUNCH, {names[1]})
    world.plan(LAUNCH)
    world.merged = {names[1]: names[0]}
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "other.yml").write_text(text.replace("name: winback", "name: other").replace("T08", "T09"))
    world.evaluate("churn_risk", LAUNCH + HOUR, {names[0]})
    world.plan(LAUNCH + HOUR)
    assert world.decisions("other") == {names[0]: ("withhold", "frequency_cap")}


def test_plan__a_withheld_message_takes_no_place(own: Settings) -> None:
    (name, *_) = [name for name in (f"u{n}" for n in range(40)) if not _is_held(name, "winback", "other")]
    world = World(own, [Person(name, consent=False)])
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    world.people = [Person(name, consent_at=LAUNCH + HOUR)]
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "other.yml").write_text(text.replace("name: winback", "name: other").replace("T08", "T10"))
    world.evaluate("churn_risk", LAUNCH + 2 * HOUR)
    world.plan(LAUNCH + 2 * HOUR)
    assert world.decisions() == {name: ("withhold", "no_consent")}
    assert world.decisions("other") == {name: ("send", "")}


def _is_held(name: str, *campaigns: str) -> bool:
    return any(share(stable_id("user_id", name), f"holdout:{each}") < 0.1 for each in campaigns)


def test_plan__an_earlier_campaign_s_plan_counts_and_its_event_does_not_count_again(own: Settings) -> None:
    """Two a week: the first campaign's send counts once, so the second goes, and the third doesn't."""
    world = World(own, crowd(12))
    caps = own.definitions / "caps" / "marketing.yml"
    caps.write_text("purpose: marketing\nlimits: [{at_most: 2, per: 7d}]\n")
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text().replace("holdout: 10%", "holdout: 0.0000001%")
    for number in range(3):
        launched = text.replace("name: winback", f"name: c{number}").replace(
            "05-01T08", f"05-0{number + 1}T08"
        )
        (folder / f"c{number}.yml").write_text(launched)
    (folder / "winback.yml").unlink()
    for number in range(3):
        at = LAUNCH + number * DAY
        world.evaluate("churn_risk", at)
        world.plan(at)
        for row in world.rows("outbox"):
            if row["journey"] == f"c{number}" and row["decision"] == "send":
                name = row["address"].partition("@")[0]
                world.say(name, "Message Sent", at + HOUR, message_id=row["message_id"])
    assert {world.decisions(f"c{n}")["u1"] for n in range(2)} == {("send", "")}
    assert set(world.decisions("c2").values()) == {("withhold", "frequency_cap")}
    assert {row["reason_detail"] for row in world.rows("outbox") if row["journey"] == "c2"} == {
        "marketing: at most 2 per 7d"
    }


def test_plan__at_one_instant_the_campaign_of_lower_priority_number_wins(own: Settings) -> None:
    world = World(own, crowd(8))
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "other.yml").write_text(text.replace("name: winback", "name: other\npriority: 5"))
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    both = {name: (world.decisions("other")[name], world.decisions()[name]) for name in world.decisions()}
    assert (("send", ""), ("send", "")) not in both.values()
    assert (("send", ""), ("withhold", "frequency_cap")) in both.values()
    for other, winback in both.values():
        if other == ("withhold", "holdout"):  # the held-out message takes no place
            assert winback[1] in ("", "holdout")


def test_plan__judges_the_holdout_by_all_other_gates_too(settings: Settings) -> None:
    names = [f"u{n}" for n in range(300) if share(stable_id("user_id", f"u{n}"), "holdout:winback") < 0.1]
    people = [Person(name) for name in names]
    people[0] = replace(people[0], consent=False)
    people[1] = replace(people[1], email=None)
    world = World(settings, people)
    world.say(names[2], "Message Sent", LAUNCH - HOUR, message_id="x")
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    assert set(world.decisions().values()) == {("withhold", "holdout")}
    addresses = {person.address for person in people[3:]}
    assert {row["address"] for row in world.rows("outbox") if row["is_eligible"]} == addresses


def test_plan__a_required_variable_withholds_those_who_lack_it(own: Settings) -> None:
    subject = own.definitions / "templates" / "winback_offer" / "subject.txt"
    subject.write_text("{{ first_name }}, {{ unheard_of | default('') }}")
    people = [Person("u1"), Person("u2", first_name=" "), Person("u3", first_name=None, locale="de-DE")]
    world = World(own, people)
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    rows = {row["address"].partition("@")[0]: row for row in world.rows("outbox")}
    assert {name: (row["decision"], row["reason"], row["reason_detail"]) for name, row in rows.items()} == {
        "u1": ("send", "", ""),
        "u2": ("withhold", Reason.MISSING_VARIABLE, "first_name"),
        "u3": ("send", "", ""),  # the German variant does without
    }
    subject.write_text("{{ first_name | default('you') }}, {{ made_up }}")
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "b.yml").write_text(text.replace("name: winback", "name: b").replace("05-01", "05-21"))
    world.evaluate("churn_risk", LAUNCH + 20 * DAY, {"u1"})
    world.plan(LAUNCH + 20 * DAY)
    assert [row["reason_detail"] for row in world.rows("outbox") if row["journey"] == "b"] == ["made_up"]


def test_plan__keeps_the_versions_it_used_once(own: Settings) -> None:
    world = World(own, crowd(1))
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    folder = own.definitions / "campaigns"
    text = (folder / "winback.yml").read_text()
    (folder / "again.yml").write_text(text.replace("name: winback", "name: again").replace("05-01", "05-03"))
    world.evaluate("churn_risk", LAUNCH + 2 * DAY)
    world.plan(LAUNCH + 2 * DAY)
    kept = [(row["kind"], row["name"]) for row in world.rows("versions")]
    assert sorted(kept) == [
        *(("campaign", "again"), ("campaign", "winback"), ("cap", "marketing"), ("template", "winback_offer"))
    ]
    template = next(row for row in world.rows("versions") if row["kind"] == "template")
    assert "subject.txt" in json.loads(template["body"])
    assert template["version"] == world.rows("outbox")[0]["template_version"]


def test_plan__killed_before_its_commit_leaves_nothing_and_runs_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(settings, crowd(4))
    world.evaluate("churn_risk", LAUNCH)
    run = world.begin(LAUNCH)
    with monkeypatch.context() as patched:
        patched.setattr(planning, "new_versions", _fails)
        with pytest.raises(OSError, match="disk full"):
            plan(settings, run)
    assert commits(world.home, "journeys") == []
    assert plan(settings, run).enrolled == 4
    assert plan(settings, run).enrolled == 0


def _fails(*_: object) -> None:
    raise OSError("disk full")


@pytest.mark.parametrize("fault", ["lost", "doubled"])
def test_plan__refuses_to_commit_what_does_not_add_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    original = message_step.decide
    broken = {
        "lost": lambda table: table.slice(1),
        "doubled": lambda table: __import__("pyarrow").concat_tables([table, table.slice(0, 1)]),
    }[fault]
    monkeypatch.setattr(planning, "decide", lambda *given: broken(original(*given)))
    world = World(settings, crowd(4))
    world.evaluate("churn_risk", LAUNCH)
    with pytest.raises(ConservationError):
        world.plan(LAUNCH)
    assert commits(world.home, "journeys") == []


def test_plan__without_a_consent_gate_nothing_is_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The permission is a join of its own: a forgotten gate loses rows, which conservation refuses."""
    gates = [gate for gate in message_step.plan_gates() if gate.reason is not Reason.NO_CONSENT]
    monkeypatch.setattr(message_step, "plan_gates", lambda: gates)
    world = World(settings, [Person("u1", consent=False)])
    world.evaluate("churn_risk", LAUNCH)
    with pytest.raises(ConservationError):
        world.plan(LAUNCH)


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
