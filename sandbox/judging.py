"""Judges every model, or one, and tells it."""

from __future__ import annotations

from typing import Any

from kith.errors import KithError
from kith.registry import plugin, plugin_names
from sandbox.evidence import gather
from sandbox.judgement.contract import Judgement, Verdict
from sandbox.settings import SandboxSettings

PACKAGE = "sandbox.judgement"


def judge(settings: SandboxSettings, model: str | None = None) -> dict[str, Verdict]:
    """The verdicts by model. One that can't be judged is an error if it was asked for, and else a note."""
    names = (model,) if model else plugin_names(PACKAGE)
    found = {name: plugin(PACKAGE, name, Judgement) for name in names}
    verdicts: dict[str, Verdict] = {}
    with gather(settings) as evidence:
        for name, judgement in found.items():
            try:
                verdicts[name] = judgement.judge(evidence)
            except KithError as refusal:
                if model:
                    raise
                verdicts[name] = Verdict((), notes=(f"not judged: {refusal}",))
    return verdicts


def told(verdict: Verdict) -> dict[str, Any]:
    """All of a verdict for JSON."""
    return {
        "figures": [figure.told() for figure in verdict.figures],
        **verdict.tables,
        "notes": list(verdict.notes),
    }
