"""Who may read an inbox: a JSON web token (RFC 7519, HS256) that names one person, for a while.

The key is derived from the workspace's secret for this alone, so it opens no link and signs no unsubscription. The
shop's own backend, which knows who is logged in, makes tokens with it (`kith inbox key`) in any language: `sub` is the
user id, `aud` is kith-inbox, `exp` at most 31 days ahead.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

AUDIENCE, ALGORITHM = "kith-inbox", "HS256"
LONGEST = timedelta(days=31)
_LONGEST_TOKEN = 2_048


@dataclass(frozen=True)
class InboxKey:
    """Makes and reads the tokens of one workspace."""

    secret: bytes

    @property
    def text(self) -> str:
        """The key as a backend uses it: 64 hex digits, taken as text."""
        return hmac.digest(self.secret, b"kith inbox v1", "sha256").hex()

    def token(self, user_id: str, expires_at: datetime) -> str:
        """A token for one person."""
        import jwt

        claims = {"sub": user_id, "aud": AUDIENCE, "exp": int(expires_at.timestamp())}
        return jwt.encode(claims, self.text, ALGORITHM)

    def owner(self, token: str, now: datetime) -> str | None:
        """Whose inbox a token opens at `now`; None for whatever we did not sign, for one that is over, and for one that
        would last for ever."""
        import jwt

        if not 0 < len(token) <= _LONGEST_TOKEN:
            return None
        # Time is an argument here too: the library would ask the machine's clock.
        options = {
            "require": ["sub", "aud", "exp"],
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        }
        try:
            claims = jwt.decode(token, self.text, [ALGORITHM], options=options, audience=AUDIENCE)  # type: ignore[arg-type]
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError):
            return None
        owner = claims["sub"]
        is_valid = now < expires_at <= now + LONGEST and isinstance(owner, str) and bool(owner)
        return owner if is_valid else None
