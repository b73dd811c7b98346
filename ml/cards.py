"""Model cards: what a prediction says, how good it was, how it was judged, what has changed since, and its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kith.definitions import Definition
from kith.errors import KithError
from kith.settings import Settings
from ml.contract import Model

if TYPE_CHECKING:
    from ml.metrics import Reliability
    from ml.overview import Recorded

TEMPLATES = Path(__file__).with_name("templates")
STRENGTHS = 10
#: Metrics that are parts of a curve or of a list: pages draw them, a table has no room for them.
_CURVES = ("bin_", "gain_at_", "qini_at_", "group_", "strength_")
CURVES = tuple(f"{beside}{name}" for beside in ("", "baseline_", "champion_") for name in _CURVES)
#: Those, and figures that stand beside the model's own.
PARTS = ("baseline_", "champion_", "out_of_fold_", *_CURVES)

LIMITS = (
    "It was judged on one window. `kith models evaluate` shows what the same training reached in earlier months.",
    "Who doesn't belong to its population has no score; a segment judges them by its fallback.",
    "Its reasons explain the model, not causes: what goes with leaving needn't be why people leave.",
)


@dataclass(frozen=True)
class Figure:
    """One metric, spoken; `decides` if the gate compares it."""

    name: str
    model: str
    baseline: str
    champion: str
    decides: bool


@dataclass(frozen=True)
class Card:
    """What the templates are filled with. `drift` is None where it can't be known yet."""

    name: str
    description: str
    meaning: str
    unit: str
    version: str | None
    state: str
    as_of: str
    train_rows: int
    test_rows: int
    test_cutoff: str
    candidate: str
    data_hash: str
    horizon_days: str
    retrain_days: str
    lasts_days: str
    figures: Sequence[Figure]
    reason: str
    calibration: Reliability | None
    bound: float
    strengths: Sequence[tuple[str, str]]
    drift: Sequence[Mapping[str, Any]] | None
    limits: Sequence[str]


def card_of(
    definition: Definition[Any],
    model: Model,
    recorded: Recorded,
    *,
    state: str,
    strengths: Mapping[str, float] | None = None,
    data_hash: str = "",
    drift: Sequence[Mapping[str, Any]] | None = None,
) -> Card:
    """The card of one training of a prediction."""
    body, metrics = definition.body, recorded.metrics
    return Card(
        name=definition.name,
        description=body.description,
        meaning=model.meaning,
        unit=model.scale.unit,
        version=recorded.version,
        state=state,
        as_of=recorded.as_of,
        train_rows=recorded.train_rows,
        test_rows=recorded.test_rows,
        test_cutoff=recorded.test_cutoff,
        candidate=recorded.candidate,
        data_hash=data_hash,
        horizon_days=_days(body.horizon),
        retrain_days=_days(body.retrain_every),
        lasts_days=_days(body.lasts),
        figures=_figures(model, metrics),
        reason=recorded.reason,
        calibration=_reliability(metrics),
        bound=body.gate.calibration_error_at_most,
        strengths=[(name, f"{value:.4f}") for name, value in _strengths(strengths, metrics)],
        drift=drift,
        limits=(*model.limits, *LIMITS),
    )


def render_card(card: Card, kind: str = "md") -> str:
    """The card as Markdown (`md`) or as a page (`html`)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
    )
    return pages.get_template(f"card.{kind}.j2").render(card=card)


def present_card(settings: Settings, name: str, version: str | None = None) -> Card:
    """The card of the champion, of the newest training where there is none, or of a given version."""
    from ml.overview import drift_of, recorded_of, state_of
    from ml.predictions import find_model, find_prediction

    definition = find_prediction(settings, name)
    recorded = recorded_of(settings, name, version)
    if recorded is None:
        asked = f"version {version} of {name}" if version else name
        raise KithError(f"{asked} was never trained", way_out=f"run 'kith models train {name}'")
    return card_of(
        definition,
        find_model(definition.body.model),
        recorded,
        state=state_of(settings, definition, recorded),
        drift=drift_of(settings, name, recorded.version),
    )


def _strengths(told: Mapping[str, float] | None, metrics: Mapping[str, float]) -> list[tuple[str, float]]:
    """The strongest features: as a training tells them, or as it was recorded."""
    kept = {
        name.removeprefix("strength_"): value
        for name, value in metrics.items()
        if name.startswith("strength_")
    }
    return list((told or kept).items())[:STRENGTHS]


def _days(length: Any) -> str:
    return f"{length.total_seconds() / 86_400:g}"


def _figures(model: Model, metrics: Mapping[str, float]) -> list[Figure]:
    deciding = [each.metric for each in model.criteria]
    others = [name for name in metrics if not name.startswith(PARTS) and name not in deciding]
    return [
        Figure(
            name.replace("_", " "),
            _spoken(metrics.get(name)),
            _spoken(metrics.get(f"baseline_{name}")),
            _spoken(metrics.get(f"champion_{name}")),
            name in deciding,
        )
        for name in (*deciding, *others)
    ]


def _spoken(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _reliability(metrics: Mapping[str, float]) -> Reliability | None:
    if "out_of_fold_calibration_error" not in metrics:
        return None
    from ml.metrics import Bin, Reliability

    numbers = [f"bin_{number:02d}" for number in range(1, 11) if f"bin_{number:02d}_score" in metrics]
    bins = tuple(Bin(0, metrics[f"{each}_score"], metrics[f"{each}_rate"]) for each in numbers)
    rows, error, noise = (
        metrics[f"out_of_fold_{name}"] for name in ("rows", "calibration_error", "calibration_noise")
    )
    return Reliability(int(rows), error, noise, bins)
