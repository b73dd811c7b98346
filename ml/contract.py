"""What a model file gives: see docs/adding/model.md.

Every kind of model answers two questions, `learn` and `score`. When to ask them, what passes the gate, and where
it is all kept is written once, in `ml/training.py` and `ml/scoring.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from kith.definitions import Definition
from kith.lake import LakeTable
from kith.run import Run
from kith.settings import Settings
from ml.terms import Prediction

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from matplotlib.figure import Figure

    Floats = np.ndarray[Any, np.dtype[np.float64]]

INFINITE = float("inf")


class NotTrainable(Exception):
    """A prediction can't be learned from what there is; the text says why, with counts."""


def _ignored(share: float) -> None:
    """Nobody looks on."""


@dataclass(frozen=True)
class Lesson:
    """What a model is handed, to learn from as to score with.

    Nothing that took effect at or after `as_of` may be used: it is the run's own instant or, in a backtest, an
    earlier one. The tables are those of `run.snapshot`. `advance` takes shares of the work that add up to 1.
    """

    settings: Settings
    run: Run
    definition: Definition[Any]
    as_of: datetime
    seed: int
    advance: Callable[[float], None] = _ignored

    @property
    def terms(self) -> Any:
        """The checked file of the prediction, of the class that the model names as its `terms`."""
        return self.definition.body


@dataclass(frozen=True)
class Scale:
    """What a score may be, bounds included, and what it counts."""

    unit: str
    low: float = -INFINITE
    high: float = INFINITE


PROBABILITY = Scale("probability", 0.0, 1.0)
AMOUNT = Scale("amount", 0.0)
DAYS = Scale("days", 0.0)


@dataclass(frozen=True)
class Criterion:
    """A metric by which models are compared, and whether more of it is better."""

    metric: str
    is_higher_better: bool

    def is_better(self, one: Mapping[str, float], other: Mapping[str, float]) -> bool:
        """Whether `one` is strictly better; a figure that is NaN is never better and never worse."""
        mine, theirs = one[self.metric], other[self.metric]
        return mine > theirs if self.is_higher_better else mine < theirs


@dataclass(frozen=True)
class Fitted:
    """What was learned, as scoring is handed it again.

    `artefact` is an estimator of scikit-learn, or an object whose `save(folder)` writes plain files (npz, Parquet,
    JSON; never a pickle) that the model's `load(folder)` reads. `columns` are the inputs by name, `metadata` is
    plain data for JSON that scoring needs beside the artefact.
    """

    artefact: Any
    columns: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """What was learned from and judged on. `test_cutoff` begins the latest window whose answers are known;
    `data_hash` is of the training rows (`ml.hashing.hash_of`): equal hashes, equal data."""

    train_cutoffs: Sequence[datetime]
    test_cutoff: datetime
    train_rows: int
    test_rows: int
    data_hash: str


@dataclass(frozen=True)
class Calibration:
    """Out-of-fold probabilities (n) with their answers (n; 0 or 1): no row was scored by what had seen its answer,
    neither in fitting nor in bending the probabilities."""

    scores: Floats
    answers: Floats


@dataclass(frozen=True)
class Learned:
    """A model with what it, and those it has to beat, reached on the latest window that is known.

    `metrics` are the model's by name, `baselines` those of each rule of thumb under the same names, and `judge`
    gives them for another model of this kind on the very same rows: the present champion. `plots` are drawn only
    where a run is recorded; `tables` are kept beside them as JSON. `inputs` (values by feature) and `scores`, both of
    the latest window, are what later scorings are held against: drift.
    """

    fitted: Fitted
    candidate: str
    evidence: Evidence
    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    judge: Callable[[Fitted], Mapping[str, float]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None
    plots: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Floats] = field(default_factory=dict)
    scores: Floats | None = None


@dataclass(frozen=True)
class Scores:
    """Scores of n profiles, each profile once, and the further lake tables of the kind by name.

    `reasons` is one JSON text a profile (`ml.reasons` writes them), or empty where the kind gives none. A row
    of a further table may leave `model`, `model_version`, `as_of` and `scored_at` to the life cycle. `inputs`
    are the values by feature (n), to be watched for drift.
    """

    profiles: Sequence[str] | np.ndarray
    scores: Floats
    reasons: Sequence[str] | pa.ChunkedArray = ()
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    inputs: Mapping[str, Floats] = field(default_factory=dict)


class Model(ABC):
    """A kind of model. Imports of heavy libraries belong inside its methods."""

    #: One sentence: what a score means.
    meaning: str
    #: What a score may be; anything else stops the scoring.
    scale: ClassVar[Scale]
    #: What models are compared by, the most telling first: each baseline is to be beaten in all, the champion in
    #: the first.
    criteria: ClassVar[tuple[Criterion, ...]]
    #: The class of its definition files.
    terms: ClassVar[type[Prediction]] = Prediction
    #: Lake tables that it fills beside `scores`, each in a room of its own, a commit a scoring.
    tables: ClassVar[tuple[LakeTable, ...]] = ()

    #: Sentences for its model card: what it can't know, and whom it isn't for.
    limits: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def learn(self, lesson: Lesson) -> Learned:
        """Learn from what was known before `lesson.as_of`; NotTrainable, with counts, where that is too little."""

    @abstractmethod
    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        """Score everyone the prediction may speak of at `lesson.as_of`; nobody is an answer too."""

    def load(self, folder: Path) -> Any:
        """The artefact again from what its `save` wrote. Models of scikit-learn's kind need none."""
        raise NotImplementedError(f"{type(self).__name__} keeps no files")
