"""Return paths that name their message, and prove that we wrote them: `bounces+<message id>.<mac>@domain`.

A bounce mail is unauthenticated text: anybody can write one that names any address. Only one that came to a return
path with our mac may cost an address its place.
"""

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256

_MAC_DIGITS = 20  # 80 bits: a forger has one try per mail that reaches us
_TOKEN = re.compile(r"\+([0-9a-f]{32})\.([0-9a-f]{20})@", re.IGNORECASE)


@dataclass(frozen=True)
class ReturnPath:
    """`address` is the mailbox that takes bounces, such as bounces@mail.example; it must allow `+` extensions."""

    address: str
    secret: bytes = field(repr=False)

    def of(self, message_id: str) -> str:
        """The envelope sender of one message. Hexadecimal, since relays fold the case of local parts."""
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{message_id}.{self._mac(message_id)}@{domain}"

    def message_in(self, text: str) -> str:
        """The message whose return path stands in `text`; empty where none of ours does."""
        for message_id, mac in _TOKEN.findall(text):
            if hmac.compare_digest(mac.lower(), self._mac(message_id.lower())):
                return message_id.lower()
        return ""

    def _mac(self, message_id: str) -> str:
        key = hmac.digest(self.secret, b"kith return path v1", sha256)
        return hmac.digest(key, message_id.encode(), sha256).hex()[:_MAC_DIGITS]
