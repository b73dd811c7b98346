"""`dkim_sign`: mails signed by DKIM (RSA, 2048 bits, oversigned), beside dkimpy with the same headers."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from activation.channels._dkim import OVERSIGNED, SIGNED, load_signer
from activation.channels._mime import build_mail
from activation.channels.contract import Permission, Request
from activation.gates.contract import _POLICY_SEAL
from activation.rendering import render, template_of
from tests.bench.frame import Entry
from tests.bench.mail_world import DATED, FILES, SENDER, SENDER_NAME, person

MAILS, THREADS, _COMPARED = 1_000, 2, 50
_MAILS: list[bytes] = []
_KEY = "key.pem"


def prepare(folder: Path) -> None:
    """One key for both sides."""
    key = rsa.generate_private_key(65537, 2048)
    form = (serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    (folder / _KEY).write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))


def load() -> None:
    """The mails are built before the clock starts."""
    template = template_of("bench", FILES)
    for one in (person(number) for number in range(MAILS)):
        seen, name = render(template, one["variables"]), one["message_id"]
        permission = Permission(_POLICY_SEAL, name, "consent", "")
        parts = (seen.subject, seen.text, seen.html)
        url = one["variables"]["unsubscribe_url"]
        request = Request(name, permission, one["address"], DATED, *parts, unsubscribe_url=url)
        _MAILS.append(build_mail(request, SENDER, SENDER_NAME))


def ours(folder: Path) -> Mapping[str, Any]:
    """Kith: OpenSSL by cryptography, on two threads as the connections of a worker are"""
    signer = load_signer("kith.example", "one", (folder / _KEY).read_bytes(), "bench")
    with ThreadPoolExecutor(THREADS) as pool:
        return {"mails": list(pool.map(signer.sign, _MAILS))}


def baseline(folder: Path) -> Mapping[str, Any]:
    """dkimpy, one thread (it signs in Python, which runs on one core), the same headers"""
    pem = (folder / _KEY).read_bytes()
    headers = [name.encode() for name in SIGNED] + [name.encode() for name in sorted(OVERSIGNED)]
    options = {"canonicalize": (b"relaxed", b"relaxed"), "include_headers": headers}
    return {"mails": [dkim.sign(mail, b"one", b"kith.example", pem, **options) + mail for mail in _MAILS]}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Both are held by dkimpy's verifier, and neither lets a header in."""
    del side
    mails = result["mails"]
    key = serialization.load_pem_private_key((folder / _KEY).read_bytes(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    raw = key.public_key().public_bytes(serialization.Encoding.DER, form)
    from base64 import b64encode

    record = b"v=DKIM1; k=rsa; p=" + b64encode(raw)

    def verifies(mail: bytes) -> bool:
        return dkim.verify(mail, dnsfunc=lambda _name, timeout=5: record)

    sample = mails[:: len(mails) // _COMPARED]
    return {
        "count": len(mails),
        "verified": sum(verifies(mail) for mail in sample),
        "forged": sum(verifies(b"Subject: another\r\n" + mail) for mail in sample),
    }


ENTRY = Entry(
    name="dkim_sign",
    work=f"{MAILS:,} mails of 4 KB signed with RSA 2048, relaxed/relaxed, oversigned",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    load=load,
    tell=tell,
    agree=lambda one, other: one == other and one["verified"] > 0 and one["forged"] == 0,
)
