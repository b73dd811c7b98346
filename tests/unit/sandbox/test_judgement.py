from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from kith.clock import FixedClock
from kith.errors import KithError
from kith.registry import plugins
from kith.run import begin_run, publish_run
from sandbox.agreement import (
    calibration_error,
    gain,
    qini,
    rank_correlation,
    reliability,
    share_of_ideal_qini,
    share_right,
)
from sandbox.calendar import from_hour
from sandbox.commands import sandbox
from sandbox.evidence import gather
from sandbox.judgement.contract import Figure, Judgement
from sandbox.judging import PACKAGE, judge
from sandbox.prospects import Prospects
from sandbox.settings import load_sandbox_settings
from sandbox.world import Shape, World

CHANCE = np.random.default_rng(1)
EFFECTS = CHANCE.normal(0.1, 0.1, 500)


def test_qini__is_best_in_the_order_of_the_truth_and_nothing_in_no_order():
    assert share_of_ideal_qini(EFFECTS, EFFECTS) == pytest.approx(1)
    assert share_of_ideal_qini(-EFFECTS, EFFECTS) == pytest.approx(-1)
    assert share_of_ideal_qini(np.zeros(500), EFFECTS) == pytest.approx(0, abs=1e-9)
    blurred = EFFECTS + CHANCE.normal(0, 0.1, 500)
    assert 0.5 < share_of_ideal_qini(blurred, EFFECTS) < 0.9


def test_qini__of_a_small_case_by_hand():
    """Effects 0.4, 0.2, 0: gains 0.4/3, 0.6/3, 0.6/3 at thirds; by trapezoids less half the end."""
    effects = np.array([0.0, 0.4, 0.2])
    assert gain(effects, effects) == pytest.approx([0, 0.4 / 3, 0.2, 0.2])
    assert qini(effects, effects) == pytest.approx((0.4 / 3 + 0.2 + 0.1) / 3 - 0.1)


def test_rank_correlation__is_spearman_s():
    scipy_stats = pytest.importorskip("scipy.stats")
    first, second = CHANCE.integers(0, 9, 200), CHANCE.integers(0, 9, 200) + CHANCE.random(200)
    expected = scipy_stats.spearmanr(first, second).statistic
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert rank_correlation(np.ones(5), np.arange(5)) == 0


def test_share_right__is_the_area_under_the_roc_curve():
    metrics = pytest.importorskip("sklearn.metrics")
    answers, is_so = CHANCE.integers(0, 20, 300), CHANCE.random(300) < 0.3
    assert share_right(answers, is_so) == pytest.approx(metrics.roc_auc_score(is_so, answers))
    assert share_right(answers, np.zeros(300, bool)) == 0.5


def test_calibration_error__is_the_distance_of_ten_bins():
    truth = CHANCE.random(1_000)
    assert calibration_error(truth, truth) == pytest.approx(0, abs=1e-12)
    assert calibration_error(np.clip(truth, 0, 1) + 0.1, truth) == pytest.approx(0.1)
    assert [each["people"] for each in reliability(truth, truth)] == [100] * 10


@pytest.mark.parametrize(("is_high", "expected"), [(True, True), (False, False)])
def test_figure__says_whether_the_baseline_is_beaten(is_high, expected):
    assert Figure("x", 0.7, 0.5, "nothing", 10, is_better_high=is_high).is_better is expected


def test_every_judgement_found__keeps_the_contract():
    found = plugins(PACKAGE, Judgement)
    assert {"churn", "uplift"} <= set(found)
    assert all(each.meaning for each in found.values())


@pytest.fixture
def published(settings, tmp_path, monkeypatch):
    """A small world, and a snapshot whose scores and effects are the truth itself."""
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "truth"))
    told = load_sandbox_settings()
    world = World(Shape(seed=5, people=400, days=30, live_days=1))
    for _ in world.live(from_hour(world.calendar.first_hour), world.calendar.launch):
        pass
    world.save(told.state)
    run = begin_run(settings, FixedClock(world.calendar.launch), world.calendar.launch)
    write_truth_as_tables(world, run.path)
    publish_run(settings, run)
    return world, run.path, told


def write_truth_as_tables(world, folder):
    """One profile a person, named like the user."""
    names, who = world.shop.people.identity.user_id, np.arange(400)
    moment = [datetime(2026, 5, 1, 8)] * 400
    churn = 1 - Prospects(world, who, world.state.hour, 720).order_rate()
    effects = {name: Prospects(world, who, world.state.hour, 168).effect(name) for name in ("email", "push")}
    tables = {
        "identities": {"profile_id": names, "identifier_type": ["user_id"] * 400, "identifier_value": names},
        "scores": {
            "profile_id": names, "model": ["churn"] * 400, "score": churn, "scored_at": moment,
            "model_version": ["1"] * 400,
        },
        "model_runs": {"model": ["churn", "uplift"], "model_version": ["1", "1"], "horizon_days": [30, 7]},
        "orders": {"profile_id": names[:2], "ordered_at": moment[:2]},
        "feat_profile__activity": {
            "profile_id": names, "cutoff_at": moment, "order_count": [1] * 400,
            "days_since_last_order": [3.0] * 400, "orders_next_30d_label": [0, 1] * 200,
        },
        "uplift": {
            "profile_id": names * 2, "channel": ["email"] * 400 + ["push"] * 400,
            "uplift": np.concatenate([effects["email"], effects["push"]]), "as_of": moment * 2,
            "model_version": ["1"] * 800,
        },
    }  # fmt: skip
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def test_judgement__finds_the_truth_itself_perfect(published):
    verdicts = judge(published[2])
    churn = {each.figure: each for each in verdicts["churn"].figures}
    assert churn["mean distance from the true chance if nobody writes"].value == pytest.approx(0, abs=1e-9)
    assert churn["rank correlation with the true chance"].value > 0.95
    uplift = {each.figure: each for each in verdicts["uplift"].figures}
    assert uplift["share of the ideal Qini"].value == pytest.approx(1)
    assert uplift["regret of the chosen channel"].value == pytest.approx(0, abs=1e-9)
    assert all(each.is_better for each in verdicts["uplift"].figures)


def test_judgement__sees_a_turned_ranking(published):
    _, folder, told = published
    table = pq.read_table(folder / "uplift.parquet")
    turned = pa.array(-table["uplift"].to_numpy())
    pq.write_table(table.set_column(2, "uplift", turned), folder / "uplift.parquet")
    figures = {each.figure: each for each in judge(told, "uplift")["uplift"].figures}
    assert figures["Qini, orders per person"].value < 0
    assert not figures["regret of the chosen channel"].is_better


def test_a_profile_of_two_people__is_nobody_s(published):
    world, folder, told = published
    table = pq.read_table(folder / "identities.parquet").to_pydict()
    both, other = table["profile_id"][0], world.shop.people.identity.email[1]
    for name, value in (("profile_id", both), ("identifier_type", "email"), ("identifier_value", other)):
        table[name].append(value)
    pq.write_table(pa.table(table), folder / "identities.parquet")
    with gather(told) as evidence:
        assert both not in evidence.persons
        assert len(evidence.persons) == 399


def test_judgement__refuses_too_few_with_counts(published):
    _, folder, told = published
    table = pq.read_table(folder / "scores.parquet")
    pq.write_table(table.slice(0, 40), folder / "scores.parquet")
    with pytest.raises(KithError, match="scores of 40 known people"):
        judge(told, "churn")
    assert "scores of 40 known people" in judge(told)["churn"].notes[0]


def test_judgement__tells_of_a_table_that_was_never_published(published):
    _, folder, told = published
    (folder / "uplift.parquet").unlink()
    with pytest.raises(KithError, match="lacks a table"):
        judge(told, "uplift")


def test_judgement__refuses_a_world_that_is_not_there(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(KithError, match="no world here"):
        judge(load_sandbox_settings())


def test_the_command__prints_each_figure_beside_its_baseline(published):
    result = CliRunner().invoke(sandbox, ["judge", "churn", "--format", "json"])
    assert result.exit_code == 0, result.output
    assert '"baseline_of": "days since the last order"' in result.output
    assert datetime(2026, 5, 1, 8, tzinfo=UTC) == published[0].calendar.launch
