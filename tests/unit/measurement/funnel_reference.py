"""What a funnel means, one person at a time and in plain loops: the warehouse must say the same of everybody at once."""

from __future__ import annotations

from dataclasses import dataclass

from measurement.funnels import Condition, Funnel, Step


@dataclass(frozen=True)
class Act:
    """Something that a person did: `act` as steps name it, the texts of its properties, the microsecond."""

    act: str
    at: int
    properties: dict[str, str]
    is_visit: bool = True


@dataclass(frozen=True)
class Attempt:
    """The instants at which each step was reached, the first included."""

    times: tuple[int, ...]

    @property
    def rank(self) -> tuple[int, int, int]:
        """The least is best: the most steps, then the earliest end, then the latest beginning."""
        return (-len(self.times), self.times[-1], -self.times[0])


def best_attempt(funnel: Funnel, acts: list[Act], as_of: int) -> Attempt | None:
    """The attempt that counts for this person, None for who never entered."""
    period = round(funnel.period.total_seconds() * 1e6)
    window = round(funnel.within.total_seconds() * 1e6)
    seen = [act for act in acts if as_of - period <= act.at < as_of]
    firsts = funnel.steps if funnel.order == "any" else funnel.steps[:1]
    starts = sorted({act.at for act in seen for step in firsts if meets(step, act)})
    if funnel.attempts == "first":
        starts = starts[:1]
    walk = _unordered if funnel.order == "any" else _ordered
    attempts = [walk(funnel, seen, acts, start, window) for start in starts]
    return min(attempts, key=lambda attempt: attempt.rank, default=None)


def _ordered(funnel: Funnel, seen: list[Act], acts: list[Act], start: int, window: int) -> Attempt:
    times = [start]
    for number in range(1, len(funnel.steps)):
        step, earlier = funnel.steps[number], funnel.steps[:number]
        follows = [
            act.at
            for act in seen
            if meets(step, act)
            and (act.at > times[-1] or (act.at == times[-1] and not any(meets(one, act) for one in earlier)))
        ]
        reached = min(follows, default=None)
        if reached is None or reached - start > window:
            break
        if funnel.order == "strict" and any(
            other.is_visit and times[-1] < other.at < reached for other in acts
        ):
            break
        times.append(reached)
    return Attempt(tuple(times))


def _unordered(funnel: Funnel, seen: list[Act], acts: list[Act], start: int, window: int) -> Attempt:
    firsts = [
        min((act.at for act in seen if act.at >= start and meets(step, act)), default=None)
        for step in funnel.steps
    ]
    return Attempt(tuple(sorted(at for at in firsts if at is not None and at - start <= window)))


def meets(step: Step, act: Act) -> bool:
    return step.act == act.act and all(
        _holds(condition, act.properties.get(name)) for name, condition in step.where.items()
    )


def _holds(condition: Condition, found: str | None) -> bool:
    operator, operand = condition.operator, condition.operand
    if operator == "missing":
        return (found is None) == operand
    if found is None:
        return False
    if operator in ("in", "not_in"):
        return any(_equal(found, one) for one in operand) == (operator == "in")
    if operator in ("is", "is_not"):
        return _equal(found, operand) == (operator == "is")
    if operator in ("contains", "starts_with", "ends_with"):
        return {
            "contains": operand in found,
            "starts_with": found.startswith(operand),
            "ends_with": found.endswith(operand),
        }[operator]
    number = _number(found)
    if number is None:
        return False
    return {
        "greater": number > operand,
        "less": number < operand,
        "at_least": number >= operand,
        "at_most": number <= operand,
    }[operator]


def _equal(found: str, operand: object) -> bool:
    if isinstance(operand, bool):
        return found == str(operand).lower()
    if isinstance(operand, (int, float)):
        return _number(found) == float(operand)
    return found == operand


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
