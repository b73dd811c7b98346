"""Choices among a few, in words, that stand in the address of the page as soon as they differ from the usual one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import streamlit as st

Code = TypeVar("Code")


def pick(
    label: str,
    parameter: str,
    options: Mapping[Code, str],
    *,
    usual: Code | None = None,
    help_: str | None = None,
) -> Code:
    """One of two to five, all in sight; unless another is `usual`, the first is. `parameter` is unique among all
    pages."""
    first = next(iter(options)) if usual is None else usual
    chosen = st.segmented_control(
        label,
        list(options),
        default=first,
        key=parameter,
        format_func=options.__getitem__,
        required=True,
        bind="query-params",
        help=help_,
    )
    return chosen if chosen in options else first


def pick_from_list(
    label: str, parameter: str, options: Mapping[str, str] | Sequence[str], *, help_: str | None = None
) -> str:
    """One of many; the first is the usual one."""
    words = options if isinstance(options, Mapping) else dict(zip(options, options, strict=True))
    return st.selectbox(
        label, list(words), key=parameter, format_func=words.__getitem__, bind="query-params", help=help_
    )
