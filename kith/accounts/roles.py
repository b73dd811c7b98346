"""Roles and what they may do: one table, asked by pages, actions and columns alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kith.errors import KithError


class Role(StrEnum):
    """What somebody is in the workspace."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    MARKETER = "marketer"
    ADMIN = "admin"


class Right(StrEnum):
    """One thing that not everybody may do."""

    SEE_PEOPLE = "see_people"  # names, addresses, numbers unmasked
    SAVE_DASHBOARDS = "save_dashboards"
    EDIT_SEGMENTS = "edit_segments"
    EDIT_JOURNEYS = "edit_journeys"
    LAUNCH = "launch"  # let a campaign or journey go live, pause it, stop it
    OPERATE = "operate"  # replay dead letters, release held batches, run syncs
    ADMINISTER = "administer"  # accounts, roles, the audit log


_ANALYST = frozenset({Right.SEE_PEOPLE, Right.SAVE_DASHBOARDS, Right.EDIT_SEGMENTS})
_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset(),
    Role.ANALYST: _ANALYST,
    Role.MARKETER: _ANALYST | {Right.EDIT_JOURNEYS, Right.LAUNCH},
    Role.ADMIN: frozenset(Right),
}


def rights_of(role: Role) -> frozenset[Right]:
    """All that a role may do."""
    return _RIGHTS[role]


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks. `name` is what the audit log calls them."""

    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Whether their role has this right."""
        return right in _RIGHTS[self.role]

    def require(self, right: Right) -> None:
        """Raises KithError where their role doesn't have it."""
        if not self.may(right):
            able = ", ".join(role for role in Role if right in _RIGHTS[role])
            raise KithError(
                f"{self.name} is {self.role} and may not do this ({right.replace('_', ' ')})",
                expected=f"one of: {able}",
                way_out="ask an administrator",
            )
