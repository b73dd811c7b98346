"""Values of a journey's file, checked as they are read: spans, times of day, weekdays, shares, instants."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from activation.segments.operands import Name as Text  # noqa: F401
from kith.errors import KithError
from kith.times import parse_duration, parse_instant

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
LONGEST = timedelta(days=3_650)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS, WEEKEND, EVERY_DAY = 0b0011111, 0b1100000, 0b1111111
PARTS = 10_000
_RATE = re.compile(r"([1-9][0-9]{0,8}) per ([0-9]+[smhdw])")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_UNITS = ((7 * DAY, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"))
_GROUPS = {"weekdays": WORKDAYS, "weekends": WEEKEND, "every day": EVERY_DAY}


def spelled(span: int) -> str:
    """A span as a file would say it, in the largest unit that is whole."""
    size, unit = next((size, unit) for size, unit in _UNITS if span % size == 0)
    return f"{span // size}{unit}"


def micros(span: timedelta) -> int:
    """A span in microseconds, exactly."""
    return span // timedelta(microseconds=1)


def instant_micros(instant: datetime) -> int:
    """An aware instant in microseconds since 1970, UTC."""
    return (
        micros(instant - datetime(1970, 1, 1, tzinfo=instant.tzinfo)) if instant.tzinfo else _naive(instant)
    )


def _naive(instant: datetime) -> int:
    raise ValueError(f"{instant} has no zone")


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f"'{value}' is no duration: expected a number and s, m, h, d or w, such as 24h")
    try:
        span = parse_duration(value)
    except (KithError, OverflowError) as error:
        raise ValueError(str(error)) from None
    if span > LONGEST:
        raise ValueError(f"'{value}' is too long: expected at most {LONGEST.days}d")
    return span


def _some_time(value: object) -> int:
    span = micros(_duration(value))
    if not span:
        raise ValueError(f"'{value}' is no time at all: expected more than 0s")
    return span


def _fraction(value: object) -> float:
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise ValueError(f"'{value}' is no share: expected a percentage such as 10%") from None
    if not 0 <= number < 1:
        raise ValueError(f"'{value}' is no share: expected at least 0% and less than 100%")
    return number


def _parts(value: object) -> int:
    """A percentage with at most two decimals, as parts of 10,000."""
    match = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\s*%", value) if isinstance(value, str) else None
    parts = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else 0
    if not 0 < parts <= PARTS:
        raise ValueError(f"'{value}' is no share: expected a percentage above 0% up to 100%, such as 25%")
    return parts


def _instant(value: object) -> str:
    try:
        parse_instant(str(value))
    except KithError as error:
        raise ValueError(str(error)) from None
    return str(value)


def _time_of_day(value: object) -> int:
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"'{value}' is no time of day: expected one from 00:00 to 23:59, such as 09:00")
    return int(match[1]) * HOUR + int(match[2]) * MINUTE


def weekday_bits(value: object) -> int:
    """`weekdays`, `weekends`, a day, or a list of days, as bits; bit 0 is Monday."""
    if isinstance(value, str) and value in _GROUPS:
        return _GROUPS[value]
    days = value if isinstance(value, list | tuple) else [value]
    unknown = [each for each in days if each not in WEEKDAYS]
    if unknown or not days:
        what = f"'{unknown[0]}' is no weekday" if unknown else "names no weekday"
        raise ValueError(f"{what}: expected {', '.join(WEEKDAYS)}, weekdays or weekends")
    if len(set(days)) < len(days):
        raise ValueError("names a weekday twice: expected each once")
    return sum(1 << WEEKDAYS.index(each) for each in days)


def _bits(value: object) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else weekday_bits(value)


def _word(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_WORD, value):
        raise ValueError(
            f"'{value}' is no name: expected small letters, digits and _, a letter first, at most 64"
        )
    return value


def _rate(value: object) -> str:
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            f"'{value}' is no rate: expected a number of messages and a span, such as 500 per 1h"
        )
    _some_time(found[2])
    return found[0]


_SPAN = {"type": "string", "pattern": "^[0-9]+ ?[smhdw]$"}
Duration = Annotated[timedelta, BeforeValidator(_duration), WithJsonSchema(_SPAN)]
Span = Annotated[int, BeforeValidator(_some_time), WithJsonSchema(_SPAN)]
Fraction = Annotated[
    float,
    BeforeValidator(_fraction),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": "^[0-9.]+ ?%?$"}, {"type": "number"}]}),
]
Share = Annotated[
    int,
    BeforeValidator(_parts),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})? ?%$"}),
]
Instant = Annotated[str, BeforeValidator(_instant)]  # local to the workspace zone unless it says otherwise
TimeOfDay = Annotated[
    int, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{_TIME.pattern}$"})
]
_DAY = {"enum": list(WEEKDAYS)}
Weekdays = Annotated[
    int,
    BeforeValidator(_bits),
    WithJsonSchema(
        {"anyOf": [{"enum": [*_GROUPS, *WEEKDAYS]}, {"type": "array", "minItems": 1, "items": _DAY}]}
    ),
]
_WORD = "[a-z][a-z0-9_]{0,63}"
Word = Annotated[str, BeforeValidator(_word), WithJsonSchema({"type": "string", "pattern": f"^{_WORD}$"})]
Rate = Annotated[
    str, BeforeValidator(_rate), WithJsonSchema({"type": "string", "pattern": f"^{_RATE.pattern}$"})
]
