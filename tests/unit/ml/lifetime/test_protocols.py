import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kith.cli.main import run as kith
from kith.errors import KithError
from ml.lifetime.bgnbd import fit_bgnbd
from ml.lifetime.gamma_gamma import fit_gamma_gamma
from ml.lifetime.pareto_nbd import fit_pareto_nbd
from ml.lifetime.summary import group, summary_of
from ml.protocols.contract import Protocol, at_most, evaluate_protocol, find_protocol, within
from ml.protocols.lifetime_value_cdnow import read_purchases


@pytest.fixture(scope="module")
def cdnow(shared_data):
    return evaluate_protocol("lifetime_value", "cdnow", shared_data)


@pytest.mark.real_data
def test_cdnow__has_the_published_parameters_and_a_champion_no_worse_than_bg_nbd(cdnow):
    assert len(cdnow.checks) == 17
    assert [each["cutoff_on"] for each in cdnow.tables["earlier_windows"]] == ["1997-07-02", "1997-04-02"]
    assert [each for each in cdnow.checks if not each.is_met] == []
    assert cdnow.figures["customers"] == 2_357
    assert cdnow.figures["repeat_purchases"] == 2_457
    assert cdnow.figures["holdout_purchases"] == 1_882
    assert abs(cdnow.figures["total_error_39_weeks"]) < 0.125
    assert abs(cdnow.figures["total_error_78_weeks"]) < 0.05


@pytest.mark.real_data
def test_evaluate__prints_the_protocol_as_json(shared_data, capsys):
    code = kith(
        [
            "models",
            "evaluate",
            "lifetime_value",
            "--protocol",
            "cdnow",
            "--data",
            str(shared_data),
            "--format",
            "json",
        ]
    )
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["champion"] == "pareto_nbd"
    assert all(each["is_met"] for each in told["checks"])
    assert {each["model"] for each in told["holdout"]} == {"bg_nbd", "pareto_nbd", "last_value", "rfm_rule"}


@pytest.mark.real_data
def test_cdnow__intervals_hold_what_they_promise(cdnow):
    covered = {each["model"]: each["interval_coverage"] for each in cdnow.tables["holdout"]}
    assert 0.78 < covered["pareto_nbd"] < 0.95
    assert 0.78 < covered["bg_nbd"] < 0.95


@pytest.mark.real_data
def test_cdnow__summary_of_the_authors_gives_their_figures_too(shared_data):
    table = pd.read_csv(shared_data / "cdnow" / "cdnow_customers_summary_with_transactions.csv.gz")
    given = summary_of(*(table[name].to_numpy() for name in ("x", "t_x", "T", "zbar")))
    bg, pareto = fit_bgnbd(group(given)), fit_pareto_nbd(group(given))
    assert bg.parameters == pytest.approx([0.24259, 4.41353, 0.79289, 2.42575], abs=2e-5)
    assert bg.optimum.log_likelihood == pytest.approx(-9582.4256, abs=1e-4)
    assert pareto.parameters == pytest.approx([0.55328, 10.57761, 0.60621, 11.66791], abs=2e-5)
    assert pareto.optimum.log_likelihood == pytest.approx(-9594.9739, abs=1e-4)
    assert fit_gamma_gamma(given).parameters == pytest.approx([6.2488, 3.7446, 15.4477], abs=1e-4)


@pytest.mark.real_data
@pytest.mark.soak
def test_online_retail__has_a_champion_better_than_the_rules_at_three_cutoffs(shared_data):
    found = evaluate_protocol("lifetime_value", "online_retail", shared_data)
    assert len(found.checks) == 15
    assert [each for each in found.checks if not each.is_met] == []
    assert len(set(found.figures["champions"])) == 3
    assert all(
        row["any_calibration_error"] < 0.09 for row in found.tables["windows"] if row["any_calibration_error"]
    )
    assert all(row["interval_coverage"] > 0.78 for row in found.tables["windows"] if row["interval_coverage"])


@pytest.mark.real_data
@pytest.mark.soak
@pytest.mark.parametrize("protocol", ["cdnow", "online_retail"])
def test_next_order__has_a_champion_better_than_the_rules_at_three_cutoffs(protocol, shared_data):
    found = evaluate_protocol("next_order", protocol, shared_data)
    assert len(found.checks) == 15
    assert [each for each in found.checks if not each.is_met] == []
    assert {"own_gap", "everyone"}.isdisjoint(found.figures["champions"].values())


def test_find_protocol__lists_those_there_are():
    assert isinstance(find_protocol("lifetime_value", "cdnow"), Protocol)
    with pytest.raises(
        KithError, match="lifetime_value has no protocol 'cdwno'; expected one of cdnow, online_retail"
    ):
        find_protocol("lifetime_value", "cdwno")


def test_evaluate_protocol__names_the_file_that_is_missing(tmp_path):
    with pytest.raises(KithError, match=r"cdnow/CDNOW_sample.txt.gz: the public data.*pass --data FOLDER"):
        evaluate_protocol("lifetime_value", "cdnow", tmp_path)


def test_read_purchases__collapses_days_and_keeps_free_ones(tmp_path: Path):
    file = tmp_path / "sample.txt.gz"
    text = (
        " 00004 0001 19970101  2   29.33\n 00004 0001 19970101  1   10.67\n 00021 0002 19970102  3    0.00\n"
    )
    file.write_bytes(gzip.compress(text.encode()))
    found = read_purchases(file)
    assert found.amount.tolist() == [40, 0]
    assert (found.day - found.day[0]).tolist() == [0, 1]
    assert np.datetime64(int(found.day[0]), "D") == np.datetime64("1997-01-01")


@pytest.mark.parametrize(
    ("check", "is_met"),
    [
        (within("a", 1.0099, 1.0, share=0.01), True),
        (within("a", 1.0101, 1.0, share=0.01), False),
        (within("a", -9582.47, -9582.43, distance=0.05), True),
        (within("a", -9582.49, -9582.43, distance=0.05), False),
        (at_most("a", 1.0, 1.0, "b"), True),
        (at_most("a", 1.0001, 1.0, "b"), False),
    ],
)
def test_checks__hold_to_their_bounds(check, is_met):
    assert check.is_met is is_met
