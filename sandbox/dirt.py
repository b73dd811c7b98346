"""The dirt of real feeds, planted by rate and counted, so that a test can ask where each grain went.

Lines that are malformed are further lines: what they spoil also arrives whole (the client tried again).
Late lines and wrong clocks are made where lines are made; here they keep their mark.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from sandbox.calendar import HOUR_MS
from sandbox.chance import generator
from sandbox.lines import Arrival

DUPLICATE_RATE = 0.010
MALFORMED_RATE = 0.0006
UNKNOWN_FIELD_RATE = 0.003
NO_MESSAGE_ID_RATE = 0.0010
NO_PERSON_RATE = 0.0005
LATEST_RETRY_HOURS = 8

SPOIL: tuple[Callable[[bytes], bytes], ...] = (
    lambda line: line[: len(line) // 2],
    lambda line: b"GET /favicon.ico HTTP/1.1",
    lambda line: b"[" + line + b"]",
    lambda line: line.replace(b'"type"', b'"ty\xff\xfe"', 1),
    lambda line: line + b"}",
)


def soil(seed: int, hour: int, arrivals: list[Arrival]) -> list[Arrival]:
    """The lines of an hour with dirt among them."""
    draws = generator(seed, "dirt", hour).random((len(arrivals), 3)).tolist()
    soiled: list[Arrival] = []
    for arrival, (which, again, how) in zip(arrivals, draws, strict=True):
        soiled.append(_change(arrival, which) if not arrival.flaw else arrival)
        if again < DUPLICATE_RATE:
            later = arrival.received + HOUR_MS * (1 + int(how**3 * LATEST_RETRY_HOURS))
            soiled.append(soiled[-1]._replace(received=later, flaw="duplicate"))
        elif again < DUPLICATE_RATE + MALFORMED_RATE:
            spoilt = SPOIL[int(how * len(SPOIL))](arrival.line)
            soiled.append(arrival._replace(line=spoilt, flaw="malformed"))
    return soiled


def _change(arrival: Arrival, draw: float) -> Arrival:
    """Most lines stay as they are."""
    if draw < UNKNOWN_FIELD_RATE:
        line = arrival.line[:-1] + b',"abTest":{"bucket":3},"_v":7}'
        return arrival._replace(line=line, flaw="unknown_field")
    if draw < UNKNOWN_FIELD_RATE + NO_MESSAGE_ID_RATE:
        return arrival._replace(line=_without(arrival.line, "messageId"), flaw="no_message_id")
    if draw < UNKNOWN_FIELD_RATE + NO_MESSAGE_ID_RATE + NO_PERSON_RATE and b"Order " not in arrival.line:
        return arrival._replace(line=_without(arrival.line, "anonymousId", "userId"), flaw="no_person")
    return arrival


def _without(line: bytes, *fields: str) -> bytes:
    return orjson.dumps({name: value for name, value in orjson.loads(line).items() if name not in fields})
