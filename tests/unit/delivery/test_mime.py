"""The mail's bytes, with Python's own EmailMessage as the oracle."""

import email
import email.policy
import random
import re
from base64 import b64decode
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from activation.channels._mime import build_mail
from activation.channels.contract import Permission, Refused, Request
from activation.gates.contract import _POLICY_SEAL
from kith.ids import stable_id

ID = stable_id("a message")
DATED = datetime(2026, 5, 1, 8, tzinfo=UTC)
SUBJECTS = [
    "Hello",
    "Grüße aus Köln",
    "日本語の件名" * 12,
    "a" * 300,
    "=?utf-8?q?fake?=",
    "ends in é",
    "a" + "日本" * 40,
    "é" * 60 + "😀" * 30,
    "x " * 80,
    "",
]


def _request(**changed) -> Request:
    values = {
        "message_id": ID,
        "permission": Permission(_POLICY_SEAL, ID, "consent", ""),
        "address": "a@shop.example",
        "dated_at": DATED,
        "subject": "Hello",
        "text": "plain",
        "html": "<p>html</p>",
        "unsubscribe_url": "https://kith.example/u/abc",
    }
    return Request(**{**values, **changed})


def _parsed(request: Request, name: str = "Kith") -> EmailMessage:
    built = build_mail(request, "hello@kith.example", name)
    assert all(len(line) <= 998 for line in built.split(b"\r\n"))
    assert b"\n" not in built.replace(b"\r\n", b"")
    return email.message_from_bytes(built, policy=email.policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_mime__parses_to_the_same_fields_as_the_oracle(subject):
    body = "Zeile\n.\n..\nFrom here\n" + "é" * 2000 + "\n"
    ours = _parsed(_request(subject=subject, text=body, html=f"<p>{body}</p>"))
    oracle = EmailMessage()
    oracle["Subject"], oracle["From"], oracle["To"] = subject, "Kith <hello@kith.example>", "a@shop.example"
    oracle.set_content(body)
    oracle.add_alternative(f"<p>{body}</p>", subtype="html")
    theirs = email.message_from_bytes(oracle.as_bytes(), policy=email.policy.default)
    assert ours["Subject"] == subject
    if "=?" not in subject:  # the oracle lets a subject that looks encoded be decoded
        assert theirs["Subject"] == subject
    assert ours["From"].addresses == theirs["From"].addresses
    assert ours["To"].addresses == theirs["To"].addresses
    for kind in ("plain", "html"):
        mine, other = (mail.get_body((kind,)).get_content() for mail in (ours, theirs))
        assert mine.strip() == other.strip()
    assert ours.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_mime__each_encoded_word_is_short_and_holds_whole_characters(subject):
    """RFC 2047; Python's parser joins the bytes of neighbours, others do not."""
    built = build_mail(_request(subject=subject), "hello@kith.example", "Kith").decode()
    header = re.split("\r\n(?! )", built)[2].removeprefix("Subject: ")
    words = re.findall(r"=\?utf-8\?b\?([^?]*)\?=", header)
    if words:
        assert all(len(word) <= 75 for word in header.split("\r\n "))
        assert "".join(b64decode(word).decode() for word in words) == subject
    else:
        assert header == subject


def test_mime__parts_are_in_the_order_of_preference():
    mail = _parsed(_request(amp="<html amp4email></html>"))
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ["text/plain", "text/x-amp-html", "text/html"]


def test_mime__carries_the_headers_of_one_click():
    mail = _parsed(_request())
    assert mail["Message-ID"] == f"<{ID}@kith.example>"
    assert mail["List-Unsubscribe"] == "<https://kith.example/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert _parsed(_request(unsubscribe_url=None))["List-Unsubscribe"] is None


def test_mime__the_same_message_makes_the_same_bytes():
    assert build_mail(_request(), "h@k.example", "K") == build_mail(_request(), "h@k.example", "K")


def test_mime__ten_thousand_hostile_names_and_subjects_add_no_header(pytestconfig):
    seed = pytestconfig.getoption("--seed")
    chance = random.Random(seed)
    parts = [
        "\r\n",
        "\n",
        "\r",
        "\x00",
        "Bcc: x@evil.example",
        "=?utf-8?q?=0d=0aBcc:=20x?=",
        "\u202e",
        "\u2028",
        "é",
        "a",
        '"',
        "\\",
        "<",
        ">",
        "@",
        "\x85",
    ]
    refused = 0
    for _ in range(10_000):
        text = "".join(chance.choice(parts) for _ in range(chance.randint(1, 8)))
        try:
            mail = _parsed(_request(subject=text), name=text)
        except Refused:
            refused += 1
            continue
        assert set(mail.keys()) == _HEADERS
        assert [address.addr_spec for address in mail["From"].addresses] == ["hello@kith.example"]
    print(f"hostile headers: tried 10000, refused {refused}, seed {seed}")
    assert 0 < refused < 10_000


_HEADERS = {
    *(
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    ),
    "Content-Type",
}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a b@c.example",
        "a@b.example\r\nRCPT TO:<x@y>",
        "a@b,c@d",
        "<a@b>",
        "ü@b.example",
        "a" * 65 + "@b.example",
        "a@b@c",
        "a;b@c.example",
    ],
)
def test_mime__what_smtp_can_t_carry_is_refused(address):
    with pytest.raises(Refused):
        build_mail(_request(address=address), "h@k.example", "")


def test_mime__a_foreign_domain_is_sent_in_ascii():
    assert b"To: <a@xn--bcher-kva.example>" in build_mail(
        _request(address="a@bücher.example"), "h@k.example", ""
    )


def test_mime__a_permission_belongs_to_one_message():
    with pytest.raises(ValueError, match="another message"):
        _request(permission=Permission(_POLICY_SEAL, stable_id("other"), "consent", ""))
