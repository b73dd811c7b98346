"""Where a Google service account gets its tokens (RFC 7523): the key file, the place, the check of a bearer."""

from __future__ import annotations

import json
from typing import cast

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kith.clock import WallClock
from sandbox.emulation import Call, Office, Refusal, Reply

LIFETIME = 3_600
# Google's clients name this place whatever the key file says.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_ACCOUNT, _PROJECT = "sender@kith-sandbox.invalid", "kith-sandbox"


class GoogleAccount:
    """One service account that may use one scope."""

    def __init__(self, office: Office, scope: str) -> None:
        self.office, self.scope = office, scope

    def file(self, url: str) -> str:
        """The path of its JSON key file, whose token place is `<url>/token`."""
        told = {
            "type": "service_account",
            "project_id": _PROJECT,
            "private_key_id": "1",
            "private_key": self._pem().decode(),
            "client_email": _ACCOUNT,
            "client_id": "1",
            "token_uri": f"{url}/token",
        }
        file = self.office.folder / "service-account.json"
        file.write_text(json.dumps(told))
        return str(file)

    def token(self, call: Call) -> Reply:
        """An access token for an assertion that its key signed."""
        key = cast(rsa.RSAPrivateKey, serialization.load_pem_private_key(self._pem(), None))
        try:
            assertion = dict(call.form())["assertion"]
            claims = jwt.decode(
                assertion, key.public_key(), algorithms=["RS256"], options={"verify_aud": False}
            )
        except (KeyError, jwt.PyJWTError) as wrong:
            raise Refusal(
                f"assertion: {type(wrong).__name__}", Reply(400, {"error": "invalid_grant"})
            ) from None
        if claims.get("iss") != _ACCOUNT or claims.get("scope") != self.scope:
            raise Refusal("assertion: claims", Reply(400, {"error": "invalid_scope"}))
        if claims.get("aud") not in (_AUDIENCE, call.url):
            raise Refusal("assertion: audience", Reply(400, {"error": "invalid_grant"}))
        name = self.office.name_of("token")
        self.office.account.write("token", name, {"until": WallClock().now().timestamp() + LIFETIME})
        return Reply(200, {"access_token": name, "expires_in": LIFETIME, "token_type": "Bearer"})

    def knows(self, call: Call) -> bool:
        """Whether the bearer of a call is a token that still holds."""
        found = self.office.account.find("token", call.header("authorization").removeprefix("Bearer "))
        return found is not None and found["until"] > WallClock().now().timestamp()

    def forget(self) -> None:
        """Every token ends now, whatever it said of its age."""
        for row in self.office.account.rows("token"):
            self.office.account.write("token", row["key"], {"until": 0})

    def _pem(self) -> bytes:
        file = self.office.folder / "account.pem"
        if not file.exists():
            made = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
            form, hidden = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            file.write_bytes(made.private_bytes(serialization.Encoding.PEM, form, hidden))
        return file.read_bytes()
