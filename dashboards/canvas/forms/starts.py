"""Which of its forms a value has, and what stands where a value is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.canvas.forms import labels
from dashboards.canvas.forms.scalars import ABSENT
from dashboards.canvas.forms.shapes import Shape, named_shape


def form_of(forms: Sequence[Shape], value: Any) -> int | None:
    """Which of the forms a value has: the record that knows most of its keys, else the kind that fits."""
    if isinstance(value, dict):
        records = [(len(set(value) & {f.name for f in each.fields}), -at) for at, each in enumerate(forms)
                   if each.kind == "record"]  # fmt: skip
        best = max(records, default=(0, 0))
        return (
            -best[1]
            if best[0]
            else next((at for at, each in enumerate(forms) if each.kind == "mapping"), None)
        )
    kinds = (
        ("several", "texts", "choices", "pair")
        if isinstance(value, list)
        else ("choice", "text", "scalar", "number")
    )
    fitting = [at for at, each in enumerate(forms) if each.kind in kinds]
    exact = [at for at in fitting if forms[at].kind == "choice" and value in forms[at].options]
    fitting = [at for at in fitting if forms[at].kind != "choice"] or fitting
    return (exact or fitting or [None])[0] if value is not ABSENT else None


def first_value(shape: Shape, name: str) -> Any:
    """What stands there until somebody says more."""
    if shape.kind == "record":
        required = {
            each.name: first_value(each.shape, each.name) for each in shape.fields if each.is_required
        }
        return labels.start_of(shape.title) or required
    if shape.kind == "several":
        return [first_value(shape.forms[0], name)]
    if shape.kind == "forms":
        forms = shape.forms or named_shape(shape.inner[0]).forms
        return first_value(labels.usual_form(forms, name), name)
    if shape.kind == "choice":
        return shape.options[0]
    return labels.start_of(name, shape.kind)
