"""Send time: by how much a message at a person's own best hour is answered more than one at everybody's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kith.lake import LakeTable
from ml.contract import Criterion, Fitted, Learned, Lesson, Model, Scale, Scores
from ml.terms import Prediction
from ml.timing.tables import SEND_TIMES
from ml.timing.terms import SendTimeTerms

if TYPE_CHECKING:
    from ml.timing.files import Artefact


class SendTime(Model):
    """Rhythms of the day, shrunk person by person, and what they are worth to a message."""

    meaning = "gain in answers at one's own best hour over everybody's"
    scale: ClassVar[Scale] = Scale("share", 0.0)
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("log_loss", is_higher_better=False),
        Criterion("top_hours_hit", is_higher_better=True),
    )
    terms: ClassVar[type[Prediction]] = SendTimeTerms
    tables: ClassVar[tuple[LakeTable, ...]] = (SEND_TIMES,)

    def learn(self, lesson: Lesson) -> Learned:
        """From past messages and visits."""
        from ml.timing.learning import learn_send_time

        return learn_send_time(lesson)

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        """Everybody's best hour."""
        from ml.timing.scoring import score_send_times

        return score_send_times(fitted.artefact, lesson)

    def load(self, folder: Path) -> Artefact:
        """The artefact that `Artefact.save` wrote."""
        from ml.timing.files import load_artefact

        return load_artefact(folder)


plugin = SendTime()
