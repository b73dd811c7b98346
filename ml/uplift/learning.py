"""Learning effects from a run's assignments: read, guard, split by time, choose, judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kith.times import from_utc_naive
from kith.warehouse import Warehouse
from measurement.designs import read_designs
from ml.contract import Evidence, Fitted, Learned, Lesson
from ml.hashing import hash_of
from ml.threads import one_thread
from ml.uplift.assignments import Assignments, read_assignments
from ml.uplift.guards import refuse_broken_trials
from ml.uplift.windows import Fewest, Windows, split_by_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml.uplift.choosing import Chosen
    from ml.uplift.judging import Bench
    from ml.uplift.pairs import Floats, Pairs

#: Baselines by name: whom one would write to without knowing effects.
RANDOM, RESPONSE, SILENCE = "random order", "likeliest to order", "longest silent"


def learn_effects(lesson: Lesson) -> Learned:
    """Learn from what was over by `lesson.as_of`. NotTrainable, with counts, where nothing can be told."""
    terms = lesson.terms
    found = _read(lesson)
    if len(found.pairs):
        refuse_broken_trials(found.pairs, terms.horizon_days)
    fewest = Fewest(terms.minimum_assignments, terms.minimum_of_each_answer)
    windows = split_by_time(found.pairs, terms.horizon_days, fewest)
    lesson.advance(0.2)
    return learn_from(windows, found, lesson)


def learn_from(windows: Windows, found: Assignments, lesson: Lesson) -> Learned:
    """Choose and judge. scikit-learn is first imported here: the number of threads holds for what is loaded."""
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401

    from ml.uplift.choosing import choose_effects

    with one_thread():
        chosen = choose_effects(windows.learn, lesson.seed, lambda share: lesson.advance(0.6 * share))
        bench = _bench(windows.judge, chosen, lesson.seed)
        scores = chosen.effects.predict(bench.pairs.values)
        told = _judged(bench, chosen, scores)
        tables = {
            "channels": bench.by_channel(scores),
            "groups": bench.groups(scores),
            "candidates": dict(chosen.losses),
        }
        lesson.advance(0.2)
    fitted = Fitted(chosen.effects, chosen.effects.columns, {"candidate": chosen.candidate})
    return Learned(
        fitted=fitted,
        candidate=chosen.candidate,
        evidence=_evidence(windows),
        metrics=told,
        baselines=_baselines(bench, chosen),
        judge=lambda other: bench.metrics(_effects_of(other, bench.pairs)),
        parameters={
            "assignments": found.read,
            "set_aside": found.set_aside,
            "horizon_days": lesson.terms.horizon_days,
            "experiments": len(set(found.pairs.experiments.tolist())),
        },
        plots={"qini": lambda: _qini_plot(bench, chosen)},
        tables=tables,
    )


def _read(lesson: Lesson) -> Assignments:
    with Warehouse(lesson.settings) as warehouse:
        warehouse.attach_snapshot(lesson.run.snapshot)
        warehouse.attach_lake("journeys")
        holdouts = read_designs(lesson.settings)
        return read_assignments(warehouse, lesson.as_of, lesson.terms.horizon, holdouts)


def _bench(pairs: Pairs, chosen: Chosen, seed: int) -> Bench:
    """Of each judged person's outcome, what earlier campaigns let expect whatever the arm is taken off."""
    from ml.uplift.judging import Bench

    control, treated = chosen.usual.expected(pairs.values)
    return Bench(pairs, pairs.propensity * control + (1 - pairs.propensity) * treated, seed)


def _judged(bench: Bench, chosen: Chosen, scores: Floats) -> dict[str, float]:
    """The figures of the model, and how much more Qini it has than the ranking by response."""
    from ml.uplift.judging import more_qini

    found = bench.areas(scores)
    over = more_qini(found, bench.areas(_response(bench, chosen)), "response")
    return {**bench.told(scores, found), **bench.size(), **over, **bench.told_and_found(scores)}


def _baselines(bench: Bench, chosen: Chosen) -> dict[str, dict[str, float]]:
    """What each rule reaches on the same rows. `qini_lower` of a rule is the level that the model's own bound
    has to lie above: a random order's Qini, which is 0."""
    found = {
        RANDOM: {"qini": 0.0},
        RESPONSE: bench.rule(_response(bench, chosen)),
        SILENCE: bench.rule(_silence(bench)),
    }
    return {name: {**metrics, "qini_lower": 0.0} for name, metrics in found.items()}


def _response(bench: Bench, chosen: Chosen) -> Floats:
    return chosen.usual.treated.predict(bench.pairs.values)


def _silence(bench: Bench) -> Floats:
    """The rule for winning people back: whoever was away longest first; never seen is longest."""
    import numpy as np

    return np.nan_to_num(bench.pairs.column("days_since_last_visit"), nan=1e6)


def _effects_of(fitted: Fitted, pairs: Pairs) -> Floats:
    """Another model's effects, which may know fewer features."""
    return fitted.artefact.predict(pairs.values[:, [pairs.columns.index(name) for name in fitted.columns]])


def _evidence(windows: Windows) -> Evidence:
    import numpy as np

    learn, judge = windows.learn, windows.judge
    hashed = hash_of(
        learn.profiles, learn.channels, learn.is_treated, learn.propensity, learn.outcome, learn.values
    )
    instants = np.unique(learn.assigned_at.astype("datetime64[D]"))
    return Evidence(
        train_cutoffs=[from_utc_naive(_instant(each)) for each in instants],
        test_cutoff=from_utc_naive(_instant(judge.assigned_at[0])),
        train_rows=len(learn),
        test_rows=len(judge),
        data_hash=hashed,
    )


def _instant(value: Any) -> Any:
    return value.astype("datetime64[us]").item()


def _qini_plot(bench: Bench, chosen: Chosen) -> Any:
    from ml.uplift.plots import qini_plot

    rankings: Mapping[str, Floats] = {
        "effects": chosen.effects.predict(bench.pairs.values),
        RESPONSE: _response(bench, chosen),
        SILENCE: _silence(bench),
    }
    return qini_plot(f"Qini on {len(bench.pairs):,} later assignments", bench.trial, rankings)
