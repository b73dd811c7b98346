"""Values that a definition compares with, checked as they are read."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import AfterValidator, BeforeValidator, StrictStr, WithJsonSchema

from kith.errors import KithError
from kith.times import parse_duration

LONGEST_TEXT, LONGEST_PROSE, LONGEST_SHOWN = 2_000, 10_000, 60
LARGEST_SET = 100_000
MOST_DAYS = 36_500
WHOLE_DIGITS = 18
FRACTION_DIGITS = 9

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAYS = re.compile(r"^(\d{1,6})\s*([dw])$")
_DAYS_OF = {"d": 1, "w": 7}


def checked_text(text: str) -> str:
    """Text in NFC, as landing keeps it; characters that no text should hold are refused."""
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"is {len(text)} characters long; expected at most {LONGEST_TEXT}")
    if unfit := _UNFIT.search(text):
        raise ValueError(f"holds the control character U+{ord(unfit[0]):04X}; take it out")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def checked_prose(text: str) -> str:
    """A description: as other text, with lines and tabs."""
    if len(text) > LONGEST_PROSE:
        raise ValueError(f"is {len(text)} characters long; expected at most {LONGEST_PROSE}")
    if unfit := _UNFIT.search(text.replace("\n", "").replace("\t", "")):
        raise ValueError(f"holds the control character U+{ord(unfit[0]):04X}; take it out")
    return text


def checked_number(number: float) -> float:
    """A finite number that a decimal of 18 whole and 9 fractional digits holds exactly."""
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"is {number}; expected a finite number")
    exact = Decimal(repr(number)).normalize()
    exponent = int(exact.as_tuple().exponent)
    if exponent < -FRACTION_DIGITS or abs(exact) >= Decimal(10) ** WHOLE_DIGITS:
        raise ValueError(
            f"is {_short(str(number))}; expected at most {WHOLE_DIGITS} digits before the point,"
            f" {FRACTION_DIGITS} after"
        )
    return number


def _checked_name(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; expected a name")
    return checked_text(text)


def _checked_needle(text: str) -> str:
    if not text:
        raise ValueError("is empty, which everything contains; expected at least one character")
    return checked_text(text)


def _days(value: Any) -> int:
    match = _DAYS.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"'{value}' is no number of local days; expected days or weeks, such as 30d or 2w")
    days = int(match[1]) * _DAYS_OF[match[2]]
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"'{value}' is out of range; expected 1d to {MOST_DAYS}d")
    return days


def _gap(value: Any) -> timedelta:
    """A span of elapsed time, exact to the second whatever the clocks do."""
    if not isinstance(value, str):
        raise ValueError(f"is {_shown(value)}; expected a span such as 3d, 12h or 30m")
    try:
        span = parse_duration(value)
    except (KithError, OverflowError):
        raise ValueError(f"'{value}' is no span; expected one such as 3d, 12h or 30m") from None
    if not timedelta(0) < span <= timedelta(days=MOST_DAYS):
        raise ValueError(f"'{value}' is out of range; expected more than nothing and at most {MOST_DAYS}d")
    return span


def _percent(value: Any) -> Any:
    if not 0 < _number(value) <= 100:
        raise ValueError(f"is {value}; expected more than 0 and at most 100")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"is {_shown(value)}; expected a number")
    return checked_number(value)


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        return checked_text(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"is {_shown(value)}; expected a number, or a date in quotes")
    return checked_number(value)


def _scalar(value: Any) -> Any:
    return value if isinstance(value, bool) else _comparable(value)


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"is {_shown(value)}; expected a whole number")
    return checked_number(value)


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list, tuple)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else f"{type(value).__name__} {_short(str(value))}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _values(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"is {_shown(value)}; expected a list of values")
    if len(value) > LARGEST_SET:
        raise ValueError(
            f"holds {len(value)} values; expected at most {LARGEST_SET}, a longer list is an analyst's model"
        )
    if not value:
        raise ValueError("is empty; expected at least one value")
    return tuple(_scalar(each) for each in value)


def _schema(types: list[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": types})


Text = Annotated[StrictStr, AfterValidator(checked_text)]
Prose = Annotated[StrictStr, AfterValidator(checked_prose)]
Name = Annotated[StrictStr, AfterValidator(_checked_name)]
Needle = Annotated[StrictStr, AfterValidator(_checked_needle)]
Number = Annotated[Any, BeforeValidator(_number), _schema(["number"])]
Comparable = Annotated[Any, BeforeValidator(_comparable), _schema(["number", "string"])]
Scalar = Annotated[Any, BeforeValidator(_scalar), _schema(["number", "string", "boolean"])]
Count = Annotated[Any, BeforeValidator(_whole), Ge(0), _schema(["integer"])]
Values = Annotated[
    Any,
    BeforeValidator(_values),
    WithJsonSchema({"type": "array", "minItems": 1, "items": {"type": ["number", "string", "boolean"]}}),
]
Days = Annotated[
    int, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6} ?[dw]$"})
]
Gap = Annotated[
    timedelta, BeforeValidator(_gap), WithJsonSchema({"type": "string", "pattern": "^[0-9]+ ?[a-z]+$"})
]
Percent = Annotated[Any, BeforeValidator(_percent), _schema(["number"])]
