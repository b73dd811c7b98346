"""Controls whose value begins with what the file says and survives a rerun; each key belongs to one draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Controls:
    """`prefix` names the draft and its revision: a text that was edited by hand begins all controls anew."""

    prefix: str

    def key(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def begin(self, name: str, value: Any) -> str:
        """The key of a control that begins with this value."""
        key = self.key(name)
        st.session_state.setdefault(key, value)
        return key

    def text(self, label: str, name: str, value: str, **more: Any) -> str:
        return str(st.text_input(label, key=self.begin(name, value), **more) or "").strip()

    def choice(self, label: str, name: str, value: str | None, options: Sequence[str], **more: Any) -> Any:
        """A name that is no longer among the options stays choosable: the file says it."""
        known = [*options, *([value] if value and value not in options else [])]
        return st.selectbox(label, known, key=self.begin(name, value), **more)

    def several(
        self, label: str, name: str, value: Sequence[str], options: Sequence[str], **more: Any
    ) -> list[str]:
        known = list(dict.fromkeys([*options, *value]))
        return list(st.multiselect(label, known, key=self.begin(name, list(value)), **more))

    def number(self, label: str, name: str, value: float, **more: Any) -> float:
        return float(st.number_input(label, key=self.begin(name, float(value)), **more))

    def one_of(self, label: str, name: str, value: str, options: Sequence[str], **more: Any) -> str:
        key = self.begin(name, value)
        return str(st.segmented_control(label, options, key=key, required=True, **more))

    def is_on(self, label: str, name: str, value: bool, **more: Any) -> bool:
        return bool(st.toggle(label, key=self.begin(name, value), **more))
