"""The SQL of segments on Spark: the same members as on DuckDB, for every leaf of the grammar."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import seed as drawn_from
from hypothesis import settings as budget
from hypothesis import strategies as st

from activation.lists.reading import Entry
from activation.lists.uploading import Upload, publish
from activation.segments.compiler import compile_segments
from activation.segments.dialects import SPARK, Spark
from activation.segments.ordering import levels
from activation.segments.sql_evaluator import evaluate_sql, moment_of, read_segments
from activation.segments.world import World, open_world
from kith.init import initialise
from kith.lake import Home
from kith.settings import Settings, load_settings
from tests.integration.spark.engine import spark_remote
from tests.unit.segments import drawn_definitions, drawn_people
from tests.unit.segments.differential import PLAIN, definition
from tests.unit.segments.world import AS_OF, Person, begin, write_scores

INSTALLED = all(importlib.util.find_spec(name) for name in ("pysail", "pyspark"))
pytestmark = [
    pytest.mark.spark,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not INSTALLED, reason="the extra `spark` is not installed: make .venv-spark/.done"),
]
RELATIONS = ("profiles", "events", "consents_at", "scores_at", "analyst_members", "list_members")
WORLDS, DRAWN = 3, 60
MANY = [f"v{n}" for n in range(300)]
ODD = 'it\'s \\ "odd" -- 日本'

#: Each leaf and each form that a dialect tells, whatever is drawn.
LEAVES: dict[str, Any] = {
    "text": {"attribute": "country", "in": ["GB", "o'Neil", "\\", '"', ODD]},
    "not_in": {"attribute": "country", "not_in": ["GB", "o'Neil"]},
    "part": {"any": [{"attribute": "country", word: "'"} for word in ("contains", "starts_with", "ends_with")]},
    "start": {"attribute": "country", "starts_with": "G"},
    "end": {"attribute": "country", "ends_with": "B"},
    "large_set": {"attribute": "country", "in": ["GB", *MANY]},
    "large_not": {"attribute": "order_count", "not_in": [*range(2, 400)]},
    "large_decimal": {"attribute": "order_amount", "in": [0.1, 9.99, *range(1_000, 1_300)]},
    "large_dates": {"attribute": "birthday", "in": [f"20{y}-04-{d:02d}" for y in range(20, 40) for d in range(1, 31)]},
    "large_filter": {"did": "Order Completed", "where": {"category": {"in": ["GB", "7", *MANY]}}},
    "real": {"attribute": "average_order_amount", "at_most": 2.5},
    "boolean": {"attribute": "is_bot", "is": False},
    "anniversary": {"attribute": "birthday", "anniversary_within": "30d"},
    "instant": {"attribute": "last_order_at", "within": "33d"},
    "missing": {"attribute": "email", "missing": True},
    "path": {"did": "Order Completed", "where": {"cart.total": {"missing": False}}},
    "odd_path": {"did": "Order Completed", "where": {"q\"x'y": {"missing": False}}},
    "number": {"did": "Order Completed", "where": {"total": {"at_least": 1}}},
    "flag": {"did": "Order Completed", "where": {"is_gift": True}},
    "days": {"event": "Order Completed", "days": {"at_least": 1}},
    "distinct": {"event": "Order Completed", "distinct": {"of": "category", "at_least": 1}},
    "sum": {"event": "Order Completed", "sum": {"of": "total", "at_least": 0.3}},
    "average": {"event": "Order Completed", "average": {"of": "total", "less": 9}},
    "extremes": {"event": "Order Completed", "minimum": {"of": "total", "greater": -9}},
    "first": {"event": "Order Completed", "first": {"older_than": "2d"}},
    "each": {"event": "Order Completed", "count": {"at_most": 2}, "in_each": "7d", "periods": 3},
    "sequence": {
        "sequence": [{"did": "Order Completed"}, {"did": "Product Viewed"}], "without": {"did": "日本"}, "gap": "40d",
    },
    "message": {"message": "any", "was": "opened"},
    "of_last": {"message": "any", "was_not": "opened", "of_last": 2},
    "consent": {"consent": "marketing", "channel": "email", "is": "refused"},
    "list": {"list": "uploaded"},
    "share": {"random_share": 0.5, "salt": "it's"},
    "score": {"score": "churn", "top_percent": 33.3, "fallback": {"segment": "listed"}},
    "member": {"none": [{"segment": "sum"}, {"segment": "listed"}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    with spark_remote(tmp_path_factory.mktemp("engine")) as address:
        builder = SparkSession.builder.remote(address).config("spark.sql.session.timeZone", "UTC")
        session = builder.getOrCreate()
        try:
            yield session
        finally:
            session.stop()  # else the next one in this process would be this one, whose server has gone


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    found = load_settings(home=tmp_path_factory.mktemp("segments") / "home")
    initialise(found)
    return found


@contextmanager
def drawn_world(template: Settings, folder: Path, people: list[Any], zone: str, said: Any) -> Iterator[World]:
    """A world of drawn people, with scores, a list, an analyst's segment and consents."""
    shutil.copytree(template.home, folder / "home")
    settings = template.model_copy(update={"home": folder / "home", "zone": zone})
    ids = [f"p{number:02d}" for number in range(len(people))]
    for person, id_ in zip(people, ids, strict=True):
        person.profile_id = id_
    write_scores(Home(settings.home), "churn", AS_OF, {id_: n / 7 for n, id_ in enumerate(ids) if n % 3})
    entries = [Entry(number, id_) for number, id_ in enumerate(ids[::2])]
    publish(
        settings, entries, Upload("uploaded", kind="profile_id"), "people.csv", AS_OF - timedelta(hours=1)
    )
    run = begin(settings, AS_OF, people, lists={"listed": ids[::3]}, consents=said)
    with open_world(settings, run.snapshot) as world:
        yield world


def differences(spark: Any, world: World, folder: Path, conditions: Mapping[str, Any]) -> list[str]:
    """The segments that Spark sees otherwise."""
    definitions = {name: definition(name, who) for name, who in conditions.items()}
    segments = read_segments(world, definitions)
    expected = evaluate_sql(world, segments)
    moment = replace(moment_of(world, [each.tree for each in segments.values()]), dialect=SPARK)
    for relation in RELATIONS:
        file = folder / f"{relation}.parquet"
        world.warehouse.connection.execute(f"COPY (SELECT * FROM {relation}) TO '{file}' (FORMAT parquet)")
        frame = spark.read.parquet(str(file))
        columns = [
            f"CAST(`{name}` AS TIMESTAMP) AS `{name}`" if "timestamp" in type_ else f"`{name}`"
            for name, type_ in frame.dtypes
        ]
        frame.selectExpr(*columns).createOrReplaceTempView(relation)
    statement = compile_segments(levels(segments, {}), moment)
    found = spark.sql(statement.sql).toArrow()
    ids = found["profile_id"].to_pylist()
    wrong = []
    for name, column in statement.columns.items():
        members = [id_ for id_, is_in in zip(ids, found[column].to_pylist(), strict=True) if is_in]
        if members != expected.members(name).to_pylist():
            wrong.append(f"{conditions[name]}: Spark {members}, DuckDB {expected.members(name).to_pylist()}")
    return wrong


def test_segments__have_the_same_members_on_spark(spark: Any, template: Settings, tmp_path: Path) -> None:
    worlds: list[int] = []
    members: set[str] = set()

    def judge(people: list[Any], bodies: list[Any], zone: str, said: Any) -> None:
        folder = tmp_path / f"world_{len(worlds)}"
        worlds.append(len(people))
        conditions = {**PLAIN, **LEAVES, **{f"d{number}": who for number, who in enumerate(bodies)}}
        with drawn_world(template, folder, people, zone, said) as world:
            assert differences(spark, world, folder, conditions) == []
            found = evaluate_sql(
                world, read_segments(world, {n: definition(n, w) for n, w in conditions.items()})
            )
            members.update(name for name in LEAVES if 0 < found.size(name) < len(people))

    drawn = given(
        people=st.lists(drawn_people.people, min_size=20, max_size=25),
        bodies=st.lists(drawn_definitions.definitions, min_size=DRAWN, max_size=DRAWN),
        zone=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"]),
        said=drawn_people.consents,
    )
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    bounds = budget(
        max_examples=WORLDS,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=health,
    )
    drawn_from(20260501)(bounds(drawn(judge)))()
    assert len(worlds) == WORLDS
    assert len(members) >= len(LEAVES) // 2, "most leaves should tell people apart"


@pytest.mark.parametrize(
    ("name", "bug"),
    [
        ("text", lambda self, text: "'" + text.replace("'", "''") + "'"),
        ("finite", lambda self, value: f"{value} = {value}"),
        ("local_day", lambda self, moment, zone: f"TO_DATE({moment})"),
        ("microseconds", lambda self, moment: f"UNIX_MICROS({moment}) DIV 1000000"),
        ("number", lambda self, text, type_: f"TRY_CAST({text} AS {type_})"),
    ],
)
def test_segments__planted_slip_of_the_dialect_is_seen(
    spark: Any, template: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, bug: Any
) -> None:
    late, second = datetime(2026, 4, 20, 22, 30, tzinfo=UTC), timedelta(microseconds=300)
    people = [
        Person("", country=ODD, average_order_amount=float("inf"), events=[("X", late, {"total": " 12"})]),
        Person("", country="its", average_order_amount=float("nan"), events=[("X", late, {"total": "1_2"})]),
        Person("", average_order_amount=1.0, events=[("X", late, {"v": "1e2"}), ("X", late + second, {"v": "x"}),
                                                     ("X", late + timedelta(hours=4), None)]),
    ]  # fmt: skip
    conditions = {
        "odd": {"attribute": "country", "in": [ODD, "it's"]},
        "real": {"attribute": "average_order_amount", "at_least": 0},
        "known": {"attribute": "average_order_amount", "missing": False},
        "days": {"event": "X", "days": {"is": 1}},
        "soon": {"sequence": [{"did": "X"}, {"did": "X", "where": {"v": "x"}}], "gap": "1s"},
        "number": {"event": "X", "sum": {"of": "total", "greater": 0}},
        "power": {"did": "X", "where": {"v": 100}},
    }
    monkeypatch.setattr(Spark, name, bug)
    with drawn_world(template, tmp_path / "world", people, "Europe/Berlin", {}) as world:
        from pyspark.errors import PySparkException

        try:
            found = differences(spark, world, tmp_path / "world", conditions)
        except PySparkException as error:  # Spark itself refuses what the slip made of the SQL
            found = [str(error)]
    assert found
