"""What a model's scores count, and how they are spelled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from dashboards.formatting import Spelling
from kith.errors import KithError
from kith.settings import load_settings
from ml.contract import INFINITE, Scale
from ml.predictions import find_model, find_prediction

#: Of a model whose definition is gone nothing is known but the numbers.
_UNKNOWN = Scale("")
_RATES = ("probability", "share")


@dataclass(frozen=True)
class Spelled:
    """A score in words, and how full a bar stands for it (0–1)."""

    text: str
    fullness: float


def scale_of(model: str) -> Scale:
    """The scale of a prediction's scores, from the model that its definition names."""
    try:
        return _scale(find_prediction(load_settings(), model).body.model)
    except KithError:
        return _UNKNOWN


@cache
def _scale(kind: str) -> Scale:
    return find_model(kind).scale


def is_rate(scale: Scale) -> bool:
    """Whether scores are read in per cent of a whole."""
    return scale.unit in _RATES and scale.low == 0.0 and scale.high < INFINITE


def spell_score(score: float, scale: Scale, share_below: float, spelling: Spelling) -> Spelled:
    """Rates in per cent with a bar as long as they are; other scores as long as the share of people below."""
    if is_rate(scale):
        return Spelled(spelling.percent(score), min(max(score, 0.0), 1.0))
    if scale.unit in _RATES:
        return Spelled(spelling.points(score), share_below)
    unit = f" {scale.unit}" if scale.unit == "days" else ""
    return Spelled(f"{spelling.decimal(score)}{unit}", share_below)
