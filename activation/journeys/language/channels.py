"""The channels that a file may name: each has an address in activation/addresses.py and a file that carries it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema

Channel = Literal[
    "email",
    "sms",
    "voice",
    "whatsapp",
    "rcs",
    "push",
    "messenger",
    "viber",
    "zalo",
    "in_app",
    "web_message",
    "webhook",
]


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and len({str(each) for each in value}) < len(value):
        raise ValueError("names a channel twice: expected each once")
    return value


_ONE = {"enum": list(get_args(Channel))}
Channels = Annotated[
    tuple[Channel, ...],
    Field(min_length=1),
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [_ONE, {"type": "array", "minItems": 1, "uniqueItems": True, "items": _ONE}]}),
]
