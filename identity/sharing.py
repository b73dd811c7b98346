"""Identifiers that people share: a kiosk's device, the address of a front desk.

A limit alone would still join the first few people who came by. So an identifier that was seen with more than
`shared` times as many of a type as one profile may hold names nobody towards that type: all of those pairs
are set aside, the first ones too. The most believed type is exempt: it is one person by definition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from identity.components import Nodes
from identity.rules import IdentityRules


def shared_edges(kinds: Nodes, left: Nodes, right: Nodes, rules: IdentityRules) -> tuple[Nodes, Nodes]:
    """Positions of the edges to set aside, and for each the position of the type that is seen too often."""
    empty = np.empty(0, dtype=np.int64)
    if rules.shared is None or not len(left):
        return empty, empty
    degree = np.bincount(left, minlength=len(kinds)) + np.bincount(right, minlength=len(kinds))
    is_suspect = (degree > rules.shared * min(rules.limits)) & (kinds > 0)
    if not is_suspect.any():
        return empty, empty
    found: list[tuple[Nodes, Nodes]] = []
    for hub, other in ((left, right), (right, left)):
        positions = np.flatnonzero(is_suspect[hub] & (hub != other))
        found.append((positions, other[positions]))
    positions = np.concatenate([each[0] for each in found])
    others = np.concatenate([each[1] for each in found])
    hubs = np.concatenate([left[found[0][0]], right[found[1][0]]])
    is_shared = _seen_too_often(kinds, hubs, others, rules)
    chosen, place = np.unique(positions[is_shared], return_index=True)
    return chosen, kinds[others[is_shared]][place].astype(np.int64)


def _seen_too_often(kinds: Nodes, hubs: Nodes, others: Nodes, rules: IdentityRules) -> NDArray[np.bool]:
    """For each pair of a hub and another whether the hub has too many of the other's type.

    A pair that stands several times counts once.
    """
    ends = np.unique(np.stack([hubs, others], axis=1), axis=0)
    most = (rules.shared or 0) * np.asarray(rules.limits, dtype=np.int64)
    cell = ends[:, 0].astype(np.int64) * len(most) + kinds[ends[:, 1]]
    cells, counts = np.unique(cell, return_counts=True)
    over = cells[counts > most[cells % len(most)]]
    return np.isin(hubs.astype(np.int64) * len(most) + kinds[others], over)
