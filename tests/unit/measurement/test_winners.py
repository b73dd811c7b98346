"""Experiments of a hand-made journey: who counts for what, at which look, and from when a winner holds."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activation.journeys.graph import EXIT, Contest, Edge, Experiment, Graph, LaunchEntry
from activation.journeys.graph.storage import graph_json
from activation.journeys.tables import ENROLMENTS, TRANSITIONS, VERSIONS
from kith.clock import FixedClock
from kith.lake import commit, latest_commit
from kith.run import begin_run, publish_run
from kith.times import to_utc_naive
from measurement.winners import decide_winners

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
HOUR, DAY = 3_600_000_000, 86_400_000_000
EVENTS = pa.schema(
    [("profile_id", pa.string()), ("event", pa.string()), ("effective_at", pa.timestamp("us"))]
)
ALIASES = pa.schema([("alias_id", pa.string()), ("profile_id", pa.string())])


def graph(version="v1", **contest) -> Graph:
    told = Contest("Order Completed", **{"within": DAY, "fewest": 20, **contest})
    node = Experiment("x", "experiment:size", "size", (5_000, 5_000), ("ten", "twenty"), told)
    edges = tuple(Edge("x", label, EXIT) for label in ("1", "2"))
    return Graph("offer", version, LaunchEntry("s", 0, 1), "x", (node,), edges)


def met(profile, label, at=START, *, version="v1", held=False):
    """A person who met a variant: their enrolment and their transition."""
    shared = {
        "journey": "offer",
        "journey_version": version,
        "enrolment_id": f"e-{profile}",
        "profile_id": profile,
    }
    enrolment = dict.fromkeys(ENROLMENTS.schema.names) | shared | {"is_holdout": held}
    moved = {"node_id": "x", "step_id": "experiment:size", "label": label, "at": to_utc_naive(at)}
    return enrolment, dict.fromkeys(TRANSITIONS.schema.names) | shared | moved


def ordered(profile, at=START + timedelta(hours=1), event="Order Completed"):
    return {"profile_id": profile, "event": event, "effective_at": to_utc_naive(at)}


def crowd(label, count, reached, at=START, first=0):
    """Many who met a variant at one instant, of whom the first so many ordered."""
    names = [f"{label}-{first + number}" for number in range(count)]
    return [met(name, label, at) for name in names], [
        ordered(name, at + timedelta(hours=1)) for name in names[:reached]
    ]


@pytest.fixture
def world(settings, home):
    def run(as_of, people=(), events=(), aliases=(), graphs=()):
        with commit(home, "journeys") as writer:
            writer.write("enrolments", pa.Table.from_pylist([e for e, _ in people], schema=ENROLMENTS.schema))
            writer.write(
                "transitions", pa.Table.from_pylist([t for _, t in people], schema=TRANSITIONS.schema)
            )
            rows = [
                {
                    "kind": "graph",
                    "name": "offer",
                    "version": each.version,
                    "body": graph_json(each),
                    "as_of": to_utc_naive(START),
                }
                for each in graphs
            ]
            writer.write("versions", pa.Table.from_pylist(rows, schema=VERSIONS.schema))
        begun = begin_run(settings, FixedClock(as_of), as_of=as_of)
        pq.write_table(pa.Table.from_pylist(list(events), schema=EVENTS), begun.path / "events.parquet")
        pq.write_table(
            pa.Table.from_pylist(list(aliases), schema=ALIASES), begun.path / "profile_aliases.parquet"
        )
        found = decide_winners(settings, begun)
        publish_run(settings, begun)
        last = latest_commit(home, "measurement")
        tables = {
            name: pq.read_table(last.table(name)).to_pylist() if last else []
            for name in ("winners", "experiments")
        }
        return found, tables["winners"], {row["variant"]: row for row in tables["experiments"]}

    return run


def clear_cut(at=START, first=0):
    """Forty of each: two and thirty-two reached the goal."""
    few, some = crowd("1", 40, 2, at, first)
    many, most = crowd("2", 40, 32, at, first)
    return few + many, some + most


def test_winner__is_proved_at_the_first_look_at_which_results_are_in(world):
    people, events = clear_cut()
    _, winners, _ = world(START + timedelta(days=1), people, events, graphs=[graph()])
    assert winners == [], "their day is not over"
    found, [winner], standing = world(START + timedelta(days=3), events=events)
    assert (found.experiment_count, found.winner_count) == (1, 1)
    assert (winner["label"], winner["is_proved"]) == ("twenty", True)
    # The first midnight after the day of everybody who came at eight.
    assert winner["looked_at"] == datetime(2026, 5, 3)
    assert (standing["twenty"]["people_count"], standing["twenty"]["reached_count"]) == (40, 32)
    assert (standing["twenty"]["is_winner"], standing["ten"]["is_winner"]) == (True, False)


def test_winner__is_the_same_however_often_one_runs(world, settings, home):
    people, events = clear_cut()
    instants = [START + timedelta(hours=hours) for hours in (1, 25, 40, 41, 49, 72)]
    told = [
        world(at, people if at is instants[0] else (), events, graphs=[graph()] if at is instants[0] else ())[
            1
        ]
        for at in instants
    ]
    assert [len(each) for each in told] == [0, 0, 0, 1, 1, 1]
    assert told[-1][0]["decided_at"] == datetime(2026, 5, 3)


def test_winner__found_late_holds_from_the_run_before_on(world):
    people, events = clear_cut()
    world(START + timedelta(days=5), graphs=[graph()])
    _, [winner], _ = world(START + timedelta(days=6), people, events)
    assert winner["looked_at"] == datetime(2026, 5, 3)
    assert winner["decided_at"] == to_utc_naive(START + timedelta(days=5))


def test_winner__once_told_stays(world):
    people, events = clear_cut()
    world(START + timedelta(days=3), people, events, graphs=[graph()])
    turned, more = crowd("1", 900, 890, START + timedelta(days=3), 100)
    found, [winner], standing = world(START + timedelta(days=9), turned, events + more)
    assert (found.winner_count, winner["label"]) == (0, "twenty")
    assert standing["ten"]["is_leader"]


def test_winner__is_nobody_while_nothing_is_proved(world):
    first, some = crowd("1", 40, 10)
    second, more = crowd("2", 40, 12)
    _, winners, standing = world(START + timedelta(days=9), first + second, some + more, graphs=[graph()])
    assert winners == []
    assert standing["twenty"]["is_leader"]


def test_winner__is_the_best_so_far_when_the_time_is_up(world):
    first, some = crowd("1", 40, 10)
    second, more = crowd("2", 40, 12)
    contest = {"within": HOUR, "decided_after": 4 * HOUR}
    _, winners, _ = world(START + timedelta(hours=4), first + second, some + more, graphs=[graph(**contest)])
    assert winners == [], "a look at as_of itself is the next run's"
    _, [winner], _ = world(START + timedelta(hours=4, microseconds=1), events=some + more)
    assert (winner["label"], winner["is_proved"]) == ("twenty", False)
    assert winner["decided_at"] == to_utc_naive(START + timedelta(hours=4))


def test_standing__counts_the_first_meeting_alone_and_no_holdout(world):
    people = [
        met("a", "1"),
        met("a", "2", START + timedelta(hours=1)),
        met("b", "1"),
        met("c", "1", held=True),
    ]
    people += [met("d", "2"), met("e", "2")]
    events = [ordered("b"), ordered("c"), ordered("d", event="Cart Viewed")]
    _, _, standing = world(START + timedelta(days=9), people, events, graphs=[graph()])
    # a met both variants, c got nothing: neither tells anything of a variant.
    assert (standing["ten"]["people_count"], standing["ten"]["reached_count"]) == (1, 1)
    assert (standing["twenty"]["people_count"], standing["twenty"]["reached_count"]) == (2, 0)


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (START, False),
        (START + timedelta(microseconds=1), True),
        (START + timedelta(days=1), True),
        (START + timedelta(days=1, microseconds=1), False),
    ],
)
def test_standing__counts_goals_after_the_meeting_and_within_its_time(world, at, counts):
    _, _, standing = world(START + timedelta(days=9), [met("a", "1")], [ordered("a", at)], graphs=[graph()])
    assert standing["ten"]["reached_count"] == int(counts)


def test_standing__reads_people_through_their_aliases(world):
    aliases = [{"alias_id": "old", "profile_id": "a"}]
    _, _, standing = world(START + timedelta(days=9), [met("old", "2")], [ordered("a")], aliases, [graph()])
    assert standing["twenty"]["reached_count"] == 1


def test_standing__of_a_rest_without_a_name_counts_for_nobody(world):
    node = Experiment(
        "x",
        "experiment:size",
        "size",
        (4_000, 4_000, 2_000),
        ("ten", "twenty", ""),
        Contest("Order Completed", DAY),
    )
    rest = Graph(
        "offer", "v1", LaunchEntry("s", 0, 1), "x", (node,), tuple(Edge("x", each, EXIT) for each in "123")
    )
    _, _, standing = world(START + timedelta(days=9), [met("a", "1"), met("b", "3")], graphs=[rest])
    assert sorted(standing) == ["ten", "twenty"]
    assert standing["ten"]["people_count"] == 1


def test_decide__without_an_experiment_commits_nothing(world, home):
    found, winners, _ = world(START)
    assert (found.experiment_count, found.commit, winners) == (0, None, [])
