import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from ml.contract import NotTrainable
from ml.models.send_time import plugin
from ml.outreach.window import Window
from ml.timing import learning, scoring
from ml.timing.backtest import foretell
from ml.timing.files import Artefact, load_artefact
from ml.timing.learning import Past
from ml.timing.response import chances_by_hour, know, learn_response
from ml.timing.terms import SendTimeTerms
from ml.timing.week import learn_week
from tests.unit.ml.outreach.world import AS_OF, DAY, HORIZON, acts_of, larks_and_owls, messages_of, people_of

TERMS = SendTimeTerms(
    description="d", model="send_time", test_days=42, minimum_messages=200, minimum_answers=30
)
HORIZON_64 = np.timedelta64(HORIZON)
WINDOW = Window(
    AS_OF - 42 * DAY - np.timedelta64(HORIZON), AS_OF - np.timedelta64(HORIZON), np.timedelta64(HORIZON)
)


def learned(people, acts, messages, **how):
    week = learn_week(people, acts, AS_OF)
    return learn_response(week, people, acts, messages, AS_OF, **how)


@pytest.fixture(scope="module")
def birds():
    return larks_and_owls(seed=11)


@pytest.fixture(scope="module")
def response(birds):
    people, acts, messages, _ = birds
    return learned(people, acts, messages)


def by_hour(response, people, acts, messages):
    known = know(response, people, acts, messages, AS_OF)
    return chances_by_hour(response, known, np.ones(len(people)), "email")


def test_send_time__finds_the_hours_of_larks_and_owls(birds, response):
    people, acts, messages, peak = birds
    best = by_hour(response, people, acts, messages).argmax(axis=1)
    distance = np.abs(best - peak)
    assert (np.minimum(distance, 24 - distance) <= 1).mean() > 0.9
    assert response.hour_weight > 0.5


def test_send_time__beats_everybodys_hour_and_any_hour(birds):
    people, acts, messages, _ = birds
    past = Past(people, acts, messages, WINDOW)
    training = past.training()
    week = learn_week(people, acts, WINDOW.begin)
    losses = {}
    for scope in ("person", "population", "none"):
        tried = learn_response(week, people, acts, training, WINDOW.begin, scope=scope)
        losses[scope] = past.foretell(tried).metrics()
    assert losses["person"]["log_loss"] < losses["population"]["log_loss"] - 0.01
    assert losses["person"]["log_loss"] < losses["none"]["log_loss"] - 0.01
    assert losses["person"]["top_hours_hit"] > 1.5 * losses["population"]["top_hours_hit"]
    assert losses["none"]["top_hours_hit"] == 0.125


def test_send_time__gives_hours_no_weight_where_they_tell_nothing():
    people, acts, messages, _ = larks_and_owls(seed=12)
    shuffled = np.random.default_rng(0).permutation(len(messages))
    mixed = replace(
        messages, is_clicked=messages.is_clicked[shuffled], is_opened=messages.is_opened[shuffled]
    )
    found = learned(people, acts, mixed)
    assert abs(found.hour_weight) < 0.25


def test_send_time__learns_from_answers_where_nobody_ever_visits(response):
    """With the rhythms known, twenty messages answered in the evening alone tell an owl, and in the morning a lark."""
    hour = np.tile([8, 20], 40)
    person = np.repeat([0, 1], 40)
    messages = messages_of(person, hour, hour == np.where(person == 0, 20, 8), np.linspace(5, 80, 80))
    best = by_hour(response, people_of(2), acts_of([], [], []), messages).argmax(axis=1)
    assert abs(best - [20, 8]).max() <= 1


def test_send_time__of_somebody_unknown_is_that_of_the_cohort(birds, response):
    _, _, messages, _ = birds
    stranger = people_of(1, zone="Asia/Tokyo")
    nothing = acts_of([], [], [])
    known = know(response, stranger, nothing, messages.take(np.array([], np.int64)), AS_OF)
    share = response.week.rhythms.shares @ response.week.rhythms.peaks()
    assert known.ready[0] == pytest.approx(share, abs=0.05)


def test_foretell__knows_nothing_of_what_comes_after_each_step(birds, response):
    """What happens later in the window is changed; what was told of its first step stays."""
    people, acts, messages, _ = birds
    first_end = next(WINDOW.steps())[1]
    before = foretell(response, people, acts, messages, WINDOW)
    late_acts, late = acts.learned_at >= WINDOW.begin, messages.sent_at + HORIZON_64 > WINDOW.begin
    moved = replace(acts, hour=np.where(late_acts, 3, acts.hour))
    turned = replace(messages, is_clicked=np.where(late, ~messages.is_clicked, messages.is_clicked))
    after = foretell(response, people, moved, turned, WINDOW)
    count = int(((messages.sent_at >= WINDOW.begin) & (messages.sent_at < first_end)).sum())
    assert count > 50
    assert np.array_equal(before.chances[:count], after.chances[:count])
    assert not np.array_equal(before.chances[count:], after.chances[count:])


def test_foretell__a_response_of_other_channels_is_judged_on_the_same_rows(birds, response):
    people, acts, messages, _ = birds
    push = replace(
        messages, channel=np.where(messages.person % 3 == 0, "push", messages.channel).astype(object)
    )
    told = foretell(response, people, acts, push, WINDOW)
    assert len(told.chances) == len(WINDOW.tested(messages))
    assert (told.chances[WINDOW.tested(push).channel == "push"] == 0.5).all()


def test_artefact__comes_back_from_its_files(tmp_path, birds, response):
    people, acts, messages, _ = birds
    Artefact(response, "email").save(tmp_path)
    back = load_artefact(tmp_path)
    assert back.channel == "email"
    assert np.array_equal(
        by_hour(back.response, people, acts, messages), by_hour(response, people, acts, messages)
    )
    assert {file.suffix for file in tmp_path.iterdir()} == {".npz", ".json"}


@pytest.fixture
def read(monkeypatch):
    """A lesson's reading, replaced by arrays."""

    def give(people, acts, messages):
        monkeypatch.setattr(learning, "_read", lambda lesson, terms: Past(people, acts, messages, WINDOW))

    return give


def test_learn__refuses_with_counts_where_there_is_too_little(read, lesson):
    people, acts, messages, _ = larks_and_owls(seed=13, count=10)
    read(people, acts, messages)
    with pytest.raises(NotTrainable, match=r"\d+ messages with \d+ answers of people in the training window"):
        plugin.learn(lesson(TERMS))


@pytest.mark.parametrize(
    ("answered", "told"), [(False, "with 0 answers"), (True, "were answered: nothing to tell")]
)
def test_learn__refuses_answers_of_one_kind(read, lesson, answered, told):
    """No answer is what is left where every opening was a machine's."""
    people, acts, messages, _ = larks_and_owls(seed=14)
    alike = np.full(len(messages), answered)
    read(people, acts, replace(messages, is_opened=alike, is_clicked=alike))
    with pytest.raises(NotTrainable, match=told):
        plugin.learn(lesson(TERMS))


def test_learn__tells_all_that_the_life_cycle_asks_for(read, lesson, birds):
    people, acts, messages, _ = birds
    read(people, acts, messages)
    found = plugin.learn(lesson(TERMS))
    assert found.metrics == found.judge(found.fitted)
    assert set(found.baselines) == {"population_hour", "any_hour"}
    for baseline in found.baselines.values():
        assert all(each.is_better(found.metrics, baseline) for each in plugin.criteria)
    assert found.calibration is not None
    assert len(found.calibration.scores) == found.evidence.test_rows
    assert found.plots["rhythms"]().axes
    again = plugin.learn(lesson(TERMS))
    assert again.evidence.data_hash == found.evidence.data_hash
    assert again.metrics == found.metrics


@pytest.fixture
def shop(tables):
    """An owl, a lark and somebody without a visit; the last without a zone."""
    for name, hour in (("owl", 19), ("lark", 6)):
        tables.profile(name, "Europe/Berlin")
        for day in range(30):
            tables.visit(name, datetime(2026, 3, 30, hour) + timedelta(days=day))
    tables.profile("stranger", None)
    tables.message("owl", "m", datetime(2026, 4, 20, 9))
    return tables


def test_score__speaks_of_everybody_and_says_on_what_it_rests(shop, lesson, response):
    found = plugin.score(learning.Fitted(Artefact(response, "email")), lesson(TERMS))
    rows = {row["profile_id"]: row for row in found.tables["send_times"].to_pylist()}
    assert {name: row["basis"] for name, row in rows.items()} == {
        "owl": "own",
        "lark": "own",
        "stranger": "population",
    }
    assert abs(rows["owl"]["best_hour"] - 21) <= 1
    assert abs(rows["lark"]["best_hour"] - 8) <= 1
    assert rows["owl"]["evidence_count"] == 31
    assert rows["stranger"]["time_zone"] == "UTC"
    assert not rows["stranger"]["is_own_time_zone"]
    for row, score in zip(found.tables["send_times"].to_pylist(), found.scores, strict=True):
        weights = json.loads(row["hour_weights"])
        assert len(weights) == 24
        assert weights[row["best_hour"]] == max(weights) == pytest.approx(row["probability"], abs=1e-4)
        assert (
            row["lift"]
            == score
            == pytest.approx(row["probability"] / row["population_probability"] - 1, abs=1e-4)
        )
        assert len(json.loads(row["weekday_weights"])) == 7
    assert set(found.tables["send_times"].column_names) <= set(scoring.SEND_TIMES.schema.names)


def test_score__of_nobody_is_an_answer(lesson, response):
    assert len(plugin.score(learning.Fitted(Artefact(response, "email")), lesson(TERMS)).profiles) == 0


@pytest.mark.parametrize(("tuesday", "used"), [(0.9, True), (0.2, False)])
def test_choose__takes_weekdays_only_where_they_tell(tuesday, used):
    people, acts, messages, _ = larks_and_owls(seed=15, messages=20)
    chance = np.random.default_rng(1)
    weekday = chance.integers(0, 7, len(messages))
    clicked = chance.random(len(messages)) < np.where(weekday == 1, tuesday, 0.2)
    messages = replace(messages, weekday=weekday, is_clicked=clicked, is_opened=clicked)
    acts = replace(
        acts, weekday=np.where(chance.random(len(acts)) < 0.6, 1, chance.integers(0, 7, len(acts)))
    )
    past = Past(people, acts, messages, WINDOW)
    week = learn_week(people, acts, WINDOW.begin)
    assert learning._choose(past, week, past.training()).uses_weekday is used


def test_learn__refuses_a_shop_that_never_wrote_to_anybody(tables, lesson):
    tables.profile("p")
    tables.visit("p", datetime(2026, 4, 20, 9))
    with pytest.raises(NotTrainable, match="0 messages with 0 answers"):
        plugin.learn(lesson(TERMS))
