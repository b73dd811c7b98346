"""Churn and propensity on Online Retail: a small sample here, three cut-offs each in the soak."""

from __future__ import annotations

import numpy as np
import pytest

from ml.goals import BinaryPrediction
from ml.metrics import judge_calibration
from ml.models.churn import plugin as churn
from ml.protocols._retail_windows import CUTOFFS, FILE, features_of, read_orders, terms_of
from ml.protocols.contract import evaluate_protocol

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def orders():
    from kith.settings import PROJECT

    file = PROJECT.parent / "shared" / "data" / FILE
    if not file.exists():
        pytest.skip(f"{FILE} is not beside this checkout")
    return read_orders(file)


@pytest.fixture(scope="module")
def terms() -> BinaryPrediction:
    return terms_of(30, no_event="Order Completed")


def test_orders__are_the_invoices_of_the_known_customers(orders):
    assert orders["customer"].nunique() == 4_372
    assert orders["InvoiceNo"].nunique() == len(orders) == 22_190
    assert orders["lines"].sum() == 541_909 - 135_080


def test_features__know_nothing_of_their_cut_off_or_later(orders, terms):
    """What comes after a cut-off may be rewritten without any feature of it changing."""
    last = np.datetime64("2011-06-01")
    later = orders["at"] >= last
    rewritten = orders.assign(amount=orders["amount"].where(~later, 1e9))
    rewritten = rewritten[~(later & (orders.index % 2 == 0))].reset_index(drop=True)
    here, there = features_of(orders, last, terms), features_of(rewritten, last, terms)
    latest = here.cutoffs == here.cutoffs.max()
    np.testing.assert_array_equal(here.values, there.values)
    assert (here.label[latest] != there.label[latest]).any()


@pytest.mark.timeout(120)
def test_churn__beats_last_value_and_the_rfm_rule_and_is_calibrated(orders, terms):
    from ml.binary.learning import learn_from

    learned = learn_from(churn, features_of(orders, np.datetime64("2011-05-10"), terms), terms, 0)
    assert judge_calibration(learned.calibration).error <= 0.02
    for name, rule in learned.baselines.items():
        assert learned.metrics["auc"] > rule["auc"], name
        assert learned.metrics["log_loss"] < rule["log_loss"], name


@pytest.mark.soak
@pytest.mark.usefixtures("in_full")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("prediction", ["churn", "propensity"])
def test_protocol__meets_every_check(prediction, shared_data):
    found = evaluate_protocol(prediction, "online_retail", shared_data)
    assert len(found.tables["windows"]) >= CUTOFFS
    assert all(check.is_met for check in found.checks), found.checks
