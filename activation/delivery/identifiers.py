"""Whose word an event is: the identifiers that it bore, in the form in which identity keeps them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activation.contract import Identifier
from activation.gates._words import Identifiers

_NO_DIGIT = re.compile(r"[^0-9]")
_SHAPES = {"email": re.compile(r"[^@\s]+@[^@\s]+"), "phone": re.compile(r"\+[0-9]{6,15}")}


@dataclass(frozen=True)
class Bearers:
    """Knows what is no identifier (`null`, `-1`, …): nobody's word is kept for such a value."""

    known: Identifiers

    def of(self, row: Mapping[str, Any], properties: Mapping[str, Any]) -> list[Identifier]:
        """User id, e-mail and phone of an event; the anonymous id where none of them names anybody."""
        strong = [
            ("user_id", _text(row["user_id"])),
            ("email", _text(properties.get("email")).lower()),
            ("phone", normal_phone(_text(properties.get("phone")))),
        ]
        found = [(kind, value) for kind, value in strong if self._names(kind, value)]
        anonymous = _text(row["anonymous_id"])
        return found or ([("anonymous_id", anonymous)] if self.known.holds(anonymous) else [])

    def _names(self, kind: str, value: str) -> bool:
        shape = _SHAPES.get(kind)
        return self.known.holds(value) and (shape is None or shape.fullmatch(value) is not None)


def normal_phone(text: str) -> str:
    """`0049 170 1234567` as `+491701234567`; empty where there is no digit."""
    digits = _NO_DIGIT.sub("", text).removeprefix("00")
    return f"+{digits}" if digits else ""


def _text(value: Any) -> str:
    return str(value).strip() if value is not None else ""
