"""Why a profile is in a segment, or is not: the tree with each condition's value and truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activation.segments.catalogue import suggestion
from activation.segments.compiler import compile_terms
from activation.segments.evaluation import load_segments
from activation.segments.ordering import closure
from activation.segments.sql_evaluator import moment_of, read_segments
from activation.segments.terms import MemberTerm, Segment, Term, Tree, references
from activation.segments.verdict import Verdict, tell
from activation.segments.world import World, open_world
from kith.errors import KithError
from kith.settings import Settings
from kith.snapshot import Snapshot, current_snapshot


@dataclass(frozen=True)
class Explanation:
    """A segment's verdict on one profile, as of a snapshot."""

    segment: str
    version: str
    profile_id: str
    as_of: str
    verdict: Verdict

    @property
    def is_member(self) -> bool:
        return self.verdict.is_true


def explain(settings: Settings, segment: str, profile: str) -> Explanation:
    """Explain against the current snapshot. A profile is its id, an earlier id of it, or any identifier."""
    with open_world(settings, published(settings)) as world:
        profile_id = find_profile(world, profile)
        segments = read_segments(world, load_segments(settings), [segment])
        found = segments.get(segment)
        if found is None and segment not in world.catalogue.analyst_segments:
            known = [*segments, *world.catalogue.analyst_segments]
            raise KithError(f"there is no segment '{segment}'", expected=suggestion(segment, known))
        tree = found.tree if found else MemberTerm(segment)
        verdict = judge(world, segments, tree, profile_id)
        version = found.version if found else ""
        return Explanation(segment, version, profile_id, world.as_of.isoformat(), verdict)


def judge(world: World, segments: Mapping[str, Segment], tree: Tree, profile_id: str) -> Verdict:
    """A tree's verdict on one profile, down to each value; the evaluator says the same."""
    seen = _Seen(world, segments, profile_id)
    seen.see(tree)
    return tell(tree, segments, seen.look)


def published(settings: Settings) -> Snapshot:
    """The current snapshot; that there is none is an error."""
    from kith.lake import Home

    found = current_snapshot(Home(settings.home))
    if found is None:
        raise KithError("nothing is published yet", way_out="run 'kith run' first")
    return found


def find_profile(world: World, text: str) -> str:
    """A profile's present id by any name of it."""
    identities = "SELECT '' AS identifier_value, '' AS profile_id WHERE FALSE"
    if world.warehouse.value("SELECT COUNT(*) FROM duckdb_views() WHERE view_name = 'identities'"):
        identities = "SELECT identifier_value, profile_id FROM identities"
    found = world.warehouse.rows(
        f"""
        SELECT DISTINCT profile_id FROM (
            SELECT profile_id FROM profiles WHERE profile_id = $text
            UNION ALL
            SELECT profile_id FROM aliases WHERE alias_id = $text
            UNION ALL
            SELECT profile_id FROM ({identities}) AS named WHERE identifier_value = $text
        ) AS named
        """,
        {"text": text},
    )
    if len(found) == 1:
        return found[0]["profile_id"]
    problem = "no profile is known by" if not found else f"{len(found)} profiles are known by"
    raise KithError(
        f"{problem} '{text}'", expected="a profile id, or an identifier such as a user id or e-mail"
    )


class _Seen:
    """Asks for the values of one profile, a statement for each tree, that of a segment asked for included."""

    def __init__(self, world: World, segments: Mapping[str, Segment], profile_id: str) -> None:
        self._world, self._segments, self._profile_id = world, segments, profile_id
        self._seen: dict[Term, tuple[Any, bool]] = {}

    def see(self, tree: Tree) -> None:
        self._see(tree)
        for each in closure(self._segments, references(tree)).values():
            self._see(each.tree)

    def _see(self, tree: Tree) -> None:
        sql, terms = compile_terms(tree, moment_of(self._world, [tree]), list(self._segments))
        row = self._world.warehouse.rows(sql, [self._profile_id])[0]
        self._seen |= {term: (row[f"value_{n}"], row[f"truth_{n}"]) for n, term in enumerate(terms)}

    def look(self, term: Term) -> tuple[Any, bool]:
        return self._seen[term]
