"""Channel affinity: what a message brings net of its cost, by the channel that suits a person best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kith.lake import LakeTable
from ml.channels.tables import CHANNEL_AFFINITY
from ml.channels.terms import ChannelTerms
from ml.contract import Criterion, Fitted, Learned, Lesson, Model, Scale, Scores
from ml.terms import Prediction

if TYPE_CHECKING:
    from ml.channels.files import Artefact


class ChannelAffinity(Model):
    """Clicks by channel, shrunk person by person, weighed by value and cost."""

    meaning = "expected net value of a message by the best channel open to a person"
    scale: ClassVar[Scale] = Scale("amount")
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("net_value", is_higher_better=True),
        Criterion("log_loss", is_higher_better=False),
    )
    terms: ClassVar[type[Prediction]] = ChannelTerms
    tables: ClassVar[tuple[LakeTable, ...]] = (CHANNEL_AFFINITY,)

    def learn(self, lesson: Lesson) -> Learned:
        """From past messages and the assignments that chance made."""
        from ml.channels.learning import learn_channels

        return learn_channels(lesson)

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        """Everybody's channels, ranked."""
        from ml.channels.scoring import score_channels

        return score_channels(fitted.artefact, lesson)

    def load(self, folder: Path) -> Artefact:
        """The artefact that `Artefact.save` wrote."""
        from ml.channels.files import load_artefact

        return load_artefact(folder)


plugin = ChannelAffinity()
