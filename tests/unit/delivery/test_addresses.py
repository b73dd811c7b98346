"""E-mail addresses: what is sent, what is the same mailbox, what is refused; ten thousand hostile ones."""

from __future__ import annotations

import random
import re
from email import message_from_bytes, policy

import pytest
from email_validator import EmailNotValidError, validate_email

from activation.channels._addresses import check, comparable, domain_of, sendable
from activation.channels.contract import Refused


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("Ada.Love+tag@Shop.Example", "Ada.Love+tag@shop.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@straße.de", "a@xn--strae-oqa.de"),  # IDNA 2008: another domain than strasse.de
        ("a@日本.example", "a@xn--wgv71a.example"),
        ("a..b@docomo.example", "a..b@docomo.example"),
        (".a.@docomo.example", ".a.@docomo.example"),
        ("a@localhost", "a@localhost"),
        ("o'brien@x.example", "o'brien@x.example"),
        ("=?utf-8?q?x?=@x.example", "=?utf-8?q?x?=@x.example"),
    ],
)
def test_address__is_sent_as_given_but_for_its_domain(given, sent):
    assert sendable(given) == sent


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            "a",
            "@",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b c.example",
            "a@b@c.example",
            "<a@b.example>",
        ),
        *(
            "a@b.example\n",
            "a@b.example\r\nRCPT TO:<x@y.example>",
            "a\0@b.example",
            '"a b"@c.example',
            "a@[127.0.0.1]",
        ),
        *(
            "a@b..example",
            "a@.example",
            "a@b.example.",
            "a@-b.example",
            "a@b-.example",
            "a@" + "b" * 64 + ".example",
        ),
        *(
            "a" * 65 + "@b.example",
            "a@" + "bcdefghijk.example" * 40,
            "é@b.example",
            "a\u200b@b.example",
            "a@b\u202e.example",
        ),
        *(
            "a,b@c.example",
            "a;b@c.example",
            "a@b.example,c@d.example",
            "a(x)@b.example",
            "a\\@b.example",
            "a@b_%.example",
        ),
    ],
)
def test_address__that_could_be_another_s_or_none_is_refused(given):
    with pytest.raises(Refused):
        sendable(given)
    assert check(given.replace(".example", ".com"))


def test_address__two_spellings_are_one_mailbox_and_a_tag_is_another():
    same = ["Ada@Shop.Example", "ada@shop.example", " ada@SHOP.example "]
    assert {comparable(each) for each in same} == {"ada@shop.example"}
    assert comparable("ada+x@shop.example") != comparable("ada@shop.example")
    assert comparable("a.da@gmail.com") != comparable("ada@gmail.com")
    assert comparable("É@X.example") == comparable("é@x.example")
    assert domain_of(sendable("a@Bücher.Example")) == "xn--bcher-kva.example"


def test_address__ten_thousand_hostile_ones_are_refused_or_harmless(pytestconfig):
    """What passes goes into one header and one command, and the parser reads back the one address."""
    seed = pytestconfig.getoption("--seed")
    chance = random.Random(seed)
    pieces = [
        *(
            "a",
            "b",
            "@",
            "@",
            ".",
            ".example",
            "\r",
            "\n",
            "\r\n",
            "\0",
            "\t",
            " ",
            "<",
            ">",
            ",",
            ";",
            ":",
            '"',
            "\\",
        ),
        *(
            "(",
            ")",
            "[",
            "]",
            "é",
            "日",
            "\u2028",
            "\u202e",
            "\u200b",
            "\ufeff",
            "\x85",
            "%0d%0a",
            "=?utf-8?q?=0d=0a?=",
        ),
        *(
            "RCPT TO:<x@evil.example>",
            "Bcc: x@evil.example",
            "a" * 70,
            "-",
            "_",
            "+",
            "xn--",
            "ﬁ",
            "İ",
            "\ud800",
            "'",
        ),
    ]
    passed = 0
    for _ in range(10_000):
        given = "".join(chance.choices(pieces, k=chance.randint(1, 7)))
        if chance.random() < 0.5:
            given += "@shop.example"
        comparable(given)
        try:
            sent = sendable(given)
        except Refused:
            continue
        passed += 1
        assert re.fullmatch(r"[\x21-\x7e]+", sent)
        assert sent.count("@") == 1
        assert not re.search(r"[<>,;:\"\\()\[\]]", sent)
        mail = message_from_bytes(f"To: <{sent}>\r\n\r\n".encode(), policy=policy.default)
        assert mail.keys() == ["To"]
        if ".." not in sent and "=?" not in sent and not re.search(r"(^\.)|(\.@)", sent):
            assert [each.addr_spec for each in mail["To"].addresses] == [sent]
    print(f"hostile addresses: tried 10000, passed {passed}, seed {seed}")
    assert 0 < passed < 8_000


def test_address__what_email_validator_takes_can_be_sent():
    """Its judgement is the stricter one, but for addresses outside ASCII."""
    for given in ("ada@shop.com", "Ada.Love+tag@Shop.COM", "a@bücher.de", "x_y@münchen.de", "o'b@x.co.uk"):
        told = validate_email(given, check_deliverability=False)
        assert sendable(given) == told.ascii_email
        assert check(given) == ""
    with pytest.raises(EmailNotValidError):
        validate_email("a..b@docomo.com", check_deliverability=False)
