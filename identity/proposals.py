"""What the optional layer proposes, and what became of it."""

from __future__ import annotations

from identity.matching.layer import load_layer
from identity.matching.proposals import ROOM, TABLE
from identity.store import attach_state, present_state
from kith.errors import KithError
from kith.lake import Home, latest_commit
from kith.settings import Settings
from kith.warehouse import Warehouse, literal


def list_proposals(settings: Settings) -> list[dict[str, object]]:
    """One row per proposal of the latest run that made any, the strongest first.

    `state`: `joined` (one profile, through the proposal or through events), `refused` (from the threshold
    on, but a limit or a split forbids it) or `listed` (below the threshold, or the layer is off).
    """
    layer, home = load_layer(settings), Home(settings.home)
    found = latest_commit(home, ROOM)
    if found is None:
        raise KithError(
            "no merge was ever proposed",
            where=str(settings.definitions / "identity" / "matching.yml"),
            expected="'enabled: true' and a run",
            way_out="turn it on and run 'kith run'",
        )
    threshold = layer.body.threshold if layer is not None and layer.body.enabled else 2.0
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, present_state(home))
        table = f"read_parquet({literal(str(found.table(TABLE)))})"
        return warehouse.rows(_LISTED.format(proposals=table), [threshold])


_LISTED = """
    SELECT
        proposals.left_type || ':' || proposals.left_value AS left_identifier,
        proposals.right_type || ':' || proposals.right_value AS right_identifier,
        proposals.score,
        CASE
            WHEN one.profile_id = other.profile_id THEN 'joined'
            WHEN proposals.score >= ? THEN 'refused'
            ELSE 'listed'
        END AS state,
        proposals.reason,
        proposals.as_of,
        proposals.model_version
    FROM {proposals} AS proposals
    LEFT JOIN known_identifiers AS one
        ON proposals.left_type = one.identifier_type AND proposals.left_value = one.identifier_value
    LEFT JOIN known_identifiers AS other
        ON proposals.right_type = other.identifier_type AND proposals.right_value = other.identifier_value
    ORDER BY proposals.score DESC, left_identifier, right_identifier
"""
