"""A form's widgets. What is answered is the value that stands in the file: whatever nobody touched comes back as it
was written, short forms and all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboards.canvas.forms import labels
from dashboards.canvas.forms.scalars import (
    ABSENT,
    as_list,
    as_written,
    mapping_text,
    read_mapping,
    read_scalar,
    written_scalar,
)
from dashboards.canvas.forms.shapes import Field, Shape, named_shape
from dashboards.canvas.forms.starts import first_value, form_of

#: Values that the workspace knows for a field, by its name: templates, segments, events and so on.
Suggestions = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class _Place:
    """Where a widget stands: the key of its state, its field's name, and what all of the form share."""

    key: str
    name: str
    suggestions: Suggestions
    is_off: bool
    label: str = ""
    help: str = ""

    def below(self, name: str, *, label: str = "", key: str = "") -> _Place:
        return replace(self, key=f"{self.key}.{key or name}", name=name, label=label or labels.label(name),
                       help=labels.help_of(name))  # fmt: skip


def draw_form(shape: Shape, value: Any, key: str, suggestions: Suggestions, *, is_off: bool = False) -> Any:
    """The value after what the visitor did; the same object where they did nothing."""
    return _draw(shape, value, _Place(key, "", suggestions, is_off))


def _draw(shape: Shape, value: Any, at: _Place) -> Any:
    return _KINDS[shape.kind](shape, value, at)


def _record(shape: Shape, value: Any, at: _Place) -> Any:
    told = dict(value) if isinstance(value, dict) else {}
    asked = [each for each in shape.fields if each.is_required or each.name in told or each.name in _ALWAYS]
    for each in asked:
        _field(each, told, at)
    rest = [each for each in shape.fields if each not in asked and each.name != "id"]
    rest += [each for each in shape.fields if each not in asked and each.name == "id"]
    if rest:
        with st.expander("More", icon=":material/tune:"):
            for each in rest:
                _field(each, told, at)
    return value if told == value else told


#: Shown even where nothing is told.
_ALWAYS = frozenset({"state", "enter", "goal", "stop_when", "holdout", "description", "with", "properties"})


def _field(each: Field, told: dict[str, Any], at: _Place) -> None:
    place = at.below(each.name)
    old = told.get(each.name, ABSENT)
    new = _draw(each.shape, old, place) if each.shape.kind in _SIMPLE else _grouped(each, old, place)
    if new is ABSENT:
        told.pop(each.name, None)
    elif new is not old:
        told[each.name] = new


def _grouped(each: Field, old: Any, place: _Place) -> Any:
    """A field that has fields of its own, under its name; one that may go has a switch."""
    if each.is_required:
        return _draw(each.shape, old, place)
    with st.container(border=True, gap="small"):
        is_told = st.toggle(place.label, value=old is not ABSENT, key=f"{place.key}?", help=place.help or None,
                            disabled=place.is_off)  # fmt: skip
        if not is_told:
            return ABSENT
        return _draw(each.shape, first_value(each.shape, each.name) if old is ABSENT else old, place)


def _text(shape: Shape, value: Any, at: _Place) -> Any:
    known = at.suggestions.get(at.name)
    shown = "" if value is ABSENT or value is None else str(value)
    if known is not None:
        options = list(dict.fromkeys([*([shown] if shown else []), *known]))
        found = st.selectbox(at.label, options, index=options.index(shown) if shown else None, key=at.key,
                             accept_new_options=True, disabled=at.is_off, help=at.help or None,
                             placeholder="Choose or type")  # fmt: skip
        found = found or ""
    elif at.name == "description":
        found = st.text_area(at.label, shown, key=at.key, disabled=at.is_off, height=90)
    else:
        found = st.text_input(at.label, shown, key=at.key, disabled=at.is_off, help=at.help or None,
                              placeholder=labels.example(at.name, shape.pattern))  # fmt: skip
    if found == shown:
        return value
    return found if found or at.name in _MAY_BE_EMPTY else ABSENT


_MAY_BE_EMPTY = frozenset({"description"})


def _scalar(shape: Shape, value: Any, at: _Place) -> Any:
    shown = "" if value is ABSENT or value is None else written_scalar(value)
    found = st.text_input(at.label, shown, key=at.key, disabled=at.is_off, help=at.help or None,
                          placeholder=labels.example(at.name, shape.pattern))  # fmt: skip
    return value if found == shown else read_scalar(found)


def _number(shape: Shape, value: Any, at: _Place) -> Any:
    is_whole = shape.is_whole
    cast: Callable[[float], float] = int if is_whole else float
    shown = cast(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    found = st.number_input(
        at.label, value=shown, key=at.key, disabled=at.is_off, help=at.help or None, step=1 if is_whole else None,
        min_value=None if shape.least is None else cast(shape.least),
        max_value=None if shape.most is None else cast(shape.most),
    )  # fmt: skip
    if found == shown:
        return value
    return ABSENT if found is None else cast(found)


def _truth(shape: Shape, value: Any, at: _Place) -> Any:
    shown = value if isinstance(value, bool) else True
    found = st.toggle(at.label, shown, key=at.key, disabled=at.is_off, help=at.help or None)
    return value if found == shown else found


def _choice(shape: Shape, value: Any, at: _Place) -> Any:
    options = [each for each in shape.options if each is not None]
    shown = value if value in options else None
    found = st.selectbox(at.label, options, index=None if shown is None else options.index(shown), key=at.key,
                         format_func=labels.option, disabled=at.is_off, help=at.help or None,
                         placeholder=labels.usual(at.name))  # fmt: skip
    if found == shown:
        return value
    return ABSENT if found is None else found


def _choices(shape: Shape, value: Any, at: _Place) -> Any:
    shown = as_list(value)
    options = list(dict.fromkeys([*shape.options, *shown]))
    found = st.multiselect(at.label, options, default=shown, key=at.key, format_func=labels.option,
                           disabled=at.is_off, help=at.help or None, placeholder=labels.usual(at.name))  # fmt: skip
    return value if found == shown else as_written(found, value)


def _texts(shape: Shape, value: Any, at: _Place) -> Any:
    shown = [written_scalar(each) for each in as_list(value)]
    known = at.suggestions.get(at.name, ())
    found = st.multiselect(at.label, list(dict.fromkeys([*shown, *known])), default=shown, key=at.key,
                           accept_new_options=True, disabled=at.is_off, help=at.help or None,
                           placeholder="Type and press Enter")  # fmt: skip
    if found == shown:
        return value
    return [read_scalar(each) for each in found] or ABSENT


def _pair(shape: Shape, value: Any, at: _Place) -> Any:
    told = list(value) if isinstance(value, list) and len(value) == 2 else ["", ""]
    found: list[Any] = []
    for number, (column, each) in enumerate(zip(st.columns(2), shape.forms, strict=True)):
        with column:
            place = replace(at, key=f"{at.key}.{number}", label=labels.ends(at.name)[number], help="")
            found.append(_draw(each, told[number], place))
    found = ["" if each is ABSENT else each for each in found]
    return value if found == told else found


def _mapping(shape: Shape, value: Any, at: _Place) -> Any:
    """Free keys: as text, a line each, the way the file has them."""
    shown = mapping_text(value if isinstance(value, dict) else {})
    found = st.text_area(at.label, shown, key=at.key, disabled=at.is_off, height=90,
                         help=at.help or "One a line, such as stage: onboarded", placeholder="name: value")  # fmt: skip
    if found == shown:
        return value
    told = read_mapping(found)
    if told is None:
        st.error("Not understood: one a line, such as `total: {at_least: 20}`.", icon=":material/edit_off:")
        return value
    return told or ABSENT


def _several(shape: Shape, value: Any, at: _Place) -> Any:
    told = list(value) if isinstance(value, list) else []
    found: list[Any] = []
    for number, each in enumerate(told):
        with st.container(border=True, gap="small"):
            place = at.below(
                at.name, label=f"{labels.item(at.name)} {number + 1}", key=f"{number}of{len(told)}"
            )
            st.caption(place.label)
            new = _draw(shape.forms[0], each, place)
            if not at.is_off and st.button(
                "Remove", key=f"{place.key}-", icon=":material/close:", type="tertiary"
            ):
                continue
            found.append(each if new is ABSENT else new)
    if not at.is_off and st.button(f"Add {labels.item(at.name).lower()}", key=f"{at.key}+{len(told)}",
                                   icon=":material/add:", type="tertiary"):  # fmt: skip
        last = len(found) - 1 if found and isinstance(found[-1], dict) and "else" in found[-1] else len(found)
        found.insert(last, first_value(shape.forms[0], at.name))
    return value if found == told else found


def _forms(shape: Shape, value: Any, at: _Place) -> Any:
    forms = shape.forms or named_shape(shape.inner[0]).forms
    forms = tuple(inner for each in forms for inner in (each.forms if each.kind == "forms" else (each,)))
    number = form_of(forms, value)
    chosen = number
    if len(forms) > 1 and not labels.is_kept(at.name):
        names = [labels.form(each, at.name) for each in forms]
        chosen = st.selectbox(at.label or "What", range(len(forms)), index=number, key=f"{at.key}~",
                              format_func=names.__getitem__, disabled=at.is_off, help=at.help or None)  # fmt: skip
        chosen = number if chosen is None else chosen
    if chosen is None:
        return value
    told = value if chosen == number else first_value(forms[chosen], at.name)
    inner = (
        at
        if labels.is_kept(at.name)
        else replace(at, key=f"{at.key}~{chosen}", label=labels.form(forms[chosen], at.name))
    )
    return _draw(forms[chosen], told, inner)


_SIMPLE = frozenset({"text", "number", "truth", "choice", "choices", "texts", "pair", "scalar", "mapping"})
_KINDS: Mapping[str, Callable[[Shape, Any, _Place], Any]] = {
    "record": _record,
    "text": _text,
    "scalar": _scalar,
    "number": _number,
    "truth": _truth,
    "choice": _choice,
    "choices": _choices,
    "texts": _texts,
    "pair": _pair,
    "mapping": _mapping,
    "several": _several,
    "forms": _forms,
    "steps": lambda shape, value, at: value,
}
