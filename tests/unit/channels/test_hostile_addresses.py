"""Ten thousand addresses that are none: each has an answer, none stops the batch, none leaves, none is told in a log."""

import logging

import pytest

from activation.channels._calls import CallConnection
from activation.channels.contract import Reason, Status
from kith.ids import stable_id
from tests.unit.channels.messages import request_for
from tests.unit.channels.test_message_contents import CHANNELS

_PIECES = [
    "+",
    "1",
    "202",
    "5550123",
    "@",
    "b.example",
    "\r\n",
    "\x00",
    "Bcc: x",
    "'; --",
    "{{7*7}}",
    "🌷",
    "\u202e",
]
_PIECES += [
    "٠",
    "\ud800",
    " ",
    "../",
    "%0d%0a",
    "<script>",
    "=",
    "\\",
    "tel:",
    ";ext=",
    "a" * 300,
    "𝟏",
    "(",
    "\t",
]
COUNT = 10_000


def _hostile(number: int) -> str:
    """The same each time: up to six pieces, and a space that no address ends with."""
    drawn = bytes.fromhex(stable_id("hostile", str(number)))
    picked = [_PIECES[byte % len(_PIECES)] for byte in drawn[1 : 2 + drawn[0] % 6]]
    return "".join([*picked, " x"])


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_hostile__addresses_are_refused_one_by_one(name, caplog):
    caplog.set_level(logging.DEBUG)
    conversation, _ = CHANNELS[name]
    addresses = [_hostile(number) for number in range(COUNT // len(CHANNELS) + 1)]
    requests = [request_for(address, str(number)) for number, address in enumerate(addresses)]
    connection = CallConnection(conversation)
    answers = connection.send(requests)
    connection.close()
    assert [answer.message_id for answer in answers] == [request.message_id for request in requests]
    assert {(answer.status, answer.reason) for answer in answers} == {(Status.FAILED, Reason.ADDRESS_REFUSED)}
    assert len(set(addresses)) > 1_000
    assert caplog.text == ""
