"""One run's evaluations: every instant that fell due, who is in each segment then, who entered and left, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import md5

from activation.segments.catalogue import ANALYST_PREFIX, read_catalogue, refuse_shared_names
from activation.segments.grammar import SegmentBody
from activation.segments.grammar.upkeep import hour_of
from activation.segments.membership.commit import write_step
from activation.segments.membership.confirmations import read_confirmations
from activation.segments.membership.grid import grid_instants, next_due
from activation.segments.membership.guard import read_guard_settings
from activation.segments.membership.imprint import load_imprint, save_imprint
from activation.segments.membership.state import State, read_state
from activation.segments.membership.step import Guards, Questions, Step, take_step
from activation.segments.reading_ahead import read_ahead
from activation.segments.sql_evaluator import read_segments
from activation.segments.tables import DEFINITIONS, ROOM
from activation.segments.world import World, open_world
from kith.definitions import Definition, land_versions, load_kind
from kith.lake import Home, latest_commit
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings

log = get_logger(__name__)

KIND = ROOM


@dataclass(frozen=True)
class Evaluation:
    """What a run's evaluations found. `commit` holds the state, new or not."""

    segment_count: int
    member_count: int
    entered_count: int
    left_count: int
    held_count: int
    is_changed: bool
    commit: str


def load_segments(settings: Settings) -> dict[str, Definition[SegmentBody]]:
    """The workspace's definitions by name."""
    return {each.name: each for each in load_kind(settings, KIND, SegmentBody)}


def evaluate(settings: Settings, run: Run) -> Evaluation:
    """Evaluate what fell due since the last evaluation: grid instants in their order, as of each, then the run's own.

    A commit holds one instant. A second run at the same instant that finds the same commits nothing.
    """
    definitions = load_segments(settings)
    previous = run.previous_commit(settings, ROOM)
    state = read_state(previous)
    catalogue = read_catalogue(run.snapshot, settings.zone)
    refuse_shared_names(catalogue, definitions)
    analysts = catalogue.analyst_segments
    entered = left = 0
    instant = None
    while (found := next_due(definitions, analysts, state, instant, run.as_of, settings.zone)) is not None:
        instant, due = found
        if not due and state.standings.keys() <= {*definitions, *analysts}:
            continue
        state, step = _evaluate_at(settings, run, definitions, state, instant, due)
        entered, left = entered + step.entered_count, left + step.left_count
    land_versions(run.home(settings), DEFINITIONS, definitions.values(), run.as_of)
    return _summary(state, entered, left, is_changed=state.commit is not previous)


def is_due(settings: Settings, as_of: datetime) -> bool:
    """Whether an instant of some segment's own grid has come since it was last evaluated."""
    standings = read_state(latest_commit(Home(settings.home), ROOM)).standings
    return any(
        grid_instants(hour, standings[name].as_of, as_of, settings.zone)
        for name, each in load_segments(settings).items()
        if name in standings and (hour := hour_of(each.body.evaluate)) is not None
    )


def _evaluate_at(
    settings: Settings,
    run: Run,
    definitions: dict[str, Definition[SegmentBody]],
    state: State,
    instant: datetime,
    due: frozenset[str],
) -> tuple[State, Step]:
    with open_world(settings, run.snapshot, instant) as world:
        segments = read_segments(world, definitions, due)
        is_last = instant == run.as_of
        attributes = {name: each.version for name, each in world.computed.items()}
        questions = Questions(segments, analyst_versions(settings, world), due, is_last, attributes)
        home, before = run.home(settings), None if run.is_replay else load_imprint(Home(settings.home))
        step = take_step(world, state, questions, _guards(settings, run, definitions), before)
        after = write_step(home, state, step)
        if step.imprint is not None and after.commit is not None and not run.is_replay:
            save_imprint(home, replace(step.imprint, commit=after.commit.name))
        if is_last and not run.is_replay:
            read_ahead(settings, world, segments.values())
        return after, step


def _guards(settings: Settings, run: Run, definitions: dict[str, Definition[SegmentBody]]) -> Guards:
    """A replay knows of a confirmation what a run at its time knew."""
    until = run.as_of + settings.lateness if run.is_replay else None
    bodies = {name: each.body for name, each in definitions.items()}
    return Guards(bodies, read_guard_settings(), read_confirmations(Home(settings.home), until))


def analyst_versions(settings: Settings, world: World) -> dict[str, str]:
    """The version of an analyst's model is the hash of its SQL, empty where the file isn't in the project."""
    folder = settings.project / "dbt" / "models"
    found = {}
    for name in world.catalogue.analyst_segments:
        files = sorted(folder.rglob(f"{ANALYST_PREFIX}{name}.sql"))
        found[name] = md5(files[0].read_bytes(), usedforsecurity=False).hexdigest() if files else ""
    return found


def _summary(state: State, entered: int, left: int, is_changed: bool) -> Evaluation:
    standings = state.standings.values()
    found = Evaluation(
        segment_count=len(standings),
        member_count=sum(each.member_count for each in standings),
        entered_count=entered,
        left_count=left,
        held_count=sum(each.hold is not None for each in standings),
        is_changed=is_changed,
        commit=state.commit.name if state.commit else "",
    )
    log.info("segments evaluated", extra={"segments": found.segment_count, "members": found.member_count})
    return found
