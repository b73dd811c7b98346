import pyarrow.parquet as pq
import pytest

from kith.cli.main import run as kith
from kith.lake import latest_commit
from ml import tracking
from ml.cards import present_card, render_card
from ml.scoring import score
from ml.training import train

pytestmark = pytest.mark.whole


def test_card__tells_people_what_the_champion_is_worth(build_run, shop, settings, home, capsys):
    run = build_run(shop)
    trained = train(settings, run, "churn")
    assert trained.is_champion, trained.reason
    card = present_card(settings, "churn")
    assert (card.version, card.state) == ("1", "champion, in use")
    assert card.train_rows == trained.train_rows
    assert [each.name for each in card.figures if each.decides] == ["log loss", "auc"]
    assert card.calibration.error == trained.metrics["out_of_fold_calibration_error"]
    assert card.drift == []

    score(settings, run, "churn")
    rows = pq.read_table(latest_commit(home, "drift").table("drift")).to_pylist()
    assert "score" in {each["feature"] for each in rows}
    assert present_card(settings, "churn").drift

    assert kith(["models", "card", "churn"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# churn, version 1\n")
    for line in ("**Gate:** better than every baseline", "| log loss (decides) |", "## Limits", "| score |"):
        assert line in told, line
    kept = {path.name: path for path in (home.mlflow / "artifacts").rglob("card.*")}
    assert "passed the gate" in kept["card.md"].read_text()
    assert kept["card.html"].read_text().startswith("<!doctype html>")


def test_card__of_a_challenger_says_that_it_is_not_used(build_run, shop, settings, home):
    run = build_run(shop)
    assert train(settings, run, "churn").is_champion
    assert not train(settings, run, "churn").is_champion
    assert tracking.champion_version(home, "churn", tracking.CHALLENGER) == "2"
    assert present_card(settings, "churn").version == "1"
    challenger = present_card(settings, "churn", "2")
    assert challenger.state == "challenger; its scores aren't used"
    assert "no better than the champion" in challenger.reason
    page = render_card(challenger, "html")
    assert "&lt;" in page or "<script" not in page


def test_card__of_what_was_never_trained_says_the_way_out(settings, capsys):
    assert kith(["models", "card", "churn"]) == 1
    assert "kith models train churn" in capsys.readouterr().err
