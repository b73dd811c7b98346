"""What a person will buy next: a list of products each, by whichever way to recommend the past proves best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.contract import Criterion, Evidence, Fitted, Learned, Lesson, Model, Scale, Scores
from ml.recommendations.tables import PRODUCT_RECOMMENDATIONS, RECOMMENDATIONS
from ml.recommendations.terms import RecommendationsPrediction

if TYPE_CHECKING:
    from ml.recommendations.learning import Course


class Recommendations(Model):
    """Lists of products; a person's score is the share of their list that rests on what they did themselves."""

    meaning = "share of a person's recommendations that rest on their own history"
    scale = Scale("share", 0.0, 1.0)
    criteria = (Criterion("ndcg_at_10", is_higher_better=True), Criterion("hit_at_10", is_higher_better=True))
    terms = RecommendationsPrediction
    tables = (RECOMMENDATIONS, PRODUCT_RECOMMENDATIONS)

    def learn(self, lesson: Lesson) -> Learned:
        """Ways and settings are chosen on the window before the latest; the test is the latest one."""
        from ml.recommendations.learning import learn_course

        course = learn_course(lesson)
        return Learned(
            fitted=Fitted(course.bundle),
            candidate=course.chosen.name,
            evidence=_evidence(course),
            metrics=course.quality.metrics(),
            baselines={name: each.metrics() for name, each in course.baselines.items()},
            judge=lambda fitted: course.judge(fitted.artefact).metrics(),
            parameters={"way": course.chosen.name, **course.chosen.settings},
            tables={"ways": course.told(), "refused": dict(course.refused)},
        )

    def score(self, fitted: Fitted, lesson: Lesson) -> Scores:
        """Everyone who is known and no robot has a list, if only of what is popular."""
        from ml.recommendations.serving import serve

        served = serve(fitted.artefact, lesson)
        tables = {
            RECOMMENDATIONS.name: served.recommendations,
            PRODUCT_RECOMMENDATIONS.name: served.product_recommendations,
        }
        return Scores(served.profiles, served.shares, tables=tables)

    def load(self, folder: Path) -> Any:
        from ml.recommendations.bundle import load_bundle

        return load_bundle(folder)


def _evidence(course: Course) -> Evidence:
    from ml.hashing import hash_of
    from ml.recommendations.reading import instant_of

    known = course.window.knowledge.interactions
    cutoff = instant_of(course.cutoff)
    return Evidence(
        train_cutoffs=[cutoff],
        test_cutoff=cutoff,
        train_rows=len(known),
        test_rows=course.quality.people,
        data_hash=hash_of(known.people, known.products, known.at, known.weight),
    )


plugin = Recommendations()
