"""Guards: an audience that makes too large a step is held until somebody confirms it.

A slip in a definition, a feed that fell silent or one that doubled shows first in the size of audiences. While
one is held, the members that were last in force stay so for everybody who reads. It is let go by a
confirmation, by a new version of its own definition (the steps of which `kith segments diff` shows), or by
itself once the size is in order again.
"""

from __future__ import annotations

from dataclasses import dataclass

from activation.segments.grammar import SegmentBody
from kith.settings import Section, read_section


class GuardSettings(Section, prefix="KITH_SEGMENTS_"):
    """The workspace's guard; a definition may say otherwise."""

    guard: bool = True
    guard_jump: float = 5
    guard_floor: int = 100


@dataclass(frozen=True)
class Guard:
    """Holds growth to more than `jump` times, and a fall to zero. Sizes below `floor` count as `floor`, and
    whoever was smaller than that may fall to zero."""

    jump: float
    floor: int

    def objection(self, before: int, found: int) -> str | None:
        """Why a step from one size to another is too large, None where it isn't."""
        if not found and before and before >= self.floor:
            return f"fell from {before:,} to zero"
        if found > self.jump * max(before, self.floor, 1):
            return f"grew from {before:,} to {found:,}, more than {self.jump:g} times"
        return None


def guard_of(body: SegmentBody | None, settings: GuardSettings) -> Guard | None:
    """What guards a definition, or an analyst's model (None); None if nothing does."""
    own = body.guard if body else None
    if own is False or (own is None and not settings.guard):
        return None
    jump = own.jump if own and own.jump is not None else settings.guard_jump
    floor = own.floor if own and own.floor is not None else settings.guard_floor
    return Guard(jump, floor)


def read_guard_settings() -> GuardSettings:
    """From the environment."""
    return read_section(GuardSettings)
