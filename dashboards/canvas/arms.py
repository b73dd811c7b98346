"""The ways that lead out of a step into steps of their own, read from the file as it stands, however unfinished."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.canvas.palette import END, word_of
from dashboards.canvas.wording import condition, first_of, span
from dashboards.canvas.writing import Keys


@dataclass(frozen=True)
class Arm:
    """A block of steps inside a step. `keys` lead to it from the step; `is_told` is whether it is in the file, else
    what comes leads on. `is_body`: it is gone through by everybody (a lap, a throttle), not by some."""

    label: str
    keys: Keys
    steps: tuple[Any, ...] = ()
    is_told: bool = False
    is_body: bool = False


def arms_of(step: Any) -> list[Arm]:
    """The arms of a step, told or not, in the order of the file."""
    word = word_of(step)
    return list(_ARMS[word](step)) if word in _ARMS else []


def steps_in(value: Any) -> tuple[Any, ...]:
    """A block as a list: a step alone, or `end`, is a list of one."""
    if isinstance(value, list):
        return tuple(value)
    return () if value is None else (value,)


def value_in(around: Any, key: Any) -> Any:
    """What stands at a key; a step that stands alone is the first of its block. Raises KeyError and its like."""
    if isinstance(key, int) and not isinstance(around, list):
        return steps_in(around)[key]
    return around[key]


def _arm(label: str, around: Any, keys: Keys, key: str, is_body: bool = False) -> Arm:
    is_told = isinstance(around, dict) and key in around
    steps = steps_in(around[key]) if is_told else ()
    return Arm(label, (*keys, key), steps, is_told, is_body)


def _send(step: dict[str, Any]) -> Iterator[Arm]:
    if "otherwise" in step:
        yield _arm("Withheld", step, (), "otherwise")


def _wait(step: dict[str, Any]) -> Iterator[Arm]:
    wait = step["wait"]
    if not isinstance(wait, dict):
        return
    if "until" in wait:
        if isinstance(wait["until"], dict):
            yield _arm("None, or passed", wait, ("wait",), "missed")
        return
    heard = wait.get("for")
    if isinstance(heard, list):
        for number, each in enumerate(heard):
            yield _arm(first_of(each), each, ("wait", "for", number), "then")
    else:
        yield _arm(first_of(heard), wait, ("wait",), "then")
    yield _arm(f"Not within {span(wait.get('timeout'))}", wait, ("wait",), "else")


def _cases(word: str, label: Callable[[Any], str]) -> Callable[[dict[str, Any]], Iterator[Arm]]:
    def found(step: dict[str, Any]) -> Iterator[Arm]:
        cases = step[word]
        if isinstance(cases, dict):
            yield _arm(label(cases), cases, (word,), "then")
            yield _arm("Else", cases, (word,), "else")
            return
        has_else = False
        for number, each in enumerate(steps_in(cases)):
            if isinstance(each, dict) and "else" in each:
                has_else = True
                yield _arm("Else", each, (word, number), "else")
            else:
                yield _arm(label(each), each, (word, number), "then")
        if not has_else:
            yield Arm("Else", (word, len(steps_in(cases)), "else"))

    return found


def _shares(word: str, label: Callable[[Any], str]) -> Callable[[dict[str, Any]], Iterator[Arm]]:
    def found(step: dict[str, Any]) -> Iterator[Arm]:
        for number, each in enumerate(steps_in(step.get(word))):
            yield _arm(label(each), each, (word, number), "then")

    return found


def _repeat(step: dict[str, Any]) -> Iterator[Arm]:
    yield _arm("Each lap", step["repeat"], ("repeat",), "steps", is_body=True)


def _throttle(step: dict[str, Any]) -> Iterator[Arm]:
    yield _arm("Inside", step, (), "steps", is_body=True)


def _told(case: Any, key: str) -> Any:
    return case.get(key, "") if isinstance(case, dict) else ""


_ARMS: Mapping[str, Callable[[dict[str, Any]], Iterator[Arm]]] = {
    "send": _send,
    "wait": _wait,
    "branch": _cases("branch", lambda case: condition(_told(case, "if"))),
    "rank": _cases("rank", lambda case: str(_told(case, "score") or _told(case, "attribute") or "?")),
    "split": _shares("split", lambda case: str(_told(case, "share"))),
    "experiment": _shares("variants", lambda case: f"{_told(case, 'variant')} · {_told(case, 'share')}"),
    "repeat": _repeat,
    "throttle": _throttle,
}


def walk(steps: tuple[Any, ...], keys: Keys) -> Iterator[tuple[Keys, Any]]:
    """Every step below a block with its keys, those inside others too."""
    for number, step in enumerate(steps):
        yield (*keys, number), step
        for arm in arms_of(step) if step != END else ():
            yield from walk(arm.steps, (*keys, number, *arm.keys))
