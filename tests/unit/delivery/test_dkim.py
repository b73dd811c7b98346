"""DKIM: dkimpy verifies what we sign, and nothing that was added to it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from importlib.util import find_spec

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.channels._dkim import OVERSIGNED, Signer, load_signer, relaxed_body
from activation.channels._mime import build_mail
from activation.channels.contract import Permission, Request
from activation.gates.contract import _POLICY_SEAL
from kith.errors import KithError
from kith.ids import stable_id

ID = stable_id("a message")


def _mail(**changed) -> bytes:
    values = {
        "subject": "Grüße, und eine Betreffzeile, die für eine einzige Zeile viel zu lang geraten ist",
        "text": "plain\n.\n  two  blanks \n\n\n",
        "html": "<p>html</p>",
        "amp": "<html amp4email></html>",
        "unsubscribe_url": "https://kith.example/u/abc",
        "options": {"reply_to": "help@shop.example"},
    }
    permission = Permission(_POLICY_SEAL, ID, "consent", "")
    dated = datetime(2026, 5, 1, 8, tzinfo=UTC)
    request = Request(ID, permission, "ada@shop.example", dated, **{**values, **changed})
    return build_mail(request, "hello@kith.example", "Kith")


def _pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
KEYS = {"rsa": RSA, "ed25519": ED25519}
HAS_NACL = find_spec("nacl") is not None


def _record(key) -> bytes:
    if key is RSA:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        raw = key.public_key().public_bytes(serialization.Encoding.DER, form)
        return b"v=DKIM1; k=rsa; p=" + b64encode(raw)
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(raw)


def _signer(kind: str = "rsa") -> Signer:
    return load_signer("kith.example", "one", _pem(KEYS[kind]), "a test")


def _verifies(mail: bytes, kind: str = "rsa") -> bool:
    return dkim.verify(mail, dnsfunc=lambda _name, timeout=5: _record(KEYS[kind]))


@pytest.mark.parametrize(
    "kind",
    [
        "rsa",
        pytest.param(
            "ed25519", marks=pytest.mark.skipif(not HAS_NACL, reason="dkimpy needs PyNaCl for Ed25519")
        ),
    ],
)
@pytest.mark.parametrize(
    "changed", [{}, {"html": None, "amp": None}, {"unsubscribe_url": None}, {"options": {}}]
)
def test_dkim__its_oracle_verifies_every_shape_of_mail(kind, changed):
    signed = _signer(kind).sign(_mail(**changed))
    assert signed.endswith(_mail(**changed))
    assert all(len(line) <= 998 for line in signed.split(b"\r\n"))
    assert _verifies(signed, kind)


@pytest.mark.parametrize("header", sorted(OVERSIGNED))
@pytest.mark.parametrize("present", [True, False])
def test_dkim__a_header_can_not_be_added(header, present):
    mail = _mail() if present else _mail(unsubscribe_url=None, options={})
    signed = _signer().sign(mail)
    line = header.encode() + b": <mailto:evil@evil.example>\r\n"
    assert not _verifies(line + signed)
    head, dot, body = signed.partition(b"\r\n\r\n")
    assert not _verifies(head + b"\r\n" + line.strip() + dot + body)


def test_dkim__an_ed25519_signature_is_of_the_digest_of_what_rsa_signs():
    """RFC 8463: the same text, its SHA-256 signed; RSA's own is verified by dkimpy above."""
    signer, seen = _signer("ed25519"), []

    class Heard:
        def sign(self, digest: bytes) -> bytes:
            seen.append(digest)
            return signer.key.sign(digest)

    class Ed25519PrivateKey(Heard):
        pass

    signed = Signer("kith.example", "one", Ed25519PrivateKey()).sign(_mail())
    assert b"a=ed25519-sha256" in signed
    value = signed.split(b"\r\n b=", 1)[1].split(b"\r\nFrom:")[0]
    ED25519.public_key().verify(b64decode(value), seen[0])
    assert len(seen[0]) == 32


def test_dkim__nothing_that_was_signed_can_be_changed():
    signed = _signer().sign(_mail())
    for old, new in (
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"https://kith.example/u/abc", b"https://evil.example/u/abc"),
        (b"multipart/alternative", b"multipart/mixed"),
        (b"ada@shop", b"eve@shop"),
        (b"s=one", b"s=two"),
        (b"cGxhaW4", b"cGxhaW5"),
    ):
        assert signed.count(old) >= 1
        assert not _verifies(signed.replace(old, new)), old


def test_dkim__a_relay_may_refold_and_trim():
    signed = _signer().sign(_mail())
    assert _verifies(signed.replace(b"List-Unsubscribe: ", b"List-Unsubscribe:\r\n  "))
    assert _verifies(signed.rstrip(b"\r\n") + b"\r\n\r\n\r\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b" ", b"\t", b"a", b"\r\n", b"  ", b"b\r\n", b" \r\n"]), max_size=20))
def test_dkim__the_body_is_reduced_as_the_oracle_does(pieces):
    from dkim.canonicalization import Relaxed

    body = b"".join(pieces)
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@pytest.mark.parametrize(
    "pem", [b"", b"secret-canary", _pem(ec.generate_private_key(ec.SECP256R1())), _pem(RSA)[:200]]
)
def test_dkim__a_key_that_is_none_is_named_by_its_place_and_never_shown(pem):
    with pytest.raises(KithError, match="here") as raised:
        load_signer("kith.example", "one", pem, "here")
    assert "secret-canary" not in str(raised.value)
    assert "PRIVATE" not in repr(_signer())
