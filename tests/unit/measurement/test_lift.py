import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activation.journeys.tables import OUTBOX, VERSIONS
from kith.clock import FixedClock
from kith.lake import Home, commit, commits, latest_commit
from kith.run import begin_run, publish_run
from kith.times import to_utc_naive
from measurement.lift import measure

LAUNCH = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ORDERS = pa.schema(
    [
        ("order_id", pa.string()),
        ("profile_id", pa.string()),
        ("ordered_at", pa.timestamp("us")),
        ("is_cancelled", pa.bool_()),
        ("net_amount", pa.decimal128(18, 4)),
        ("currency", pa.string()),
    ]
)
ALIASES = pa.schema(
    [("alias_id", pa.string()), ("profile_id", pa.string()), ("since_at", pa.timestamp("us"))]
)


def planned(
    profile, *, holdout=False, eligible=True, campaign="winback", decided_at=LAUNCH, transactional=False
):
    row = dict.fromkeys(OUTBOX.schema.names)
    return row | {
        "message_id": f"{campaign}-{profile}-{decided_at}",
        "journey": campaign,
        "journey_version": "v1",
        "profile_id": profile,
        "decided_at": to_utc_naive(decided_at),
        "decision": "send" if eligible and not holdout else "withhold",
        "is_holdout": holdout,
        "is_eligible": eligible,
        "is_transactional": transactional,
        "as_of": to_utc_naive(LAUNCH),
    }


def bought(profile, amount="10", after=timedelta(days=1), *, cancelled=False, currency="EUR"):
    return {
        "order_id": f"{profile}-{after}-{currency}",
        "profile_id": profile,
        "ordered_at": to_utc_naive(LAUNCH + after),
        "is_cancelled": cancelled,
        "net_amount": Decimal(amount),
        "currency": currency,
    }


@pytest.fixture
def world(settings, home):
    """Calls it with rows of a world; answers what was measured and the rows of the last commit by metric."""

    def measured(outbox=(), orders=(), aliases=(), as_of=LAUNCH + timedelta(days=8)):
        if outbox:
            with commit(home, "journeys") as writer:
                writer.write("outbox", pa.Table.from_pylist(list(outbox), schema=OUTBOX.schema))
        run = begin_run(settings, FixedClock(as_of), as_of=as_of)
        pq.write_table(pa.Table.from_pylist(list(orders), schema=ORDERS), run.path / "orders.parquet")
        pq.write_table(
            pa.Table.from_pylist(list(aliases), schema=ALIASES), run.path / "profile_aliases.parquet"
        )
        result = measure(settings, run)
        publish_run(settings, run)
        last = latest_commit(home, "measurement")
        rows = pq.read_table(last.table("lift")).to_pylist() if last else []
        return result, {(row["campaign"], row["metric"]): row for row in rows}

    return measured


def arms(treated=30, holdout=20):
    return [planned(f"t{n}") for n in range(treated)] + [
        planned(f"h{n}", holdout=True) for n in range(holdout)
    ]


def test_measure__compares_rates_and_money_of_both_arms(world):
    orders = [
        bought("t0", "30"),
        bought("t0", "12", timedelta(days=2)),
        bought("t1", "8"),
        bought("h0", "20"),
    ]
    result, rows = world(arms(), orders)
    rate, money = rows["winback", "conversion_rate"], rows["winback", "revenue_per_person"]
    assert (result.campaign_count, result.row_count) == (1, 2)
    assert (rate["treated_count"], rate["treated_sum"], rate["holdout_sum"]) == (30, 2, 1)
    assert rate["lift"] == pytest.approx(2 / 30 - 1 / 20)
    assert rate["lift_relative"] == pytest.approx((2 / 30 - 1 / 20) / (1 / 20))
    assert (money["treated_sum"], money["treated_sum_squares"]) == (50, 42**2 + 8**2)
    assert money["lift"] == pytest.approx(50 / 30 - 1)
    for row in (rate, money):
        assert row["lower"] < row["fixed_lower"] < row["lift"] < row["fixed_upper"] < row["upper"]


def test_measure__takes_people_s_habits_out_of_the_lift(world):
    """Who had bought buys again in both arms, and the treated happen to hold more of them."""
    before = timedelta(days=-30)
    habits = [bought(f"t{n}", "40", before) for n in range(15)] + [
        bought(f"h{n}", "40", before) for n in range(6)
    ]
    orders = [bought(f"t{n}", "40") for n in range(14)] + [bought(f"h{n}", "40") for n in range(6)]
    _, rows = world(arms(), habits + orders)
    for metric in ("conversion_rate", "revenue_per_person"):
        row = rows["winback", metric]
        assert row["lift"] > 0
        assert abs(row["adjusted_lift"]) < row["lift"] / 3
        assert row["variance_reduction"] > 0.8
        assert row["adjusted_upper"] - row["adjusted_lower"] < (row["upper"] - row["lower"]) / 2


@pytest.mark.parametrize(
    ("after", "cancelled", "counts"),
    [
        (timedelta(microseconds=-1), False, True),
        (timedelta(days=-90), False, True),
        (timedelta(days=-90, microseconds=-1), False, False),
        (timedelta(0), False, False),
        (timedelta(days=-30), True, False),
    ],
)
def test_measure__counts_as_habit_what_was_bought_in_the_90_days_before(world, after, cancelled, counts):
    habits = [bought(f"{arm}{n}", "40", after, cancelled=cancelled) for arm in "th" for n in range(10)]
    orders = [bought(f"{arm}{n}", "40") for arm in "th" for n in range(10)]
    _, rows = world(arms(), [order | {"order_id": f"past-{n}"} for n, order in enumerate(habits)] + orders)
    assert (rows["winback", "conversion_rate"]["variance_reduction"] > 0.5) is counts
    assert (rows["winback", "revenue_per_person"]["variance_reduction"] > 0.5) is counts


def test_measure__leaves_out_whom_another_gate_held_back(world):
    stopped = [planned("t99", eligible=False), planned("h99", holdout=True, eligible=False)]
    _, rows = world(arms() + stopped, [bought("t99"), bought("h99")])
    rate = rows["winback", "conversion_rate"]
    assert (rate["treated_count"], rate["holdout_count"]) == (30, 20)
    assert (rate["treated_sum"], rate["holdout_sum"]) == (0, 0)


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        (bought("t0", after=timedelta(0)), 1),
        (bought("t0", after=timedelta(microseconds=-1)), 0),
        (bought("t0", after=timedelta(days=7, microseconds=-1)), 1),
        (bought("t0", after=timedelta(days=7)), 0),
        (bought("t0", cancelled=True), 0),
        (bought("stranger"), 0),
    ],
)
def test_measure__counts_orders_within_seven_days_of_the_decision(world, order, counts):
    _, rows = world(arms(), [order])
    assert rows["winback", "conversion_rate"]["treated_sum"] == counts


def test_measure__sees_nothing_from_as_of_on(world):
    noon = LAUNCH + timedelta(days=1)
    later = [planned("late", decided_at=noon)]
    _, rows = world(arms() + later, [bought("t0", after=timedelta(days=1))], as_of=noon)
    rate = rows["winback", "conversion_rate"]
    assert (rate["treated_count"], rate["treated_sum"]) == (30, 0)


def test_measure__counts_a_person_once_from_the_first_eligible_decision(world):
    again = [
        planned("t0", decided_at=LAUNCH + timedelta(days=3)),
        planned("t1", eligible=False, decided_at=LAUNCH - timedelta(days=5)),
    ]
    orders = [bought("t0", after=timedelta(days=4)), bought("t1", after=timedelta(days=-1))]
    _, rows = world(arms() + again, orders)
    rate = rows["winback", "conversion_rate"]
    assert (rate["treated_count"], rate["treated_sum"]) == (30, 1)


def test_measure__reads_ids_through_aliases_and_drops_who_was_merged_into_both_arms(world):
    aliases = [
        {"alias_id": "t0", "profile_id": "now", "since_at": None},
        {"alias_id": "t1", "profile_id": "both", "since_at": None},
        {"alias_id": "h1", "profile_id": "both", "since_at": None},
    ]
    _, rows = world(arms(), [bought("now"), bought("both")], aliases)
    rate = rows["winback", "conversion_rate"]
    assert (rate["treated_count"], rate["treated_sum"]) == (29, 1)
    assert (rate["holdout_count"], rate["holdout_sum"]) == (19, 0)


def test_measure__sums_money_of_one_currency_only(world):
    orders = [bought("t0", "10"), bought("t1", "20"), bought("t2", "5000", currency="JPY")]
    _, rows = world(arms(), orders)
    assert rows["winback", "revenue_per_person"]["currency"] == "EUR"
    assert rows["winback", "revenue_per_person"]["treated_sum"] == 30
    assert rows["winback", "conversion_rate"]["treated_sum"] == 3


def test_measure__ignores_transactional_messages(world):
    result, _ = world([planned("t0", transactional=True, campaign="receipt")])
    assert result.campaign_count == 0
    assert result.commit is None


def test_measure__says_nothing_of_lift_without_a_holdout(world):
    _, rows = world(arms(holdout=0), [bought("t0")])
    row = rows["winback", "conversion_rate"]
    assert row["treated_mean"] == pytest.approx(1 / 30)
    assert [row[name] for name in ("lift", "lower", "upper", "fixed_lower")] == [None] * 4


def test_measure__commits_nothing_when_nothing_changed(world, home):
    first, _ = world(arms(), [bought("t0")])
    second, _ = world((), [bought("t0")], as_of=LAUNCH + timedelta(days=9))
    third, _ = world((), [bought("t0"), bought("t1")], as_of=LAUNCH + timedelta(days=10))
    assert first.commit
    assert second.commit is None
    assert third.commit
    assert len(commits(home, "measurement")) == 2


def test_measure__of_a_replay_commits_in_its_own_folder_alone(world, home):
    world(arms(), [bought("t0")])
    replayed, _ = world((), [], as_of=LAUNCH + timedelta(days=2))
    assert replayed.row_count == 2
    assert len(commits(home, "measurement")) == 1
    (own,) = home.replays.iterdir()
    assert [each.name for each in commits(Home(own), "measurement")] == [replayed.commit]


@pytest.mark.parametrize(
    ("within", "day", "counts"), [("3d", 2, 1), ("3d", 3, 0), ("2w", 13, 1), (None, 7, 0)]
)
def test_measure__counts_orders_within_the_goal_of_the_campaign(world, home, within, day, counts):
    body = json.dumps({"goal": {"event": "Order Completed", "within": within}} if within else {})
    version = {"kind": "campaign", "name": "winback", "version": "v1", "body": body, "as_of": None}
    with commit(home, "journeys") as writer:
        writer.write("versions", pa.Table.from_pylist([version], schema=VERSIONS.schema))
    _, rows = world(arms(), [bought("t0", after=timedelta(days=day))], as_of=LAUNCH + timedelta(days=20))
    assert rows["winback", "conversion_rate"]["treated_sum"] == counts


def test_measure__tells_how_many_people_have_their_window_behind_them(world):
    late = [planned("late", decided_at=LAUNCH + timedelta(days=2))]
    _, rows = world(arms() + late, [], as_of=LAUNCH + timedelta(days=7))
    row = rows["winback", "conversion_rate"]
    assert (row["complete_count"], row["treated_count"] + row["holdout_count"]) == (50, 51)
    assert row["window_days"] == 7


def test_measure__tells_of_arms_that_are_not_as_designed(world, settings, tmp_path):
    folder = tmp_path / "definitions" / "campaigns"
    folder.mkdir(parents=True)
    (folder / "winback.yml").write_text("name: winback\nholdout: 10%\nsegment: lapsed\n", encoding="utf-8")
    object.__setattr__(settings, "definitions", folder.parent)
    honest, rows = world(arms(900, 100))
    assert honest.mismatched == ()
    assert rows["winback", "conversion_rate"]["srm_p_value"] == pytest.approx(1)
    broken, _ = world([planned(f"x{n}") for n in range(600)])
    assert broken.mismatched == ("winback",)
