"""Answers and features of a goal, as of their cut-offs: of a few people, and of a shop that is moved in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from kith.clock import FixedClock
from kith.errors import KithError
from kith.run import begin_run
from kith.settings import Settings
from ml.binary.split import split_rows
from ml.contract import Lesson, NotTrainable
from ml.features import FeatureTable, read_features
from ml.goals import BinaryPrediction
from ml.lessons import lesson_of
from ml.models.churn import plugin as churn
from ml.models.custom import plugin as custom
from ml.predictions import find_prediction, load_prediction

pytestmark = pytest.mark.whole

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
CUTOFF = datetime(2026, 4, 1)
HEADING = "name: asked\ndescription: d\nmodel: custom\nhorizon: 7d\n"

EVENTS = """
CREATE TABLE events (profile_id VARCHAR, event VARCHAR, effective_at TIMESTAMP, properties VARCHAR, traits VARCHAR);
INSERT INTO events VALUES
    ('at the cut-off', 'Product Added', '2026-04-01 00:00:00', '{"category": "Toys", "price": 5.0}', NULL),
    ('at the last moment', 'Product Added', '2026-04-07 23:59:59.999999', '{"cart": {"is_gift": true}}', NULL),
    ('at the end', 'Product Added', '2026-04-08 00:00:00', '{"category": "Toys"}', NULL),
    ('just before', 'Product Added', '2026-03-31 23:59:59.999999', '{"category": "Toys"}', NULL),
    ('long before', 'Product Added', '2026-03-24 23:59:59', '{"category": "Toys"}', NULL),
    ('another event', 'Product Viewed', '2026-04-02 00:00:00', '{"category": "Toys"}', NULL),
    ('moved', NULL, '2026-03-01 00:00:00', NULL, '{"country": "GB", "plan": "Premium"}'),
    ('moved', NULL, '2026-04-10 00:00:00', NULL, '{"country": "IE"}'),
    (NULL, 'Product Added', '2026-04-02 00:00:00', '{}', NULL);
INSERT INTO events
SELECT 'somebody else', 'Page', TIMESTAMP '2026-03-01' + to_hours(CAST(hour AS INTEGER)), NULL, '{"plan": "free"}'
FROM range(24 * 61) AS hours (hour)
"""
FEATURES = """
SELECT DISTINCT events.profile_id, cut.cutoff_at, 1.0 AS visits, 'text' AS word, 1 AS visits_next_label
FROM events
CROSS JOIN (VALUES (TIMESTAMP '2026-04-01'), (TIMESTAMP '2026-05-01')) AS cut (cutoff_at)
WHERE events.profile_id IS NOT NULL
"""
IDENTITIES = (
    "SELECT DISTINCT 'user_id' AS identifier_type, profile_id AS identifier_value, profile_id FROM events"
)


@pytest.fixture
def ask(settings: Settings, tmp_path: Path):
    """The features with their answers, for the terms of a definition file."""
    connection = duckdb.connect()
    connection.execute(EVENTS)

    def asked(
        terms: str, *, change: str = "", as_of: datetime = AS_OF, at: datetime | None = None
    ) -> FeatureTable:
        return read_features(lesson(terms, change, as_of), at=at)

    def lesson(terms: str, change: str = "", as_of: datetime = AS_OF) -> Lesson:
        if change:
            connection.execute(change)
        run = begin_run(settings, FixedClock(AS_OF), as_of=AS_OF)
        for name, sql in (
            ("events", "FROM events"),
            ("feat_profile__activity", FEATURES),
            ("identities", IDENTITIES),
        ):
            connection.execute(f"COPY ({sql}) TO '{run.path}/{name}.parquet' (FORMAT PARQUET)")
        path = tmp_path / "asked.yml"
        path.write_text(HEADING + terms, encoding="utf-8")
        return lesson_of(settings, run, load_prediction(path), as_of=as_of)

    asked.lesson = lesson
    return asked


def yes(table: FeatureTable, cutoff: datetime = CUTOFF) -> set[str]:
    rows = table.cutoffs == np.datetime64(cutoff, "us")
    return set(table.profiles[rows & (table.label == 1)])


def test_answers__begin_at_the_cut_off_and_end_before_the_window_does(ask):
    table = ask("goal: {event: Product Added}")
    assert yes(table) == {"at the cut-off", "at the last moment"}
    before = (table.before == 1) & (table.cutoffs == np.datetime64(CUTOFF, "us"))
    assert set(table.profiles[before]) == {"just before"}


def test_answers__may_be_that_nothing_came(ask):
    happened, quiet = ask("goal: {event: Product Added}"), ask("goal: {no_event: Product Added}")
    known = ~np.isnan(happened.label)
    assert (happened.label[known] == 1 - quiet.label[known]).all()
    assert (happened.before == 1 - quiet.before).all()


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("{category: Toys}", {"at the cut-off"}),
        ("{category: [Garden, Toys]}", {"at the cut-off"}),
        ("{category: toys}", set()),
        ("{price: 5}", {"at the cut-off"}),
        ("{price: [4, 6]}", set()),
        ("{cart.is_gift: true}", {"at the last moment"}),
        ("{category: Toys, price: 6}", set()),
        ("""{"x' OR 1=1 --": "y' OR 1=1 --"}""", set()),
    ],
)
def test_answers__take_the_events_whose_properties_are_asked_for(ask, where, found):
    assert yes(ask(f"goal: {{event: Product Added, where: {where}}}")) == found


def test_answers__are_unknown_until_their_window_is_over(ask):
    for as_of, is_known in (
        (datetime(2026, 4, 8, tzinfo=UTC), True),
        (datetime(2026, 4, 7, 23, tzinfo=UTC), False),
    ):
        table = ask("goal: {event: Product Added}", as_of=as_of)
        assert table.cutoffs.max() == np.datetime64(CUTOFF, "us")
        assert np.isnan(table.label).all() != is_known
    assert np.isnan(ask("goal: {event: Product Added}", at=AS_OF).label).all()


def test_answers__are_unknown_where_the_log_was_silent(ask):
    days = "effective_at BETWEEN '2026-04-03' AND '2026-04-06'"
    silence = f"DELETE FROM events WHERE profile_id = 'somebody else' AND {days}"
    table = ask("goal: {event: Product Added}", change=silence)
    assert set(table.silent) == {CUTOFF}
    assert table.silent[CUTOFF] > timedelta(days=2)
    with pytest.raises(NotTrainable, match=r"0 cut-offs .* unknown after 2026-04-01 \(silent for 3 days\)"):
        split_rows(
            table,
            BinaryPrediction.model_validate({"description": "d", "model": "custom", "goal": {"event": "a"}}),
        )


def test_features__hold_traits_as_they_were_told_by_then(ask):
    table = ask("goal: {event: Product Added}\ntraits: [country]")
    told = {
        str(cutoff)[:10]: country
        for who, cutoff, country in zip(table.profiles, table.cutoffs, table.traits["country"], strict=True)
        if who == "moved"
    }
    assert told == {"2026-04-01": "GB", "2026-05-01": "IE"}
    assert table.columns == ("visits",)
    assert list(table.frame().columns) == ["visits", "country"]


def test_answers__of_a_trait_are_known_of_those_who_told_it(ask):
    table = ask("goal: {trait: plan, is: premium}")
    latest = table.cutoffs == np.datetime64("2026-05-01", "us")
    assert set(table.profiles[latest & (table.label == 1)]) == {"moved"}
    assert set(table.profiles[latest & (table.label == 0)]) == {"somebody else"}
    assert np.isnan(table.label[latest]).sum() == 6


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (
            "goal: {event: a}\npopulation:\n  vists: {at_least: 1}",
            r"asked.yml:7: population.vists: .*no column vists.*visits",
        ),
        ("goal: {event: a}\nleave_out: [visits, word, wrd]", r"asked.yml:6: leave_out.2.: .*no column wrd"),
        ("goal: {trait: plan, is: a}\ntraits: [plan]", r"asked.yml.*which is what is to be foretold"),
    ],
)
def test_definition__names_file_line_and_field_of_a_mistake(ask, terms, message):
    with pytest.raises(KithError, match=message):
        ask(terms)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ("goal: {event: Product Added}", "7 rows in the training|1 cut-offs with known answers"),
        ("goal: {trait: plan, is: premium}", "rows in the training people, at least 200"),
        (
            "goal: {event: Product Added}\npopulation:\n  visits: {at_least: 9}",
            "0 cut-offs with known answers",
        ),
    ],
)
def test_learn__refuses_too_little_with_counts(ask, terms, reason):
    with pytest.raises(NotTrainable, match=reason):
        custom.learn(ask.lesson(terms))


@pytest.fixture
def learned_at(build_run, shop, settings):
    """What churn learns as of a moment, in a run of that or of a later moment; the whole world may be moved."""

    def learn(as_of: datetime, run_as_of: datetime, moved: timedelta = timedelta(0)):
        if moved:
            shop.execute("UPDATE orders SET ordered_at = ordered_at + $moved", {"moved": moved})
        try:
            run = build_run(shop, as_of=run_as_of)
            given = lesson_of(settings, run, find_prediction(settings, "churn"), as_of=as_of)
            return read_features(given), churn.learn(replace(given, seed=1))
        finally:
            if moved:
                shop.execute("UPDATE orders SET ordered_at = ordered_at - $moved", {"moved": moved})

    return learn


SHOP_AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)


def assert_same(one: FeatureTable, other: FeatureTable, apart: timedelta = timedelta(0)) -> None:
    assert (one.profiles == other.profiles).all()
    assert (one.cutoffs + np.timedelta64(apart) == other.cutoffs).all()
    np.testing.assert_array_equal(one.label, other.label)
    np.testing.assert_array_equal(one.before, other.before)
    np.testing.assert_array_equal(one.values, other.values)


def test_learn__of_a_later_run_is_that_of_the_time_itself(learned_at):
    """Had any feature or answer known what came later, the two would differ."""
    then = SHOP_AS_OF - timedelta(days=30)
    (known, at_the_time), (seen_later, looking_back) = learned_at(then, then), learned_at(then, SHOP_AS_OF)
    kept = np.isin(seen_later.cutoffs, known.cutoffs)
    assert kept.all()
    assert_same(known, seen_later)
    assert looking_back.metrics == pytest.approx(at_the_time.metrics, abs=1e-6)
    assert looking_back.evidence.test_cutoff == at_the_time.evidence.test_cutoff


def test_learn__is_the_same_in_a_world_that_is_moved_in_time(learned_at):
    moved = timedelta(days=1_000)
    later = SHOP_AS_OF + moved
    (known, here), (known_there, there) = learned_at(SHOP_AS_OF, SHOP_AS_OF), learned_at(later, later, moved)
    assert_same(known, known_there, apart=moved)
    assert there.metrics == pytest.approx(here.metrics, abs=1e-6)
    assert there.evidence.test_cutoff - here.evidence.test_cutoff == moved
