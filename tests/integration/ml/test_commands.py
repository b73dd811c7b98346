import json
import subprocess
import sys

import pytest

from kith.cli.main import run as kith

pytestmark = pytest.mark.whole


def answer(capsys, *words):
    code = kith([*words, "--format", "json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


def test_models__are_trained_scored_evaluated_and_listed(build_run, shop, settings, capsys):
    build_run(shop)
    code, [before], _ = answer(capsys, "models", "list")
    assert (code, before["name"], before["champion"], before["score_count"]) == (0, "churn", None, 0)

    code, trained, _ = answer(capsys, "models", "train", "churn")
    assert code == 0
    assert trained["is_champion"]
    assert 0.7 < trained["metrics"]["auc"] < 1
    assert [each["count"] > 0 for each in trained["reliability"]] == [True] * 10

    code, scored, _ = answer(capsys, "models", "score", "churn")
    assert (code, scored["reason"], scored["model_version"]) == (0, "scored", "1")

    code, windows, _ = answer(
        capsys, "models", "evaluate", "churn", "--windows", "2", "--as-of", "2026-04-20"
    )
    assert code == 0
    assert [each["cutoff_at"] for each in windows] == ["2026-03-02T08:00:00Z", "2026-01-31T08:00:00Z"]
    assert all(0.5 < each["auc"] < 1 for each in windows)

    code, [after], _ = answer(capsys, "models", "list")
    assert (code, after["champion"], after["score_count"]) == (0, "1", scored["score_count"])
    assert after["auc"] == pytest.approx(trained["metrics"]["auc"])


def test_models__without_a_published_run_say_the_way_out(settings, capsys):
    code, _, error = answer(capsys, "models", "train", "churn")
    assert code == 1
    assert "nothing was published yet" in error
    assert "kith run" in error


def test_models__name_the_predictions_there_are(build_run, shop, settings, capsys):
    build_run(shop)
    for command in ("train", "score", "evaluate"):
        code, _, error = answer(capsys, "models", command, "chrun")
        assert code == 1
        assert "there is no prediction 'chrun'" in error
        assert "churn" in error


def test_train__that_cannot_learn_ends_with_its_counts(build_run, shop, settings, capsys):
    build_run(shop, cutoffs=2)
    code, _, error = answer(capsys, "models", "train", "churn")
    assert code == 1
    assert "not trained: 1 cut-offs with known answers" in error


IDLE = """
import sys
import ml.commands
heavy = {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "mlflow", "duckdb"} & set(sys.modules)
assert not heavy, heavy
from kith.settings import load_settings
from kith.run import read_run
from ml.scoring import score
from ml.training import train_if_due
settings = load_settings()
run = read_run(settings, sys.argv[1])
print(score(settings, run, "churn").reason, "|", train_if_due(settings, run, "churn").reason)
heavy = {"sklearn", "mlflow", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""


def test_idle_stages__import_neither_mlflow_nor_scikit_learn(build_run, shop, settings):
    run = build_run(shop, cutoffs=2)
    command = [sys.executable, "-c", IDLE, run.run_id]
    done = subprocess.run(command, capture_output=True, text=True, cwd=settings.project, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith("no model has passed the gate yet | 1 cut-offs")


def test_service__serves_this_home_on_loopback(settings):
    from ml.service import SERVICE

    words = SERVICE.command(settings)
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert f"sqlite:///{settings.home}/mlflow/mlflow.db" in words
    assert SERVICE.url.startswith("http://127.0.0.1:")
