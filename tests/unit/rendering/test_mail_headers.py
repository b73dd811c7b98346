"""From hostile names to bytes: whatever a person is called, the mail has the headers we wrote alone."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

from activation.channels._mime import build_mail
from activation.channels.contract import Refused, Request
from activation.contract import PlannedMessage
from activation.gates import ConsentRecord, Permission
from activation.gates.consent import permission_for
from activation.rendering import Rendered, render, template_of

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
TEMPLATE = template_of(
    "t",
    {
        "subject.txt": "{{ name }}, hello {{ name }}",
        "body.html": "<p>{{ name }}</p>",
        "body.txt": "Hello {{ name }}",
    },
)
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
}
MESSAGE = PlannedMessage(
    *("0" * 32, "j", "v", "s", "e", "p", "email", "marketing", "t", "tv", "ada@example.com"),
    *((("email", "ada@example.com"),), "en", {}, NOW, NOW, False),
)
PIECES = [
    *(
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\t",
        " ",
        ":",
        ",",
        ";",
        "<",
        ">",
        '"',
        "\\",
        "=?utf-8?q?x?=",
        "=?",
        "?=",
        "--",
    ),
    *(
        "Bcc: x@example.com",
        "Content-Type: text/evil",
        "--=_" + "0" * 32,
        "é",
        "日本",
        "😀",
        "\u2028",
        "\x85",
        "\x0b",
    ),
    *("a" * 60, "b" * 200, ".", "\r\n.\r\n", "{{ 1 }}", "\u202e", "\ufeff", "Ada", "=20", "=\n"),
]


def test_mail__ten_thousand_hostile_names_add_no_header() -> None:
    record = ConsentRecord("email", "ada@example.com", "marketing", "email", True)
    permission = permission_for(MESSAGE, [record])
    assert isinstance(permission, Permission)
    chance = random.Random(7)
    refused = 0
    for number in range(10_000):
        name = "".join(chance.choices(PIECES, k=chance.randint(0, 8)))
        seen = render(TEMPLATE, {"name": name})
        request = Request(
            *(MESSAGE.message_id, permission, MESSAGE.address, NOW, seen.subject, seen.text, seen.html),
            unsubscribe_url="http://127.0.0.1/u/1",
        )
        try:
            raw = build_mail(request, "shop@example.com", "Shop")
        except Refused:
            refused += 1
            continue
        _check_lines(raw)
        if number % 25 == 0:  # the oracle is slow
            _check_as_parsed(raw, seen)
    assert refused < 5_000  # control characters other than line breaks; the rest gets through


def _check_lines(raw: bytes) -> None:
    """By hand: the lines before the first empty one, continuations apart, are our headers, once each."""
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    lines = re.split("\r\n(?![ \t])", head)
    assert sorted(line.partition(":")[0] for line in lines) == sorted(HEADERS)
    assert not re.search(r"(?<!\r)\n|\r(?!\n)|\0", raw.decode("ascii"))
    assert raw.count(b"\r\n--=_" + b"0" * 32) == 3


def _check_as_parsed(raw: bytes, seen: Rendered) -> None:
    mail = message_from_bytes(raw, policy=policy.default)
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert mail["To"] == MESSAGE.address
    for kind, content in (("plain", seen.text), ("html", seen.html)):
        body = mail.get_body((kind,))
        assert body is not None
        assert _lines(body.get_content()) == _lines(content)


def _lines(text: str) -> str:
    return re.sub("\r\n|\r", "\n", text).strip("\n")
