"""Tokens: what we signed is read back, anything else is refused."""

import random

import pytest

from activation.delivery.links import Link, LinkSigner, Purpose
from kith.ids import stable_id

ID = stable_id("winback", "offer")
TARGET = "https://shop.example/sale?a=1&b=%C3%A9#top"
SIGNER = LinkSigner(b"a secret of this test", "https://mail.kith.example")


def _tokens() -> dict[Purpose, str]:
    return {
        Purpose.OPEN: SIGNER.token(Purpose.OPEN, ID),
        Purpose.CLICK: SIGNER.token(Purpose.CLICK, ID, TARGET),
        Purpose.UNSUBSCRIBE: SIGNER.token(Purpose.UNSUBSCRIBE, ID),
    }


def test_links__what_was_signed_is_read_back():
    tokens = _tokens()
    assert SIGNER.read(Purpose.OPEN, tokens[Purpose.OPEN]) == Link(Purpose.OPEN, ID)
    assert SIGNER.read(Purpose.CLICK, tokens[Purpose.CLICK]) == Link(Purpose.CLICK, ID, TARGET)
    assert SIGNER.read(Purpose.UNSUBSCRIBE, tokens[Purpose.UNSUBSCRIBE]) == Link(Purpose.UNSUBSCRIBE, ID)


def test_links__ten_thousand_forged_or_altered_tokens_are_refused(pytestconfig):
    seed = pytestconfig.getoption("--seed")
    chance, tokens = random.Random(seed), _tokens()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.%\x00é "
    accepted = []
    for number in range(10_000):
        purpose = chance.choice(list(Purpose))
        forged = _altered(tokens[purpose], alphabet, chance, number)
        if forged != tokens[purpose] and SIGNER.read(purpose, forged) is not None:
            accepted.append(forged)
    print(f"forged tokens: tried 10000, accepted {len(accepted)}, seed {seed}")
    assert accepted == []


def _altered(token: str, alphabet: str, chance: random.Random, number: int) -> str:
    at = chance.randrange(len(token))
    ways = (
        lambda: token[:at] + chance.choice(alphabet) + token[at + 1 :],
        lambda: token[:at] + token[at + 1 :],
        lambda: token[:at] + chance.choice(alphabet) + token[at:],
        lambda: token[:at],
        lambda: token + chance.choice(alphabet),
        lambda: "".join(chance.choice(alphabet) for _ in range(chance.randrange(200))),
    )
    return ways[number % len(ways)]()


def test_links__a_token_is_good_for_its_purpose_alone():
    for made, token in _tokens().items():
        for asked in Purpose:
            assert (SIGNER.read(asked, token) is not None) == (asked is made)


def test_links__another_workspace_s_token_is_refused():
    stranger = LinkSigner(b"another secret", SIGNER.public_url)
    assert stranger.read(Purpose.OPEN, _tokens()[Purpose.OPEN]) is None


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "//evil.example",
        "/local",
        "ftp://x.example",
        "https://",
        "data:text/html,x",
        "http://a\r\nb",
    ],
)
def test_links__only_web_addresses_are_signed(target):
    with pytest.raises(ValueError):
        SIGNER.click_url(ID, target)


def test_links__hold_no_personal_data_and_fit_a_url():
    url = SIGNER.unsubscribe_url(ID)
    assert url.startswith("https://mail.kith.example/u/")
    assert len(url) < 100
    assert SIGNER.open_url(ID).endswith(".gif")
