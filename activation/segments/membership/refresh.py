"""Refreshing within the day: who can have changed since the last evaluation, so that only they are judged anew.

Windows begin at local midnights, so within a local day nothing slides: a membership changes only where events of
the profile took effect, where something known of it is another, or where an instant lies between the two
evaluations. A new day, an edited definition, a merge, older events that came late by an import, an audience
that is held, a percentile whose threshold moved: then everybody is judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from activation.segments.audience import Audiences, Bits, unpack
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.membership.difference import changed_positions, patched
from activation.segments.membership.imprint import Imprint, sum_events
from activation.segments.membership.past import Past
from activation.segments.membership.population import NOWHERE, Positions
from activation.segments.terms import AttributeTerm, Kind, Segment, references, terms_of
from activation.segments.world import World
from kith.times import format_instant, local_day, local_midnight, to_utc_naive
from kith.warehouse import quote

#: Above this share of profiles judging everybody costs less than judging some and patching their bits: with 150
#: definitions over 120,000 profiles 0.07 s of CPU time for one in a hundred, and 0.10 s for a tenth as for all.
LARGEST_SHARE = 0.1


@dataclass(frozen=True)
class Refresh:
    """Who may have changed: their positions, ascending."""

    positions: Positions
    past: Past

    def evaluate(self, world: World, segments: Mapping[str, Segment]) -> Audiences:
        """The bits of everybody: theirs anew, the others' as they are in force."""
        ids, bits = self.past.present.ids, {}
        if not len(self.positions):
            return Audiences(ids, {name: self.past.bits(name) for name in segments})
        part = evaluate_bits(world, segments, only=self.positions)
        for name in segments:
            truth = unpack(part.bits[name], len(self.positions))
            bits[name] = patched(self.past.bits(name), self.positions, truth)
        return Audiences(ids, bits)


def find_refresh(
    world: World,
    past: Past,
    segments: Mapping[str, Segment],
    analysts: Mapping[str, Bits],
    before: Imprint | None,
    now: Imprint,
) -> Refresh | None:
    """Who may have changed since the imprint of the last evaluation; None if everybody must be judged."""
    since = _instant_of_all(world, past, segments)
    if before is None or since is None or not _is_comparable(world, past, since, before, now):
        return None
    if sum_events(world, since) != before.events:
        return None
    positions = _touched(world, past, segments, analysts, before, now, since)
    if positions is None or len(positions) > LARGEST_SHARE * max(past.present.size, 1):
        return None
    return Refresh(positions, past)


def _instant_of_all(world: World, past: Past, segments: Mapping[str, Segment]) -> datetime | None:
    """The one instant of the same local day at which all of them were evaluated.

    At its midnight itself the day has not begun yet, which makes a difference to dates alone.
    """
    standings = [past.state.standings.get(name) for name in segments]
    instants = {each.as_of if each and not each.hold else None for each in standings}
    if len(instants) != 1 or None in instants or any(each.hold for each in past.state.standings.values()):
        return None
    [since] = instants
    midnight = local_midnight(local_day(world.as_of, world.zone), world.zone)
    if since is None or not midnight <= since <= world.as_of:
        return None
    return None if since == midnight < world.as_of and _asks_for_days(segments) else since


def _asks_for_days(segments: Mapping[str, Segment]) -> bool:
    return any(
        isinstance(term, AttributeTerm) and term.kind is Kind.DATE
        for each in segments.values()
        for term in terms_of(each.tree)
    )


def _is_comparable(world: World, past: Past, since: datetime, before: Imprint, now: Imprint) -> bool:
    commit = past.state.commit
    assert commit is not None
    return (
        before.commit == commit.name
        and before.as_of == format_instant(since)
        and before.asked == now.asked
        and before.thresholds == now.thresholds
    )


def _touched(
    world: World,
    past: Past,
    segments: Mapping[str, Segment],
    analysts: Mapping[str, Bits],
    before: Imprint,
    now: Imprint,
    since: datetime,
) -> Positions | None:
    """None where people merged, split or vanished."""
    assert past.state.commit is not None
    passage = past.passage(past.state.commit.name)
    if (
        len(passage.renamed)
        or (passage.target == NOWHERE).any()
        or len(before.digests) != passage.earlier_size
    ):
        return None
    touched = np.ones(past.present.size, bool)
    touched[passage.target] = before.digests != now.digests[passage.target]
    for name in {
        each for segment in segments.values() for each in references(segment.tree)
    } & analysts.keys():
        touched[changed_positions(past.bits(name), analysts[name])] = True
    touched |= _told_since(world, past, segments, since)
    return np.flatnonzero(touched)


def _told_since(
    world: World, past: Past, segments: Mapping[str, Segment], since: datetime
) -> NDArray[np.bool]:
    """Who did something since, or has an attribute that tells of an instant since."""
    instants = sorted(
        {
            term.attribute
            for each in segments.values()
            for term in terms_of(each.tree)
            if isinstance(term, AttributeTerm) and term.kind is Kind.INSTANT
        }
    )
    span = "{0} >= CAST($since AS TIMESTAMP) AND {0} < CAST($as_of AS TIMESTAMP)"
    parts = [f"SELECT profile_id FROM memory.main.events WHERE {span.format('effective_at')}"]
    parts += [f"SELECT profile_id FROM profiles WHERE {span.format(quote(name))}" for name in instants]
    told = {"since": to_utc_naive(since), "as_of": to_utc_naive(world.as_of)}
    rows = world.warehouse.arrow(" UNION ".join(parts), told)
    positions = past.present.positions(rows.column(0).combine_chunks())
    found = np.zeros(past.present.size, bool)
    found[positions[positions != NOWHERE]] = True
    return found
