"""The inputs that a sentence is made of: a word to choose, a name from the data, a value, a span of days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.answers.vocabulary import Counts
from dashboards.builder.values import read_days, read_value, replaced, span_in_words, spelled
from dashboards.builder.words import COMPARISONS, first_value

ALWAYS = "at any time"
SPANS = ("1d", "3d", "7d", "14d", "21d", "30d", "45d", "60d", "90d", "180d", "365d")
GAPS = ("30m", "1h", "6h", "12h", "1d", "2d", "3d", "7d", "14d", "30d")
DAYS_OF = ("within", "older_than", "anniversary_within")
NARROW, MIDDLE, WIDE = 112, 158, 225
#: The comparisons whose operator is no key of the file.
_SAID = {"known": "missing"}
Values = Callable[[], Counts]


def tell(words: str) -> None:
    """A word between two inputs."""
    st.markdown(words, width="content")


def choose_word(label: str, key: str, words: Mapping[str, str], current: str, width: int = MIDDLE) -> str:
    """One of a few words."""
    names = list(words) if current in words else [current, *words]
    chosen = st.selectbox(
        label, names, index=names.index(current), format_func=lambda each: words.get(each, each), key=key,
        label_visibility="collapsed", width=width,
    )  # fmt: skip
    return chosen or current


def choose_name(
    label: str,
    key: str,
    names: Counts | Sequence[str],
    current: str,
    width: int = WIDE,
    spell: Callable[[str], str] = str,
) -> str:
    """A name that the data has, with how many there are of it; others may be typed."""
    counts = names if isinstance(names, Mapping) else dict.fromkeys(names, 0)
    listed = list(counts) if current in counts else [current, *counts]
    chosen = st.selectbox(
        label, listed, index=listed.index(current), key=key, accept_new_options=True,
        format_func=lambda each: f"{spell(each)} · {counts[each]:,}" if counts.get(each) else spell(each),
        label_visibility="collapsed", width=width, placeholder=label,
    )  # fmt: skip
    return str(chosen) if chosen is not None else current


def choose_span(label: str, key: str, current: str, spans: Sequence[str] = SPANS) -> str:
    """A number of days or weeks, or of hours for a gap."""
    listed = list(spans) if current in spans else [current, *spans]
    chosen = st.selectbox(
        label, listed, index=listed.index(current), format_func=span_in_words, key=key,
        accept_new_options=True, label_visibility="collapsed", width=NARROW,
    )  # fmt: skip
    return read_days(chosen) if chosen else current


def choose_window(said: dict[str, Any], key: str) -> None:
    """`within`, or at any time."""
    current = said.get("within")
    listed = [ALWAYS, *SPANS] if current is None or current in SPANS else [ALWAYS, current, *SPANS]
    chosen = st.selectbox(
        "When", listed, index=0 if current is None else listed.index(current), key=f"{key}.within",
        format_func=lambda each: each if each == ALWAYS else f"in the last {span_in_words(each)}",
        accept_new_options=True, label_visibility="collapsed", width=MIDDLE,
    )  # fmt: skip
    if chosen == ALWAYS:
        said.pop("within", None)
    elif chosen:
        said["within"] = read_days(chosen)


def type_value(label: str, key: str, current: Any, kind: str = "", width: int = NARROW) -> Any:
    """A value to type; what isn't touched keeps its type."""
    text = st.text_input(
        label, spelled(current, kind), key=key, label_visibility="collapsed", width=width, placeholder=label
    )
    return current if text == spelled(current, kind) else read_value(text, kind)


def compare(
    said: dict[str, Any], key: str, comparisons: Sequence[str], values: Values, kind: str = ""
) -> None:
    """A comparison and what with, written into the mapping that has it."""
    operator = next((each for each in COMPARISONS if each in said), "")
    shown = "known" if operator == "missing" and said["missing"] is False else operator
    words = {each: COMPARISONS[each] for each in comparisons}
    chosen = choose_word("Comparison", f"{key}.how", words, shown or next(iter(words)), MIDDLE)
    if chosen != shown:
        replaced(said, operator or None, _SAID.get(chosen, chosen), first_value(chosen, said.get(operator)))
    if chosen not in ("missing", "known"):
        said[chosen] = _operand(said[chosen], f"{key}.{chosen}", chosen, values, kind)


def _operand(current: Any, key: str, operator: str, values: Values, kind: str) -> Any:
    if operator in DAYS_OF:
        return choose_span("Days", key, str(current))
    if operator == "between":
        low, high = [*current, 0, 0][:2]
        low = type_value("From", f"{key}.low", low, kind)
        tell("and")
        return [low, type_value("To", f"{key}.high", high, kind)]
    if operator in ("in", "not_in"):
        return _several(list(current), key, values(), kind)
    if kind == "boolean" or isinstance(current, bool):
        chosen = choose_word("Value", key, {"true": "yes", "false": "no"}, spelled(current is True), NARROW)
        return chosen == "true"
    known = values() if operator in ("is", "is_not") else {}
    if not known:
        return type_value("Value", key, current, kind)
    text = choose_name("Value", key, known, spelled(current, kind))
    return current if text == spelled(current, kind) else read_value(text, kind)


def _several(current: list[Any], key: str, known: Counts, kind: str) -> list[Any]:
    told = {spelled(each, kind): each for each in current}
    chosen = st.multiselect(
        "Values", list(dict.fromkeys([*told, *known])), default=list(told), key=key, accept_new_options=True,
        format_func=lambda each: f"{each} · {known[each]:,}" if known.get(each) else each,
        label_visibility="collapsed", width=360, placeholder="Values",
    )  # fmt: skip
    return [told.get(each, read_value(each, kind)) for each in chosen]
