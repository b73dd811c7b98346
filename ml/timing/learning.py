"""Learning when to write: split by time, learn, and hold it against everybody's hour and against no hour at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.contract import Calibration, Evidence, Fitted, Learned, Lesson, NotTrainable
from ml.hashing import hash_of
from ml.outreach.history import Acts, History, Messages, People
from ml.outreach.window import Window, last_window
from ml.timing.backtest import Foretold, foretell
from ml.timing.files import Artefact
from ml.timing.pictures import draw_rhythms
from ml.timing.response import Response, Scope, learn_response
from ml.timing.terms import SendTimeTerms
from ml.timing.week import Week, learn_week

if TYPE_CHECKING:
    from collections.abc import Mapping


#: What has to be beaten: the hour that is best for all, and no regard to the hour.
BASELINES: Mapping[str, Scope] = {"population_hour": "population", "any_hour": "none"}


@dataclass(frozen=True)
class Past:
    """All that can be learned from, with the window at its end that is kept for the test."""

    people: People
    acts: Acts
    messages: Messages
    window: Window

    def training(self) -> Messages:
        """Messages whose answers were all in when the test window began."""
        return self.window.known(self.messages, self.window.begin)

    def foretell(self, response: Response) -> Foretold:
        """What a response told of the test window, step by step."""
        return foretell(response, self.people, self.acts, self.messages, self.window)


def learn_send_time(lesson: Lesson) -> Learned:
    """The response to send times, learned before the test window and judged on it. Nothing is learned again
    afterwards: what is used is what was measured."""
    past = _read(lesson, lesson.terms)
    training = past.training()
    _refuse_too_little(training, past.window.tested(past.messages), lesson.terms)
    week = learn_week(past.people, past.acts, past.window.begin)
    lesson.advance(0.4)
    response = _choose(past, week, training)
    baselines = {name: _learn(past, week, training, scope) for name, scope in BASELINES.items()}
    lesson.advance(0.4)
    told = past.foretell(response)
    artefact = Artefact(response, lesson.terms.channel or _usual_channel(training))
    return Learned(
        fitted=Fitted(artefact),
        candidate=_named(response),
        evidence=_evidence(past, training, lesson),
        metrics=told.metrics(),
        baselines={name: past.foretell(each).metrics() for name, each in baselines.items()},
        judge=lambda other: past.foretell(other.artefact.response).metrics(),
        parameters=_parameters(response),
        calibration=Calibration(told.chances, told.answers),
        plots={"rhythms": lambda: draw_rhythms(response)},
        tables={"rhythms": week.rhythms.curves.round(6).tolist()},
    )


def _read(lesson: Lesson, terms: SendTimeTerms) -> Past:
    with History(lesson, terms.horizon, terms.purpose) as history:
        people, acts, messages = history.people(), history.acts(), history.messages()
    return Past(people, acts, messages, last_window(lesson, terms.horizon, terms.test_days))


def _choose(past: Past, week: Week, training: Messages) -> Response:
    """With weekdays or without, by the answers of the last quarter of the training's days. Weekdays count only where
    they help by more than chance would: by two standard errors."""
    import numpy as np

    first, last = training.sent_at.min(), past.window.begin
    cut, horizon = first + (last - first) * 3 // 4, past.window.horizon
    early, late = training.answered_by(cut, horizon), Window(cut, last - horizon, horizon)
    helps = False
    if len(early) and len(late.tested(training)):
        plain, weekly = (
            foretell(
                learn_response(week, past.people, past.acts, early, cut, uses_weekday=each),
                past.people, past.acts, training, late,
            ).losses()
            for each in (False, True)
        )  # fmt: skip
        gain = plain - weekly
        helps = bool(gain.mean() > 2 * gain.std() / np.sqrt(len(gain)))
    return learn_response(week, past.people, past.acts, training, past.window.begin, uses_weekday=helps)


def _learn(past: Past, week: Week, training: Messages, scope: Scope) -> Response:
    return learn_response(week, past.people, past.acts, training, past.window.begin, scope=scope)


def _refuse_too_little(training: Messages, tested: Messages, terms: SendTimeTerms) -> None:
    for name, messages in (("training", training), ("test", tested)):
        answers = int((messages.is_opened | messages.is_clicked).sum())
        if len(messages) < terms.minimum_messages or answers < terms.minimum_answers:
            raise NotTrainable(
                f"{len(messages)} messages with {answers} answers of people in the {name} window, "
                f"at least {terms.minimum_messages} with {terms.minimum_answers} are needed"
            )
        if answers == len(messages):
            raise NotTrainable(
                f"all {answers} messages of the {name} window were answered: nothing to tell apart"
            )


def _usual_channel(messages: Messages) -> str:
    counts = Counter(messages.channel.tolist())
    return min(counts, key=lambda name: (-counts[name], name))


def _named(response: Response) -> str:
    groups = len(response.week.rhythms.shares)
    return f"{groups} rhythms, hours{' and weekdays' if response.uses_weekday else ''}"


def _evidence(past: Past, training: Messages, lesson: Lesson) -> Evidence:
    from kith.times import from_utc_naive

    begin = from_utc_naive(past.window.begin.astype("datetime64[us]").item())
    return Evidence(
        train_cutoffs=[begin],
        test_cutoff=begin,
        train_rows=len(training),
        test_rows=len(past.window.tested(past.messages)),
        data_hash=hash_of(
            training.person, training.sent_at.astype("int64"), training.is_opened, training.is_clicked,
            past.acts.person, past.acts.acted_at.astype("int64"),
        ),
    )  # fmt: skip


def _parameters(response: Response) -> dict[str, Any]:
    rhythms = response.week.rhythms
    return {
        "groups": len(rhythms.shares),
        "group_shares": " ".join(f"{each:.3f}" for each in rhythms.shares),
        "concentration": rhythms.concentration,
        "cohort_strength": rhythms.cohort_strength,
        "half_life_days": response.week.half_life,
        "hour_weight": round(response.hour_weight, 4),
        "uses_weekday": response.uses_weekday,
        "channels": " ".join(response.channels),
    }
