"""Choosing a model of a kind by what each would have reached, had it been asked in the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from kith.errors import KithError
from ml.contract import NotTrainable
from ml.lifetime.contract import Terms
from ml.lifetime.purchases import History
from ml.lifetime.windows import longest_window

F = TypeVar("F", covariant=True)

#: From a cut-off and terms, the error of each model that could learn there, and why the others couldn't.
Errors = Callable[[int, Terms], tuple[Mapping[str, float], Mapping[str, str]]]


class Learner(Protocol[F]):
    """What learns from a history; raises KithError, with counts, where it can't. Rules of thumb are baselines."""

    @property
    def fit(self) -> Callable[[History, Terms], F]: ...

    @property
    def is_baseline(self) -> bool: ...


@dataclass(frozen=True)
class Choice:
    """The champion of a backtest, the error of each model there, and why some couldn't learn."""

    champion: str
    errors: Mapping[str, float]
    refused: Mapping[str, str]
    cutoffs: tuple[int, ...]
    days: int


def fit_each(
    models: Mapping[str, Learner[F]], history: History, terms: Terms
) -> tuple[dict[str, F], dict[str, str]]:
    """Every model that can learn from a history, and why the others can't."""
    fitted: dict[str, F] = {}
    refused: dict[str, str] = {}
    for name, model in models.items():
        try:
            fitted[name] = model.fit(history, terms)
        except KithError as refusal:
            refused[name] = str(refusal)
    return fitted, refused


def choose(history: History, terms: Terms, errors_at: Errors, cutoffs: Sequence[int] | None = None) -> Choice:
    """The model with the smallest mean error over windows that lie within the history, by name among equals.

    Without `cutoffs`, the one window that ends with the history, as long as asked for or half of what there is.
    Raises KithError with the refusals where no model could learn before each of them.
    """
    days = longest_window(history, terms.days)
    tested = tuple(cutoffs) if cutoffs else (history.cutoff - days,)
    errors: dict[str, list[float]] = {}
    refused: dict[str, str] = {}
    for cutoff in tested:
        found, why = errors_at(cutoff, Terms(days, seed=terms.seed))
        refused |= why
        for name, error in found.items():
            errors.setdefault(name, []).append(error)
    everywhere = {name: sum(each) / len(each) for name, each in errors.items() if len(each) == len(tested)}
    if not everywhere:
        raise KithError("no model could be chosen: " + "; ".join(refused.values()))
    champion = min(everywhere, key=lambda name: (everywhere[name], name))
    return Choice(champion, everywhere, refused, tested, days)


def elect(models: Mapping[str, Learner[F]], choosing: Callable[[], Choice]) -> tuple[str, Choice]:
    """The best candidate of a choice. A rule of thumb that none of them beat there doesn't stand for election: the
    gate will hold the candidate against it. Raises NotTrainable with the refusals where there is no candidate."""
    try:
        choice = choosing()
    except KithError as refusal:
        raise NotTrainable(str(refusal)) from None
    able = {name: error for name, error in choice.errors.items() if not models[name].is_baseline}
    if not able:
        raise NotTrainable("; ".join(choice.refused.values()))
    return min(able, key=lambda name: (able[name], name)), choice


def fit_or_refuse(model: Learner[F], history: History, terms: Terms) -> F:
    """The model, fitted; its refusal is a NotTrainable."""
    try:
        return model.fit(history, terms)
    except KithError as refusal:
        raise NotTrainable(str(refusal)) from None
