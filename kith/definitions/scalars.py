"""What a plain word of YAML means, by the core schema of YAML 1.2.

A country code NO stays text and 02134 keeps its zero: `no`, `on`, octal numbers, `12:30` and `1_000`, which
YAML 1.1 reads as other values, are text here, and a date is the text that it is written as. A number is what
JSON takes for one, with a sign or a bare point besides.
"""

from __future__ import annotations

import math
import re

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{f"{sign}{word}": math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **{f"-{word}": -math.inf for word in (".inf", ".Inf", ".INF")},
}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_REAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
MOST_DIGITS = 1_000


def plain_value(text: str) -> str | int | float | bool | None:
    """The value of an unquoted word. Raises ValueError for a number of absurdly many digits."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if len(text) > MOST_DIGITS and _REAL.fullmatch(text):
        raise ValueError(f"is a number of {len(text)} digits; expected at most {MOST_DIGITS}")
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else text
