"""Recommendations in a plan: a person's own, of the latest scoring the run may know of, missing as strictly as all."""

from __future__ import annotations

import json
from datetime import datetime

import pyarrow as pa
import pytest

from activation.contract import Reason
from activation.rendering import Templates, render
from kith.lake import commit
from kith.lake.tables import find_table
from kith.settings import Settings
from kith.times import to_utc_naive
from tests.scenarios.campaign_world import DAY, LAUNCH, MUG, Person, World

PRODUCTS = [
    {**MUG, "product_id": f"p{n}", "name": f"Product {n}", "image_url": "data:x"} for n in range(1, 5)
] + [{**MUG, "product_id": "bare", "name": "Bare", "url": None}]
LISTED = "{% for each in recommendations %}{{ each.name }} ({{ each.reason }}) {% endfor %}"


def recommend(world: World, at: datetime, **lists: list[str]) -> None:
    """One scoring's lists, by the name of the person."""
    schema = find_table("recommendations", "recommendations").schema
    rows = [
        {
            "profile_id": world.id_of(name),
            "rank": rank,
            "product_id": product,
            "score": 1.0 / rank,
            "kind": "similar",
            "reason": f"like {product}",
            "model": "recommendations",
            "model_version": "1",
            "as_of": to_utc_naive(at),
        }
        for name, products in lists.items()
        for rank, product in enumerate(products, start=1)
    ]
    with commit(world.home, "recommendations", meta={"as_of": at.isoformat()}) as writer:
        writer.write("recommendations", pa.Table.from_pylist(rows, schema=schema))


def planned(world: World, subject: str) -> dict[str, dict]:
    """The outbox by name, of one run."""
    folder = world.settings.definitions / "templates" / "winback_offer"
    (folder / "subject.txt").write_text(subject)
    world.evaluate("churn_risk", LAUNCH)
    world.plan(LAUNCH)
    return {row["address"].partition("@")[0]: row for row in world.rows("outbox")}


@pytest.fixture
def world(own: Settings) -> World:
    return World(own, [Person("u1"), Person("u2")], products=PRODUCTS)


def test_plan__freezes_the_first_three_that_can_be_shown(world: World) -> None:
    recommend(world, LAUNCH - DAY, u1=["p4"], u2=["p4"])
    recommend(world, LAUNCH, u1=["p3", "bare", "p1", "gone", "p2", "p4"])
    rows = planned(world, LISTED + "{{ recommendations[0].price | money('EUR') }}")
    found = json.loads(rows["u1"]["variables"])["recommendations"]
    assert [(each["name"], each["reason"], each["image_url"]) for each in found] == [
        ("Product 3", "like p3", None),
        ("Product 1", "like p1", None),
        ("Product 2", "like p2", None),
    ]
    template = Templates(world.settings.definitions / "templates").get("winback_offer")
    variables = {**json.loads(rows["u1"]["variables"]), "unsubscribe_url": "https://x.example"}
    assert render(template, variables).subject.startswith("Product 3 (like p3) Product 1")


def test_plan__withholds_from_whom_nothing_is_recommended(world: World) -> None:
    recommend(world, LAUNCH, u1=["p1"], u2=["bare"])
    rows = planned(world, LISTED)
    assert rows["u1"]["decision"] == "send"
    assert (rows["u2"]["reason"], rows["u2"]["reason_detail"]) == (Reason.MISSING_VARIABLE, "recommendations")


def test_plan__sends_without_where_the_template_says_so(world: World) -> None:
    rows = planned(world, "{% if recommendations is defined %}" + LISTED + "{% else %}Hello{% endif %}")
    assert {row["decision"] for row in rows.values()} == {"send"}


def test_plan__knows_no_later_scoring(world: World) -> None:
    recommend(world, LAUNCH + DAY, u1=["p1"], u2=["p1"])
    assert {row["reason"] for row in planned(world, LISTED).values()} == {Reason.MISSING_VARIABLE}
