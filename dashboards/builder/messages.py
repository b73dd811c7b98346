"""The sentence about messages: what became of which, how often, of the last how many."""

from __future__ import annotations

from typing import Any

from dashboards.answers.vocabulary import Counts, Vocabulary
from dashboards.builder import fields, words
from dashboards.builder.fields import MIDDLE, NARROW, choose_name, choose_word, tell, type_value
from dashboards.builder.values import replaced

ANY = "any"
EITHER = {"was": "was", "was_not": "was not"}
_OF = {"": "any number", "count": "how often", "of_last": "of the last"}


def message_sentence(said: dict[str, Any], key: str, known: Vocabulary) -> None:
    """`{message: any, was: clicked, channel: email, within: 90d, count: {at_least: 2}}` as words."""
    templates: Counts = {ANY: 0, **known.templates}
    said["message"] = choose_name("Template", f"{key}.template", templates, said["message"], MIDDLE)
    _narrow(said, key, "campaign" if "journey" not in said else "journey", "of any campaign", known.campaigns)
    _narrow(said, key, "channel", "by any channel", known.channels)
    _narrow(said, key, "step", "at any step", {})
    mode = "was" if "was" in said else "was_not"
    chosen = choose_word("Was or was not", f"{key}.mode", EITHER, mode, NARROW - 20)
    if chosen != mode:
        replaced(said, mode, chosen, said[mode])
        if chosen == "was_not":
            said.pop("count", None)
    status = choose_word(
        "Status", f"{key}.status", {each: each for each in words.STATUSES}, said[chosen], NARROW
    )
    if status != said[chosen]:
        said[chosen] = status
    _numbers(said, key, chosen, status)
    _conversion(said, key, status, known)
    fields.choose_window(said, key)


def _narrow(said: dict[str, Any], key: str, name: str, without: str, known: Counts) -> None:
    """A narrowing that may be left out."""
    told = choose_name(name.title(), f"{key}.{name}", {without: 0, **known}, said.get(name, without), MIDDLE)
    if told == without:
        said.pop(name, None)
    else:
        said[name] = told


def _numbers(said: dict[str, Any], key: str, mode: str, status: str) -> None:
    able = dict(_OF)
    if mode == "was_not" or status == "converted":
        able.pop("count")
        said.pop("count", None)
    if status in ("sent", "converted"):
        able.pop("of_last")
        said.pop("of_last", None)
    if len(able) == 1:
        return
    if "count" in said and "of_last" in said:
        _count(said, key)
        _of_last(said, key)
        return
    current = next((each for each in ("count", "of_last") if each in said), "")
    chosen = choose_word("Number", f"{key}.number", able, current, NARROW + 10)
    for other in ("count", "of_last"):
        if other != chosen:
            said.pop(other, None)
    if chosen == "count":
        said.setdefault("count", {"at_least": 2})
        _count(said, key)
    elif chosen == "of_last":
        said.setdefault("of_last", 5)
        _of_last(said, key)


def _count(said: dict[str, Any], key: str) -> None:
    fields.compare(said["count"], f"{key}.count", words.COUNT, dict)


def _of_last(said: dict[str, Any], key: str) -> None:
    said["of_last"] = type_value("Of the last", f"{key}.of_last", said["of_last"], width=70)
    tell("messages")


def _conversion(said: dict[str, Any], key: str, status: str, known: Vocabulary) -> None:
    if status != "converted":
        said.pop("by", None)
        said.pop("gap", None)
        return
    usual = "by an order"
    by = choose_name("By", f"{key}.by", {usual: 0, **known.events}, said.get("by", usual), MIDDLE)
    gap = fields.choose_span("After at most", f"{key}.gap", said.get("gap", "7d"), fields.GAPS)
    if by == usual:
        said.pop("by", None)
    else:
        said["by"] = by
    if gap != said.get("gap", "7d"):
        said["gap"] = gap
