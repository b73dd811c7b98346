"""What an answer means for a batch: done, another try, halves, or a doubt. Pure; the policy of every destination.

- accepted, skipped, rejected, failed end a row.
- deferred rows are tried again, `MAX_ATTEMPTS` times in all; then they have failed. A destination that takes nothing at
  all is left alone instead, and the run goes on another time.
- unknown rows are sent again where that is harmless (the operation is repeatable, or the batch's key is honoured). Else
  they are uncertain: sent again and listed (`resend`), or ended as `unknown` (`stop`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from activation.destinations.contract import Answer, Capabilities, Operation, Status, Verdict, WhenUnknown
from activation.syncs.progress import DONE, SPLIT, WAITING, Standing
from kith.ids import share

MAX_ATTEMPTS = 6
WITHDRAWN = "consent_withdrawn"
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_ENDED = frozenset({Status.ACCEPTED, Status.SKIPPED, Status.REJECTED, Status.FAILED, Status.UNKNOWN})


@dataclass(frozen=True)
class Policy:
    """What holds for one run."""

    capabilities: Capabilities
    when_unknown: WhenUnknown

    def may_repeat(self, operation: Operation) -> bool:
        return self.capabilities.honours_key or operation in self.capabilities.repeatable


def settle(
    policy: Policy, standing: Standing, operation: Operation, positions: Sequence[int], answer: Answer
) -> list[Standing]:
    """The batch as it stands after an answer, and the parts that go on without it. `standing.attempts` counts this
    try."""
    if answer.must_split:
        return _split(standing, positions)
    count = len(positions)
    of_all = _judged(policy, standing, operation, answer.of_all)
    of_row = {
        place: _judged(policy, standing, operation, verdict)
        for place, verdict in answer.of_row.items()
        if place < count
    }
    going_on = _going_on(of_all, of_row, count)
    if len(going_on) == count:
        doubt = not policy.may_repeat(operation) and any(
            verdict.status is Status.UNKNOWN for verdict in _said(answer, count)
        )
        return [replace(standing, state=WAITING, is_uncertain=standing.is_uncertain or doubt)]
    done = _done(standing, of_all, of_row, count)
    if not going_on:
        return [done]
    rest = _rest(policy, standing, operation, positions, answer, going_on)
    return [done, *rest]


def _going_on(of_all: Verdict, of_row: Mapping[int, Verdict], count: int) -> Sequence[int]:
    """The places of rows that are tried again. Of a thousand rows hardly one has a verdict of its own."""
    if of_all.status in _ENDED:
        return sorted(place for place, verdict in of_row.items() if verdict.status not in _ENDED)
    if not of_row:
        return range(count)
    return [place for place in range(count) if place not in of_row or of_row[place].status not in _ENDED]


def _said(answer: Answer, count: int) -> list[Verdict]:
    """The verdicts of an answer that hold for at least one row."""
    of_row = [verdict for place, verdict in answer.of_row.items() if place < count]
    return of_row if len(of_row) == count else [answer.of_all, *of_row]


def lost(policy: Policy, standing: Standing, operation: Operation, count: int) -> Standing:
    """A batch that was marked and never answered: its process died."""
    answer = Answer(Verdict(Status.UNKNOWN, "worker_died"))
    return settle(policy, standing, operation, standing.places or range(count), answer)[0]


def withhold(
    policy: Policy, standing: Standing, operation: Operation, positions: Sequence[int], places: Sequence[int]
) -> list[Standing]:
    """A batch without the rows at these places, whose people withdrew their consent: they end here, the rest goes on as
    a part of its own.

    After an earlier try they may be there: then they end as `unknown`, count as held, and leave with the next run. The
    rest has another key than the whole had: where only that key kept it from taking effect twice, it is in doubt.
    """
    was_tried = standing.attempts > 0
    verdict = Verdict(Status.UNKNOWN if was_tried else Status.SKIPPED, WITHDRAWN)
    in_doubt = standing.is_uncertain or (was_tried and operation not in policy.capabilities.repeatable)
    told = dict.fromkeys(places, verdict)
    rest = [positions[place] for place in range(len(positions)) if place not in told]
    if not rest:
        return [replace(standing, state=DONE, of_all=verdict, verdicts={}, is_uncertain=was_tried)]
    later = Verdict(Status.DEFERRED, "apart")
    done = replace(standing, state=DONE, of_all=later, verdicts=told, is_uncertain=in_doubt)
    part = Standing(
        standing.run_id,
        standing.number,
        f"{standing.part}c",
        attempts=standing.attempts,
        is_uncertain=in_doubt,
        places=tuple(rest),
    )
    return [done, part]


def next_wait(standing: Standing, retry_after: float | None) -> float:
    """Seconds until the next try: what the vendor asked for, else backing off, ±20 % by the batch's name."""
    if retry_after is not None:
        return retry_after
    wait = min(_FIRST_WAIT * 2 ** (standing.attempts - 1), _LONGEST_WAIT)
    return wait * (0.8 + 0.4 * share(standing.batch_id, f"try {standing.attempts}"))


def _judged(policy: Policy, standing: Standing, operation: Operation, verdict: Verdict) -> Verdict:
    """Ends a row that was tried often enough, or whose doubt nobody may lift by another try."""
    if verdict.status is Status.UNKNOWN and not policy.may_repeat(operation):
        if policy.when_unknown is WhenUnknown.STOP or standing.attempts >= MAX_ATTEMPTS:
            return verdict
        return replace(verdict, status=Status.DEFERRED)
    if verdict.status not in (Status.UNKNOWN, Status.DEFERRED) or standing.attempts < MAX_ATTEMPTS:
        return replace(verdict, status=Status.DEFERRED) if verdict.status is Status.UNKNOWN else verdict
    # An earlier try, or this one, may have worked: nobody may say that it failed.
    is_in_doubt = verdict.status is Status.UNKNOWN or standing.is_uncertain
    return replace(
        verdict, status=Status.UNKNOWN if is_in_doubt else Status.FAILED, detail="attempts_exhausted"
    )


def _done(standing: Standing, of_all: Verdict, of_row: Mapping[int, Verdict], count: int) -> Standing:
    """Most rows of a batch share a verdict; only the others are written down one by one."""
    if len(of_row) == count:
        of_all = Counter(of_row.values()).most_common(1)[0][0]
    others = {place: verdict for place, verdict in of_row.items() if verdict != of_all}
    unsure = any(verdict.status is Status.UNKNOWN for verdict in (of_all, *others.values()))
    return replace(
        standing, state=DONE, of_all=of_all, verdicts=others, is_uncertain=standing.is_uncertain or unsure
    )


def _rest(
    policy: Policy,
    standing: Standing,
    operation: Operation,
    positions: Sequence[int],
    answer: Answer,
    going_on: Sequence[int],
) -> list[Standing]:
    """The rows that go on, as parts of their own: those in doubt apart from those that surely had no effect."""
    in_doubt = [place for place in going_on if answer.verdict(place).status is Status.UNKNOWN]
    surely = [place for place in going_on if answer.verdict(place).status is not Status.UNKNOWN]
    parts = []
    for letter, places in (("d", surely), ("u", in_doubt)):
        if places:
            is_uncertain = standing.is_uncertain or (letter == "u" and not policy.may_repeat(operation))
            parts.append(
                Standing(
                    standing.run_id,
                    standing.number,
                    standing.part + letter,
                    attempts=standing.attempts,
                    is_uncertain=is_uncertain,
                    places=tuple(positions[place] for place in places),
                )
            )
    return parts


def _split(standing: Standing, positions: Sequence[int]) -> list[Standing]:
    """Two halves; a row that stands alone is the one that was meant."""
    if len(positions) == 1:
        return [replace(standing, state=DONE, of_all=Verdict(Status.REJECTED, "refused_alone"), verdicts={})]
    middle = len(positions) // 2
    halves = (positions[:middle], positions[middle:])
    return [
        replace(standing, state=SPLIT),
        *(
            Standing(
                standing.run_id,
                standing.number,
                f"{standing.part}{side}",
                is_uncertain=standing.is_uncertain,
                places=tuple(half),
            )
            for side, half in enumerate(halves)
        ),
    ]
