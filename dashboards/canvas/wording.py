"""Steps and conditions of a file in a few words. Whatever is unfinished is worded as far as it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboards.formatting import spell_name

_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_COMPARISONS = {
    "is": "is", "is_not": "is not", "in": "is one of", "not_in": "is none of", "greater": "is above",
    "less": "is below", "at_least": "is at least", "at_most": "is at most", "between": "is between",
    "contains": "contains", "starts_with": "begins with", "ends_with": "ends with", "missing": "is missing",
    "before": "is before", "after": "is after", "matches": "matches",
}  # fmt: skip
LONGEST = 64


def span(value: Any) -> str:
    """`3d` → 3 days."""
    text = str(value or "?").strip()
    unit = _UNITS.get(text[-1:])
    number = text[:-1].strip()
    if unit is None or not number.isdigit():
        return text
    return f"{number} {unit}{'' if number == '1' else 's'}"


def first_of(heard: Any) -> str:
    """What a wait listens for."""
    if isinstance(heard, dict):
        if "message" in heard:
            return f"{spell_name(str(heard['message']))} {heard.get('was', '?')}"
        return str(heard.get("event") or "?")
    return str(heard or "?")


def condition(asked: Any) -> str:
    """A question about a person: `Spent is at least 100 and country is GB`."""
    if isinstance(asked, list):
        return " and ".join(condition(each) for each in asked)
    if not isinstance(asked, dict):
        return "?"
    for word, said in _ASKED.items():
        if word in asked:
            return said(asked)
    return "?"


def _group(word: str, joined: str) -> Callable[[dict[str, Any]], str]:
    def said(asked: dict[str, Any]) -> str:
        inner = asked[word] if isinstance(asked[word], list) else [asked[word]]
        text = f" {joined} ".join(condition(each) for each in inner)
        return f"none of: {text}" if word == "none" else f"({text})" if len(inner) > 1 else text

    return said


def _compared(name: str) -> Callable[[dict[str, Any]], str]:
    def said(asked: dict[str, Any]) -> str:
        told = [f"{_COMPARISONS[key]} {_value(each)}" for key, each in asked.items() if key in _COMPARISONS]
        subject = spell_name(str(asked[name])) + (" score" if name == "score" else "")
        return f"{subject} {' and '.join(told)}".strip().replace("is missing True", "is missing")

    return said


def _did(asked: dict[str, Any]) -> str:
    word = "did" if "did" in asked else "did_not"
    window = f" within {span(asked['within'])}" if asked.get("within") else ""
    return f"{'did' if word == 'did' else 'did not do'} {asked[word]}{window}"


def _message(asked: dict[str, Any]) -> str:
    said = f"was {asked['was']}" if "was" in asked else f"was not {asked.get('was_not', '?')}"
    return f"{spell_name(str(asked['message']))} {said}"


def _segment(asked: dict[str, Any]) -> str:
    return f"{'not in' if asked.get('is') == 'out' else 'in'} {spell_name(str(asked['segment'])) or '?'}"


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_ASKED: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "all": _group("all", "and"),
    "any": _group("any", "or"),
    "none": _group("none", "or"),
    "attribute": _compared("attribute"),
    "segment": _segment,
    "list": lambda asked: f"on the list {spell_name(str(asked['list']))}",
    "did_not": _did,
    "did": _did,
    "score": _compared("score"),
    "message": _message,
}  # fmt: skip


def describe(word: str, step: Any) -> str:
    """What a step says, beside its title."""
    said = _STEPS.get(word)
    try:
        text = said(step) if said else ""
    except (TypeError, KeyError, AttributeError, IndexError):
        return "unfinished"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _send(step: dict[str, Any]) -> str:
    by = step.get("by")
    channels = " or ".join(by) if isinstance(by, list) else str(by or "?")
    hour = " at their best hour" if step.get("at") == "best_hour" else ""
    return f"{spell_name(str(step['send'])) or 'choose a template'} · {channels}{hour}"


def _wait(step: dict[str, Any]) -> str:
    wait = step["wait"]
    if not isinstance(wait, dict):
        return span(wait)
    if "for" in wait:
        heard = wait["for"] if isinstance(wait["for"], list) else [wait["for"]]
        return f"for {' or '.join(first_of(each) for each in heard)}, at most {span(wait.get('timeout'))}"
    until = wait.get("until")
    if isinstance(until, dict):
        offset = f"{span(until['minus'])} before " if until.get("minus") else ""
        offset = f"{span(until['plus'])} after " if until.get("plus") else offset
        return f"until {offset}{spell_name(str(until.get('attribute') or '?'))}"
    on = f" on {_value(wait['on'])}" if wait.get("on") else ""
    return f"until {until}{on}"


def _between(step: dict[str, Any]) -> str:
    opens, closes = step["only_between"]
    return f"{opens} to {closes}" + (f" on {_value(step['on'])}" if step.get("on") else "")


def _repeat(step: dict[str, Any]) -> str:
    laps = step["repeat"]
    until = f", until {condition(laps['until'])}" if laps.get("until") else ""
    return f"at most {laps['at_most']} times{until}"


def _experiment(step: dict[str, Any]) -> str:
    winner = step.get("winner")
    told = (
        f"won by {winner.get('by')} within {span(winner.get('within'))}"
        if isinstance(winner, dict)
        else "no winner"
    )
    return f"{spell_name(str(step['experiment'])) or 'name it'} · {told}"


_STEPS: Mapping[str, Callable[[Any], str]] = {
    "send": _send,
    "throttle": lambda step: str(step["throttle"]),
    "wait": _wait,
    "only_between": _between,
    "branch": lambda step: f"{len(step['branch']) if isinstance(step['branch'], list) else 1} to tell apart",
    "rank": lambda step: " against ".join(str(each.get("score") or each.get("attribute") or "?")
                                          for each in step["rank"] if "else" not in each),
    "split": lambda step: " / ".join(str(each.get("share", "?")) for each in step["split"]),
    "experiment": _experiment,
    "repeat": _repeat,
    "update_profile": lambda step: ", ".join(f"{key} = {each}" for key, each in step["update_profile"].items()),
    "emit": lambda step: str(step["emit"]),
    "audience": lambda step: f"{step.get('change', 'add')} · {spell_name(str(step['audience'])) or 'choose one'}",
    "journey": lambda step: spell_name(str(step["journey"])) or "choose one",
    "flag": lambda step: f"{step['flag'] or 'name it'} {step.get('is', 'on')}",
    "end": lambda step: "this pass is over",
}  # fmt: skip
