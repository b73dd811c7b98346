"""A Google service account's access token, fetched when needed and kept until shortly before it ends."""

import json
from pathlib import Path
from typing import Any

from activation.channels.contract import ChannelDown
from kith.errors import KithError


class GoogleToken:
    """`credentials` is the account's JSON file. Raises KithError, naming the setting, where it is none.

    google-auth renews a token 3 min 45 s before it ends, by the machine's clock.
    """

    def __init__(self, setting: str, credentials: Path, scope: str) -> None:
        from google.oauth2 import service_account

        self.setting = setting
        try:
            told = json.loads(credentials.read_text(encoding="utf-8"))
            self._credentials: Any = service_account.Credentials.from_service_account_info(
                told, scopes=[scope]
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KithError(
                f"{setting} can't be read: {type(error).__name__}",
                where=str(credentials),
                expected="the JSON key file of a service account",
            ) from None
        self.project = str(told.get("project_id") or "")

    def value(self) -> str:
        """A token that is valid now. Raises ChannelDown where none is to be had; the vendor's words are not repeated."""
        if not self._credentials.valid:
            self._renew()
        return str(self._credentials.token)

    def drop(self) -> None:
        """The vendor takes it no more, whatever it says of its own age: the next one is fetched anew."""
        self._credentials.token = None

    def _renew(self) -> None:
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            self._credentials.refresh(Request())
        except (GoogleAuthError, ValueError) as error:
            raise ChannelDown(f"{self.setting}: no access token: {type(error).__name__}") from None

    def __repr__(self) -> str:
        return f"GoogleToken({self.setting})"
