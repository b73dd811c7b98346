"""Keeping a distribution's parameters with the optimum that they come of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.lifetime.kept import Kept
from ml.lifetime.optimum import Optimum

if TYPE_CHECKING:
    from ml.contract import Floats

_TOLD = ("names", "log_likelihood", "customers", "evaluations", "is_regularised")


def kept_parameters(parameters: Floats, optimum: Optimum | None, **numbers: float) -> Kept:
    """All it takes to make the distribution again."""
    parts = {"optimum": _kept_optimum(optimum)} if optimum else {}
    return Kept(numbers, {"parameters": parameters}, parts=parts)


def restored_parameters(kept: Kept) -> tuple[Floats, Optimum | None]:
    """What `kept_parameters` kept."""
    optimum = kept.parts.get("optimum")
    return kept.arrays["parameters"], _restored_optimum(optimum) if optimum else None


def _kept_optimum(optimum: Optimum) -> Kept:
    numbers = {key: getattr(optimum, key) for key in _TOLD}
    return Kept(numbers, {"parameters": optimum.parameters, "covariance": optimum.covariance})


def _restored_optimum(kept: Kept) -> Optimum:
    told = {**kept.numbers, "names": tuple(kept.numbers["names"])}
    return Optimum(**told, **kept.arrays)
