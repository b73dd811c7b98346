"""One evaluation: every segment at the run's instant, its members, who entered and left, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5

import pyarrow as pa

from activation.segments.audience import Audiences
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.catalogue import ANALYST_PREFIX, refuse_shared_names
from activation.segments.grammar import SegmentBody
from activation.segments.membership import Change, Evaluated, compare_membership
from activation.segments.ordering import closure
from activation.segments.sql_evaluator import analyst_audiences, read_segments
from activation.segments.tables import DEFINITIONS, EVALUATIONS
from activation.segments.terms import Segment, references
from activation.segments.world import World, open_world
from kith.definitions import Definition, land_versions, load_kind
from kith.lake import Commit, commit
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive

log = get_logger(__name__)

KIND = ROOM = "segments"


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation found. `commit` holds the state, new or not."""

    segment_count: int
    member_count: int
    entered_count: int
    left_count: int
    is_changed: bool
    commit: str


def load_segments(settings: Settings) -> dict[str, Definition[SegmentBody]]:
    """The workspace's definitions by name."""
    return {each.name: each for each in load_kind(settings, KIND, SegmentBody)}


def evaluate(settings: Settings, run: Run) -> Evaluation:
    """Evaluate all definitions and all analysts' models at `run.as_of`.

    A commit holds the complete membership, the history rows of this evaluation and one row per segment that
    it evaluated. A second run at the same instant that finds the same commits nothing.
    """
    definitions = load_segments(settings)
    previous = run.previous_commit(settings, ROOM)
    with open_world(settings, run.snapshot, run.as_of) as world:
        refuse_shared_names(world.catalogue, list(definitions))
        segments = read_segments(world, definitions)
        judged = evaluate_bits(world, segments)
        bits = {**judged.bits, **analyst_audiences(world, judged.profile_ids)}
        audiences = Audiences(judged.profile_ids, bits)
        evaluated = _evaluated(segments, analyst_versions(settings, world), previous)
        change = compare_membership(world, audiences, evaluated, previous)
    land_versions(run.home(settings), DEFINITIONS, definitions.values(), run.as_of)
    evaluations = _evaluations(run, audiences, evaluated, change, previous)
    is_changed = evaluations.num_rows > 0 or change.history.num_rows > 0
    name = (
        _write(settings, run, evaluated, change, evaluations)
        if is_changed
        else previous.name
        if previous
        else ""
    )
    found = _summary(audiences, change, is_changed, name)
    log.info("segments evaluated", extra={"segments": found.segment_count, "members": found.member_count})
    return found


def analyst_versions(settings: Settings, world: World) -> dict[str, str]:
    """The version of an analyst's model is the hash of its SQL, empty where the file isn't in the project."""
    folder = settings.project / "dbt" / "models"
    found = {}
    for name in world.catalogue.analyst_segments:
        files = sorted(folder.rglob(f"{ANALYST_PREFIX}{name}.sql"))
        found[name] = md5(files[0].read_bytes(), usedforsecurity=False).hexdigest() if files else ""
    return found


def _evaluated(
    segments: Mapping[str, Segment], analysts: Mapping[str, str], previous: Commit | None
) -> dict[str, Evaluated]:
    before: Mapping[str, str] = previous.meta["versions"] if previous else {}
    versions = {**{name: each.version for name, each in segments.items()}, **analysts}
    edited = {name for name, version in versions.items() if name in before and before[name] != version}
    found = {}
    for name, version in versions.items():
        touched = {name, *_asked_for(segments, name)} & edited
        found[name] = Evaluated(name, version, is_edited=bool(touched), is_new=name not in before)
    return found


def _asked_for(segments: Mapping[str, Segment], name: str) -> set[str]:
    """All segments that one depends on, analysts' models included."""
    own = closure(segments, [name])
    return {asked for each in own.values() for asked in references(each.tree)} | own.keys()


def _evaluations(
    run: Run,
    audiences: Audiences,
    evaluated: Mapping[str, Evaluated],
    change: Change,
    previous: Commit | None,
) -> pa.Table:
    """A row per segment; at an instant that was evaluated before, only those whose answer is another now."""
    is_repeated = previous is not None and previous.meta["as_of"] == format_instant(run.as_of)
    before: Mapping[str, str] = previous.meta["versions"] if previous else {}
    changed = set(change.history["segment"].to_pylist())
    rows = [
        {
            "segment": name,
            "version": each.version,
            "as_of": to_utc_naive(run.as_of),
            "member_count": audiences.size(name),
        }
        for name, each in evaluated.items()
        if not is_repeated or before.get(name) != each.version or name in changed
    ]
    return pa.Table.from_pylist(rows, schema=EVALUATIONS.schema)


def _write(
    settings: Settings,
    run: Run,
    evaluated: Mapping[str, Evaluated],
    change: Change,
    evaluations: pa.Table,
) -> str:
    versions = {name: each.version for name, each in evaluated.items()}
    meta = {"as_of": format_instant(run.as_of), "versions": versions}
    with commit(run.home(settings), ROOM, meta) as writer:
        writer.write("members", change.members)
        writer.write("history", change.history)
        writer.write("evaluations", evaluations)
    return writer.name


def _summary(audiences: Audiences, change: Change, is_changed: bool, name: str) -> Evaluation:
    changes = change.history["change"].to_pylist()
    return Evaluation(
        segment_count=len(audiences.bits),
        member_count=change.members.num_rows,
        entered_count=changes.count("entered"),
        left_count=changes.count("left"),
        is_changed=is_changed,
        commit=name,
    )
