"""Learning which channel suits whom: split by time, learn, and hold the choice against rules without a model."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kith.times import from_utc_naive
from ml.channels.affinity import Affinity, learn_affinity
from ml.channels.backtest import Past, follow
from ml.channels.files import Artefact
from ml.channels.pictures import draw_choice
from ml.channels.policy import Economics
from ml.channels.terms import ChannelTerms
from ml.contract import Calibration, Evidence, Fitted, Learned, Lesson, NotTrainable
from ml.hashing import hash_of
from ml.outreach.history import History, Messages
from ml.outreach.window import last_window

if TYPE_CHECKING:
    import numpy as np


def learn_channels(lesson: Lesson) -> Learned:
    """The affinity, learned before the test window and judged on it by the assignments that chance made there."""
    past = _read(lesson, lesson.terms)
    training, tested = past.training(), past.window.tested(past.messages)
    _refuse_too_little(training, tested, lesson.terms)
    lesson.advance(0.4)
    affinity = learn_affinity(training, past.channels)
    outcome = follow(affinity, past)
    if not len(outcome.trials):
        raise NotTrainable(
            "nobody was assigned by chance while two channels were open to them in the test window"
        )
    lesson.advance(0.4)
    return Learned(
        fitted=Fitted(Artefact(affinity, past.economics)),
        candidate=f"hierarchy of {len(past.channels)} channels",
        evidence=_evidence(past, training, tested),
        metrics=outcome.metrics(),
        baselines=outcome.rules(past.economics.costs, _usual(affinity, tested)),
        judge=lambda other: follow(other.artefact.affinity, past).metrics(),
        parameters=_parameters(affinity, past.economics),
        calibration=Calibration(outcome.chances, outcome.clicks),
        plots={"choice": lambda: draw_choice(affinity.channels, outcome)},
        tables={"channels": _told(affinity, past.economics)},
    )


def _read(lesson: Lesson, terms: ChannelTerms) -> Past:
    """Only channels that were used enough before the test window can be learned of."""
    import numpy as np

    window = last_window(lesson, terms.horizon, terms.test_days)
    with History(lesson, terms.horizon, terms.purpose) as history:
        people, messages = history.people(), history.messages()
        used = Counter(window.known(messages, window.begin).channel.tolist())
        channels = tuple(sorted(name for name in terms.channels if used[name] >= terms.minimum_by_channel))
        if len(channels) < 2:
            told = ", ".join(f"{used[name]} {name}" for name in sorted(terms.channels))
            raise NotTrainable(
                f"{told} in the training window: at least {terms.minimum_by_channel} by two channels are needed"
            )
        assignments = history.assignments(channels)
    costs = np.array([terms.channels[name].cost for name in channels])
    assigned = assignments.take(assignments.assigned_at < window.end)
    messages = messages.take(np.isin(messages.channel, channels))
    return Past(len(people), messages, assigned, window, Economics(terms.value, costs), channels)


def _refuse_too_little(training: Messages, tested: Messages, terms: ChannelTerms) -> None:
    for name, messages in (("training", training), ("test", tested)):
        clicks = int(messages.is_clicked.sum())
        if len(messages) < terms.minimum_messages or clicks < terms.minimum_clicks:
            counts = Counter(messages.channel.tolist())
            told = ", ".join(f"{count} {channel}" for channel, count in sorted(counts.items())) or "none"
            raise NotTrainable(
                f"{len(messages)} messages ({told}) with {clicks} clicks of people in the {name} window, "
                f"at least {terms.minimum_messages} with {terms.minimum_clicks} are needed"
            )


def _usual(affinity: Affinity, messages: Messages) -> np.ndarray:
    """Everybody's rate by the channel of each message."""
    import numpy as np

    rates = dict(zip(affinity.channels, affinity.rates.tolist(), strict=True))
    return np.array([rates[name] for name in messages.channel.tolist()])


def _evidence(past: Past, training: Messages, tested: Messages) -> Evidence:
    begin = from_utc_naive(past.window.begin.astype("datetime64[us]").item())
    return Evidence(
        train_cutoffs=[begin],
        test_cutoff=begin,
        train_rows=len(training),
        test_rows=len(tested),
        data_hash=hash_of(
            training.person, training.channel, training.sent_at.astype("int64"),
            training.is_opened, training.is_clicked,
        ),
    )  # fmt: skip


def _parameters(affinity: Affinity, economics: Economics) -> dict[str, Any]:
    return {
        "channels": " ".join(affinity.channels),
        "with_openings": " ".join(affinity.with_openings),
        "value": economics.value,
        "costs": " ".join(f"{cost:g}" for cost in economics.costs),
    }


def _told(affinity: Affinity, economics: Economics) -> list[dict[str, Any]]:
    """Per channel: everybody's clicks, what they bring net, and how far people differ (in logits)."""
    deviations = affinity.hierarchy.covariance.diagonal() ** 0.5
    return [
        {
            "channel": name,
            "click_rate": round(float(affinity.rates[place]), 5),
            "net_value": round(float(economics.net(affinity.rates)[place]), 5),
            "deviation": round(float(deviations[place]), 4),
        }
        for place, name in enumerate(affinity.channels)
    ]
