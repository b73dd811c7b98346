"""Who leaves, of 7,043 subscribers: a table of traits, nothing of it tuned."""

from __future__ import annotations

from pathlib import Path

from ml.protocols.traits.protocol import TraitProtocol

TRAIT = TraitProtocol(
    "Telco (IBM sample): who leaves, by what is known of a subscriber",
    "telco_churn/Telco-Customer-Churn.csv.gz",
    Path(__file__).parent / "traits" / "telco.yml",
    auc_at_least=0.845,
)

plugin = TRAIT.protocol()
