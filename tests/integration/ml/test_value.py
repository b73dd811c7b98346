"""Lifetime value and the next order through the life cycle: what they read of a run, learn, refuse and land."""

import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kith.clock import FixedClock
from kith.lake import latest_commit
from kith.run import begin_run, publish_run
from kith.settings import PROJECT
from kith.times import to_utc_naive
from ml.contract import Lesson, NotTrainable
from ml.evaluation import evaluate
from ml.lessons import lesson_of
from ml.lifetime.orders import read_orders
from ml.predictions import find_prediction
from ml.scoring import score
from ml.training import train

pytestmark = pytest.mark.whole

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
NAMES = ("lifetime_value", "next_order")


def ordered(person, days_before, amount=10.0, currency="EUR", learned=None, cancelled=None):
    """An order so many days before the run, learned of then or later; an `order:…` is nobody."""
    placed = to_utc_naive(AS_OF) - timedelta(days=days_before)
    return {
        "person": person,
        "placed": placed,
        "learned": placed if learned is None else to_utc_naive(AS_OF) - timedelta(days=learned),
        "amount": amount,
        "currency": currency,
        "cancelled": None if cancelled is None else to_utc_naive(AS_OF) - timedelta(days=cancelled),
    }


@pytest.fixture
def publish(settings, home, tracking_template):
    """Publishes a run whose tables tell of orders."""
    definitions = settings.definitions / "predictions"
    for name in NAMES:
        shutil.copy(PROJECT / f"activation/definitions/predictions/{name}.yml", definitions)
    home.mlflow.mkdir()
    shutil.copy(tracking_template, home.mlflow / tracking_template.name)

    def made(orders):
        run = begin_run(settings, FixedClock(AS_OF), as_of=AS_OF)
        for name, table in tables_of(orders).items():
            pq.write_table(table, run.path / f"{name}.parquet")
        publish_run(settings, run)
        return run

    return made


def tables_of(orders):
    rows = pd.DataFrame(orders, columns=["person", "placed", "learned", "amount", "currency", "cancelled"])
    rows["order_id"] = [f"o{number:06d}" for number in range(len(rows))]
    instant = pa.timestamp("us")
    events = [
        {"event": event, "event_id": f"{event} {row.order_id}", "effective_at": at,
         "properties": f'{{"order_id": "{row.order_id}"}}'}
        for row in rows.itertuples()
        for event, at in (("Order Completed", row.learned), ("Order Cancelled", row.cancelled))
        if at is not None and at == at
    ]  # fmt: skip
    text = pa.string()
    return {
        "events": pa.Table.from_pylist(
            events,
            pa.schema([("event", text), ("event_id", text), ("effective_at", instant), ("properties", text)]),
        ),
        "orders": pa.table(
            {
                "order_id": pa.array(rows["order_id"], text),
                "profile_id": pa.array(rows["person"], text),
                "has_completion": pa.repeat(True, len(rows)),
                "order_amount": pa.array(rows["amount"], pa.float64()),
                "currency": pa.array(rows["currency"], text),
            }
        ),
        "identities": pa.table(
            {
                "identifier_type": pa.array(
                    [
                        "anonymous_id" if each.startswith("order:") else "user_id"
                        for each in rows["person"].unique()
                    ],
                    text,
                ),
                "identifier_value": pa.array(rows["person"].unique(), text),
                "profile_id": pa.array(rows["person"].unique(), text),
            }
        ),
    }


@pytest.fixture(scope="session")
def regulars():
    """600 people over 180 days with a pace, a purse and an end of their own."""
    chance = np.random.default_rng(11)
    found = []
    for person in range(600):
        day, pace, purse = chance.uniform(40, 180), np.exp(chance.normal(2.7, 0.8)), chance.gamma(3) * 10
        until = max(day - chance.exponential(250), 0)
        while day > until:
            found.append(ordered(f"p{person:03d}", float(day), round(float(purse * chance.gamma(4) / 4), 2)))
            day -= chance.exponential(pace)
    return found


def lesson(settings, run, name="lifetime_value", as_of=None) -> Lesson:
    return lesson_of(settings, run, find_prediction(settings, name), as_of=as_of)


def bought(book, person):
    at = list(book.purchases.customers).index(person)
    mine = book.purchases.customer == at
    return dict(
        zip(
            (book.cutoff - book.purchases.day[mine]).tolist(),
            book.purchases.amount[mine].tolist(),
            strict=True,
        )
    )


def test_read_orders__knows_what_had_been_learned_by_then(publish, settings):
    run = publish(
        [
            ordered("ann", 10.5),
            ordered("ann", 20.5, learned=5.5, amount=20.0),  # it came late
            ordered("ann", 0.25, amount=30.0),
            ordered("bob", 3.0, amount=40.0),  # just at the instant three days before
        ]
    )
    assert bought(read_orders(lesson(settings, run)), "ann") == {11: 10, 6: 20, 1: 30}
    earlier = read_orders(lesson(settings, run, as_of=AS_OF - timedelta(days=3)))
    assert list(earlier.purchases.customers) == ["ann"]
    assert bought(earlier, "ann") == {8: 10, 3: 20}
    before = read_orders(lesson(settings, run, as_of=AS_OF - timedelta(days=6)))
    assert bought(before, "ann") == {5: 10}
    assert before.cutoff == earlier.cutoff - 3


def test_read_orders__leaves_out_nobody_and_other_currencies_and_counts_them(publish, settings):
    run = publish(
        [
            *(ordered(f"p{number}", 9.5) for number in range(3)),
            ordered("order:17", 9.5, amount=999.0),
            ordered("p0", 8.5, currency="USD", amount=999.0),
            ordered("rich", 7.5, currency="USD"),
            ordered("torn", 6.5, currency="USD"),
            ordered(
                "torn", 5.5, currency="CHF", amount=7.0
            ),  # as many of each: the first by name, which isn't ours
        ]
    )
    book = read_orders(lesson(settings, run))
    assert list(book.purchases.customers) == ["p0", "p1", "p2"]
    assert book.purchases.amount.tolist() == [10, 10, 10]
    told = {"currency": "EUR", "guest_orders": 1, "foreign_orders": 2, "foreign_customers": 2}
    assert book.told() == {**told, "days_returned_whole": 0}


def test_read_orders__nets_a_cancellation_of_the_day_and_no_later_one(publish, settings):
    run = publish(
        [
            ordered("ann", 9.5, cancelled=9.4),
            ordered("ann", 4.5, cancelled=1.5, amount=20.0),
            ordered("bob", 3.5, amount=0.0),
            ordered("cem", 3.5, amount=-5.0),
        ]
    )
    book = read_orders(lesson(settings, run))
    assert bought(book, "ann") == {5: 20}
    assert bought(book, "bob") == {4: 0}
    assert "cem" not in book.purchases.customers
    assert book.purchases.set_aside == 3  # ann's first day, the day of her later cancellation, cem's credit


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("orders", "told"),
    [
        ([], "none of 0 orders of 0 people before 2026-05-01 08:00 UTC is a purchase, and 0 are of nobody"),
        ([ordered(f"order:{n}", n % 90 + 1.0) for n in range(500)], "none of 0 orders.*and 500 are of nobody"),
        ([ordered(f"p{n}", 2.0) for n in range(500)], "2 days of purchases, at least 58 are needed"),
        ([ordered("ann", day + 1.0) for day in range(90)], "1 customers before the latest 30 days, 1 of whom"),
        (
            [ordered(f"p{n}", n % 60 + 31.0) for n in range(500)],
            "500 customers before the latest 30 days, 0 of whom bought in them; at least 200 and 30",
        ),
        (
            [ordered(f"p{n}", days + n % 7) for n in range(100) for days in (5.0, 40.0, 60.0)],
            "100 customers before the latest 30 days, 100 of whom bought in them; at least 200 and 30",
        ),
        ([ordered(f"p{n}", n % 60 + 31.0, amount=-1.0) for n in range(500)], "none of 500 orders of 500 people before"),
        ([ordered(f"p{n}", n + 1.5, cancelled=n + 1.4) for n in range(90)], "none of 90 orders of 90 people"),
        (
            [ordered("old", 400.0), *(ordered(f"p{n}", n % 20 + 1.0) for n in range(500))],  # the clock jumped
            "1 customers before the latest 30 days",
        ),
    ],
)  # fmt: skip
def test_learn__refuses_with_counts(name, orders, told, publish, settings):
    run = publish(orders)
    with pytest.raises(NotTrainable, match=told):
        train(settings, run, name)


def test_next_order__refuses_a_past_that_its_rule_of_thumb_can_not_be_learned_from(publish, settings):
    """Two months: the candidates learn from shorter windows, the rule needs a whole one before the latest."""
    paces = [(n, 4 + n % 9) for n in range(400)]
    run = publish([ordered(f"p{n}", day + 0.5) for n, pace in paces for day in range(n % 20, 58, pace)])
    with pytest.raises(NotTrainable, match="hold no window of 30 days with 28 days before it"):
        train(settings, run, "next_order")


def test_learn__refuses_people_who_bought_once_only_and_says_why_for_each_candidate(publish, settings):
    """Forty come back in the latest window, as late as that: nothing before it tells of anybody's return."""
    once = [ordered(f"p{n}", n % 60 + 31.0) for n in range(500)]
    run = publish([*once, *(ordered(f"p{n}", 5.0) for n in range(40))])
    for name in NAMES:
        with pytest.raises(NotTrainable, match=r"240 customers, 0 of them with 0 repeat purchases"):
            train(settings, run, name)


def test_life_cycle__learns_lands_and_reads_back_what_is_expected_of_each(publish, settings, home, regulars):
    run = publish([*regulars, ordered("order:1", 3.0), ordered("rich", 2.0, currency="USD")])
    for name in NAMES:
        trained = train(settings, run, name)
        assert trained.is_champion, trained.reason
        assert score(settings, run, name).reason == "scored"
    people = {each["person"] for each in regulars}
    values = pq.read_table(latest_commit(home, "lifetime_values").table("lifetime_values")).to_pandas()
    assert set(values["profile_id"]) == people
    assert set(values["currency"]) == {"EUR"}
    assert (values["value_low_amount"] <= values["value_high_amount"]).all()
    assert values["any_purchase_probability"].between(0, 1).all()
    orders = pq.read_table(latest_commit(home, "next_orders").table("next_orders")).to_pandas()
    assert set(orders["profile_id"]) == people
    assert orders["expected_days"].between(0, 30).all()
    assert (orders["expected_low_at"] <= orders["expected_at"]).all()
    assert (orders["expected_at"] <= orders["expected_high_at"]).all()
    assert (orders["expected_low_at"] >= pd.Timestamp(to_utc_naive(AS_OF))).all()
    scores = pq.read_table(latest_commit(home, "scores").table("scores")).to_pandas()
    joined = scores.merge(orders, on="profile_id")
    assert joined["score"].to_numpy() == pytest.approx(joined["expected_days"].to_numpy(), abs=1e-5)
    assert joined["reasons"].str.contains("days since the last order").mean() > 0.5
    kept = {path.name for path in (home.mlflow / "artifacts").rglob("*") if path.is_file()}
    assert {"numbers.json", "tenths.png", "residuals.png", "choice.json"} <= kept
    assert not [name for name in kept if name.endswith((".pkl", ".pickle"))]


def test_evaluate__goes_back_in_time(publish, settings, regulars):
    run = publish(regulars)
    windows = evaluate(settings, run, "lifetime_value", windows=2).windows
    assert [run.as_of - each.as_of for each in windows] == [timedelta(0), timedelta(days=30)]
    assert all(each.metrics["value_error"] < each.metrics["baseline_value_error"] for each in windows)
