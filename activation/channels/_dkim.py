"""DKIM signatures (RFC 6376, relaxed/relaxed), by OpenSSL: dkimpy, which signs in Python, is the oracle of its tests.

A signature names headers that must not be added afterwards once more than they are there ("oversigning"): without it a
second List-Unsubscribe or a second Subject could be put before ours and the mail would still verify.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from kith.errors import KithError

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"),
    *("content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post"),
)
#: Named once more than present, so that none can be added.
OVERSIGNED = frozenset(
    {"from", "to", "subject", "date", "reply-to", "list-unsubscribe", "list-unsubscribe-post"}
)
_ALGORITHMS = {"RSAPrivateKey": "rsa-sha256", "Ed25519PrivateKey": "ed25519-sha256"}
_LEAST_BITS = 1024
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_LINE_END = re.compile(rb"[ \t]+(?=\r\n)")


@dataclass(frozen=True)
class Signer:
    """Signs as `domain` with the key whose public half is at `<selector>._domainkey.<domain>`."""

    domain: str
    selector: str
    key: Any = field(repr=False)

    @property
    def algorithm(self) -> str:
        """`rsa-sha256` or `ed25519-sha256`, by the kind of key."""
        return next(
            _ALGORITHMS[each.__name__] for each in type(self.key).__mro__ if each.__name__ in _ALGORITHMS
        )

    def sign(self, mail: bytes) -> bytes:
        """The mail with a DKIM-Signature before its first header. Line ends are CRLF."""
        head, _, body = mail.partition(b"\r\n\r\n")
        headers = _headers(head)
        names = [name for name in SIGNED for _ in range(len(headers.get(name, ())) + (name in OVERSIGNED))]
        body_hash = b64encode(sha256(relaxed_body(body)).digest()).decode()
        told = (
            f"v=1; a={self.algorithm}; c=relaxed/relaxed; d={self.domain}; s={self.selector};",
            "h=" + ":\r\n ".join(_lines(names)) + ";",
            f"bh={body_hash};",
            "b=",
        )
        unsigned = "\r\n ".join(told).encode("ascii")
        chosen = b"".join(_chosen(headers, names))
        signature = b64encode(self._signature(chosen + b"dkim-signature:" + _relaxed(unsigned)))
        folded = b"\r\n ".join(signature[at : at + 72] for at in range(0, len(signature), 72))
        return b"".join((b"DKIM-Signature: ", unsigned, folded, b"\r\n", mail))

    def _signature(self, signed: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        if self.algorithm == "rsa-sha256":
            return self.key.sign(signed, padding.PKCS1v15(), SHA256())
        return self.key.sign(sha256(signed).digest())  # RFC 8463: of the digest


def load_signer(domain: str, selector: str, pem: bytes, where: str) -> Signer:
    """A signer of a PEM private key, RSA or Ed25519; a KithError names `where` it came from, and never the key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    expected = "an RSA (2048 bits) or Ed25519 private key in PEM, without a password"
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KithError("no private key can be read", where=where, expected=expected) from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise KithError("a key that DKIM does not know", where=where, expected=expected)
    if isinstance(key, RSAPrivateKey) and key.key_size < _LEAST_BITS:
        raise KithError("the key is too short: nobody believes it", where=where, expected=expected)
    return Signer(domain, selector, key)


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 3.4.4: blanks within lines count as one, those at the end and empty last lines not at all."""
    if b"\t" in body or b"  " in body or b" \r\n" in body:
        body = _BLANKS.sub(b" ", _LINE_END.sub(b"", body + b"\r\n"))
    body = body.rstrip(b"\r\n") if body.endswith(b"\r\n") else body
    return body + b"\r\n" if body else b""


def _headers(head: bytes) -> dict[str, list[bytes]]:
    """Values by lower-case name, the last one first: that is the order in which signatures count them."""
    found: dict[str, list[bytes]] = {}
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        found.setdefault(name.strip().lower().decode("ascii", "replace"), []).insert(0, value)
    return found


def _chosen(headers: dict[str, list[bytes]], names: list[str]) -> list[bytes]:
    left = {name: list(values) for name, values in headers.items()}
    return [b"%s:%s\r\n" % (name.encode(), _relaxed(left[name].pop(0))) for name in names if left.get(name)]


def _relaxed(value: bytes) -> bytes:
    return _BLANKS.sub(b" ", _FOLD.sub(b"", value)).strip(b" ")


def _lines(names: list[str]) -> list[str]:
    """The names joined by colons, five to a line, so that no line grows too long."""
    return [":".join(names[at : at + 5]) for at in range(0, len(names), 5)]
