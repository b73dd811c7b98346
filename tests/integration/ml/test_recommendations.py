"""Recommendations through the life cycle: learned, gated, kept, served to everyone; refused where little is known."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kith.clock import FixedClock
from kith.lake import Home, latest_commit
from kith.run import Run, begin_run, publish_run
from kith.settings import PROJECT, Settings
from kith.times import to_utc_naive
from ml import tracking
from ml.contract import NotTrainable
from ml.lessons import lesson_of
from ml.predictions import find_prediction
from ml.recommendations.learning import learn_course
from ml.recommendations.reading import DAY, MICROSECOND, PAUSE, read_shop
from ml.recommendations.serving import SEEN
from ml.recommendations.windows import window_between
from ml.scoring import score
from ml.training import train
from tests.unit.ml.recommendations.shop import PRODUCTS, UNTIL, acts_of_taste, shelves

pytestmark = pytest.mark.whole

NAME = "recommendations"
AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
KINDS = shelves().categories[shelves().category]
PublishShop = Callable[..., Run]


def place_orders(taste: float = 0.9, people: int = 400) -> tuple[list[dict], list[dict]]:
    """Events and order lines of people who follow their taste, over the ninety days before AS_OF."""
    acts = acts_of_taste(people=people, taste=taste)
    events, lines = [], []
    for number in range(len(acts)):
        person, product = f"u{acts.people[number]:03d}", f"p{acts.products[number]:02d}"
        at = to_utc_naive(AS_OF) - timedelta(days=(UNTIL - int(acts.at[number])) / 100)
        if acts.is_purchase[number]:
            bought(events, lines, person, [product], at, f"o{number}")
        else:
            beside = acts.products[number] // 10 * 10 + (acts.products[number] + 1) % 10
            say(events, person, "Product Viewed", at, product_id=product)
            say(events, person, "Product Viewed", at + timedelta(minutes=2), product_id=f"p{beside:02d}")
    return events, lines


def bought(events: list, lines: list, person: str, products: list[str], at: datetime, order: str) -> None:
    told = [{"product_id": product} for product in products]
    say(events, person, "Order Completed", at, order_id=order, products=told)
    lines += [
        {"order_id": order, "profile_id": person, "product_id": product, "quantity": 1.0}
        for product in products
    ]


def say(events: list, person: str, event: str, at: datetime, **properties) -> None:
    events.append(
        {"profile_id": person, "event": event, "effective_at": at, "properties": json.dumps(properties)}
    )


@pytest.fixture
def publish_shop(settings: Settings, home: Home, tracking_template: Path) -> PublishShop:
    """Publishes a run over events and order lines; `gone` are products that can't be had."""
    definitions = settings.definitions / "predictions"
    shutil.copy(PROJECT / "activation/definitions/predictions/recommendations.yml", definitions)
    home.mlflow.mkdir()
    shutil.copy(tracking_template, home.mlflow / tracking_template.name)

    def publish(
        events: list[dict], lines: list[dict], gone: tuple[str, ...] = (), as_of: datetime = AS_OF
    ) -> Run:
        run = begin_run(settings, FixedClock(as_of), as_of=as_of)
        people = sorted({each["profile_id"] for each in events} | {"newcomer"})
        profiles = [{"profile_id": each, "country": "DE", "is_bot": each == "u000"} for each in people]
        products = [
            {
                "product_id": f"p{n:02d}",
                "name": f"Product {n}",
                "category": KINDS[n],
                "availability": "https://schema.org/OutOfStock" if f"p{n:02d}" in gone else "InStock",
            }
            for n in range(PRODUCTS)
        ]
        tables = {"events": events, "order_lines": lines, "profiles": profiles, "products": products}
        for name, rows in tables.items():
            pq.write_table(pa.Table.from_pylist(rows), run.path / f"{name}.parquet")
        publish_run(settings, run)
        return run

    return publish


def lists_of(home: Home) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in pq.read_table(latest_commit(home, NAME).table(NAME)).to_pylist():
        found.setdefault(row["profile_id"], []).append(row)
    return found


def rewrite(settings: Settings, old: str, new: str) -> None:
    file = settings.definitions / "predictions" / f"{NAME}.yml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_recommendations__reach_everyone_with_what_they_may_be_shown(publish_shop, settings, home) -> None:
    events, lines = place_orders()
    rewrite(settings, "products: []", "products: [p10]")
    run = publish_shop(events, lines, gone=("p00", "p20"))
    trained = train(settings, run, NAME)
    assert trained.is_champion, trained.reason
    assert trained.metrics["ndcg_at_10"] > trained.metrics["baseline_ndcg_at_10"]
    kept = {path.name for path in (home.mlflow / "artifacts").rglob("*") if path.is_file()}
    assert {"bundle.json", "recommender.npz"} <= kept

    assert score(settings, run, NAME).reason == "scored"
    lists = lists_of(home)
    assert set(lists) == {each["profile_id"] for each in events} - {"u000"} | {"newcomer"}
    owned = {(each["profile_id"], each["product_id"]) for each in lines}
    for person, rows in lists.items():
        products = [row["product_id"] for row in rows]
        assert [row["rank"] for row in rows] == list(range(1, 11))
        assert len(set(products)) == 10
        assert not set(products) & {"p00", "p10", "p20"}
        assert not {(person, product) for product in products} & owned
        assert all(row["reason"] for row in rows)
    assert {row["kind"] for row in lists["newcomer"]} == {"popular"}
    own = [row for rows in lists.values() for row in rows if row["because_product_id"]]
    assert len(own) > 1_000
    for row in own:
        assert row["kind"] != "popular"
        is_itself = row["because_product_id"] == row["product_id"]
        assert (
            row["reason"] == SEEN
            if is_itself
            else f"Product {int(row['because_product_id'][1:])}" in row["reason"]
        )
    assert {row["model_version"] for row in own} == {"1"}

    shares = pq.read_table(latest_commit(home, "scores").table("scores")).to_pylist()
    assert {row["profile_id"]: row["score"] for row in shares}["newcomer"] == 0
    beside = pq.read_table(
        latest_commit(home, "product_recommendations").table("product_recommendations")
    ).to_pylist()
    assert {row["kind"] for row in beside} == {"also_viewed", "also_bought"}
    assert not {row["recommended_product_id"] for row in beside} & {"p00", "p10", "p20"}
    assert all(row["product_id"] != row["recommended_product_id"] for row in beside)


def test_recommendations__of_people_without_tastes_do_not_pass_the_gate(publish_shop, settings, home) -> None:
    run = publish_shop(*place_orders(taste=0.0))
    trained = train(settings, run, NAME)
    assert not trained.is_champion
    assert trained.reason.startswith("no better than the baseline popular")
    assert score(settings, run, NAME).reason == "no model has passed the gate yet"
    assert tracking.champion_version(home, NAME) is None


@pytest.mark.parametrize("people", [1, 40])
def test_recommendations__of_too_few_are_refused_with_counts(publish_shop, settings, people: int) -> None:
    run = publish_shop(*place_orders(people=people))
    with pytest.raises(NotTrainable, match=r"\d+ people with a history .* at least 50 are needed"):
        train(settings, run, NAME)


def test_recommendations__show_consumables_again(publish_shop, settings, home) -> None:
    rewrite(settings, "consumable: []", "consumable: [coffee]")
    events, lines = place_orders()
    run = publish_shop(events, lines)
    assert train(settings, run, NAME).is_champion
    score(settings, run, NAME)
    owned = {(each["profile_id"], each["product_id"]) for each in lines}
    again = {
        row["product_id"]
        for rows in lists_of(home).values()
        for row in rows
        if (row["profile_id"], row["product_id"]) in owned
    }
    assert again
    assert all(KINDS[int(product[1:])] == "coffee" for product in again)


def test_recommendations__a_judged_champion_is_held_against_the_same_people(publish_shop, settings) -> None:
    run = publish_shop(*place_orders())
    model_lesson = lesson_of(settings, run, find_prediction(settings, NAME))
    from ml.models.recommendations import plugin

    learned = plugin.learn(model_lesson)
    assert learned.judge(learned.fitted) == learned.metrics


def test_recommendations__are_chosen_before_they_are_judged(publish_shop, settings) -> None:
    run = publish_shop(*place_orders())
    course = learn_course(lesson_of(settings, run, find_prediction(settings, NAME)))
    horizon = 14 * DAY
    chosen_on, judged_on = (
        window_between(
            course.shop.interactions,
            course.shop.catalogue,
            at,
            at + horizon,
            pause=PAUSE // MICROSECOND,
            day=DAY,
        ).buyers
        for at in (course.shop.cutoff - 2 * horizon, course.shop.cutoff - horizon)
    )
    assert chosen_on != judged_on
    assert {trial.quality.people for trial in course.trials} == {chosen_on}
    assert {each.people for each in (course.quality, *course.baselines.values())} == {judged_on}
    assert course.window.knowledge.cutoff == course.cutoff == course.shop.cutoff - horizon


def test_shop__knows_what_took_effect_and_what_was_given_back(publish_shop, settings) -> None:
    events, lines = [], []
    now = to_utc_naive(AS_OF)
    bought(events, lines, "u1", ["p01", "p02"], now - timedelta(days=3), "first")
    say(
        events,
        "u1",
        "Order Refunded",
        now - timedelta(days=2),
        order_id="first",
        products=[{"product_id": "p02"}],
    )
    bought(events, lines, "u2", ["p03"], now - timedelta(days=3), "second")
    say(events, "u2", "Order Cancelled", now - timedelta(days=1), order_id="second")
    say(events, "u2", "Product Viewed", now - timedelta(days=2), product_id="p04")
    say(events, "u2", "Product Viewed", now - timedelta(days=2), product_id="unheard of")
    say(events, "u2", "Product Viewed", now + timedelta(days=2), product_id="p05")
    say(events, "u000", "Product Viewed", now - timedelta(days=2), product_id="p06")
    lines.append({"order_id": "second", "profile_id": "u2", "product_id": "p07", "quantity": -1.0})
    run = publish_shop(events, lines)
    shop = read_shop(settings, run, AS_OF)
    acts = shop.interactions
    told = {
        (shop.people[acts.people[n]], str(shop.catalogue.ids[acts.products[n]])): (
            bool(acts.is_purchase[n]),
            int(shop.cutoff - acts.undone_at[n]) // DAY,
        )
        for n in range(len(acts))
    }
    assert {key: is_purchase for key, (is_purchase, _) in told.items()} == {
        ("u1", "p01"): True,
        ("u1", "p02"): True,
        ("u2", "p03"): True,
        ("u2", "p04"): False,
    }
    assert (told["u1", "p02"][1], told["u2", "p03"][1]) == (2, 1)
    assert told["u1", "p01"][1] < 0
    assert len(read_shop(settings, run, AS_OF - timedelta(days=2, hours=12)).interactions) == 3
