"""Who takes the deposit, of 41,188 people called. How long the call lasted has to be found and left out."""

from __future__ import annotations

from pathlib import Path

from ml.protocols.traits.protocol import TraitProtocol

TRAIT = TraitProtocol(
    "Bank marketing: who takes the deposit, as known before the call",
    "bank_marketing/bank-additional-full.csv.gz",
    Path(__file__).parent / "traits" / "bank.yml",
    auc_at_least=0.798,
    leaks=("duration",),
)

plugin = TRAIT.protocol()
