"""The form in which a funnel is drawn up: its steps with their conditions, and how they are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards.formatting import plain
from dashboards.funnels import vocabulary as words
from dashboards.funnels.drafting import Document
from dashboards.funnels.form import Form, change
from dashboards.reader import Reader
from measurement.funnels import MOST_STEPS


def show_builder(reader: Reader, form: Form) -> None:
    """Widgets over the form's document; each change is in the link at once."""
    events = words.known_events(reader)
    steps: list[Document] = form.document.setdefault("steps", [])
    for number, step in enumerate(steps):
        _show_step(reader, form, number, step, events)
    st.button(
        "Add a step",
        icon=":material/add:",
        key=form.key("add"),
        disabled=len(steps) >= MOST_STEPS,
        on_click=change,
        args=(form, lambda document: document["steps"].append({"order": "completed"})),
        kwargs={"is_structural": True},
    )
    _show_rules(form)


def _show_step(reader: Reader, form: Form, number: int, step: Document, events: Sequence[str]) -> None:
    what, conditions, earlier, away = st.columns([5, 5, 1, 1], vertical_alignment="bottom")
    with what:
        _choose_act(form, number, step, events)
    with conditions:
        told = [words.spell_condition(name, one) for name, one in (step.get("where") or {}).items()]
        label = plain(f"only if {' and '.join(told)}") if told else "Only if …"
        with st.popover(label, width="stretch", icon=":material/filter_alt:"):
            _show_conditions(reader, form, number, step)
    with earlier:
        st.button(
            "Earlier", icon=":material/arrow_upward:", key=form.key("up", number), disabled=number == 0,
            on_click=change, args=(form, lambda document: _swap(document, number)),
            kwargs={"is_structural": True}, help="Move this step up", type="tertiary",
        )  # fmt: skip
    with away:
        st.button(
            "Remove", icon=":material/close:", key=form.key("drop", number),
            disabled=len(form.document["steps"]) <= 2, on_click=change,
            args=(form, lambda document: document["steps"].pop(number)), kwargs={"is_structural": True},
            help="Take this step out", type="tertiary",
        )  # fmt: skip


def _choose_act(form: Form, number: int, step: Document, events: Sequence[str]) -> None:
    act, key = words.act_of(step), form.key("act", number)
    options = [*(f"event:{each}" for each in events), *words.ACTS]
    if act not in options:
        options.insert(0, act)

    def keep() -> None:
        kind, _, name = str(st.session_state[key]).partition(":")
        change(form, lambda document: _replace(document, number, {kind: name}), is_structural=True)

    st.selectbox(
        f"Step {number + 1}",
        options,
        index=options.index(act),
        key=key,
        format_func=words.spell_act,
        on_change=keep,
    )


def _show_conditions(reader: Reader, form: Form, number: int, step: Document) -> None:
    where: Document = step.get("where") or {}
    known = words.known_properties(reader, words.act_of(step))
    if reader.is_masked and not known:
        st.caption("Your role doesn't see properties of events, so steps can't ask for them.")
        return
    for place, (name, condition) in enumerate(where.items()):
        _show_condition(form, number, place, name, condition, known)
    free = [each for each in known if each not in where]
    st.button(
        "Add a condition", icon=":material/add:", key=form.key("more", number), disabled=not free,
        on_click=change, args=(form, lambda document: _add(document, number, free[0])),
        kwargs={"is_structural": True},
    )  # fmt: skip


def _show_condition(
    form: Form, number: int, place: int, name: str, condition: Any, known: Sequence[str]
) -> None:
    operator, operand = next(iter(condition.items())) if isinstance(condition, dict) else ("is", condition)
    keys = [form.key(part, number, place) for part in ("name", "operator", "operand")]

    def keep() -> None:
        chosen, compared, text = (st.session_state[key] for key in keys)
        told = {compared: words.operand_of(compared, str(text))}
        change(form, lambda document: _rename(document, number, name, chosen, told))

    options = [*known] if name in known else [name, *known]
    left, middle, right, away = st.columns([3, 3, 3, 1], vertical_alignment="bottom")
    left.selectbox(
        "Property", options, index=options.index(name), key=keys[0], on_change=keep, accept_new_options=True
    )
    names = list(words.OPERATORS)
    middle.selectbox(
        "Comparison", names, index=names.index(operator) if operator in names else 0, key=keys[1],
        format_func=words.OPERATORS.__getitem__, on_change=keep,
    )  # fmt: skip
    told = ", ".join(map(str, operand)) if isinstance(operand, list) else str(operand)
    spoken = {"True": "yes", "False": "no"}.get(told, told) if operator == "missing" else told
    right.text_input("Value", spoken, key=keys[2], on_change=keep, help="Several are told apart by commas")
    away.button(
        "Drop", icon=":material/close:", key=form.key("without", number, place), on_click=change,
        args=(form, lambda document: _conditions(document, number).pop(name, None)),
        kwargs={"is_structural": True}, type="tertiary", help="Take this condition out",
    )  # fmt: skip


def _show_rules(form: Form) -> None:
    order, attempts, within, period = st.columns([4, 3, 2, 2])
    with order:
        _choose(form, "order", "Steps are taken", words.ORDERS, "ordered")
    with attempts:
        _choose(form, "attempts", "What counts", words.ATTEMPTS, "any")
    with within:
        _choose(form, "within", "From first to last step within", dict.fromkeys(words.SPANS, ""), "7d")
    with period:
        _choose(form, "period", "Looking back", dict.fromkeys(words.SPANS, ""), "90d")


def _choose(form: Form, field: str, label: str, options: dict[str, str], usual: str) -> None:
    key, chosen = form.key(field), str(form.document.get(field) or usual)
    names = [*options] if chosen in options else [chosen, *options]

    def keep() -> None:
        change(form, lambda document: document.update({field: st.session_state[key]}))

    st.selectbox(
        label, names, index=names.index(chosen), key=key, on_change=keep,
        format_func=lambda name: options.get(name) or words.spell_span(name),
    )  # fmt: skip


def _conditions(document: Document, number: int) -> Document:
    step = document["steps"][number]
    step["where"] = dict(step.get("where") or {})
    return step["where"]


def _add(document: Document, number: int, name: str) -> None:
    """A condition that holds wherever the property is there: something to begin with."""
    _conditions(document, number)[name] = {"missing": False}


def _rename(document: Document, number: int, name: str, chosen: str, told: Document) -> None:
    where = _conditions(document, number)
    kept = {key: value for key, value in where.items() if key != chosen or key == name}
    document["steps"][number]["where"] = {
        (chosen if key == name else key): (told if key == name else value) for key, value in kept.items()
    }


def _replace(document: Document, number: int, step: Document) -> None:
    document["steps"][number] = step


def _swap(document: Document, number: int) -> None:
    steps = document["steps"]
    steps[number - 1], steps[number] = steps[number], steps[number - 1]
