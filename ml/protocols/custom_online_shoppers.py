"""Which of 12,330 visits end with a purchase."""

from __future__ import annotations

from pathlib import Path

from ml.protocols.traits.protocol import TraitProtocol

TRAIT = TraitProtocol(
    "Online shoppers: which visit ends with a purchase",
    "online_shoppers/online_shoppers_intention.csv.gz",
    Path(__file__).parent / "traits" / "online_shoppers.yml",
    auc_at_least=0.93,
)

plugin = TRAIT.protocol()
