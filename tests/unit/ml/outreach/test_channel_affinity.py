from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from ml.channels import learning
from ml.channels.affinity import answers_of, learn_affinity
from ml.channels.backtest import Past, follow
from ml.channels.files import Artefact, load_artefact
from ml.channels.policy import Economics
from ml.channels.terms import ChannelTerms
from ml.contract import Fitted, NotTrainable
from ml.models.channel_affinity import plugin
from ml.outreach.history import Assignments
from ml.outreach.window import Window
from tests.unit.ml.outreach.world import AS_OF, DAY, HORIZON, messages_of

CHANNELS = ("email", "push")
COSTS = np.array([0.0, 0.0])
WINDOW = Window(
    AS_OF - 42 * DAY - np.timedelta64(HORIZON), AS_OF - np.timedelta64(HORIZON), np.timedelta64(HORIZON)
)
TERMS = ChannelTerms.model_validate(
    {
        "description": "d",
        "model": "channel_affinity",
        "value": 2.0,
        "currency": "EUR",
        "channels": {"email": {"cost": 0.0}, "push": {"cost": 0.0}},
        "minimum_messages": 200,
        "minimum_clicks": 30,
    }
)


def shop(seed, people=400, each=16, differs=True):
    """Everybody gets one of two channels or none, by chance; half click e-mail, half push, if they differ at all."""
    chance = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), each)
    arm = chance.integers(-1, 2, len(person))
    likes = person % 2 if differs else np.zeros(len(person), int)
    rate = np.where(arm == likes, 0.4, 0.08) if differs else np.where(arm == 0, 0.3, 0.1)
    clicked = (chance.random(len(person)) < rate) & (arm >= 0)
    age = chance.uniform(4, 90, len(person))
    order = np.argsort(-age)
    names = np.array([*CHANNELS, "control"], dtype=object)[arm]
    at = AS_OF - (age * 86_400_000_000).astype("timedelta64[us]")
    sent = arm >= 0
    messages = messages_of(
        person[sent],
        np.zeros(sent.sum(), int),
        clicked[sent],
        age[sent],
        names[sent],
        np.zeros(sent.sum(), bool),
    )
    assignments = Assignments(
        person[order],
        names[order],
        np.full(len(person), 1 / 3),
        at[order],
        clicked[order],
        np.full(len(person), 1.0),
        np.ones((len(person), 2), bool),
    )
    return Past(people, messages, assignments, WINDOW, Economics(2.0, COSTS), CHANNELS)


def test_affinity__finds_who_likes_which_channel():
    past = shop(seed=1)
    affinity = learn_affinity(past.messages, CHANNELS)
    leanings = affinity.leanings(past.messages, past.people)
    everyone = np.arange(past.people)
    chances = [
        affinity.chances(
            leanings, everyone, np.full(past.people, place), np.ones(past.people), np.zeros(past.people)
        )
        for place in range(2)
    ]
    likes_push = chances[1] > chances[0]
    assert (likes_push == (everyone % 2 == 1)).mean() > 0.85


def test_affinity__learns_of_openings_where_a_channel_reports_them():
    messages = messages_of(
        [0, 0, 1], [9, 9, 9], [True, False, False], [9, 8, 7], is_opened=[False, True, False]
    )
    answers = answers_of(messages, ("email", "push"), ("email",))
    clicks, opens = answers.take(answers.kind == 0), answers.take(answers.kind == 2)
    assert clicks.yes.tolist() == [1.0, 0.0]
    assert opens.yes.tolist() == [1.0, 1.0, 0.0]


def test_affinity__takes_a_click_for_as_likely_as_opening_and_clicking_together():
    count = 600
    opened = np.arange(count) % 2 == 0
    clicked = np.arange(count) % 8 == 0
    messages = messages_of(
        np.arange(count), np.zeros(count, int), clicked, np.full(count, 9.0), is_opened=opened
    )
    affinity = learn_affinity(messages, ("email", "push"))
    leanings = affinity.leanings(messages.take(np.array([], np.int64)), 1)
    told = affinity.chances(leanings, np.zeros(1, int), np.zeros(1, int), np.ones(1), np.zeros(1))
    assert affinity.with_openings == ("email",)
    assert told[0] == pytest.approx(1 / 8, abs=0.03)


def test_affinity__of_nobody_known_is_near_everybodys_rate():
    past = shop(seed=2, differs=False)
    affinity = learn_affinity(past.messages, CHANNELS)
    leanings = affinity.leanings(past.messages.take(np.array([], np.int64)), 1)
    told = affinity.chances(leanings, np.zeros(2, int), np.array([0, 1]), np.ones(2), np.zeros(2))
    assert told == pytest.approx(affinity.rates, abs=0.03)


def test_follow__the_choice_beats_rules_without_a_model_where_people_differ():
    past = shop(seed=3)
    outcome = follow(learn_affinity(past.training(), CHANNELS), past)
    mine, rules = outcome.metrics(), outcome.rules(COSTS, np.full(len(outcome.clicks), 0.24))
    assert mine["net_value"] > 1.2 * max(rule["net_value"] for rule in rules.values())
    assert mine["gain"] > 3 * mine["gain_error"]
    assert all(mine["log_loss"] < rule["log_loss"] for rule in rules.values())


def test_follow__claims_no_gain_where_people_are_alike():
    past = shop(seed=4, differs=False)
    mine = follow(learn_affinity(past.training(), CHANNELS), past).metrics()
    assert abs(mine["gain"]) < 3 * mine["gain_error"] + 0.01


def test_follow__knows_nothing_of_what_comes_after_each_step():
    past = shop(seed=5)
    affinity = learn_affinity(past.training(), CHANNELS)
    first_end = next(WINDOW.steps())[1]
    late = past.messages.sent_at + WINDOW.horizon > WINDOW.begin
    turned = replace(
        past.messages, is_clicked=np.where(late, ~past.messages.is_clicked, past.messages.is_clicked)
    )
    before, after = follow(affinity, past), follow(affinity, replace(past, messages=turned))
    in_first = (past.messages.sent_at >= WINDOW.begin) & (past.messages.sent_at < first_end)
    count = int(in_first.sum())
    assert count > 50
    assert np.array_equal(before.chances[:count], after.chances[:count])
    assert not np.array_equal(before.chances[count:], after.chances[count:])


def test_artefact__comes_back_from_its_files(tmp_path):
    past = shop(seed=7)
    affinity = learn_affinity(past.training(), CHANNELS)
    Artefact(affinity, past.economics).save(tmp_path)
    back = load_artefact(tmp_path)
    assert follow(back.affinity, past).metrics() == follow(affinity, past).metrics()
    assert back.economics.value == past.economics.value
    assert {file.suffix for file in tmp_path.iterdir()} == {".npz", ".json"}


@pytest.fixture
def read(monkeypatch):
    """A lesson's reading, replaced by arrays."""
    return lambda past: monkeypatch.setattr(learning, "_read", lambda lesson, terms: past)


def test_follow__an_affinity_of_other_channels_is_judged_on_the_same_rows():
    """A champion from before push was used never chooses it and foretells no click by it."""
    past = shop(seed=12)
    old = learn_affinity(past.training().take(past.training().channel == "email"), ("email",))
    mine, theirs = follow(learn_affinity(past.training(), CHANNELS), past), follow(old, past)
    assert len(mine.chances) == len(theirs.chances)
    assert len(mine.trials) == len(theirs.trials)
    assert theirs.net.argmax(axis=1).max() == 0
    assert mine.metrics()["net_value"] > theirs.metrics()["net_value"]
    assert mine.metrics()["log_loss"] < theirs.metrics()["log_loss"]


def test_learn__tells_all_that_the_life_cycle_asks_for(read, lesson):
    read(shop(seed=8))
    found = plugin.learn(lesson(TERMS))
    assert found.metrics == found.judge(found.fitted)
    for baseline in found.baselines.values():
        assert all(each.is_better(found.metrics, baseline) for each in plugin.criteria)
    assert found.calibration is not None
    assert len(found.calibration.scores) == found.evidence.test_rows
    assert found.plots["choice"]().axes


def test_learn__refuses_with_counts_where_there_is_too_little(read, lesson):
    read(shop(seed=9, people=10))
    with pytest.raises(NotTrainable, match=r"\d+ messages \(\d+ email, \d+ push\) with \d+ clicks"):
        plugin.learn(lesson(TERMS))


def test_learn__refuses_where_chance_assigned_nobody(read, lesson):
    past = shop(seed=10)
    read(replace(past, assignments=past.assignments.take(np.array([], np.int64))))
    with pytest.raises(NotTrainable, match="nobody was assigned by chance"):
        plugin.learn(lesson(TERMS))


def test_learn__refuses_where_no_second_channel_was_ever_used(tables, lesson):
    tables.profile("p")
    tables.message("p", "m", datetime(2026, 3, 20, 9))
    with pytest.raises(NotTrainable, match="1 email, 0 push in the training window"):
        plugin.learn(lesson(TERMS))


def test_score__ranks_what_is_open_to_a_person_and_says_on_what_it_rests(tables, lesson):
    past = shop(seed=11)
    artefact = Artefact(learn_affinity(past.messages, CHANNELS), Economics(2.0, np.array([0.0, 1.9])))
    for name in ("new", "known", "refused"):
        tables.profile(name)
        for channel in CHANNELS:
            tables.consent(name, channel, is_granted=name != "refused")
    for day in range(1, 9):
        at = datetime(2026, 4, 20, 9) - timedelta(days=day)
        tables.message("known", f"m{day}", at, channel="push")
        tables.event("known", "Push Notification Tapped", at + timedelta(hours=1), message_id=f"m{day}")
    found = plugin.score(Fitted(artefact), lesson(TERMS))
    rows = found.tables["channel_affinity"].to_pylist()
    told = {(row["profile_id"], row["channel"]): row for row in rows}
    assert set(told) == {(name, channel) for name in ("new", "known") for channel in CHANNELS}
    assert told["known", "push"]["probability"] > 2 * told["new", "push"]["probability"]
    assert told["known", "push"]["probability"] > told["known", "email"]["probability"]
    assert [told["known", channel]["rank"] for channel in CHANNELS] == [1, 2]
    assert {key: row["basis"] for key, row in told.items()} == {
        ("new", "email"): "population",
        ("new", "push"): "population",
        ("known", "email"): "other_channels",
        ("known", "push"): "own",
    }
    for row in rows:
        assert row["expected_value"] == pytest.approx(2 * row["probability"] - row["cost"], abs=1e-5)
    best = {row["profile_id"]: row["expected_value"] for row in rows if row["rank"] == 1}
    assert dict(zip(found.profiles, found.scores, strict=True)) == pytest.approx(best)


def test_learn__refuses_a_shop_that_never_wrote_to_anybody(tables, lesson):
    tables.profile("p")
    tables.visit("p", datetime(2026, 4, 20, 9))
    with pytest.raises(NotTrainable, match="0 email, 0 push"):
        plugin.learn(lesson(TERMS))
