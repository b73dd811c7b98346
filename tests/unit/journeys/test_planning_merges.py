"""Planning among people who merge, and plans of earlier days: nobody twice, nothing revised."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from kith.ids import share, stable_id
from kith.settings import Settings
from tests.scenarios.campaign_world import DAY, LAUNCH, Person, World, crowd

HOUR = timedelta(hours=1)


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
